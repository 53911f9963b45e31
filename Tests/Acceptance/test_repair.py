"""Redis loses everything: `usher repair` brings the open services back from the history, in their order."""

import asyncio
import datetime
import json
import os
import signal
import subprocess

import redis

from support.environment import ENV, STATE, binary, ops, process_id, until
from support.screen import Screen
from test_main_job import assert_copy_is_the_servers


def repair(*arguments: str) -> tuple[int, dict[str, str]]:
    """Runs the command; returns its exit code and what it said of each queue."""
    done = subprocess.run(
        [binary(), "repair", *arguments],
        env={**os.environ, **ENV},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert said, done.stderr
    return done.returncode, said


def lose_everything() -> None:
    redis.Redis.from_url(ENV["USHER_REDIS_URL"]).flushall()


def await_history(supervisor, queue: str, expected: dict[str, int]) -> None:
    """Waits until the history has these services in these versions."""

    def recorded() -> bool:
        entries = {entry["id"]: entry["version"] for entry in supervisor.history(queue=queue)}
        return all(entries.get(service) == version for service, version in expected.items())

    until(recorded, what="the history")


def fill(supervisor, agent, queue: str, marker: str) -> tuple[list[dict], list[str]]:
    """Services in every state; returns the open ones in order, and the ids of those that ended."""
    made = [
        supervisor.submit(
            queue,
            customer={"name": f"{marker} {number}"},
            priority="high" if number == 5 else "normal",
            requires=["towing"] if number == 4 else [],
        )["id"]
        for number in range(8)
    ]
    tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    supervisor.submit(queue, customer={"name": f"{marker} later"}, scheduled_for=tomorrow.isoformat())
    supervisor.act(made[6], "move", before=made[1])
    # One is claimed and stays so; three end, each in another way.
    agent.act(made[2], "claim")
    for service, ending in ((made[0], "complete"), (made[3], "no-show")):
        fence = agent.act(service, "claim")["service"]["fence"]
        agent.act(service, "start", fence=fence)
        agent.act(service, ending, fence=fence)
    assert supervisor.delete(f"/v1/services/{made[7]}").is_success
    return supervisor.services(queue), [made[0], made[3], made[7]]


def test_lost_queues_come_back_from_the_history(front_desk, marker, supervisor, agent, run):
    async def scenario():
        before, ended = await asyncio.to_thread(fill, supervisor, agent, front_desk, marker)
        assert len(before) == 6
        async with Screen("agent", front_desk) as screen:
            assert screen.copy.ordered() == before
            epoch = screen.copy.epoch
            await asyncio.to_thread(
                await_history, supervisor, front_desk, {entry["id"]: entry["version"] for entry in before}
            )
            await asyncio.to_thread(
                until, lambda: states(supervisor, front_desk, ended) == {"completed", "no_show", "cancelled"}
            )

            lose_everything()
            # The server makes its queues again, and tells the screen to start again.
            await screen.until(lambda: len(screen.subscriptions) > 1, what="a new subscription")
            await screen.until(lambda: screen.copy.epoch != epoch and not screen.copy.services, what="the empty queue")

            code, said = await asyncio.to_thread(repair, "--dry-run")
            assert code == 0
            assert said[front_desk] == "known 0, would be restored 6, would be ended 0, would be refused 0"
            assert await asyncio.to_thread(supervisor.services, front_desk) == []

            code, said = await asyncio.to_thread(repair)
            assert code == 0
            assert said[front_desk] == "known 0, restored 6, ended 0, refused 0"
            after = await asyncio.to_thread(supervisor.services, front_desk)
            assert_restored(before, after)
            await screen.until_version((await asyncio.to_thread(supervisor.queue, front_desk))["version"])
            assert [entry["id"] for entry in screen.copy.ordered()] == [entry["id"] for entry in before]
            assert_copy_is_the_servers(screen, supervisor, front_desk)

            # Twice is once, as soon as the history has what the first one did, which the second one waits for.
            version = screen.copy.version
            code, said = await asyncio.to_thread(repair, "--queue", front_desk)
            assert code == 0
            assert said == {front_desk: "known 6, restored 0, ended 0, refused 0"}
            assert (await asyncio.to_thread(supervisor.queue, front_desk))["version"] == version

            # They can be worked on, and the tickets go on behind them.
            next_one = await asyncio.to_thread(supervisor.submit, front_desk)
            assert next_one["ticket"] > max(entry["ticket"] for entry in before)
            first = next(entry for entry in after if entry["state"] == "waiting")
            claimed = await asyncio.to_thread(agent.act, first["id"], "claim")
            assert claimed["service"]["customer"] == first["customer"]

    run(scenario())


def states(supervisor, queue: str, services: list[str]) -> set[str]:
    return {entry["state"] for entry in supervisor.history(queue=queue) if entry["id"] in services}


def assert_restored(before: list[dict], after: list[dict]) -> None:
    """The same services at the same places, readable; nobody has them, and each has one version more."""
    kept = ("id", "ticket", "kind", "priority", "order", "attempts", "submitted_at", "scheduled_for", "requires")
    for was, now in zip(before, after, strict=True):
        assert {name: was.get(name) for name in kept} == {name: now.get(name) for name in kept}
        assert now["customer"] == was["customer"]
        assert now["state"] == ("scheduled" if was["state"] == "scheduled" else "waiting")
        assert "claimed_by" not in now
        assert now["version"] == was["version"] + 1


def test_a_server_that_starts_on_an_emptied_redis_says_so(front_desk, marker, supervisor):
    made = [supervisor.submit(front_desk, customer={"name": marker})["id"] for _ in range(3)]
    await_history(supervisor, front_desk, {service: 1 for service in made})
    log = STATE / "log" / "usher.log"
    before = log.stat().st_size
    os.kill(process_id("usher"), signal.SIGKILL)
    lose_everything()
    assert "Usher is ready" in ops("run", "--detach")

    def warnings() -> list[dict]:
        with log.open("rb") as file:
            file.seek(before)
            records = [json.loads(line) for line in file.read().splitlines() if line.startswith(b"{")]
        return [one for one in records if "usher repair" in one["message"] and one["queue"] == front_desk]

    warning = until(warnings, what="the warning")[0]
    assert (warning["level"], warning["lost"]) == ("warning", "3")
    # Nothing is repaired unasked.
    assert supervisor.services(front_desk) == []
    code, said = repair("--queue", front_desk)
    assert (code, said) == (0, {front_desk: "known 0, restored 3, ended 0, refused 0"})
    assert [service["id"] for service in supervisor.services(front_desk)] == made
    assert marker.encode() not in log.read_bytes()
