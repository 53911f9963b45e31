"""The main job: a request that a foreign program publishes stands on an employee's live screen, and is worked on."""

import asyncio

from support.producer import Producer
from support.rest import Rest
from support.screen import Screen

REQUESTS = 1_000


def publish(queue: str, marker: str, count: int = REQUESTS) -> None:
    """Publishes numbered requests, one after the other."""
    with Producer() as producer:
        for number in range(count):
            producer.publish(
                queue,
                {"customer": {"name": f"Customer {number}"}, "details": {"marker": marker, "number": number}},
                kind="passport",
            )


def assert_copy_is_the_servers(screen: Screen, rest: Rest, queue: str) -> None:
    """Every page of the list, joined, is the screen's sorted copy, and both have the server's digest."""
    pages = list(rest.pages(f"/v1/queues/{queue}/services"))
    assert [service for page in pages for service in page["services"]] == screen.copy.ordered()
    assert {(page["version"], page["epoch"], page["digest"]) for page in pages} == {
        (screen.copy.version, screen.copy.epoch, screen.copy.digest)
    }


def test_a_thousand_requests_arrive_in_order_and_are_worked_on(front_desk, marker, agent, supervisor, run):
    async def scenario():
        async with Screen("agent", front_desk) as screen:
            before = screen.copy.version
            await asyncio.to_thread(publish, front_desk, marker)
            await screen.until_version(before + REQUESTS)

            # The copy refuses a gap itself; and each event is the arrival of the next request.
            assert [event["type"] for event in screen.events] == ["service.added"] * REQUESTS
            assert [event["service"]["details"]["number"] for event in screen.events] == list(range(REQUESTS))
            assert all(event["service"]["details"]["marker"] == marker for event in screen.events)
            assert screen.copy.versions == list(range(before + 1, before + REQUESTS + 1))
            assert [service["details"]["number"] for service in screen.copy.ordered()] == list(range(REQUESTS))
            assert_copy_is_the_servers(screen, agent, front_desk)

            await work_on(screen, front_desk)
            await reorder_and_remove(screen, supervisor)
            assert_copy_is_the_servers(screen, agent, front_desk)

    run(scenario())


async def work_on(screen: Screen, queue: str) -> None:
    """Claim, start and complete by RPC, each seen live."""
    first = screen.copy.ordered()[0]["id"]
    claimed = await screen.rpc("service.claim", id=first, queue=queue)
    assert claimed["service"]["state"] == "claimed"
    assert claimed["lease_until"]
    fence = claimed["service"]["fence"]
    assert fence == claimed["queue_version"]
    await screen.until_version(claimed["queue_version"])
    assert screen.events[-1]["type"] == "service.claimed"
    assert screen.events[-1]["actor"] == "agent"
    assert screen.copy.services[first]["claimed_by"]["name"] == "agent"

    started = await screen.rpc("service.start", id=first, fence=fence)
    await screen.until_version(started["queue_version"])
    assert screen.copy.services[first]["state"] == "serving"

    completed = await screen.rpc("service.complete", id=first, fence=fence)
    await screen.until_version(completed["queue_version"])
    assert screen.events[-1]["type"] == "service.completed"
    assert first not in screen.copy.services

    following = screen.copy.ordered()[0]["id"]
    taken = await screen.rpc("queue.claim_next", queue=queue)
    assert taken["service"]["id"] == following
    returned = await screen.rpc("service.release", id=following, fence=taken["service"]["fence"])
    await screen.until_version(returned["queue_version"])
    assert screen.copy.ordered()[0]["id"] == following
    assert screen.copy.services[following]["attempts"] == 1


async def reorder_and_remove(screen: Screen, supervisor: Rest) -> None:
    """Move and delete by REST, each seen live."""
    order = [service["id"] for service in screen.copy.ordered()]

    async def see(answer: dict) -> None:
        await screen.until_version(answer["queue_version"])

    await see(await asyncio.to_thread(supervisor.act, order[-1], "move", first=True))
    assert screen.events[-1]["type"] == "service.moved"
    assert screen.copy.ordered()[0]["id"] == order[-1]

    await see(await asyncio.to_thread(supervisor.act, order[0], "move", last=True))
    assert screen.copy.ordered()[-1]["id"] == order[0]

    # One gap between two neighbours is used up, so that the server has to renumber around it.
    for service in order[10:60]:
        await see(await asyncio.to_thread(supervisor.act, service, "move", before=order[5]))
    ids = [service["id"] for service in screen.copy.ordered()]
    at = ids.index(order[5])
    assert ids[at - 50 : at] == order[10:60]
    assert "queue.renumbered" in {event["type"] for event in screen.events}

    gone = order[100]
    answer = await asyncio.to_thread(supervisor.delete, f"/v1/services/{gone}")
    assert answer.status_code in (200, 204), answer.text
    await screen.until(lambda: gone not in screen.copy.services, what="the removal")
    assert screen.events[-1]["type"] == "service.removed"
    assert screen.events[-1]["actor"] == "supervisor"


def test_one_message_id_is_one_service(front_desk, marker, producer, supervisor, run):
    async def scenario():
        async with Screen("supervisor", front_desk) as screen:
            for _ in range(5):
                await asyncio.to_thread(
                    producer.publish, front_desk, {"details": {"marker": marker}}, "passport", marker
                )
            # The last one is another service: once it is there, the five were dealt with.
            await asyncio.to_thread(producer.publish, front_desk, {"details": {"marker": "other"}})
            await screen.until(lambda: any(e["service"]["details"]["marker"] == "other" for e in screen.events))
            assert [event["service"]["details"]["marker"] for event in screen.events] == [marker, "other"]

    run(scenario())


def test_priority_is_a_head_start(front_desk, producer, supervisor):
    for priority in ("normal", "low", 9, "high"):
        supervisor.submit(front_desk, priority=priority)
    assert [service["priority"] for service in supervisor.services(front_desk)] == [9, 6, 4, 2]


def test_a_board_sees_nothing_personal(front_desk, marker, viewer, supervisor, run):
    async def scenario():
        async with Screen("viewer", front_desk) as board:
            made = await asyncio.to_thread(
                supervisor.submit, front_desk, customer={"name": marker}, details={"note": marker}
            )
            await board.until(lambda: made["id"] in board.copy.services)
            assert marker not in str(board.events) + str(board.copy.services)
            assert "actor" not in board.events[-1]

    run(scenario())
    assert marker not in viewer.get(f"/v1/queues/{front_desk}/services").text
