"""The roles apart: broker, consumer and api as processes of their own, over gRPC with mutual TLS."""

import asyncio
import json
import re
import socket
import ssl
import subprocess
import threading
import time
import uuid

import grpc
import httpx
import pika
import pytest

from support.apart import CLIENTS, apart
from support.authority import Authority
from support.broker_client import pb, secure, stubs
from support.environment import binary, until
from support.node import Node, free_port
from support.screen import Screen

QUEUE = "front-desk"


@pytest.fixture(scope="module")
def roles(tmp_path_factory):
    with apart("apart", tmp_path_factory.mktemp("apart")) as roles:
        yield roles


def publish(roles, numbers, marker: str) -> None:
    with roles.channel() as channel:
        for number in numbers:
            channel.basic_publish(
                "usher.services", f"service.{QUEUE}.test",
                json.dumps(
                    {"queue": QUEUE, "kind": "test", "details": {"marker": marker, "number": number}}
                ).encode(),
                pika.BasicProperties(message_id=f"{marker}-{number}", delivery_mode=2), mandatory=True,
            )


def services(client: httpx.Client) -> list[dict]:
    found, cursor = [], None
    while True:
        page = client.get(
            f"/v1/queues/{QUEUE}/services", params={"limit": 500} | ({"cursor": cursor} if cursor else {})
        ).json()
        found += page["services"]
        cursor = page["next_cursor"]
        if not cursor:
            return found


def numbers(client: httpx.Client, marker: str) -> list[int]:
    found = [(service.get("details") or {}) for service in services(client)]
    return sorted(details["number"] for details in found if details.get("marker") == marker)


def readiness(node) -> tuple[int, dict]:
    answer = httpx.get(f"{node.admin}/health/ready", timeout=10)
    return answer.status_code, {line["name"]: line for line in answer.json()["dependencies"]}


def screen(roles, node=None) -> Screen:
    node = node or roles.api
    return Screen(lambda: roles.api.token("agent"), QUEUE, f"ws://{node.http}/connection/websocket")


def test_each_role_is_ready_with_what_it_needs_and_measured(roles):
    assert readiness(roles.broker) == (200, {"redis": {"name": "redis", "ready": True}})
    assert set(readiness(roles.consumer)[1]) == {"broker", "rabbitmq"}
    assert set(readiness(roles.api)[1]) == {"broker", "postgres", "signing-keys"}
    for node in (roles.broker, roles.consumer, roles.api):
        assert httpx.get(f"{node.admin}/health/live", timeout=5).json() == {"status": "live"}
        assert "process_" in node.metrics()


def test_the_main_job_goes_through_three_processes(roles, marker, run):
    async def scenario():
        async with screen(roles) as employee:
            before = employee.copy.version
            await asyncio.to_thread(publish, roles, range(200), marker)
            await employee.until_version(before + 200)
            mine = [event["service"]["details"] for event in employee.events if event["type"] == "service.added"]
            assert [details["number"] for details in mine if details.get("marker") == marker] == list(range(200))
            claimed = await employee.rpc("queue.claim_next", queue=QUEUE)
            started = await employee.rpc("service.start", id=claimed["service"]["id"], fence=claimed["service"]["fence"])
            done = await employee.rpc("service.complete", id=claimed["service"]["id"], fence=claimed["service"]["fence"])
            assert started["service"]["state"] == "serving" and done["service"]["state"] == "completed"
            await employee.until_version(done["queue_version"])
            with roles.api.client("supervisor") as rest:
                queue = rest.get(f"/v1/queues/{QUEUE}").json()
                assert queue["digest"] == employee.copy.digest and queue["version"] == employee.copy.version
                service = claimed["service"]["id"]
                # The history has it, by the outbox over gRPC.
                entries = lambda: rest.get("/v1/history", params={"service": service}).json()["entries"]
                found = await asyncio.to_thread(until, entries, 30, "the history")
                assert found[0]["service"]["state"] == "completed"

    run(scenario())


