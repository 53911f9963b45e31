"""Bad input gets a clear answer at every door and changes nothing; a part that is down is named."""

import asyncio
import json
import os
import signal
import subprocess
import uuid

import centrifuge
import httpx
import pytest
import websockets

from support.environment import ADMIN, ENV, WEBSOCKET, binary, ops, process_id, until
from support.rest import token
from support.screen import Screen

OVERSIZE = 2 * 1024 * 1024


def assert_problem(answer: httpx.Response, status: int, code: str | None = None) -> dict:
    """The answer is RFC 9457 problem+json with this status and code."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    if code:
        assert problem["code"] == code
    return problem


@pytest.fixture
def unchanged(front_desk, supervisor):
    """Fails when the test changed the queue after it called this."""
    versions = []

    def note() -> None:
        versions.append(supervisor.queue(front_desk)["version"])

    yield note
    assert versions == [supervisor.queue(front_desk)["version"]]


class TestREST:
    def test_unknown_queue(self, supervisor):
        assert_problem(supervisor.get("/v1/queues/nowhere/services"), 404, "unknown_queue")
        assert_problem(supervisor.post("/v1/queues/nowhere/services", json={"kind": "x"}), 404, "unknown_queue")
        assert_problem(supervisor.post("/v1/queues/nowhere/claim-next", json={}), 404, "unknown_queue")

    def test_unknown_service(self, supervisor):
        assert_problem(supervisor.get(f"/v1/services/{uuid.uuid4()}"), 404, "not_found")

    def test_illegal_transition_tells_the_state_found(self, front_desk, supervisor, unchanged):
        service = supervisor.submit(front_desk)["id"]
        unchanged()
        answer = supervisor.post(f"/v1/services/{service}/complete", json={})
        assert assert_problem(answer, 409, "illegal_transition")["state"] == "waiting"

    def test_stale_fence(self, front_desk, agent, unchanged):
        service = agent.submit(front_desk)["id"]
        old = agent.act(service, "claim")["service"]["fence"]
        agent.act(service, "release", fence=old)
        agent.act(service, "claim")
        unchanged()
        assert_problem(agent.post(f"/v1/services/{service}/start", json={"fence": old}), 409, "stale_fence")

    def test_another_ones_claim(self, front_desk, agent, supervisor, unchanged):
        service = supervisor.submit(front_desk)["id"]
        fence = supervisor.act(service, "claim")["service"]["fence"]
        unchanged()
        answer = agent.post(f"/v1/services/{service}/start", json={"fence": fence})
        assert_problem(answer, 403, "not_owner")

    def test_level_too_low(self, front_desk, supervisor, agent, viewer, producer_user, unchanged):
        service = supervisor.submit(front_desk)["id"]
        unchanged()
        assert_problem(viewer.post(f"/v1/services/{service}/claim", json={}), 403)
        assert_problem(viewer.post(f"/v1/queues/{front_desk}/services", json={"kind": "x"}), 403)
        assert_problem(agent.post(f"/v1/services/{service}/move", json={"last": True}), 403)
        assert_problem(agent.delete(f"/v1/services/{service}"), 403)
        assert_problem(agent.get("/v1/history"), 403)
        assert_problem(producer_user.get(f"/v1/queues/{front_desk}/services"), 403)

    def test_no_token_or_a_forged_one(self, front_desk):
        path = ENV["USHER_HTTP_LISTEN"] + f"/v1/queues/{front_desk}/services"
        assert_problem(httpx.get("http://" + path), 401)
        head, _, signature = token("agent").rpartition(".")
        forged = f"{head}.{signature[::-1]}"
        assert_problem(httpx.get("http://" + path, headers={"Authorization": f"Bearer {forged}"}), 401)

    def test_wrong_password(self, supervisor):
        for user in ("agent", "nobody-of-this-name"):
            answer = supervisor.post("/v1/auth/token", json={"username": user, "password": "wrong-password"})
            assert_problem(answer, 401)

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b'{"kind":1}', b'{"kind":"a","kind":"b"}', b'{"kind":"\xff"}', b"[" * 500]
    )
    def test_malformed_body(self, front_desk, supervisor, unchanged, body):
        unchanged()
        answer = supervisor.post(
            f"/v1/queues/{front_desk}/services", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (400, 422)
        assert_problem(answer, answer.status_code)

    def test_oversize_body(self, front_desk, supervisor, unchanged):
        unchanged()
        answer = supervisor.post(
            f"/v1/queues/{front_desk}/services", json={"kind": "x", "details": {"note": "x" * OVERSIZE}}
        )
        assert_problem(answer, 413)

    def test_no_such_path_or_method(self, supervisor):
        assert_problem(supervisor.get("/v1/nothing"), 404)
        assert supervisor.put("/v1/queues").status_code in (404, 405)


class TestWebSocket:
    def test_errors_of_the_protocol(self, front_desk, supervisor, unchanged, run):
        service = supervisor.submit(front_desk)["id"]
        unchanged()

        async def scenario():
            async with Screen("agent", front_desk) as screen:
                await refused(screen, "nothing.at_all", 104)
                assert "waiting" in await refused(screen, "service.complete", 409, id=service)
                await refused(screen, "service.claim", 404, id=str(uuid.uuid4()))
                await refused(screen, "queue.claim_next", 440, queue="nowhere")
                await refused(screen, "service.move", 103, id=service, first=True)
                # It goes on working after all this.
                assert (await screen.rpc("queue.list", queue=front_desk))["total"] == 1

        run(scenario())

    def test_unknown_channel(self, run):
        async def scenario():
            async with Screen("agent") as screen:
                for channel in ("queue:nowhere", "something-else"):
                    events = Refusal()
                    await screen.client.new_subscription(channel, events=events).subscribe()
                    await screen.until(lambda: events.code is not None, what=f"the refusal of {channel}")
                    assert events.code in (102, 103, 440)

        run(scenario())

    def test_producer_may_not_watch(self, front_desk, run):
        async def scenario():
            async with Screen("producer") as screen:
                events = Refusal()
                await screen.client.new_subscription(f"queue:{front_desk}", events=events).subscribe()
                await screen.until(lambda: events.code is not None, what="the refusal")
                assert events.code == 103

        run(scenario())

    @pytest.mark.parametrize("frame", ["{", "null", '{"id":1}', '{"id":1,"rpc":[]}', "x" * 10, "[" * 5000])
    def test_malformed_frame_ends_the_connection(self, run, frame):
        assert run(end_after(frame)) in (1007, 1008, 3501)

    def test_oversize_frame_ends_the_connection(self, run):
        assert run(end_after("x" * OVERSIZE)) in (1009, 3004, 3501)

    def test_forged_token(self, run):
        async def scenario():
            async with websockets.connect(WEBSOCKET, proxy=None) as socket:
                await socket.send(json.dumps({"id": 1, "connect": {"token": "a.b.c"}}))
                with pytest.raises(websockets.ConnectionClosed) as closed:
                    reply = json.loads(await socket.recv())
                    assert reply["error"]["code"] in (101, 109)
                    await socket.recv()
                return closed.value.rcvd.code

        assert run(scenario()) in (1000, 3500)


class Refusal(centrifuge.SubscriptionEventHandler):
    """Keeps the code with which a subscription was refused."""

    code: int | None = None

    async def on_error(self, ctx: centrifuge.SubscriptionErrorContext) -> None:
        self.code = getattr(ctx.error, "code", None)

    async def on_unsubscribed(self, ctx: centrifuge.UnsubscribedContext) -> None:
        self.code = ctx.code


async def refused(screen: Screen, method: str, code: int, **data) -> str:
    """Asserts that the command is refused with this code; returns the message."""
    with pytest.raises(centrifuge.ReplyError) as error:
        await screen.rpc(method, **data)
    assert error.value.code == code, error.value
    return error.value.args[0]


async def end_after(frame: str) -> int:
    """The code with which a connected client's connection ends when it sends this."""
    async with websockets.connect(WEBSOCKET, proxy=None, max_size=None) as socket:
        access = await asyncio.to_thread(token, "agent")
        await socket.send(json.dumps({"id": 1, "connect": {"token": access}}))
        assert "connect" in json.loads(await socket.recv())
        await socket.send(frame)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            while True:
                assert "rpc" not in json.loads(await asyncio.wait_for(socket.recv(), 20))
        return closed.value.rcvd.code


