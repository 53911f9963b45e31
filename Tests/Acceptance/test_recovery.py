"""A screen that was cut off gets exactly what it missed."""

import asyncio

from support.environment import ENV, until
from support.proxy import Proxy
from support.screen import Screen
from test_main_job import assert_copy_is_the_servers, publish


def test_a_cut_off_screen_recovers_what_it_missed(front_desk, marker, supervisor, run):
    async def scenario():
        async with Proxy(ENV["USHER_HTTP_LISTEN"]) as proxy:
            async with Screen("agent", front_desk, f"ws://{proxy.address}/connection/websocket") as screen:
                await asyncio.to_thread(publish, front_desk, marker, 50)
                await screen.until(lambda: len(screen.events) == 50)
                before = screen.copy.version

                for outage in range(3):
                    proxy.cut()
                    await asyncio.to_thread(publish, front_desk, marker, 100)
                    # The server goes on without it.
                    await asyncio.to_thread(wait_for_total, supervisor, front_desk, 50 + outage * 99 + 100)
                    last = (await asyncio.to_thread(supervisor.services, front_desk))[-1]["id"]
                    await asyncio.to_thread(supervisor.act, last, "move", first=True)
                    assert (await asyncio.to_thread(supervisor.delete, f"/v1/services/{last}")).is_success
                    version = (await asyncio.to_thread(supervisor.queue, front_desk))["version"]
                    assert screen.copy.version < version
                    proxy.mend()
                    await screen.until_version(version)
                    assert screen.subscriptions[-1].was_recovering
                    assert screen.subscriptions[-1].recovered
                    assert_copy_is_the_servers(screen, supervisor, front_desk)

                assert len(screen.subscriptions) == 4
                # No version twice, none left out: 50 before, then 102 in each outage.
                assert screen.copy.versions == list(range(before - 49, before + 3 * 102 + 1))

    run(scenario())


def wait_for_total(supervisor, queue: str, total: int) -> None:
    until(lambda: supervisor.queue(queue)["total"] == total, what=f"{total} services in the queue")
