"""The way of requests from RabbitMQ: encrypted, blocked, with queues that go, and with a Redis that stands still."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.parse
import uuid

import httpx
import pika
import pytest

from support.certificates import HOST, certificate
from support.environment import ENV, binary, process_id, until
from support.own_server import own_server
from support.rabbitmq import memory_alarm, rabbitmqctl, virtual_host
from support.tls_proxy import TLSProxy

QUEUE = "front-desk"


@contextlib.contextmanager
def channel(url: str):
    connection = pika.BlockingConnection(pika.URLParameters(url))
    try:
        opened = connection.channel()
        opened.confirm_delivery()
        yield opened
    finally:
        if connection.is_open:
            connection.close()


def publish(to, count: int, body: bytes | None = None) -> None:
    for _ in range(count):
        to.basic_publish(
            "usher.services", f"service.{QUEUE}.test", body or b'{"queue": "front-desk", "kind": "test"}',
            pika.BasicProperties(message_id=str(uuid.uuid4()), delivery_mode=2), mandatory=True,
        )


def metric(node, name: str) -> float:
    found = re.search(rf"^{name} (\S+)$", node.metrics(), re.MULTILINE)
    return float(found.group(1)) if found else 0.0


def total(client: httpx.Client) -> int:
    return client.get(f"/v1/queues/{QUEUE}").json()["waiting"]


def readiness(node) -> str:
    return httpx.get(f"{node.admin}/health/ready", timeout=10).text


def count_ready(host: str, queue: str) -> int:
    lines = rabbitmqctl("list_queues", "-p", host, "name", "messages_ready", "--silent").splitlines()
    return next((int(line.split("\t")[1]) for line in lines if line.startswith(queue + "\t")), 0)


def host_of(url: str) -> str:
    return urllib.parse.urlsplit(url).path[1:]


# Encrypted


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> pathlib.Path:
    path = tmp_path_factory.mktemp("amqps")
    for name in ("good", "other"):
        certificate(path, name)
    return path


@pytest.fixture(scope="module")
def proxies(folder):
    """In front of RabbitMQ: one that takes everyone, one that takes those certified by `good`."""
    target = urllib.parse.urlsplit(ENV["USHER_AMQP_URL"])
    address = (target.hostname, target.port)
    files = (str(folder / "good-signed"), str(folder / "good-key"))
    with TLSProxy(address, *files) as anyone, TLSProxy(address, *files, clients=str(folder / "good-ca")) as known:
        yield anyone, known


def encrypted(url: str, port: int, host: str = HOST) -> str:
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(scheme="amqps", netloc=f"{parts.username}:{parts.password}@{host}:{port}"))


def check(**settings: str) -> str:
    """What `usher check` says of RabbitMQ, or of the settings."""
    done = subprocess.run(
        [binary(), "check"], env={**os.environ, **ENV, **settings}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=60,
    )
    said = done.stdout + done.stderr
    assert urllib.parse.urlsplit(ENV["USHER_AMQP_URL"]).password not in said
    return next((line for line in done.stdout.splitlines() if line.startswith("rabbitmq:")), said)


def test_a_verified_server_is_used(proxies, folder):
    anyone, known = proxies
    url = encrypted(ENV["USHER_AMQP_URL"], anyone.port)
    assert check(USHER_AMQP_URL=url, USHER_AMQP_CA_FILE=str(folder / "good-ca")) == "rabbitmq: ok"
    assert check(
        USHER_AMQP_URL=encrypted(ENV["USHER_AMQP_URL"], known.port), USHER_AMQP_CA_FILE=str(folder / "good-ca"),
        USHER_AMQP_CERTIFICATE_FILE=str(folder / "good-signed"), USHER_AMQP_KEY_FILE=str(folder / "good-key"),
    ) == "rabbitmq: ok"


def test_anything_else_is_refused(proxies, folder):
    anyone, known = proxies
    good, other = str(folder / "good-ca"), str(folder / "other-ca")
    url = encrypted(ENV["USHER_AMQP_URL"], anyone.port)
    plain = urllib.parse.urlsplit(ENV["USHER_AMQP_URL"])
    wrong = [
        # Another authority, and those of the system.
        {"USHER_AMQP_URL": url, "USHER_AMQP_CA_FILE": other},
        {"USHER_AMQP_URL": url},
        # The right authority, but the certificate is for another name.
        {"USHER_AMQP_URL": encrypted(ENV["USHER_AMQP_URL"], anyone.port, "127.0.0.1"), "USHER_AMQP_CA_FILE": good},
        # No certificate, or one by another authority, where one is wanted.
        {"USHER_AMQP_URL": encrypted(ENV["USHER_AMQP_URL"], known.port), "USHER_AMQP_CA_FILE": good},
        {"USHER_AMQP_URL": encrypted(ENV["USHER_AMQP_URL"], known.port), "USHER_AMQP_CA_FILE": good,
         "USHER_AMQP_CERTIFICATE_FILE": str(folder / "other-signed"), "USHER_AMQP_KEY_FILE": str(folder / "other-key")},
        # A key that is not the certificate's, files that are not there.
        {"USHER_AMQP_URL": url, "USHER_AMQP_CA_FILE": good, "USHER_AMQP_CERTIFICATE_FILE": str(folder / "good-signed"),
         "USHER_AMQP_KEY_FILE": str(folder / "other-key")},
        {"USHER_AMQP_URL": url, "USHER_AMQP_CA_FILE": str(folder / "none")},
        # It does not speak TLS there.
        {"USHER_AMQP_URL": encrypted(ENV["USHER_AMQP_URL"], plain.port), "USHER_AMQP_CA_FILE": good},
    ]
    for settings in wrong:
        line = check(**settings)
        assert line.startswith("rabbitmq: missing, tls_failed:"), (settings, line)
    assert "USHER_AMQP_URL" in check(USHER_AMQP_CA_FILE=good)
    assert "go together" in check(USHER_AMQP_URL=url, USHER_AMQP_KEY_FILE=str(folder / "good-key"))


def test_requests_come_over_tls(proxies, folder):
    with virtual_host() as url:
        own = {"USHER_AMQP_URL": encrypted(url, proxies[0].port), "USHER_AMQP_CA_FILE": str(folder / "good-ca")}
        with own_server("tls", **own) as server, server.client("supervisor") as client, channel(url) as to:
            publish(to, 500)
            publish(to, 5, b"{")
            until(lambda: total(client) == 500, what="all requests")
            until(lambda: count_ready(host_of(url), "usher.dead-letters") == 5, what="dead letters")


# Queues that go


def test_a_deleted_queue_is_made_again():
    with virtual_host() as url, own_server("gone", USHER_AMQP_URL=url) as server, server.client("supervisor") as client:
        for round in range(3):
            with channel(url) as to:
                to.queue_delete("usher.intake")
                until(lambda: metric(server, "usher_intake_reconnects_total") > round, what="notice of it")
                until(server._is_ready, what="the queue again")
                publish(to, 10)
            until(lambda: total(client) == 10 * (round + 1), what="its requests")


def test_a_queue_with_other_arguments_is_told_and_waited_for():
    with virtual_host() as url, own_server("other", USHER_AMQP_URL=url) as server, server.client("supervisor") as client:

        def replace() -> bool:
            with contextlib.suppress(pika.exceptions.ChannelClosedByBroker), channel(url) as to:
                to.queue_delete("usher.intake")
                to.queue_declare("usher.intake", durable=True)
                return True
            return False

        until(replace, what="a queue before the server's")
        until(lambda: "precondition_failed" in readiness(server), what="the reason")
        assert "exists with other arguments" in readiness(server)
        before = metric(server, "usher_intake_reconnects_total")
        time.sleep(8)
        assert metric(server, "usher_intake_reconnects_total") - before < 20
        with channel(url) as to:
            to.queue_delete("usher.intake")
            until(server._is_ready, timeout=40, what="the queue as it should be")
            publish(to, 3)
        until(lambda: total(client) == 3, what="requests")


# Nothing is taken in


def test_dead_letters_wait_while_rabbitmq_takes_nothing_in():
    with virtual_host() as url, own_server("blocked", USHER_AMQP_URL=url) as server, server.client("supervisor") as client:
        os.kill(server.process_id, signal.SIGSTOP)
        try:
            with channel(url) as to:
                publish(to, 200, b"{")
                publish(to, 100)
            alarm = contextlib.ExitStack()
            with alarm:
                alarm.enter_context(memory_alarm())
                os.kill(server.process_id, signal.SIGCONT)
                until(lambda: metric(server, "usher_intake_blocked") == 1, what="notice of it")
                # Requests are taken in all the same.
                until(lambda: total(client) == 100, what="the requests")
                assert metric(server, "usher_intake_dead_letters_waiting") > 100
                assert "takes in nothing" in readiness(server)
                time.sleep(5)
                assert metric(server, "usher_intake_in_flight") <= 200
                assert count_ready(host_of(url), "usher.dead-letters") < 200
        finally:
            os.kill(server.process_id, signal.SIGCONT)
        until(lambda: count_ready(host_of(url), "usher.dead-letters") == 200, what="the dead letters")
        until(lambda: metric(server, "usher_intake_in_flight") == 0, what="acknowledgements")
        assert metric(server, "usher_intake_blocked") == 0 and "takes in nothing" not in readiness(server)
        assert metric(server, "usher_intake_reconnects_total") == 0 and total(client) == 100


# Redis stands still


def resident(process: int) -> int:
    """Megabytes."""
    text = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", text).group(1)) // 1024


def test_what_waits_does_not_take_memory():
    waiting, prefetch = 100_000, 500
    with virtual_host() as url, own_server("memory", USHER_AMQP_URL=url, USHER_INTAKE_PREFETCH=str(prefetch)) as server:
        redis = process_id("redis")
        os.kill(redis, signal.SIGSTOP)
        try:
            began = time.monotonic()
            subprocess.run(
                [binary(), "publish", "--count", str(waiting), "--queue", QUEUE], env={**os.environ, **ENV, "USHER_AMQP_URL": url},
                check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=120,
            )
            time.sleep(max(0.0, 10 - (time.monotonic() - began)))
            assert metric(server, "usher_intake_in_flight") == prefetch
            # RabbitMQ counts every few seconds.
            until(lambda: count_ready(host_of(url), "usher.intake") == waiting - prefetch, what="all the others in the queue")
            standing = resident(server.process_id)
        finally:
            os.kill(redis, signal.SIGCONT)
        until(lambda: metric(server, "usher_intake_stored_total") >= 10_000, timeout=60, what="requests again")
        print(f"{standing} MB while Redis stood, {resident(server.process_id)} MB while it drained")
        assert standing < 150 and resident(server.process_id) < 150
        assert metric(server, "usher_intake_redeliveries_total") <= prefetch
