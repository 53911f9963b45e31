"""A server is told to go while a thousand screens watch and employees work: nothing is lost or doubled, and all go on elsewhere."""

import asyncio
import time

from support.environment import until
from support.node import Node
from support.own_server import OwnServer, own_place
from support.rabbitmq import virtual_host
from support.seats import Employee, RestEmployee, Seat, SocketEmployee

SEATS = 1_000
QUEUE = "front-desk"
# `USHER_SHUTDOWN_SECONDS`: the default, which is what deployments give a process before they kill it.
GRACE = 20
# The protocol's "shutdown": come back.
COME_BACK = 3001
PAUSE = 0.4


async def take_seats(seats: list[Seat], address: str) -> None:
    """All of them, a hundred at a time."""
    gate = asyncio.Semaphore(100)

    async def take(seat: Seat) -> None:
        async with gate:
            await seat.sit(address)

    await asyncio.gather(*map(take, seats))


async def move(seat: Seat, address: str) -> int:
    """Waits until the seat is sent away, and takes it at the other server; what it was told."""
    code = await seat.ended
    await seat.sit(address)
    return code


async def drain(leaving: OwnServer, staying: Node) -> tuple[list[Seat], list[Employee]]:
    viewer = await asyncio.to_thread(leaving.token, "viewer")
    supervisor = await asyncio.to_thread(leaving.token, "supervisor")
    servers = [leaving.http, staying.http]
    seats = [Seat(viewer, QUEUE) for _ in range(SEATS)]
    await take_seats(seats, leaving.http)

    stopped = asyncio.Event()
    employees = [RestEmployee(supervisor, servers, QUEUE, PAUSE) for _ in range(4)]
    employees += [SocketEmployee(supervisor, order, QUEUE, PAUSE) for order in (servers, servers[::-1], servers[::-1])]
    async with asyncio.TaskGroup() as tasks:
        for employee in employees:
            tasks.create_task(employee.work(stopped))
        await asyncio.sleep(2)
        moving = asyncio.gather(*(move(seat, staying.http) for seat in seats))
        began = time.monotonic()
        assert await asyncio.to_thread(leaving.terminate) == 0
        took = time.monotonic() - began
        assert took < GRACE, f"gone only after {took:.1f} s"
        async with asyncio.timeout(GRACE):
            codes = await moving
        assert set(codes) == {COME_BACK}, "everybody is told to come back"
        await asyncio.sleep(2)
        stopped.set()
    print(f"gone after {took:.1f} s; {sum(e.done for e in employees)} commands, {sum(e.repeated for e in employees)} asked again")
    return seats, employees


def test_a_server_that_goes_loses_no_command_and_no_screen(run):
    own = {"USHER_MAX_CONNECTIONS_PER_USER": "4000", "USHER_SHUTDOWN_SECONDS": str(GRACE)}
    with virtual_host() as url, own_place("drain") as place:
        settings = place | own | {"USHER_AMQP_URL": url}
        leaving = OwnServer("drain-leaving", settings)
        leaving.prepare()
        with leaving, Node("drain-staying", **settings) as staying:
            with leaving.client("supervisor") as client:
                begin = client.get(f"/v1/queues/{QUEUE}").json()["version"]
                client.base_url = f"http://{staying.http}"

                async def scenario() -> None:
                    seats, employees = await drain(leaving, staying)
                    assert any(employee.repeated for employee in employees), "nobody was at the server that went"
                    assert any(COME_BACK in e.codes for e in employees if isinstance(e, SocketEmployee))

                    # A command is one version: one that were lost or carried out twice would make another number.
                    queue = (await asyncio.to_thread(client.get, f"/v1/queues/{QUEUE}")).json()
                    assert queue["version"] - begin == sum(employee.done for employee in employees)
                    async with asyncio.timeout(10):
                        while any(seat.version < queue["version"] for seat in seats):
                            await asyncio.sleep(0.05)
                    assert {seat.version for seat in seats} == {queue["version"]}
                    assert [gap for seat in seats for gap in seat.gaps] == []
                    assert {tuple(seat.recovered) for seat in seats} == {(False, True)}
                    for seat in seats:
                        seat.close()
                    await asyncio.gather(*(seat.ended for seat in seats))

                    completed = [service for employee in employees for service in employee.completed]
                    assert len(completed) == len(set(completed)) == sum(e.done for e in employees) / 4

                    def recorded() -> bool:
                        page = client.get("/v1/history", params={"queue": QUEUE, "limit": 500}).json()
                        assert page["next_cursor"] is None
                        states = {entry["service"]["id"]: entry["service"]["state"] for entry in page["entries"]}
                        return states == dict.fromkeys(completed, "completed")

                    await asyncio.to_thread(until, recorded, what="the history")

                run(scenario())
