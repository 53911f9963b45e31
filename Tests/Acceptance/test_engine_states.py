"""Every state beside the straight way, seen live on screens that prove each step by the digest."""

import asyncio
from datetime import UTC, datetime, timedelta

import centrifuge
import pytest

from support.accounts import Account
from support.rest import Rest
from support.screen import Screen
from test_main_job import assert_copy_is_the_servers

ROADSIDE = "roadside"
# The codes of the replies' errors.
NOT_OWNER, ILLEGAL_TRANSITION, QUEUE_EMPTY, STALE_FENCE = 403, 409, 441, 442


@pytest.fixture
def roadside(supervisor):
    """A second queue that is empty before and after the test."""
    supervisor.drain(ROADSIDE)
    yield ROADSIDE
    supervisor.drain(ROADSIDE)


async def refused(screen: Screen, code: int, method: str, **data) -> None:
    """The command must be refused for this reason."""
    with pytest.raises(centrifuge.ReplyError) as refusal:
        await screen.rpc(method, **data)
    assert refusal.value.code == code, refusal.value


async def done(screen: Screen, method: str, **data) -> dict:
    """Carries out a command, waits until the screen shows it, and returns the service."""
    answer = await screen.rpc(method, **data)
    await screen.until_version(answer["queue_version"])
    return answer["service"]


async def submitted(screen: Screen, rest, queue: str, **data) -> dict:
    """Puts a service in the screen's queue and waits until it shows it."""
    made = await asyncio.to_thread(rest.submit, queue, **data)
    await screen.until(lambda: made["id"] in screen.copy.services, what="the new service")
    return made


def test_a_scheduled_request_comes_in_line_live(front_desk, supervisor, agent, run):
    async def scenario():
        async with Screen("agent", front_desk) as screen:
            due = datetime.now(UTC) + timedelta(seconds=3)
            made = await submitted(screen, supervisor, front_desk, scheduled_for=due.isoformat())
            assert made["state"] == "scheduled"
            assert screen.copy.services[made["id"]]["scheduled_for"] == made["scheduled_for"]
            await refused(screen, ILLEGAL_TRANSITION, "service.claim", id=made["id"])
            await refused(screen, QUEUE_EMPTY, "queue.claim_next", queue=front_desk)
            now = await submitted(screen, supervisor, front_desk)
            # It stands where it would if it arrived then.
            assert [service["id"] for service in screen.copy.ordered()] == [now["id"], made["id"]]

            await screen.until(lambda: screen.copy.services[made["id"]]["state"] == "waiting", what="its time")
            assert datetime.now(UTC) >= due
            assert (screen.events[-1]["type"], screen.events[-1]["reason"]) == ("service.updated", "due")
            assert screen.events[-1]["actor"] == "system"
            assert_copy_is_the_servers(screen, agent, front_desk)
            assert (await done(screen, "service.claim", id=made["id"]))["state"] == "claimed"

    run(scenario())