class TestAMQP:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"\xff\xfe",
            b'{"queue":"nowhere","kind":"x"}',
            b'{"queue":"Front Desk","kind":"x"}',
            b'{"queue":"front-desk","kind":7}',
            b'{"queue":"front-desk","kind":"x","priority":11}',
            b'{"queue":"front-desk","kind":"x","customer":"Jo"}',
            b'{"queue":"front-desk","kind":"x","details":{"note":"' + b"x" * OVERSIZE + b'"}}',
            b"[" * 100_000,
        ],
    )
    def test_what_cannot_be_understood_becomes_a_dead_letter(self, front_desk, producer, unchanged, body):
        unchanged()
        message_id = str(uuid.uuid4())
        producer.publish_raw(body, "service.front-desk.x", message_id)
        headers = until(lambda: producer.dead_letter(message_id), what="the dead letter")
        assert headers["x-usher-reason"]

    def test_without_an_id(self, front_desk, producer, unchanged):
        unchanged()
        producer.publish_raw(b'{"queue":"front-desk","kind":"x"}', "service.front-desk.x", None)
        headers = until(lambda: producer.dead_letter(None), what="the dead letter")
        assert headers["x-usher-reason"]

    def test_a_bad_message_does_not_stop_the_good_ones(self, front_desk, producer, supervisor, marker):
        bad = str(uuid.uuid4())
        producer.publish_raw(b"{", "service.front-desk.x", bad)
        producer.publish(front_desk, {"details": {"marker": marker}})
        until(lambda: supervisor.services(front_desk), what="the good request")
        assert until(lambda: producer.dead_letter(bad), what="the dead letter")


