"""What happens to services is published to RabbitMQ as CloudEvents: everything, in order, whatever dies in between."""

import contextlib
import json
import os
import signal
import threading
import time
import urllib.parse

import httpx
import pika
import redis

from support.environment import ENV, ops, process_id, until
from support.own_server import own_server
from support.rabbitmq import memory_alarm, virtual_host

QUEUES = ["front-desk", "roadside"]
PUBLISHED = {
    "service.claimed": "claimed", "service.completed": "completed", "service.no_show": "no_show",
    "service.removed": "cancelled", "service.dead": "dead",
}


class Listener:
    """A durable queue for all events, read when asked."""

    def __init__(self, url: str, key: str = "#"):
        self._url = url
        self.events: list[dict] = []
        self.bodies: list[bytes] = []
        with self._channel() as channel:
            channel.exchange_declare("usher.events", "topic", durable=True)
            channel.queue_declare("listener", durable=True)
            channel.queue_bind("listener", "usher.events", key)

    @contextlib.contextmanager
    def _channel(self):
        connection = pika.BlockingConnection(pika.URLParameters(self._url))
        try:
            yield connection.channel()
        finally:
            connection.close()

    def read(self) -> list[dict]:
        """All events until now, each with its properties under `amqp`."""
        with self._channel() as channel:
            for method, properties, body in channel.consume("listener", inactivity_timeout=0.3):
                if method is None:
                    break
                event = json.loads(body)
                event["amqp"] = {"key": method.routing_key, "id": properties.message_id, "type": properties.content_type,
                                 "mode": properties.delivery_mode}
                self.events.append(event)
                self.bodies.append(body)
                channel.basic_ack(method.delivery_tag)
        return self.events

    def first_ids(self, queue: str) -> list[str]:
        """The ids of a queue's events, in the order in which each came first."""
        return list(dict.fromkeys(event["id"] for event in self.read() if event["data"]["queue"] == queue))


def history(client: httpx.Client, queue: str) -> list[tuple[str, str]]:
    """Id and type of what must be published of a queue, by its events over REST."""
    found, after = [], 0
    while True:
        page = client.get(f"/v1/queues/{queue}/events", params={"after": after, "limit": 1000}).json()
        for event in page["events"]:
            if word := PUBLISHED.get(event["type"]):
                found.append((f"{queue}:{page['epoch']}:{event['version']}", "usher.service." + word))
        if not page["events"]:
            return found
        after = page["events"][-1]["version"]


class Work:
    """Brings services to their ends in both queues, for as long as it is told; a server that is away is waited for."""

    def __init__(self, server):
        self._server = server
        self.rounds = 0
        self.error: BaseException | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=60)
        assert not self._thread.is_alive()
        if self.error:
            raise self.error

    def _run(self) -> None:
        try:
            with self._server.client("supervisor") as client:
                while not self._stopped.is_set():
                    try:
                        one_round(client, QUEUES[self.rounds % 2])
                        self.rounds += 1
                    except (httpx.TransportError, AssertionError):
                        time.sleep(0.05)
        except BaseException as error:
            self.error = error


def one_round(client: httpx.Client, queue: str) -> None:
    """One service each that is completed, a no-show and removed."""

    def ask(path: str, **body) -> dict:
        answer = client.post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()["service"]

    customer = {"name": "Zebulon Quartermain"}
    for end in ("complete", "no-show", None):
        service = ask(f"/v1/queues/{queue}/services", kind="test", customer=customer)
        if end is None:
            assert client.delete(f"/v1/services/{service['id']}").status_code in (200, 204)
            continue
        fence = ask(f"/v1/services/{service['id']}/claim")["fence"]
        ask(f"/v1/services/{service['id']}/start", fence=fence)
        ask(f"/v1/services/{service['id']}/{end}", fence=fence)


def all_told(listener: Listener, client: httpx.Client) -> bool:
    return all(listener.first_ids(queue) == [id for id, _ in history(client, queue)] for queue in QUEUES)


def test_what_is_published(marker):
    with virtual_host() as url, own_server("events", USHER_AMQP_URL=url, USHER_EVENTS_PUBLISH="true") as server:
        listener = Listener(url)
        with server.client("supervisor") as client:
            for _ in range(3):
                one_round(client, QUEUES[0])
            until(lambda: all_told(listener, client), what="the events")
            told = {event["id"]: event for event in listener.read()}
            expected = history(client, QUEUES[0])
            assert len(told) == len(expected) == 15
            for id, type in expected:
                event = told[id]
                assert event["type"] == type and event["specversion"] == "1.0"
                assert event["source"] == "/usher/" + server._environment["USHER_SITE"]
                assert event["datacontenttype"] == "application/json" and event["time"].endswith("Z")
                assert event["subject"] == event["data"]["id"]
                word = type.rsplit(".", 1)[1]
                assert event["amqp"] == {
                    "key": f"service.{QUEUES[0]}.{word}", "id": id, "mode": 2,
                    "type": "application/cloudevents+json; charset=utf-8",
                }
                assert event["data"]["state"] == word and event["data"]["kind"] == "test" and event["data"]["ticket"] > 0
            everything = b"".join(listener.bodies)
            for word in (b"Zebulon", b"supervisor", b"customer"):
                assert word not in everything
            assert 'usher_outbox_lag_seconds{reader="events"}' in server.metrics()


