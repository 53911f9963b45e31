"""What is broken, who publishes and who works meanwhile: all by numbers from one seed."""

import collections
import json
import os
import random
import signal
import threading
import time
import uuid

import httpx
import pika
import pika.exceptions

from .apart import Apart
from .environment import ADMIN, ENV, ops, process_id, until
from .node import Node, is_ready
from .producer import EXCHANGE
from .rest import Rest, Tokens

SERVERS = ["redis", "rabbitmq", "postgres"]
# Out of a hundred messages.
DUPLICATES, GARBAGE = 2, 1
NONSENSE = [b"", b"{", b"\xff\xfe", b"[]", b'{"queue": 1}', b'{"kind":"x","kind":"y"}', b'{"queue":"no-such-queue","kind":"x"}']


class OneProcess:
    """The server under test as `ops/run` starts it, and what it needs."""

    parts = ["usher", *SERVERS]
    amqp = ENV["USHER_AMQP_URL"]

    def process_id(self, part: str) -> int:
        return process_id(part)

    def start_again(self, part: str) -> None:
        ops("run", "--detach")

    def rest(self, user: str) -> Rest:
        return Rest(user)

    def is_ready(self) -> bool:
        return is_ready(ADMIN)


class RolesApart:
    """Consumer, broker and api as processes of their own, on the same Redis, RabbitMQ and PostgreSQL."""

    parts = ["consumer", "broker", "api", *SERVERS]

    def __init__(self, roles: Apart):
        self.amqp = roles.amqp
        self._api = roles.api
        self._nodes: dict[str, Node] = {"consumer": roles.consumer, "broker": roles.broker, "api": roles.api}
        self._tokens = Tokens(roles.api.token)

    def process_id(self, part: str) -> int:
        return self._nodes[part].process_id if part in self._nodes else process_id(part)

    def start_again(self, part: str) -> None:
        node = self._nodes.get(part)
        if node is None:
            ops("run", "--detach")
        elif node.has_ended():
            node.start()

    def rest(self, user: str) -> Rest:
        return Rest(user, self._api.url, self._tokens.of(user))

    def is_ready(self) -> bool:
        return all(is_ready(node.admin) for node in self._nodes.values())


