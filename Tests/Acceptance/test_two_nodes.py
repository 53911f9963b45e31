"""Two servers on one Redis and one PostgreSQL: both show the same, know of each other's clients, and obey each other's logouts."""

import asyncio
import time

import httpx

from support.environment import HTTP
from support.node import Node
from support.rest import sign_in
from support.screen import Screen
from test_main_job import assert_copy_is_the_servers

# How long a silent node counts as alive, `BrokerLimits.presenceLife`, and some time for slow machines.
NODE_LIFE = 15 + 15


def address(node: Node) -> str:
    return f"ws://{node.http}/connection/websocket"


async def present(screen: Screen, queue: str) -> set[str]:
    return set((await screen.client.presence(f"queue:{queue}")).clients)


async def until_present(screen: Screen, queue: str, condition, timeout: float) -> set[str]:
    """Waits until the condition holds for who is present: connections of killed servers of other tests may be for a while."""
    async with asyncio.timeout(timeout):
        while not condition(found := await present(screen, queue)):
            await asyncio.sleep(0.1)
    return found


def test_both_show_the_same_and_a_dead_nodes_clients_are_gone(front_desk, supervisor, run):
    async def scenario():
        other_user = (await asyncio.to_thread(supervisor.get, "/v1/users/me")).json()["id"]
        with Node("second") as second:
            async with (
                Screen("agent", front_desk, join_leave=True) as here,
                Screen("supervisor", front_desk, address(second), join_leave=True) as there,
            ):
                await here.until(lambda: any(info.user == other_user for info in here.joins), what="the other's join")
                other = next(info.client for info in here.joins if info.user == other_user)
                for screen in (here, there):
                    await until_present(screen, front_desk, lambda found: other in found, timeout=10)
                for _ in range(20):
                    service = await asyncio.to_thread(supervisor.submit, front_desk)
                await asyncio.to_thread(supervisor.delete, f"/v1/services/{service['id']}")
                version = (await asyncio.to_thread(supervisor.queue, front_desk))["version"]
                for screen in (here, there):
                    await screen.until_version(version)
                    assert_copy_is_the_servers(screen, supervisor, front_desk)
                assert here.copy.ordered() == there.copy.ordered()
                # Killed: it cannot say that its clients left.
                await asyncio.to_thread(second.kill)
                await until_present(here, front_desk, lambda found: other not in found, timeout=NODE_LIFE)
                await here.until(
                    lambda: other in {info.client for info in here.leaves}, what="the leave", timeout=NODE_LIFE
                )

    run(scenario())


def test_a_logout_at_one_ends_the_socket_at_the_other(front_desk, run):
    async def scenario():
        with Node("second") as second:
            login = await asyncio.to_thread(sign_in, "agent")
            async with Screen(lambda: login["access_token"], front_desk, address(second)) as gone:
                began = time.monotonic()
                refresh = {"refresh_token": login["refresh_token"]}
                answer = await asyncio.to_thread(httpx.post, HTTP + "/v1/auth/logout", json=refresh, timeout=20)
                assert answer.status_code == 204
                await gone.until(lambda: gone.ends, what="the end of the socket")
                took = time.monotonic() - began
                print(f"ended after {took:.2f} s")
                # Promised is one second; a machine that builds something else may need longer.
                assert gone.ends == [3500] and took < 5

    run(scenario())
