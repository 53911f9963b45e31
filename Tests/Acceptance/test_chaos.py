"""Every part dies or hangs at random while requests are published and worked on: nothing lost, nothing doubled, garbage set aside.

The short form of `ops/chaos`, which sets the variables below for a longer one.
"""

import collections
import os
import random
import time
import uuid

import pytest

from support.apart import apart
from support.chaos import Employees, OneProcess, Publishers, RolesApart, break_things, seconds_until_ready
from support.environment import until
from support.producer import DEAD_LETTERS, Producer
from support.rest import Rest

MESSAGES = int(os.environ.get("CHAOS_MESSAGES", "6000"))
# 0: as many as there are parts.
FAULTS = int(os.environ.get("CHAOS_FAULTS", "0"))
FREEZE = float(os.environ.get("CHAOS_FREEZE", "3"))
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.randrange(1, 1 << 30)


@pytest.fixture(params=["whole", "apart"])
def site(request, tmp_path):
    if request.param == "whole":
        yield OneProcess()
    else:
        with apart("chaos", tmp_path) as roles:
            yield RolesApart(roles)


@pytest.fixture
def queue(site):
    name = "chaos-" + uuid.uuid4().hex[:12]
    with site.rest("admin") as admin:
        assert admin.put(f"/v1/queues/{name}", json={}).status_code in (200, 201)
    yield name
    # The parts may have been started anew since: another client.
    with site.rest("admin") as admin:
        admin.drain(name)


def test_nothing_is_lost_or_doubled(site, queue, marker):
    faults = FAULTS or len(site.parts)
    print(f"seed {SEED}: {MESSAGES} messages, {faults} faults")
    publishers = Publishers(site.amqp, queue, marker, MESSAGES, seconds=faults * 8, seed=SEED)
    employees = Employees(queue, sign_in=lambda: site.rest("agent"))
    publishers.start()
    try:
        told = break_things(site, faults, FREEZE, SEED, stop=lambda: publishers.is_done)
        print("; ".join(told))
        took = seconds_until_ready(site)
        print(f"ready {took:.1f} s after the last fault")
        assert took < 10
        publishers.join(timeout=300)
        done = len(employees.completed)
        until(lambda: len(employees.completed) > done, timeout=60, what="a service completed after the last fault")
    finally:
        employees.stop()
    assert publishers.confirmed == set(range(MESSAGES))
    # Nobody was told of a service that another had been told of.
    assert employees.twice == []

    with site.rest("supervisor") as supervisor:
        live, ended = wait_until_all_arrived(supervisor, queue)
    places = collections.Counter(entry["details"]["number"] for entry in [*live, *ended])
    assert {number for number in range(MESSAGES) if number not in places} == set(), "lost"
    assert {number: count for number, count in places.items() if count != 1} == {}, "doubled"
    assert set(employees.completed) <= {entry["id"] for entry in ended if entry["state"] == "completed"}
    assert publishers.garbage <= set(dead_letters(site, marker)), "garbage that is not among the dead letters"
    print(f"{publishers.duplicates} duplicates, {len(publishers.garbage)} garbage, {len(employees.completed)} completed")


def wait_until_all_arrived(supervisor: Rest, queue: str) -> tuple[list[dict], list[dict]]:
    """The live services and the ended ones, once both have come to rest."""

    def arrived() -> tuple[list[dict], list[dict]] | None:
        version = supervisor.queue(queue)["version"]
        live = supervisor.services(queue)
        ended = supervisor.history(queue=queue, state="completed")
        if len(live) + len(ended) < MESSAGES or supervisor.queue(queue)["version"] != version:
            time.sleep(1)
            return None
        return live, ended

    return until(arrived, timeout=300, what="all requests in the queue or in the history")


def dead_letters(site: OneProcess | RolesApart, marker: str) -> list[str]:
    """The ids of the messages of this test among the dead letters, which are taken out; others stay."""
    found = []
    with Producer(site.amqp) as producer:
        others = []
        while True:
            method, properties, _ = producer.channel.basic_get(DEAD_LETTERS)
            if method is None:
                break
            if (properties.message_id or "").startswith(marker):
                found.append(properties.message_id)
                producer.channel.basic_ack(method.delivery_tag)
            else:
                others.append(method.delivery_tag)
        for tag in others:
            producer.channel.basic_nack(tag, requeue=True)
    return found
