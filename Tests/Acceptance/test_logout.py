"""Logging out ends what was opened with that login, and nothing else of the same user's."""

import asyncio
import time

import centrifuge
import httpx

from support.environment import HTTP, WEBSOCKET
from support.rest import sign_in


class Login:
    """One login of a user, with a socket that the public SDK keeps open."""

    def __init__(self, user: str):
        answer = sign_in(user)
        self.access, self.refresh = answer["access_token"], answer["refresh_token"]
        self.ended: list[centrifuge.DisconnectedContext] = []
        self.reconnects = 0

        async def get_token() -> str:
            return self.access

        self.client = centrifuge.Client(WEBSOCKET, get_token=get_token, events=_Events(self), timeout=10, proxy=None)

    def status(self) -> int:
        headers = {"Authorization": f"Bearer {self.access}"}
        return httpx.get(HTTP + "/v1/users/me", headers=headers, timeout=20).status_code

    def log_out(self) -> None:
        assert httpx.post(HTTP + "/v1/auth/logout", json={"refresh_token": self.refresh}, timeout=20).status_code == 204


class _Events(centrifuge.ClientEventHandler):
    def __init__(self, login: Login):
        self._login = login

    async def on_connecting(self, ctx: centrifuge.ConnectingContext) -> None:
        self._login.reconnects += ctx.code != 0

    async def on_disconnected(self, ctx: centrifuge.DisconnectedContext) -> None:
        self._login.ended.append(ctx)


def test_logging_out_ends_that_logins_socket_alone(front_desk, run):
    async def scenario():
        gone, stays = Login("agent"), Login("agent")
        for login in (gone, stays):
            await login.client.connect()
            await login.client.ready(timeout=20)
        began = time.monotonic()
        await asyncio.to_thread(gone.log_out)
        async with asyncio.timeout(10):
            while not gone.ended:
                await asyncio.sleep(0.01)
        assert time.monotonic() - began < 5, "a second, on a machine that may be five times slower"
        assert (gone.ended[0].code, gone.ended[0].reason) == (3500, "session ended")
        assert gone.status() == 401
        answer = httpx.post(HTTP + "/v1/auth/refresh", json={"refresh_token": gone.refresh}, timeout=20)
        assert answer.status_code == 401
        await asyncio.sleep(1.5)
        assert gone.reconnects == 0, "there is no token to come back with"
        assert gone.client.state == centrifuge.ClientState.DISCONNECTED
        assert not stays.ended
        assert stays.status() == 200
        assert (await stays.client.rpc("queue.list", {"queue": front_desk})).data["queue"] == front_desk
        await stays.client.disconnect()

    run(scenario())


def test_a_refresh_token_used_twice_ends_the_session_everywhere(run):
    async def scenario():
        login = Login("viewer")
        await login.client.connect()
        await login.client.ready(timeout=20)
        codes = [
            httpx.post(HTTP + "/v1/auth/refresh", json={"refresh_token": login.refresh}, timeout=20).status_code
            for _ in range(2)
        ]
        assert codes == [200, 401]
        async with asyncio.timeout(10):
            while not login.ended:
                await asyncio.sleep(0.01)
        assert login.ended[0].code == 3500
        assert login.status() == 401

    run(scenario())
