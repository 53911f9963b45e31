"""Many employees want the same few services."""

import asyncio
from contextlib import AsyncExitStack

import centrifuge

from support.screen import Screen

CLIENTS = 100
SERVICES = 50
# The code of the reply's error.
QUEUE_EMPTY = 441


def test_a_hundred_clients_race_for_fifty_services(front_desk, marker, supervisor, run):
    made = [supervisor.submit(front_desk, details={"marker": marker})["id"] for _ in range(SERVICES)]

    async def claim(screen: Screen) -> dict | None:
        try:
            return (await screen.rpc("queue.claim_next", queue=front_desk))["service"]
        except centrifuge.ReplyError as error:
            assert error.code == QUEUE_EMPTY, error
            return None

    async def scenario():
        async with AsyncExitStack() as stack:
            users = ("agent", "supervisor", "admin")
            screens = [
                await stack.enter_async_context(Screen(users[number % len(users)])) for number in range(CLIENTS)
            ]
            return await asyncio.gather(*map(claim, screens))

    answers = run(scenario())
    won = [service for service in answers if service]
    assert sorted(service["id"] for service in won) == sorted(made)
    assert len(answers) - len(won) == CLIENTS - SERVICES
    # Every claim has a fence of its own, and the server agrees on who has what.
    assert len({service["fence"] for service in won}) == SERVICES
    assert {s["id"]: s["fence"] for s in supervisor.services(front_desk)} == {s["id"]: s["fence"] for s in won}
