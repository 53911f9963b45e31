"""Screens that get a queue's events as server-sent events."""

import asyncio

from support.streams import Stream
from test_main_job import publish
from test_recovery import wait_for_total


def test_a_cut_off_stream_goes_on_where_it_was(front_desk, marker, supervisor, run):
    """No gap and no double: the copy takes nothing but the very next event, and is proved by the digest."""

    async def scenario():
        async with Stream("agent", front_desk) as stream:
            await stream.until(lambda: stream.snapshots, what="the snapshot")
            start = stream.copy.version
            await asyncio.to_thread(publish, front_desk, marker, 30)
            await stream.until(lambda: len(stream.events) == 30, what="30 events")
            for outage in range(3):
                await stream.cut()
                await asyncio.to_thread(publish, front_desk, marker, 40)
                await asyncio.to_thread(wait_for_total, supervisor, front_desk, 30 + outage * 39 + 40)
                last = (await asyncio.to_thread(supervisor.services, front_desk))[-1]["id"]
                await asyncio.to_thread(supervisor.act, last, "move", first=True)
                assert (await asyncio.to_thread(supervisor.delete, f"/v1/services/{last}")).is_success
                version = (await asyncio.to_thread(supervisor.queue, front_desk))["version"]
                assert stream.copy.version < version
                stream.open()
                await stream.until(lambda: stream.copy.version >= version, what=f"version {version}")
            assert len(stream.snapshots) == 1, "what was missed was replayed"
            assert stream.copy.versions == list(range(start + 1, start + 30 + 3 * 42 + 1))
            assert stream.copy.digest == (await asyncio.to_thread(supervisor.queue, front_desk))["digest"]
            assert stream.last_id == f"{stream.copy.epoch}:{stream.copy.version}"

    run(scenario())


def test_what_is_too_old_begins_with_a_snapshot(front_desk, supervisor, run):
    async def scenario():
        supervisor.submit(front_desk)
        epoch = supervisor.queue(front_desk)["epoch"]
        for last_id in ("0000000000:1", f"{epoch}:999999999999", "nonsense"):
            async with Stream("agent", front_desk, last_id) as stream:
                await stream.until(lambda: stream.snapshots, what="the snapshot")
                assert stream.copy.version == supervisor.queue(front_desk)["version"]
                assert stream.last_id == f"{epoch}:{stream.copy.version}"
                service = supervisor.submit(front_desk)
                await stream.until(lambda: stream.events, what="the next event")
                assert stream.events[0]["service"]["id"] == service["id"]

    run(scenario())


def test_a_board_sees_nothing_personal(front_desk, marker, supervisor, run):
    async def scenario():
        customer = {"name": f"Name {marker}", "phone": f"+44{marker}"}
        supervisor.submit(front_desk, customer=customer)
        async with Stream("viewer", front_desk) as board, Stream("agent", front_desk) as desk:
            for stream in (board, desk):
                await stream.until(lambda: stream.snapshots, what="the snapshot")
            service = supervisor.submit(front_desk, customer=customer)
            supervisor.act(service["id"], "claim")
            for stream in (board, desk):
                await stream.until(lambda: len(stream.events) == 2, what="two events")
            assert desk.raw.count(marker) >= 4
            assert marker not in board.raw
            assert "supervisor" not in board.raw and "customer" not in board.raw
            assert board.copy.digest == desk.copy.digest

    run(scenario())


def test_only_the_first_services_of_a_snapshot(front_desk, supervisor, run):
    async def scenario():
        first = [supervisor.submit(front_desk)["id"] for _ in range(3)][:2]
        async with Stream("agent", front_desk, limit=2) as stream:
            await stream.until(lambda: stream.snapshots, what="the snapshot")
            assert [service["id"] for service in stream.snapshots[0]["services"]] == first
            assert stream.snapshots[0]["total"] == 3

    run(scenario())