class TestConfiguration:
    @pytest.mark.parametrize(
        "name, value",
        [
            ("USHER_HTTP_LISTEN", "nonsense"),
            ("USHER_LEASE_SECONDS", "1"),
            ("USHER_INTAKE_PREFETCH", "many"),
            ("USHER_QUEUES", "Front Desk"),
            ("USHER_LOG_LEVEL", "loud"),
        ],
    )
    def test_a_bad_value_stops_the_start_and_is_named(self, name, value):
        done = serve({name: value})
        assert done.returncode != 0
        assert name in done.stderr + done.stdout

    def test_a_missing_one_is_named(self):
        done = serve({"USHER_REDIS_URL": ""})
        assert done.returncode != 0
        assert "USHER_REDIS_URL" in done.stderr + done.stdout


def serve(changes: dict[str, str]) -> subprocess.CompletedProcess:
    known = {name: value for name, value in ENV.items() if not name.startswith("USHER_DEMO_")}
    environment = {k: v for k, v in {"PATH": os.environ["PATH"], **known, **changes}.items() if v}
    return subprocess.run([binary(), "serve"], env=environment, capture_output=True, text=True, timeout=30)


class TestDependencies:
    @pytest.mark.parametrize(
        "part, name, how",
        [
            ("redis", "redis", signal.SIGKILL),
            ("redis", "redis", signal.SIGSTOP),
            ("rabbitmq", "amqp|rabbitmq", signal.SIGKILL),
            ("postgres", "postgres|database", signal.SIGQUIT),
        ],
    )
    def test_a_part_that_is_down_is_named_and_the_server_recovers(self, front_desk, supervisor, part, name, how):
        made = supervisor.submit(front_desk)["id"]
        server = process_id("usher")
        victim = process_id(part)
        os.kill(victim, how)
        try:
            # A part that hangs must be told sooner than commands time out, after 5 s.
            limit = 4.5 if how == signal.SIGSTOP else 30
            until(lambda: not_ready(name), timeout=limit, what=f"the word that {part} is down")
            assert httpx.get(ADMIN + "/health/live", timeout=5).status_code == 200
            answer = supervisor.post(f"/v1/services/{made}/claim", json={}) if part == "redis" else None
            assert answer is None or answer.status_code in (503, 504), answer.text
        finally:
            if how == signal.SIGSTOP:
                os.kill(victim, signal.SIGCONT)
            else:
                until(lambda: not alive(victim), what=f"the end of {part}")
                ops("run", "--detach")
        until(lambda: httpx.get(ADMIN + "/health/ready", timeout=5).status_code == 200, timeout=60, what="readiness")
        assert process_id("usher") == server, "the server was started anew instead of waiting"
        assert made in [service["id"] for service in supervisor.services(front_desk)]


def not_ready(names: str) -> bool:
    """True when readiness says no, with a line about the part."""
    answer = httpx.get(ADMIN + "/health/ready", timeout=10)
    lines = [line.lower() for line in answer.text.splitlines()]
    bad = [line for line in lines if any(name in line for name in names.split("|")) and "ok" not in line.split()]
    return answer.status_code == 503 and bool(bad)


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
