"""The three roles in processes of their own, with mutual TLS, in a place of their own."""

import contextlib
import pathlib
from collections.abc import Iterator

import pika

from .authority import Authority
from .node import Node, free_port
from .own_server import OwnServer, own_place
from .rabbitmq import virtual_host

CLIENTS = "usher-api=api,usher-consumer=consumer,tool=read"


class Apart:
    """`broker`, `consumer` and `api`, each with nothing but what its role needs."""

    def __init__(self, name: str, place: dict[str, str], amqp: str, folder: pathlib.Path):
        self.authority = Authority(folder)
        for file in ("usher-broker", "usher-api", "usher-consumer", "tool"):
            self.authority.issue(file)
        self.amqp = amqp
        self.address = f"127.0.0.1:{free_port()}"
        self._name, self._place = name, place
        self.broker = self.make_broker("broker", self.address)
        self.consumer = self._make(Node, "consumer", "usher-consumer", USHER_DATABASE_URL="", USHER_AMQP_URL=amqp)
        self.api = self.make_api("api")

    def make_broker(self, name: str, address: str) -> Node:
        own = {"USHER_AMQP_URL": "", "USHER_DATABASE_URL": "", "USHER_KEYSET_FILE": ""}
        own |= {"USHER_ROLES": "broker", "USHER_GRPC_LISTEN": address, "USHER_GRPC_CLIENTS": CLIENTS}
        return Node(f"{self._name}-{name}", **self._place | self.authority.settings("usher-broker") | own)

    def make_api(self, name: str, addresses: str | None = None) -> OwnServer:
        return self._make(OwnServer, name, "usher-api", addresses, USHER_AMQP_URL="")

    def _make(self, kind, name: str, file: str, addresses: str | None = None, **own: str):
        settings = self._place | self.authority.settings(file)
        settings |= {"USHER_REDIS_URL": "", "USHER_ROLES": name.split("-")[0]}
        settings |= {"USHER_BROKER_ADDRESSES": addresses or self.address} | own
        name = f"{self._name}-{name}"
        return kind(name, settings) if kind is OwnServer else kind(name, **settings)

    @contextlib.contextmanager
    def channel(self):
        """A producer's, with confirms."""
        connection = pika.BlockingConnection(pika.URLParameters(self.amqp))
        try:
            opened = connection.channel()
            opened.confirm_delivery()
            yield opened
        finally:
            connection.close()


@contextlib.contextmanager
def apart(name: str, folder: pathlib.Path, **settings: str) -> Iterator[Apart]:
    """All three, running, with settings that all of them have."""
    with own_place(name) as place, virtual_host() as amqp:
        roles = Apart(name, place | settings, amqp, folder)
        roles.api.prepare()
        with roles.broker, roles.consumer, roles.api:
            yield roles
