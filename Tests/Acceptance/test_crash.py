"""The server dies in the middle of its work: nothing that RabbitMQ confirmed is lost, nothing is there twice."""

import collections
import contextlib
import os
import signal
import threading
import time
import uuid

import httpx

from support.environment import ops, process_id, until
from support.producer import Producer
from support.rest import Rest

QUEUE = "roadside"
REQUESTS = 10_000
PUBLISHERS = 4
ENDED = {"completed", "cancelled", "no_show"}


class Load:
    """Programs that publish numbered requests; `confirmed` holds the numbers that RabbitMQ took charge of."""

    def __init__(self, marker: str):
        self.marker = marker
        self.confirmed: list[int] = []
        self.errors: list[BaseException] = []
        self._threads = [threading.Thread(target=self._publish, args=(part,)) for part in range(PUBLISHERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(timeout=120)
            assert not thread.is_alive(), "publishing takes too long"
        assert not self.errors, self.errors

    def _publish(self, part: int) -> None:
        try:
            with Producer() as producer:
                for number in range(part, REQUESTS, PUBLISHERS):
                    producer.publish(QUEUE, {"details": {"marker": self.marker, "number": number}})
                    # An append to a list is atomic between threads.
                    self.confirmed.append(number)
        except Exception as error:
            self.errors.append(error)


class Employee:
    """Works through the queue by REST for as long as it is told, whatever happens to the server."""

    def __init__(self) -> None:
        self.completed: set[str] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=60)
        assert not self._thread.is_alive()

    def _work(self) -> None:
        with Rest("agent") as rest:
            while not self._stopped.is_set():
                # The server is away: the service in hand stays claimed until its lease ends.
                with contextlib.suppress(httpx.TransportError):
                    self._serve_one(rest)
                time.sleep(0.02)

    def _serve_one(self, rest: Rest) -> None:
        answer = rest.post(f"/v1/queues/{QUEUE}/claim-next", json={})
        if answer.status_code != 200:
            return
        service = answer.json()["service"]
        fence = {"fence": service["fence"]}
        for command in ("start", "complete"):
            key = {"Idempotency-Key": uuid.uuid4().hex}
            if rest.post(f"/v1/services/{service['id']}/{command}", json=fence, headers=key).status_code != 200:
                return
        self.completed.add(service["id"])


def test_kill_nine_loses_and_doubles_nothing(marker, supervisor):
    load, employee = Load(marker), Employee()
    load.start()
    try:
        for share in (0.25, 0.6):
            until(lambda: load.errors or len(load.confirmed) > REQUESTS * share, timeout=120, what="the publishers")
            until(lambda: employee.completed, what="the employee's first completed service")
            os.kill(process_id("usher"), signal.SIGKILL)
            said = ops("run", "--detach")
            assert "Usher is ready" in said
        assert len(load.confirmed) < REQUESTS, "all was published before the last crash"
        load.join()
        until(lambda: len(employee.completed) > 10, what="services completed after the crash")
    finally:
        employee.stop()
    assert sorted(load.confirmed) == list(range(REQUESTS))

    live, ended = wait_until_all_arrived(supervisor, marker)
    places = collections.Counter(entry["details"]["number"] for entry in [*live, *ended])
    assert sorted(places) == list(range(REQUESTS))
    assert {number: count for number, count in places.items() if count != 1} == {}
    # What the employee was told is completed has ended as completed.
    assert employee.completed <= {entry["id"] for entry in ended if entry["state"] == "completed"}


def wait_until_all_arrived(supervisor: Rest, marker: str) -> tuple[list[dict], list[dict]]:
    """The live services and the ended ones of this test, once both have come to rest."""
    def mine(entries: list[dict]) -> list[dict]:
        return [entry for entry in entries if entry.get("details", {}).get("marker") == marker]

    def arrived() -> tuple[list[dict], list[dict]] | None:
        version = supervisor.queue(QUEUE)["version"]
        live = mine(supervisor.services(QUEUE))
        ended = mine(e for state in sorted(ENDED) for e in supervisor.history(queue=QUEUE, state=state))
        if len(live) + len(ended) < REQUESTS or supervisor.queue(QUEUE)["version"] != version:
            time.sleep(1)
            return None
        return live, ended

    return until(arrived, timeout=120, what="all requests in the queue or in the history")
