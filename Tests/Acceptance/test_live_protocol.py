"""The Centrifuge client protocol as the public SDK speaks it, in JSON and in Protobuf, and by hand what no SDK sends."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time

import centrifuge
import httpx
import pytest

from support.accounts import Account
from support.environment import ENV, binary, until
from support.frames import Frames
from support.proxy import Proxy
from support.rest import Rest, token
from support.screen import Screen
from test_main_job import assert_copy_is_the_servers, publish
from test_repair import lose_everything, repair

# More than a client may recover: `CommandDesk.recoveredEvents`.
TOO_MANY = 2_100


@pytest.fixture(params=[False, True], ids=["json", "protobuf"])
def protobuf(request) -> bool:
    return request.param


@pytest.fixture
def admin():
    with Rest("admin") as client:
        yield client


@pytest.fixture
def account(admin):
    """Makes users, who are disabled after the test."""
    made = []

    def make(level: str, **properties) -> Account:
        made.append(Account(admin, level, **properties))
        return made[-1]

    yield make
    for user in made:
        user.change(disabled=True)


async def aside(function, *arguments, **named):
    """A call that waits, beside the event loop."""
    return await asyncio.to_thread(function, *arguments, **named)


def channel(queue: str) -> str:
    return f"queue:{queue}"


# Screens


def test_a_snapshot_then_every_event(front_desk, supervisor, protobuf, run):
    async def scenario():
        for number in range(3):
            await aside(supervisor.submit, front_desk, customer={"name": f"Ada {number}"})
        async with Screen("agent", front_desk, protobuf=protobuf) as screen:
            assert [s["customer"]["name"] for s in screen.copy.ordered()] == ["Ada 0", "Ada 1", "Ada 2"]
            before = screen.copy.version
            for number in range(20):
                await aside(supervisor.submit, front_desk, details={"number": number})
            await screen.until_version(before + 20)
            assert [event["service"]["details"]["number"] for event in screen.events] == list(range(20))
            # Each tells when it was stored, so that a screen can show how far it lags behind.
            assert all(event["at"].endswith("Z") for event in screen.events)
            assert_copy_is_the_servers(screen, supervisor, front_desk)

    run(scenario())


def test_recovery_after_a_cut(front_desk, supervisor, protobuf, run):
    async def scenario():
        async with Proxy(ENV["USHER_HTTP_LISTEN"]) as proxy:
            address = f"ws://{proxy.address}/connection/websocket"
            async with Screen("agent", front_desk, address, protobuf=protobuf) as screen:
                before = screen.copy.version
                for outage in range(2):
                    proxy.cut()
                    for _ in range(30):
                        await aside(supervisor.submit, front_desk)
                    proxy.mend()
                    await screen.until_version(before + 30 * (outage + 1))
                    assert screen.subscriptions[-1].was_recovering and screen.subscriptions[-1].recovered
                assert screen.copy.versions == list(range(before + 1, before + 61))
                assert len(screen.subscriptions) == 3
                assert_copy_is_the_servers(screen, supervisor, front_desk)

    run(scenario())


def test_what_is_too_much_to_recover_comes_as_a_snapshot(front_desk, marker, supervisor, run):
    async def scenario():
        async with Proxy(ENV["USHER_HTTP_LISTEN"]) as proxy, contextlib.AsyncExitStack() as stack:
            address = f"ws://{proxy.address}/connection/websocket"
            screens = [
                await stack.enter_async_context(Screen("agent", front_desk, address, protobuf=protobuf))
                for protobuf in (False, True)
            ]
            position = {"offset": screens[0].copy.version, "epoch": screens[0].copy.epoch}
            proxy.cut()
            await aside(publish, front_desk, marker, TOO_MANY)
            await aside(
                until, lambda: supervisor.queue(front_desk)["total"] == TOO_MANY, 60, "the requests in the queue"
            )
            proxy.mend()
            for screen in screens:
                await screen.until(lambda screen=screen: len(screen.subscriptions) == 2, what="the new subscription")
                again = screen.subscriptions[-1]
                assert again.was_recovering and not again.recovered
                assert screen.events == [], "a snapshot, not events"
                assert_copy_is_the_servers(screen, supervisor, front_desk)
            await refused_where_asked(front_desk, position)

    run(scenario())


async def refused_where_asked(queue: str, position: dict) -> None:
    """Error 112 in the place of a snapshot, where the client asked for that (flag 2)."""
    for protobuf in (False, True):
        async with Frames(protobuf) as frames:
            subscribe = {"channel": channel(queue), "recover": True, **position}
            await frames.send(
                {"id": 1, "connect": {"token": token("agent")}},
                {"id": 2, "subscribe": {**subscribe, "flag": 2}},
                {"id": 3, "subscribe": subscribe},
            )
            replies = await frames.replies(3)
            assert replies[2]["error"]["code"] == 112
            assert "recovered" not in replies[3]["subscribe"] or not replies[3]["subscribe"]["recovered"]
            assert replies[3]["subscribe"]["was_recovering"] is True
            assert replies[3]["subscribe"]["data"]["total"] == TOO_MANY


def test_a_new_epoch_comes_as_a_snapshot(front_desk, supervisor, run):
    """Redis lost everything, while one screen of each form was there and another was away."""

    async def scenario():
        async with Proxy(ENV["USHER_HTTP_LISTEN"]) as proxy, contextlib.AsyncExitStack() as stack:
            await aside(supervisor.submit, front_desk)
            screens, away = [], f"ws://{proxy.address}/connection/websocket"
            for protobuf in (False, True):
                for address in ({}, {"address": away}):
                    screens.append(
                        await stack.enter_async_context(Screen("agent", front_desk, protobuf=protobuf, **address))
                    )
            epoch = screens[0].copy.epoch
            assert {screen.copy.epoch for screen in screens} == {epoch}
            proxy.cut()
            lose_everything()
            await screens[0].until(lambda: screens[0].copy.epoch != epoch, what="the new epoch")
            proxy.mend()
            made = await aside(supervisor.submit, front_desk)
            for screen in screens:
                await screen.until(lambda screen=screen: made["id"] in screen.copy.services, what="the new service")
                assert screen.copy.epoch != epoch
                assert screen.subscriptions[-1].was_recovering and not screen.subscriptions[-1].recovered
                assert_copy_is_the_servers(screen, supervisor, front_desk)
            # What was lost is open in the history: it comes back, and ends with the test.
            await aside(repair, "--queue", front_desk)

    run(scenario())


def test_the_sdk_asks_for_its_state_when_it_cannot_recover(front_desk, supervisor, protobuf, run):
    """`get_state` is how the SDK asks for error 112: it is called again after one."""

    async def scenario():
        now = await aside(supervisor.queue, front_desk)
        positions = [
            centrifuge.StreamPosition(offset=now["version"], epoch="another"),
            centrifuge.StreamPosition(offset=now["version"], epoch=now["epoch"]),
        ]
        asked = []

        async def get_state(_channel: str) -> centrifuge.StreamPosition:
            asked.append(positions[len(asked)])
            return asked[-1]

        async with Screen("agent", protobuf=protobuf) as screen:
            subscription = screen.client.new_subscription(channel(front_desk), get_state=get_state, recoverable=True)
            await subscription.subscribe()
            await subscription.ready(timeout=20)
            assert asked == positions

    run(scenario())


# Questions


def test_presence_and_who_comes_and_goes(front_desk, account, protobuf, run):
    async def scenario():
        async with contextlib.AsyncExitStack() as stack:
            watcher = await stack.enter_async_context(
                Screen("supervisor", front_desk, protobuf=protobuf, join_leave=True)
            )
            board = await stack.enter_async_context(
                Screen("viewer", front_desk, protobuf=protobuf, join_leave=True)
            )
            user = account("agent")
            ours = {watcher.client.client_id, board.client.client_id}
            for wanted in ("unsubscribe", "close"):
                async with contextlib.AsyncExitStack() as visit:
                    guest = await visit.enter_async_context(Screen(user.token, front_desk, protobuf=protobuf))
                    name = guest.client.client_id
                    await watcher.until(lambda: name in [info.client for info in watcher.joins], what="the join")
                    info = next(info for info in watcher.joins if info.client == name)
                    assert info.user == user.id
                    assert watcher.decoded(info.conn_info) == {"name": user.name, "level": "agent"}

                    clients = (await watcher.client.presence(channel(front_desk))).clients
                    assert ours | {name} <= set(clients)
                    assert clients[name].user == user.id
                    assert watcher.decoded(clients[name].conn_info) == {"name": user.name, "level": "agent"}
                    stats = await board.client.presence_stats(channel(front_desk))
                    assert stats.num_clients == len(clients)
                    assert stats.num_users == len({client.user for client in clients.values()})
                    if wanted == "unsubscribe":
                        await guest.client.get_subscription(channel(front_desk)).unsubscribe()
                        await watcher.until(lambda: name in [info.client for info in watcher.leaves], what="the leave")
                await watcher.until(lambda: name in [info.client for info in watcher.leaves], what="the leave")
                assert name not in (await watcher.client.presence(channel(front_desk))).clients
            # A board may know how many there are, and not who.
            with pytest.raises(centrifuge.ReplyError) as refusal:
                await board.client.presence(channel(front_desk))
            assert refusal.value.code == 103
            assert board.joins == [] and board.leaves == []

    run(scenario())


def test_history(front_desk, supervisor, protobuf, run):
    async def scenario():
        async with Screen("agent", front_desk, protobuf=protobuf) as screen:
            before = screen.copy.version
            for _ in range(10):
                await aside(supervisor.submit, front_desk, customer={"name": "Ada"})
            await screen.until_version(before + 10)

            async def offsets(**question) -> list[int]:
                page = await screen.client.history(channel(front_desk), **question)
                assert (page.offset, page.epoch) == (before + 10, screen.copy.epoch)
                for publication in page.publications:
                    assert screen.decoded(publication.data) == screen.events[publication.offset - before - 1]
                return [publication.offset for publication in page.publications]

            def at(place: int, epoch: str | None = None) -> centrifuge.StreamPosition:
                return centrifuge.StreamPosition(offset=before + place, epoch=epoch or screen.copy.epoch)

            assert await offsets() == [], "the position alone"
            assert await offsets(limit=3, since=at(0)) == [before + n for n in (1, 2, 3)]
            assert await offsets(limit=100, since=at(7)) == [before + n for n in (8, 9, 10)]
            assert await offsets(limit=3, reverse=True) == [before + n for n in (10, 9, 8)]
            assert await offsets(limit=2, since=at(5), reverse=True) == [before + n for n in (4, 3)]
            # To the end, page by page.
            place, found = at(0), []
            while page := (await screen.client.history(channel(front_desk), limit=4, since=place)).publications:
                found += [publication.offset for publication in page]
                place = centrifuge.StreamPosition(offset=found[-1], epoch=screen.copy.epoch)
            assert found == list(range(before + 1, before + 11))
            for since in (at(1, "another"), at(11)):
                with pytest.raises(centrifuge.ReplyError) as refusal:
                    await screen.client.history(channel(front_desk), limit=1, since=since)
                assert refusal.value.code == 112
        async with Screen("viewer", protobuf=protobuf) as board:
            page = await board.client.history(channel(front_desk), limit=100)
            assert "Ada" not in str([board.decoded(publication.data) for publication in page.publications])

    run(scenario())


def test_what_is_refused_says_why(front_desk, supervisor, protobuf, run):
    async def scenario():
        made = await aside(supervisor.submit, front_desk)
        async with Screen("viewer", protobuf=protobuf) as board, Screen("agent", protobuf=protobuf) as agent:

            async def code(asked) -> int:
                with pytest.raises(centrifuge.ReplyError) as refusal:
                    await asked
                return refusal.value.code

            assert await code(board.rpc("queue.claim_next", queue=front_desk)) == 103
            assert await code(agent.rpc("service.complete", id=made["id"], fence=1)) == 409
            assert await code(agent.rpc("service.claim", id="00000000-0000-7000-8000-000000000000")) == 404
            assert await code(agent.rpc("service.claim", id=made["id"], fense=1)) == 401
            assert await code(agent.rpc("service.dance", id=made["id"])) == 104
            assert await code(agent.client.publish(channel(front_desk), agent.encoded({"a": 1}))) == 108
            for question in (agent.client.history, agent.client.presence, agent.client.presence_stats):
                assert await code(question("queue:none")) == 102
                assert await code(question("news")) == 102
            subscription = agent.client.new_subscription("queue:none")
            await subscription.subscribe()
            with pytest.raises(centrifuge.SubscriptionUnsubscribedError):
                await subscription.ready(timeout=10)

    run(scenario())


# Frames by hand


def test_many_commands_in_one_frame(front_desk, supervisor, protobuf, run):
    async def scenario():
        await aside(supervisor.submit, front_desk)
        async with Frames(protobuf) as frames:
            before = time.time()
            await frames.send(
                {"id": 1, "connect": {"token": token("agent"), "name": "hand", "version": "1", "data": {"a": 1}}},
                {"id": 2, "subscribe": {"channel": channel(front_desk), "data": {"limit": 1}}},
                {"send": {"data": {"nobody": "answers"}}},
                {"id": 3, "rpc": {"method": "queue.list", "data": {"queue": front_desk}}},
                {"id": 4, "history": {"channel": channel(front_desk), "limit": 1, "reverse": True}},
                {"id": 5, "presence_stats": {"channel": channel(front_desk)}},
                {"id": 6, "sub_refresh": {"channel": channel(front_desk), "token": "x"}},
                {"id": 7, "ping": {}},
                {"id": 8, "subscribe": {"channel": channel(front_desk)}},
                {"id": 9, "unsubscribe": {"channel": channel(front_desk)}},
            )
            replies = await frames.replies(9)
            connect = replies[1]["connect"]
            assert connect["client"] and connect["expires"] and 0 < connect["ttl"] <= 600
            assert connect["ping"] == 25 and connect["pong"] is True
            # The time at the server, for a client whose clock is wrong.
            assert before - 1 < connect["time"] / 1000 < time.time() + 1
            subscribe = replies[2]["subscribe"]
            assert subscribe["offset"] == subscribe["data"]["version"]
            assert len(subscribe["data"]["services"]) == 1
            assert replies[3]["rpc"]["data"]["queue"] == front_desk
            assert [pub["offset"] for pub in replies[4]["history"]["publications"]] == [subscribe["offset"]]
            assert "presence_stats" in replies[5]
            assert replies[6]["error"]["code"] == 108
            assert "ping" in replies[7]
            assert replies[8]["error"]["code"] == 105
            assert "unsubscribe" in replies[9]

    run(scenario())


@pytest.mark.parametrize(
    "commands, code",
    [
        ([{"id": 1, "subscribe": {"channel": "queue:front-desk"}}], 3501),
        ([{}], 3501),
        ([{"send": {"data": 1}}], 3501),
        ([{"id": 1, "connect": {}}], 3500),
        ([{"id": 1, "connect": {"token": "no.token.ofours"}}], 3500),
        ([{"id": 1, "connect": {"token": "TOKEN"}}, {"id": 2, "connect": {"token": "TOKEN"}}], 3501),
        ([{"id": 1, "connect": {"token": "TOKEN"}}, {"id": 2, "subscribe": {}}], 3501),
        ([{"id": 1, "connect": {"token": "TOKEN"}}, {"id": 2}], 3501),
        ([{"id": 1, "connect": {"token": "TOKEN"}}, {}], 3501),
    ],
)
def test_what_breaks_the_protocol_ends_the_connection(commands, code, protobuf, run):
    async def scenario():
        async with Frames(protobuf) as frames:
            for command in commands:
                if command.get("connect", {}).get("token") == "TOKEN":
                    command = {**command, "connect": {"token": await aside(token, "agent")}}
                await frames.send(command)
            assert await frames.close_code() == code

    run(scenario())


def test_what_is_no_command_ends_the_connection(protobuf, run):
    async def scenario():
        for frame in (b"\x05", b"\xff\xff\xff\xff\xff\xff", b'{"id":'):
            async with Frames(protobuf) as frames:
                assert "connect" in await frames.call({"id": 1, "connect": {"token": await aside(token, "agent")}})
                await frames.socket.send(frame if protobuf else frame.decode("latin1"))
                assert await frames.close_code() == 3501

    run(scenario())


# What the server ends


def test_a_disabled_user_is_away_and_stays_away(front_desk, account, run):
    async def scenario():
        users = [account("agent"), account("agent")]
        async with contextlib.AsyncExitStack() as stack:
            screens = [
                await stack.enter_async_context(Screen(user.token, front_desk, protobuf=protobuf))
                for user, protobuf in zip(users, (False, True))
            ]
            for user, screen in zip(users, screens):
                await aside(user.change, disabled=True)
                await screen.until(lambda screen=screen: screen.ends == [3503], timeout=5, what="the end")
            await asyncio.sleep(2)
            for user, screen in zip(users, screens):
                assert screen.client.state == centrifuge.ClientState.DISCONNECTED
                assert screen.ends == [3503] and screen.reconnects == []
                assert user.sign_ins == 1, "it did not even ask for a token"

    run(scenario())


def test_a_user_of_another_level_comes_back_with_it(front_desk, account, supervisor, run):
    async def scenario():
        users = [account("supervisor"), account("supervisor")]
        async with contextlib.AsyncExitStack() as stack:
            screens = [
                await stack.enter_async_context(Screen(user.token, front_desk, protobuf=protobuf))
                for user, protobuf in zip(users, (False, True))
            ]
            for user, screen in zip(users, screens):
                await aside(user.change, level="viewer")
                await screen.until(lambda screen=screen: len(screen.subscriptions) == 2, what="the new subscription")
                assert screen.reconnects == [3011] and screen.ends == []
                assert user.sign_ins == 2
                made = await aside(supervisor.submit, front_desk, customer={"name": "Ada"})
                await screen.until(lambda: made["id"] in screen.copy.services)
                assert "customer" not in screen.copy.services[made["id"]]
                with pytest.raises(centrifuge.ReplyError) as refusal:
                    await screen.rpc("queue.pause", queue=front_desk)
                assert refusal.value.code == 103

    run(scenario())


# Tokens that end


@pytest.fixture
def short_lived():
    """The address of a second server of the site, whose tokens are good for a minute."""
    http, admin_address = free_address(), free_address()
    known = {name: value for name, value in ENV.items() if not name.startswith("USHER_DEMO_")}
    changes = {"USHER_HTTP_LISTEN": http, "USHER_ADMIN_LISTEN": admin_address, "USHER_ACCESS_TOKEN_SECONDS": "60"}
    server = subprocess.Popen(
        [binary(), "serve"],
        env={"PATH": os.environ["PATH"], **known, **changes},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: is_ready(admin_address), what="the second server")
        yield http
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=40)


def free_address() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % listener.getsockname()[1]


def is_ready(address: str) -> bool:
    try:
        return httpx.get(f"http://{address}/health/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def test_tokens_are_refreshed_before_they_end(short_lived, front_desk, account, supervisor, run):
    user = account("agent")
    address = f"ws://{short_lived}/connection/websocket"

    def get_token() -> str:
        return user.token(f"http://{short_lived}")

    async def scenario():
        async with contextlib.AsyncExitStack() as stack:
            first = await aside(get_token)
            screens = [
                await stack.enter_async_context(Screen(get_token, front_desk, address, protobuf=protobuf))
                for protobuf in (False, True)
            ]
            clients = [screen.client.client_id for screen in screens]
            assert user.sign_ins == 3
            await screens[0].until(lambda: user.sign_ins == 5, timeout=90, what="the refresh")
            # The first token has ended by now: it lets nobody in, and is no end either.
            late = await stack.enter_async_context(Screen(get_token, front_desk, address))
            assert user.sign_ins == 6
            await late.client.disconnect()
            late.client.set_token(first)
            await late.client.connect()
            await late.client.ready(timeout=20)
            assert [error.code for error in late.errors] == [109]
            assert user.sign_ins == 7

            made = await aside(supervisor.submit, front_desk)
            for screen in screens:
                await screen.until(lambda: made["id"] in screen.copy.services, what="the event")
                assert screen.reconnects == [] and screen.ends == [] and screen.errors == []
            assert [screen.client.client_id for screen in screens] == clients, "they were connected all the time"

    run(scenario())