def test_hold_and_resume(front_desk, supervisor, agent, run):
    async def scenario():
        async with Screen("agent", front_desk) as screen:
            first = await submitted(screen, supervisor, front_desk)
            forgotten = await submitted(screen, supervisor, front_desk)
            lost = (await done(screen, "service.claim", id=forgotten["id"]))["fence"]
            await done(screen, "service.hold", id=forgotten["id"], fence=lost, hold_seconds=5)

            fence = (await done(screen, "service.claim", id=first["id"]))["fence"]
            await refused(screen, STALE_FENCE, "service.hold", id=first["id"])
            held = await done(screen, "service.hold", id=first["id"], fence=fence, hold_seconds=600)
            assert (held["state"], held["fence"]) == ("on_hold", fence)
            assert held["hold_until"] > held["held_at"]
            assert screen.events[-1]["type"] == "service.held"
            await refused(screen, ILLEGAL_TRANSITION, "service.start", id=first["id"], fence=fence)
            assert (await done(screen, "service.resume", id=first["id"], fence=fence))["state"] == "claimed"
            assert screen.events[-1]["type"] == "service.resumed"

            await done(screen, "service.start", id=first["id"], fence=fence)
            await done(screen, "service.hold", id=first["id"], fence=fence)
            # Back to what it was before.
            assert (await done(screen, "service.resume", id=first["id"], fence=fence))["state"] == "serving"
            await done(screen, "service.complete", id=first["id"], fence=fence)

            # Nobody came back to this one.
            await screen.until(lambda: screen.copy.services[forgotten["id"]]["state"] == "waiting", what="the end")
            ends = [event for event in screen.events if event["type"] == "service.returned"]
            assert [(event["service"]["id"], event["reason"]) for event in ends] == [(forgotten["id"], "hold_expired")]
            returned = screen.copy.services[forgotten["id"]]
            assert (returned["attempts"], returned["order"]) == (1, forgotten["order"])
            await refused(screen, ILLEGAL_TRANSITION, "service.resume", id=forgotten["id"], fence=lost)
            assert_copy_is_the_servers(screen, agent, front_desk)

    run(scenario())


def test_a_transfer_is_seen_in_both_queues(front_desk, roadside, supervisor, agent, run):
    async def scenario():
        async with Screen("agent", front_desk) as desk, Screen("agent", roadside) as road:
            wanders = await submitted(desk, supervisor, front_desk)
            stays = await submitted(desk, supervisor, front_desk)
            later = await submitted(road, supervisor, roadside)
            await refused(desk, NOT_OWNER, "service.transfer", id=wanders["id"], to=roadside)
            fence = (await done(desk, "service.claim", id=wanders["id"]))["fence"]
            answer = await desk.rpc("service.transfer", id=wanders["id"], to=roadside, fence=fence)
            await road.until_version(answer["queue_version"])
            await desk.until(lambda: wanders["id"] not in desk.copy.services, what="its leaving")

            assert desk.events[-1]["type"] == "service.transferred"
            assert desk.events[-1]["service"] == road.events[-1]["service"] == answer["service"]
            assert (road.events[-1]["type"], road.events[-1]["from"]) == ("service.added", front_desk)
            there = road.copy.services[wanders["id"]]
            assert (there["queue"], there["state"], there["order"]) == (roadside, "waiting", wanders["order"])
            assert "claimed_by" not in there and "fence" not in there
            # It did not lose the time for which it had waited.
            assert [service["id"] for service in road.copy.ordered()] == [wanders["id"], later["id"]]
            assert [service["id"] for service in desk.copy.ordered()] == [stays["id"]]
            assert_copy_is_the_servers(desk, agent, front_desk)
            assert_copy_is_the_servers(road, agent, roadside)

            back = await asyncio.to_thread(supervisor.act, wanders["id"], "transfer", to=front_desk)
            await desk.until_version(back["queue_version"])
            await road.until(lambda: wanders["id"] not in road.copy.services, what="its leaving")
            assert [service["id"] for service in desk.copy.ordered()] == [wanders["id"], stays["id"]]
            assert desk.copy.services[wanders["id"]]["ticket"] > wanders["ticket"]
            assert_copy_is_the_servers(desk, agent, front_desk)
            assert_copy_is_the_servers(road, agent, roadside)

    run(scenario())


