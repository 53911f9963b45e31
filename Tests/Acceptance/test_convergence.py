"""Everyone sees the same: 200 clients of all levels, cut off again and again while the queues change as fast as they can.

At each version that any client claims to be at, its copy and digest are the server's; `support.ledger` says how that is
shown.

`USHER_CONVERGENCE_CHANGES` is the number of changes, `USHER_CONVERGENCE_SEED` repeats the choices of a run, though not
its timing, and `USHER_CONVERGENCE_FORMATS` are the encodings that the clients speak, such as `json,protobuf`.
"""

import asyncio
import collections
import os
import random
import time
import uuid

import pytest

from support.environment import HTTP
from support.followers import Caller, Feed, Follower
from support.ledger import Ledger
from support.rest import Rest, passwords, token
from support.wire import WIRES
from support.workers import Board, Worker

CHANGES = int(os.environ.get("USHER_CONVERGENCE_CHANGES", "20000"))
SEED = int(os.environ.get("USHER_CONVERGENCE_SEED", random.randrange(2**32)))
FORMATS = os.environ.get("USHER_CONVERGENCE_FORMATS", "json,protobuf").split(",")
QUEUES = ["front-desk", "roadside"]
# How many follow at each level, besides one of each view that is never disturbed.
FOLLOWERS = {"viewer": 66, "agent": 66, "supervisor": 46, "admin": 20}
# One user has no room for more connections than this, and to spare for those that the server has not seen end.
CONNECTIONS = 33
WORKERS = ["supervisor", "supervisor", "admin", "agent", "agent"]
VIEWS = {"viewer": "board", "agent": "staff", "supervisor": "staff", "admin": "staff"}
# The mean time between a client's disturbances, in seconds.
CALM = 8
LIMITS = [5_000, 5_000, 5_000, 20]
# How long a client stops reading: mostly as long as a busy page, sometimes longer than the server has patience.
PAUSES = [0.3, 1, 2, 3, 3, 3, 40]


async def disturb(client: Follower, is_over: asyncio.Event) -> None:
    """Cuts a client off, again and again, or makes it slow."""
    while True:
        await asyncio.sleep(random.expovariate(1 / CALM))
        if is_over.is_set():
            return
        kind = random.random()
        if kind < 0.4:
            client.abort()
        elif kind < 0.55:
            await client.leave()
        elif kind < 0.75:
            await client.resubscribe()
        else:
            await client.stop_reading(random.choice(PAUSES), is_over)


async def undisturbed(_client: Follower) -> None:
    pass


@pytest.fixture
def crowd(marker):
    """For each follower its user and level. The users are disabled after the test."""
    with Rest("admin") as admin:
        made, followers = [], []
        for level, count in FOLLOWERS.items():
            for number in range(count):
                name = f"{marker}-{level}-{number // CONNECTIONS}"
                if name not in passwords:
                    passwords[name] = uuid.uuid4().hex
                    user = {"username": name, "password": passwords[name], "level": level}
                    answer = admin.post("/v1/users", json=user)
                    assert answer.status_code == 201, answer.text
                    made.append(answer.json()["id"])
                followers.append((name, level))
        yield followers
        for user_id in made:
            assert admin.patch(f"/v1/users/{user_id}", json={"disabled": True}).status_code == 200


def follower(
    user: str, level: str, ledgers: dict[tuple[str, str], Ledger], queues: list[str], limit: int
) -> Follower:
    wire = WIRES[random.choice(FORMATS)]
    return Follower(user, wire, [Feed(ledgers[queue, VIEWS[level]], limit, wire) for queue in queues])


def test_every_copy_is_the_servers_at_every_version(front_desk, supervisor, crowd):
    supervisor.drain("roadside")
    print(f"\nseed {SEED}, {CHANGES} changes, {', '.join(FORMATS)} from {HTTP}")
    random.seed(SEED)
    try:
        asyncio.run(asyncio.wait_for(converge(supervisor, crowd), 120 + CHANGES / 40))
    finally:
        for queue in QUEUES:
            assert supervisor.post(f"/v1/queues/{queue}/resume").status_code == 200
        supervisor.drain("roadside")