def test_a_killed_broker_loses_and_doubles_nothing(roles, marker, run):
    """Killed twice while requests are published and an employee watches; what is confirmed is there once."""
    total = 3_000
    failures: list[BaseException] = []

    def produce():
        try:
            publish(roles, range(total), marker)
        except BaseException as error:
            failures.append(error)

    async def scenario():
        async with screen(roles) as employee:
            thread = threading.Thread(target=produce)
            thread.start()
            for _ in range(2):
                await asyncio.sleep(0.7)
                await asyncio.to_thread(roles.broker.kill)
                await asyncio.sleep(0.3)
                status, lines = await asyncio.to_thread(readiness, roles.api)
                assert status == 503 and not lines["broker"]["ready"] and "unavailable" in lines["broker"]["detail"]
                await asyncio.to_thread(roles.broker.start)
            await asyncio.to_thread(thread.join, 60)
            began = time.monotonic()
            assert not thread.is_alive() and not failures
            with roles.api.client("supervisor") as rest:
                def settled():
                    found = numbers(rest, marker)
                    return found if len(found) >= total else None

                found = await asyncio.to_thread(until, settled, 30, "every request")
                print(f"whole {time.monotonic() - began:.1f} s after the last confirm")
                assert found == list(range(total))
                # The screen went on by itself.
                queue = rest.get(f"/v1/queues/{QUEUE}").json()
                await employee.until_version(queue["version"])
                assert employee.copy.digest == rest.get(f"/v1/queues/{QUEUE}").json()["digest"]
                assert not employee.ends

    run(scenario())


def test_an_api_process_restarts_and_a_second_shows_the_same(roles, marker, run):
    async def scenario():
        await asyncio.to_thread(publish, roles, range(20), marker)
        with roles.make_api("api-second") as second:
            async with screen(roles, second) as there:
                assert await asyncio.to_thread(roles.api.terminate) == 0
                await asyncio.to_thread(publish, roles, range(20, 40), marker)
                await asyncio.to_thread(roles.api.start)
                async with screen(roles) as here:
                    with roles.api.client("supervisor") as rest:
                        assert await asyncio.to_thread(
                            until, lambda: len(numbers(rest, marker)) == 40, 20, "all requests"
                        )
                        version = rest.get(f"/v1/queues/{QUEUE}").json()["version"]
                    for copy in (here, there):
                        await copy.until_version(version)
                    assert here.copy.ordered() == there.copy.ordered()

    run(scenario())


def test_two_brokers_share_one_redis_and_either_will_do(roles, marker):
    """With two addresses an api process goes on when its broker is killed."""
    other = f"127.0.0.1:{free_port()}"
    with roles.make_broker("broker-second", other), roles.make_api("api-two", f"{other},{roles.address}") as api:
        headers = {"Authorization": f"Bearer {roles.api.token('supervisor')}"}
        with httpx.Client(base_url=f"http://{api.http}", headers=headers, timeout=20) as rest:
            def submit() -> bool:
                answer = rest.post(
                    f"/v1/queues/{QUEUE}/services", json={"kind": "test", "details": {"marker": marker, "number": 1}},
                    headers={"Idempotency-Key": marker},
                )
                return answer.status_code in (200, 201)

            assert submit()
            roles.broker.kill()
            try:
                until(submit, 20, "a command by the other broker")
                assert until(lambda: readiness(api)[0] == 200, 20, "readiness")
            finally:
                roles.broker.start()
            assert numbers(rest, marker) == [1]


def refused(channel: grpc.Channel, call="ListQueues", request=None) -> grpc.StatusCode:
    with channel, pytest.raises(grpc.RpcError) as caught:
        getattr(stubs.BrokerStub(channel), call)(request or pb.ListQueuesRequest(), timeout=5)
    return caught.value.code()


