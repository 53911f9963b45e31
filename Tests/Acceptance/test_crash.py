"""The server dies in the middle of its work: nothing that RabbitMQ confirmed is lost, nothing is there twice."""

import collections
import os
import signal
import threading
import time

from support.chaos import Employees
from support.environment import ops, process_id, until
from support.producer import Producer
from support.rest import Rest

QUEUE = "roadside"
REQUESTS = 10_000
PUBLISHERS = 4
ENDED = {"completed", "cancelled", "no_show"}


class Load:
    """Programs that publish numbered requests; `confirmed` holds the numbers that RabbitMQ took charge of. None beyond the share
    `allowed` is published, so that there are some left for the next crash."""

    def __init__(self, marker: str):
        self.marker = marker
        self.allowed = 0.0
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
                    until(lambda: number < REQUESTS * self.allowed, timeout=120, what="leave to publish")
                    producer.publish(QUEUE, {"details": {"marker": self.marker, "number": number}})
                    # An append to a list is atomic between threads.
                    self.confirmed.append(number)
        except Exception as error:
            self.errors.append(error)


def test_kill_nine_loses_and_doubles_nothing(marker, supervisor):
    load, employees = Load(marker), Employees(QUEUE, 1)
    load.start()
    try:
        for share, allowed in ((0.25, 0.5), (0.6, 1)):
            load.allowed = allowed
            until(lambda: load.errors or len(load.confirmed) > REQUESTS * share, timeout=120, what="the publishers")
            until(lambda: employees.completed, what="the employee's first completed service")
            assert len(load.confirmed) < REQUESTS * allowed, "nothing is being published at the crash"
            os.kill(process_id("usher"), signal.SIGKILL)
            said = ops("run", "--detach")
            assert "Usher is ready" in said
        load.join()
        until(lambda: len(employees.completed) > 10, what="services completed after the crash")
    finally:
        employees.stop()
    assert sorted(load.confirmed) == list(range(REQUESTS))

    live, ended = wait_until_all_arrived(supervisor, marker)
    places = collections.Counter(entry["details"]["number"] for entry in [*live, *ended])
    assert sorted(places) == list(range(REQUESTS))
    assert {number: count for number, count in places.items() if count != 1} == {}
    # What the employee was told is completed has ended as completed.
    assert set(employees.completed) <= {entry["id"] for entry in ended if entry["state"] == "completed"}


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
