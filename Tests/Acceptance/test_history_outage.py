"""PostgreSQL is away, dies and comes back while thousands of commands are carried out: the history has all of it, once."""

import asyncio
import contextlib
import os
import signal
import threading
import time

import httpx
import psycopg
import redis

from support.database import wait_for_database
from support.environment import ADMIN, ENV, HTTP, ops, process_id, until
from support.rest import Rest
from support.screen import Screen

QUEUE = "roadside"
BATCH = 40


class Work:
    """Submits services and brings them to their ends, in bulk, for as long as it is told."""

    def __init__(self, kind: str):
        self.kind = kind
        self.ended: dict[str, str] = {}
        self.error: BaseException | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=60)
        assert not self._thread.is_alive()
        if self.error:
            raise self.error

    def _work(self) -> None:
        try:
            with Rest("supervisor") as rest:
                while not self._stopped.is_set():
                    self._batch(rest)
        except BaseException as error:
            self.error = error

    def _batch(self, rest: Rest) -> None:
        ids = [rest.submit(QUEUE, kind=self.kind)["id"] for _ in range(BATCH)]
        claimed = self._bulk(rest, [{"command": "claim", "id": id} for id in ids])
        fences = {answer["service"]["id"]: answer["service"]["fence"] for answer in claimed}
        self._bulk(rest, [{"command": "start", "id": id, "fence": fence} for id, fence in fences.items()])
        ends = {id: "no_show" if number % 4 == 0 else "complete" for number, id in enumerate(ids)}
        self._bulk(rest, [{"command": ends[id], "id": id, "fence": fences[id]} for id in ids])
        self.ended |= {id: "completed" if end == "complete" else end for id, end in ends.items()}

    @staticmethod
    def _bulk(rest: Rest, commands: list[dict]) -> list[dict]:
        answer = rest.post("/v1/services/bulk", json={"commands": commands})
        assert answer.status_code == 200, answer.text
        results = answer.json()["results"]
        assert all(result["ok"] for result in results), results
        return results


def connect() -> psycopg.Connection:
    return psycopg.connect(ENV["USHER_DATABASE_URL"], autocommit=True)


def login_status() -> int:
    login = {"username": "agent", "password": ENV["USHER_DEMO_AGENT_PASSWORD"]}
    return httpx.post(HTTP + "/v1/auth/token", json=login, timeout=20).status_code


def metric(name: str) -> float:
    lines = httpx.get(ADMIN + "/metrics", timeout=10).text.splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(name + " "))


def kill_recorder() -> None:
    """Kills the server process that records a batch at this moment: PostgreSQL ends every session and recovers."""

    with contextlib.closing(connect()) as session:

        def recorder() -> int | None:
            found = session.execute(
                """SELECT pid FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()
                   AND (query LIKE 'INSERT INTO service_%') AND state = 'active'"""
            ).fetchone()
            return found and found[0]

        try:
            pid = until(recorder, timeout=5, what="a batch being recorded")
        except AssertionError:
            # The batches are too short to be met: whoever recorded last will do.
            pid = session.execute(
                """SELECT pid FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()
                   ORDER BY (query LIKE 'INSERT INTO service_%') DESC LIMIT 1"""
            ).fetchone()[0]
        os.kill(pid, signal.SIGKILL)
        # Ours ends with the others, once PostgreSQL has noticed; until then it would take new ones.
        until(lambda: has_ended(session), what="PostgreSQL to notice that a session was killed")
    wait_for_database(ENV["USHER_DATABASE_URL"])


def has_ended(session: psycopg.Connection) -> bool:
    try:
        session.execute("SELECT 1")
        return False
    except psycopg.OperationalError:
        return True


def outbox() -> int:
    """What the history does not have yet. Sites of other tests may have left something for ever."""
    return redis.Redis.from_url(ENV["USHER_REDIS_URL"]).xlen("usher:{" + ENV.get("USHER_SITE", "main") + "}:outbox")


def outage(seconds: float) -> None:
    """Kills PostgreSQL and leaves it dead for a while."""
    os.kill(process_id("postgres"), signal.SIGKILL)
    began = time.monotonic()
    until(lambda: login_status() == 503, timeout=20, what="a login that is refused")
    until(lambda: metric("usher_history_lag_seconds") > 0.5, timeout=20, what="a lag that grows")
    time.sleep(max(0.0, seconds - (time.monotonic() - began)))
    ops("run", "--detach")


def test_history_catches_up_exactly_once(marker, run):
    kind = "k" + marker[:20]
    # What other tests have left there would not fit on one screen.
    with Rest("supervisor") as supervisor:
        supervisor.drain(QUEUE)

    async def scenario():
        async with Screen("agent", QUEUE) as screen:
            epoch, first = screen.copy.epoch, screen.copy.version
            work = await asyncio.to_thread(Work, kind)
            try:
                await screen.until(lambda: len(work.ended) >= BATCH or work.error, what="the first batch")
                for _ in range(2):
                    await asyncio.to_thread(kill_recorder)
                ended = len(work.ended)
                await asyncio.to_thread(outage, 8)
                assert len(work.ended) > ended, "the queue did not work while PostgreSQL was away"
                await screen.until(
                    lambda: len(work.ended) >= 320 or work.error, timeout=60, what="commands by the thousand"
                )
            finally:
                await asyncio.to_thread(work.stop)
            last = (await asyncio.to_thread(lambda: Rest("supervisor").queue(QUEUE)))["version"]
            await screen.until_version(last)
            # The socket was there all the time, and heard of everything.
            assert screen.reconnects == [] and screen.copy.epoch == epoch
            heard = {e["version"]: e["type"] for e in screen.events if first < e["version"] <= last}
            assert sorted(heard) == list(range(first + 1, last + 1))
            began = time.monotonic()
            await asyncio.to_thread(until, lambda: outbox() == 0, 60, "an empty outbox")
            await asyncio.to_thread(until, lambda: metric("usher_history_lag_seconds") == 0, 60, "a lag of 0")
            print(f"{len(work.ended)} services, {len(heard)} events; caught up in {time.monotonic() - began:.1f} s")
            return work.ended, epoch, heard

    ended, epoch, heard = run(scenario())
    assert login_status() == 200
    with connect() as database:
        services = database.execute("SELECT id, state, version FROM service_history WHERE kind = %s", [kind]).fetchall()
        events = database.execute(
            """SELECT version, type FROM service_events WHERE queue = %s AND epoch = %s AND version BETWEEN %s AND %s
               ORDER BY version""",
            [QUEUE, epoch, min(heard), max(heard)],
        ).fetchall()
    # One row each, in its last form; one row for each version, none missing.
    assert len(services) == len(ended) and {id: state for id, state, _ in services} == ended
    assert {version for _, _, version in services} == {4}
    expected = sorted((version, type) for version, type in heard.items() if type != "queue.renumbered")
    assert [(int(version), type) for version, type in events] == expected