def test_certificates_decide_who_may_call_what(roles, tmp_path):
    authority = roles.authority
    with secure(roles.address, authority, "tool") as channel:
        broker = stubs.BrokerStub(channel)
        assert QUEUE in [queue.queue for queue in broker.ListQueues(pb.ListQueuesRequest(), timeout=5).queues]
    denied, gone = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAVAILABLE
    assert refused(secure(roles.address, authority, "tool"), "CreateQueue", pb.CreateQueueRequest(queue="x")) == denied
    consumer = lambda: secure(roles.address, authority, "usher-consumer")
    assert refused(consumer()) == denied
    history = pb.ReadOutboxRequest(reader=pb.OUTBOX_READER_HISTORY, limit=1)
    assert refused(consumer(), "ReadOutbox", history) == denied
    authority.issue("stranger")
    assert refused(secure(roles.address, authority, "stranger")) == denied
    # Refused by the handshake: an expired one, one of another authority, none.
    authority.issue("usher-api", file="expired", expired=True)
    assert refused(secure(roles.address, authority, "expired")) == gone
    other = Authority(tmp_path / "other")
    other.issue("usher-api")
    assert refused(secure(roles.address, other, "usher-api", trusted=authority)) == gone
    assert refused(secure(roles.address, authority, None)) == gone
    with grpc.insecure_channel(roles.address) as channel:
        with pytest.raises(grpc.RpcError):
            stubs.BrokerStub(channel).ListQueues(pb.ListQueuesRequest(), timeout=3)


def serial(roles) -> int:
    """Of the certificate that the broker shows now."""
    context = ssl.create_default_context(cafile=str(roles.authority.path))
    context.load_cert_chain(roles.authority.certificate("tool"), roles.authority.key("tool"))
    context.set_alpn_protocols(["h2"])
    host, port = roles.address.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as plain:
        with context.wrap_socket(plain, server_hostname="usher-broker") as connection:
            assert connection.version() == "TLSv1.3"
            return int(connection.getpeercert()["serialNumber"], 16)


def test_a_certificate_replaced_on_disk_is_used(roles):
    before = serial(roles)
    made = roles.authority.issue("usher-broker")
    until(lambda: serial(roles) == made, 20, "the new certificate")
    assert made != before
    # One that cannot be read leaves the one before in use.
    roles.authority.certificate("usher-broker").write_text("nonsense")
    time.sleep(3)
    assert serial(roles) == made
    roles.authority.issue("usher-broker")


def said(settings: dict[str, str], command: str = "check") -> str:
    node = Node("none", **settings)
    done = subprocess.run(
        [binary(), command], env=node._environment, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )
    return f"{done.returncode} {done.stdout}{done.stderr}"


def test_settings_are_asked_for_by_role(roles):
    nothing = {name: "" for name in ("USHER_REDIS_URL", "USHER_AMQP_URL", "USHER_DATABASE_URL", "USHER_KEYSET_FILE")}
    missing = lambda text: set(re.findall(r"(USHER_\w+): is missing", text))
    files = {"USHER_GRPC_CERTIFICATE_FILE", "USHER_GRPC_KEY_FILE", "USHER_GRPC_CA_FILE"}
    assert missing(said(nothing)) == set(nothing)
    assert missing(said(nothing | {"USHER_ROLES": "broker"})) == {"USHER_REDIS_URL", "USHER_GRPC_CLIENTS"} | files
    assert missing(said(nothing | {"USHER_ROLES": "consumer"})) == {
        "USHER_AMQP_URL", "USHER_KEYSET_FILE", "USHER_BROKER_ADDRESSES"
    } | files
    assert missing(said(nothing | {"USHER_ROLES": "api", "USHER_GRPC_INSECURE": "true"})) == {
        "USHER_DATABASE_URL", "USHER_KEYSET_FILE", "USHER_BROKER_ADDRESSES"
    }
    assert "USHER_ROLES: 'kitchen' is not" in said({"USHER_ROLES": "kitchen"})
    open_to_all = {"USHER_ROLES": "broker", "USHER_GRPC_INSECURE": "true", "USHER_GRPC_LISTEN": "0.0.0.0:1"}
    assert "USHER_GRPC_INSECURE: is for this machine alone" in said(open_to_all)
    good = roles.authority.settings("usher-api")
    told = said({"USHER_ROLES": "api", "USHER_BROKER_ADDRESSES": roles.address} | good)
    assert "broker: ok" in told and "postgres: ok" in told and "redis" not in told and told.startswith("0 ")
    assert "broker: missing" in said({"USHER_ROLES": "api", "USHER_BROKER_ADDRESSES": "127.0.0.1:1"} | good)
    assert CLIENTS.split("=")[0] in said({"USHER_GRPC_CLIENTS": CLIENTS}, "config")