def test_nothing_is_kept_where_nothing_is_published():
    with virtual_host() as url, own_server("quiet", USHER_AMQP_URL=url) as server:
        listener = Listener(url)
        with server.client("supervisor") as client:
            one_round(client, QUEUES[0])
        time.sleep(1)
        assert listener.read() == []
        store = redis.Redis.from_url(ENV["USHER_REDIS_URL"])
        assert not list(store.scan_iter(f"*:{{{server._environment['USHER_SITE']}}}:outbox:*"))


def kill_rabbitmq() -> None:
    os.kill(process_id("rabbitmq"), signal.SIGKILL)
    time.sleep(2)
    ops("run", "--detach")


def test_nothing_is_lost_whatever_dies():
    with virtual_host() as url, own_server("killed", USHER_AMQP_URL=url, USHER_EVENTS_PUBLISH="true") as server:
        listener = Listener(url)
        work = Work(server)
        try:
            for _ in range(2):
                before = work.rounds
                until(lambda: work.rounds > before + 5 or work.error, timeout=60, what="work")
                server.kill()
                server.start()
            before = work.rounds
            kill_rabbitmq()
            # The queues worked on while it was away.
            assert work.rounds > before
            before = work.rounds
            until(lambda: work.rounds > before + 5 or work.error, timeout=60, what="work")
        finally:
            work.stop()
        with server.client("supervisor") as client:
            until(lambda: all_told(listener, client), timeout=60, what="every event, first in its order")
            counts = {}
            for event in listener.events:
                counts[event["id"]] = counts.get(event["id"], 0) + 1
            print(f"{work.rounds} rounds, {len(counts)} events, {len(listener.events) - len(counts)} came again")
        until(lambda: 'usher_outbox_entries{reader="events"} 0' in server.metrics(), what="an empty outbox")


def test_the_history_goes_on_while_rabbitmq_takes_nothing_in():
    with virtual_host() as url, own_server("waiting", USHER_AMQP_URL=url, USHER_EVENTS_PUBLISH="true") as server:
        listener = Listener(url)
        with server.client("supervisor") as client:
            one_round(client, QUEUES[0])
            until(lambda: all_told(listener, client), what="the first events")
            with memory_alarm():
                # The first event finds it out.
                one_round(client, QUEUES[0])
                until(lambda: "usher_events_blocked 1" in server.metrics(), what="notice of it")
                for _ in range(20):
                    one_round(client, QUEUES[0])
                until(lambda: 'usher_outbox_entries{reader="history"} 0' in server.metrics(), what="the history")
                assert len(client.get("/v1/history", params={"queue": QUEUES[0], "limit": 500}).json()["entries"]) == 66
                site = server._environment["USHER_SITE"]
                store = redis.Redis.from_url(ENV["USHER_REDIS_URL"])
                kept = b"".join(store.zrange(f"usher:{{{site}}}:outbox:kept", 0, -1))
                assert kept and b"supervisor" not in kept
                assert "events wait" in httpx.get(f"{server.admin}/health/ready", timeout=10).text
            until(lambda: all_told(listener, client), what="the events that waited")


def test_one_of_several_processes_publishes():
    with virtual_host() as url, own_server("several", USHER_AMQP_URL=url, USHER_EVENTS_PUBLISH="true") as server:
        listener = Listener(url)
        from support.node import Node

        settings = {name: value for name, value in server._environment.items() if name.startswith("USHER_")}
        for name in ("USHER_HTTP_LISTEN", "USHER_ADMIN_LISTEN"):
            settings.pop(name)
        with server.client("supervisor") as client, Node("several-other", **settings) as other:
            until(
                lambda: "another process" in httpx.get(f"{other.admin}/health/ready", timeout=10).text,
                what="one that stands by",
            )
            for _ in range(3):
                one_round(client, QUEUES[1])
            until(lambda: all_told(listener, client), what="the events")
            assert len(listener.events) == len({event["id"] for event in listener.events})
            server.kill()
            with httpx.Client(base_url=f"http://{other.http}", timeout=20, headers=client.headers) as again:
                for _ in range(3):
                    one_round(again, QUEUES[1])
                until(lambda: all_told(listener, again), what="the events by the other")
            server.start()