async def converge(supervisor: Rest, crowd: list[tuple[str, str]]) -> None:
    for user in {*VIEWS, *(user for user, _ in crowd)}:
        await asyncio.to_thread(token, user)
    ledgers = {(queue, view): Ledger(queue, view) for queue in QUEUES for view in ("board", "staff")}
    witnesses = [follower(level, level, ledgers, QUEUES, 5_000) for level in ("viewer", "admin")]
    others = [
        follower(user, level, ledgers, random.choice([QUEUES, QUEUES[:1], QUEUES[1:]]), random.choice(LIMITS))
        for user, level in crowd
    ]
    followers = witnesses + others
    began = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        following = [tasks.create_task(witness.follow(undisturbed)) for witness in witnesses]
        await until(lambda: all(witness.is_live for witness in witnesses), 30, "the witnesses")
        is_over = asyncio.Event()
        following += [tasks.create_task(client.follow(lambda c: disturb(c, is_over))) for client in others]
        await until(lambda: sum(client.is_live for client in others) > len(others) * 0.9, 60, "the followers")

        board = Board(QUEUES)
        workers = [Worker(Caller(user, WIRES["json"]), board) for user in WORKERS]
        working = [tasks.create_task(worker.work()) for worker in workers]
        first = {key: ledger.last for key, ledger in ledgers.items()}

        def changes() -> int:
            return sum(ledgers[queue, "board"].last - first[queue, "board"] for queue in QUEUES)

        started = time.monotonic()
        await until(lambda: changes() >= CHANGES, 60 + CHANGES / 50, "the changes")
        took = time.monotonic() - started
        for task in working:
            task.cancel()
        is_over.set()
        cuts = sum(client.cuts for client in followers)
        deliveries = sum(ledger.deliveries for ledger in ledgers.values())
        print(f"{changes()} changes in {took:.1f} s, {changes() / took:.0f} a second")
        print(f"{len(followers)} clients, {cuts} cuts, {deliveries} deliveries")
        print("codes", dict(collections.Counter(code for client in followers for code in client.codes)))
        print("refusals of commands", board.refusals)

        # Leases may still end, so that the lists are of other versions than the last.
        lists = {queue: await asyncio.to_thread(whole, supervisor, queue) for queue in QUEUES}

        def is_behind(client: Follower) -> bool:
            return not client.is_live or any(feed.version < lists[feed.ledger.queue][0] for feed in client.feeds)

        await until(lambda: not any(map(is_behind, followers)), 60, "everyone's being up to date")
        for task in following:
            task.cancel()
    types = collections.Counter(event["type"] for ledger in ledgers.values() for event in ledger.events.values())
    print("events", dict(types))
    print("not recovered", sum(feed.was_refused for client in followers for feed in client.feeds))
    for (queue, view), ledger in ledgers.items():
        copy = ledger.replay()
        version, digest, services = lists[queue]
        if view == "staff" and copy.version == version:
            assert (copy.digest, copy.ordered()) == (digest, services)
        print(f"{ledger}: {len(ledger.events)} versions up to {ledger.last}, {len(ledger.snapshots)} snapshots")
    assert {"service.added", "service.moved", "service.transferred", "service.returned"} <= set(types)
    print(f"{time.monotonic() - began:.1f} s in all")


def whole(supervisor: Rest, queue: str) -> tuple[int, str, list[dict]]:
    """The queue as REST lists it, all pages of one version."""
    while True:
        pages = list(supervisor.pages(f"/v1/queues/{queue}/services"))
        if len({page["version"] for page in pages}) == 1:
            return pages[0]["version"], pages[0]["digest"], [service for page in pages for service in page["services"]]


async def until(condition, timeout: float, what: str) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {timeout:.0f} s"
        await asyncio.sleep(0.05)