class Publishers:
    """Programs that publish numbered requests with confirms, and again what was not confirmed: RabbitMQ may have it twice.

    `confirmed` holds the numbers that RabbitMQ took charge of, `garbage` the message ids of what nobody can understand.
    """

    def __init__(self, amqp: str, queue: str, marker: str, count: int, seconds: float, seed: int, programs: int = 4):
        self.confirmed: set[int] = set()
        self.garbage: set[str] = set()
        self.duplicates = 0
        self.errors: list[BaseException] = []
        self._amqp, self._queue, self._marker, self._count, self._programs = amqp, queue, marker, count, programs
        self._pause = seconds * programs / count
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._run, args=(part, random.Random(seed * 1_000 + part))) for part in range(programs)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @property
    def is_done(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def join(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(timeout=max(0.0, deadline - time.monotonic()))
        assert self.is_done, "publishing takes too long"
        assert not self.errors, self.errors

    def _run(self, part: int, chance: random.Random) -> None:
        try:
            channel = Channel(self._amqp)
            began = time.monotonic()
            for done, number in enumerate(range(part, self._count, self._programs)):
                self._publish(channel, number, chance)
                # Evenly over the time that the faults take, for all that a stop held up.
                time.sleep(max(0.0, min(self._pause, began + done * self._pause - time.monotonic())))
        except Exception as error:
            self.errors.append(error)

    def _publish(self, channel: "Channel", number: int, chance: random.Random) -> None:
        data = {"queue": self._queue, "kind": "chaos", "details": {"marker": self._marker, "number": number}}
        body, message_id = json.dumps(data).encode(), f"{self._marker}-{number}"
        channel.publish(self._queue, body, message_id)
        with self._lock:
            self.confirmed.add(number)
        roll = chance.randrange(100)
        if roll < DUPLICATES:
            channel.publish(self._queue, body, message_id)
            self.duplicates += 1
        elif roll < DUPLICATES + GARBAGE:
            message_id = f"{self._marker}-garbage-{number}"
            channel.publish(self._queue, chance.choice(NONSENSE), message_id)
            with self._lock:
                self.garbage.add(message_id)


class Channel:
    """A channel with confirms that outlives RabbitMQ: what is not confirmed is published again."""

    def __init__(self, amqp: str):
        self._amqp = amqp
        self._channel = None

    def publish(self, queue: str, body: bytes, message_id: str) -> None:
        properties = pika.BasicProperties(message_id=message_id, content_type="application/json", delivery_mode=2)
        deadline = time.monotonic() + 120
        while True:
            try:
                self._open()
                self._channel.basic_publish(EXCHANGE, f"service.{queue}.chaos", body, properties, mandatory=True)
                return
            except (pika.exceptions.AMQPError, OSError):
                self._channel = None
                assert time.monotonic() < deadline, "RabbitMQ has not come back"
                time.sleep(0.2)

    def _open(self) -> None:
        if self._channel is None:
            parameters = pika.URLParameters(self._amqp)
            parameters.heartbeat = 10
            self._channel = pika.BlockingConnection(parameters).channel()
            self._channel.confirm_delivery()


class Employees:
    """They work through a queue by REST, whatever happens to the server. `completed` tells who was told so of which service."""

    def __init__(self, queue: str, count: int = 2, sign_in=lambda: Rest("agent")):
        self.completed: dict[str, int] = {}
        self.twice: list[str] = []
        self._queue, self._sign_in = queue, sign_in
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=60)
            assert not thread.is_alive()

    def _work(self, number: int) -> None:
        rest = None
        while not self._stopped.is_set():
            try:
                rest = rest or self._sign_in()
                self._serve_one(rest, number)
            except (httpx.TransportError, AssertionError):
                # The server is away, or does not let anybody in yet.
                rest = None
            time.sleep(0.02)

    def _serve_one(self, rest: Rest, number: int) -> None:
        answer = rest.post(f"/v1/queues/{self._queue}/claim-next", json={})
        if answer.status_code != 200:
            return
        service = answer.json()["service"]
        fence = {"fence": service["fence"]}
        for command in ("start", "complete"):
            key = {"Idempotency-Key": uuid.uuid4().hex}
            if rest.post(f"/v1/services/{service['id']}/{command}", json=fence, headers=key).status_code != 200:
                return
        if self.completed.setdefault(service["id"], number) != number:
            self.twice.append(service["id"])


def break_things(site: OneProcess | RolesApart, faults: int, freeze: float, seed: int, stop) -> list[str]:
    """So many faults, each part at least once if there are as many: killed, or frozen for `freeze` seconds. What is dead is started again.
    Ends early when `stop()`."""
    chance = random.Random(seed)
    told = []
    victims: collections.deque[str] = collections.deque()
    for _ in range(faults):
        if not victims:
            victims.extend(chance.sample(site.parts, len(site.parts)))
        part = victims.popleft()
        time.sleep(chance.uniform(1, 4))
        if stop():
            break
        if chance.random() < 0.25:
            told.append(f"freeze {part}")
            os.kill(site.process_id(part), signal.SIGSTOP)
            time.sleep(freeze)
            os.kill(site.process_id(part), signal.SIGCONT)
        else:
            told.append(f"kill {part}")
            os.kill(site.process_id(part), signal.SIGKILL)
            time.sleep(chance.uniform(0, 2))
        site.start_again(part)
    return told


def seconds_until_ready(site: OneProcess | RolesApart) -> float:
    """How long it takes from now until every dependency is there."""
    began = time.monotonic()
    until(site.is_ready, timeout=60, what="a site that is ready")
    return time.monotonic() - began