def test_a_supervisor_gives_a_service_to_an_employee(front_desk, supervisor, agent, run):
    """And on to another: one lease at a time, and whoever held the last one has nothing to show any more."""
    with Rest("admin") as admin:
        linguist = Account(admin, "agent", skills=["german"], capacity=1)
        colleague = Account(admin, "agent")

    async def scenario():
        async with Screen("agent", front_desk) as screen:
            service = await submitted(screen, supervisor, front_desk, requires=["german"])
            other = await submitted(screen, supervisor, front_desk)

            def assign(who: Account, what=service, **data):
                return asyncio.to_thread(supervisor.act, what["id"], "assign", assignee=who.id, **data)

            async def not_given(who: Account, code: str, what=service):
                answer = await asyncio.to_thread(
                    supervisor.post, f"/v1/services/{what['id']}/assign", json={"assignee": who.id}
                )
                assert answer.json()["code"] == code, answer.text

            await not_given(colleague, "missing_skill")
            given = await assign(linguist, lease_seconds=30)
            await screen.until_version(given["queue_version"])
            event = screen.events[-1]
            assert (event["type"], event["actor"]) == ("service.claimed", "supervisor")
            assert event["service"] == given["service"] and event["service"]["claimed_by"]["id"] == linguist.id
            assert given["service"]["fence"] == given["queue_version"] and given["lease_until"]
            await not_given(linguist, "at_capacity", other)

            me = await asyncio.to_thread(supervisor.get_json, "/v1/users/me")
            with Rest(linguist.name, bearer=linguist.token()) as hers:
                fence = {"fence": given["service"]["fence"]}
                assert hers.post(f"/v1/services/{service['id']}/start", json=fence).status_code == 200
                taken = await asyncio.to_thread(supervisor.act, service["id"], "assign", assignee=me["id"])
                assert (taken["service"]["state"], taken["service"]["attempts"]) == ("claimed", 0)
                assert "started_at" not in taken["service"]
                late = hers.post(f"/v1/services/{service['id']}/complete", json=fence)
                assert (late.status_code, late.json()["code"]) == (409, "illegal_transition")
                late = hers.post(f"/v1/services/{service['id']}/release", json=fence)
                assert (late.status_code, late.json()["code"]) == (403, "not_owner")
            await screen.until_version(taken["queue_version"])
            # Her place is free again.
            last = await assign(linguist, other)
            await screen.until_version(last["queue_version"])
            assert_copy_is_the_servers(screen, agent, front_desk)

    run(scenario())


def test_a_no_show_is_reinstated_at_its_place(front_desk, supervisor, agent, run):
    async def scenario():
        async with Screen("agent", front_desk) as screen:
            late = await submitted(screen, supervisor, front_desk)
            other = await submitted(screen, supervisor, front_desk)
            fence = (await done(screen, "service.claim", id=late["id"]))["fence"]
            assert (await done(screen, "service.no_show", id=late["id"], fence=fence))["state"] == "no_show"
            assert [service["id"] for service in screen.copy.ordered()] == [other["id"]]

            back = await done(screen, "service.reinstate", id=late["id"])
            assert (back["state"], back["attempts"]) == ("waiting", 0)
            assert (screen.events[-1]["type"], screen.events[-1]["reason"]) == ("service.returned", "reinstated")
            assert [service["id"] for service in screen.copy.ordered()] == [late["id"], other["id"]]
            await refused(screen, ILLEGAL_TRANSITION, "service.reinstate", id=late["id"])
            await refused(screen, ILLEGAL_TRANSITION, "service.complete", id=late["id"], fence=fence)
            assert_copy_is_the_servers(screen, agent, front_desk)

    run(scenario())


def test_another_priority_is_another_place(front_desk, supervisor, agent, run):
    async def scenario():
        async with Screen("agent", front_desk) as screen:
            first = await submitted(screen, supervisor, front_desk)
            second = await submitted(screen, supervisor, front_desk)
            answer = await asyncio.to_thread(supervisor.act, second["id"], "reprioritise", priority="high")
            await screen.until_version(answer["queue_version"])
            assert (screen.events[-1]["type"], screen.events[-1]["reason"]) == ("service.updated", "reprioritised")
            assert [service["id"] for service in screen.copy.ordered()] == [second["id"], first["id"]]
            await asyncio.to_thread(supervisor.act, second["id"], "reprioritise", priority=4)
            await screen.until_version(answer["queue_version"] + 1)
            assert screen.copy.services[second["id"]]["order"] == second["order"]
            assert_copy_is_the_servers(screen, agent, front_desk)

    run(scenario())
