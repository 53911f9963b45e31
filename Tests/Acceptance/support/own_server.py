"""A server with a site, a database schema and users of its own: whatever is done to it, the server under test does not notice."""

import contextlib
import secrets
import subprocess
import urllib.parse
import uuid
from collections.abc import Iterator

import httpx
import psycopg
import redis

from .database import wait_for_database
from .environment import ENV, binary
from .node import Node

LEVELS = ["admin", "supervisor", "agent", "viewer", "producer"]


class OwnServer(Node):
    """A node of a site of its own; its users are named like their levels."""

    def __init__(self, name: str, settings: dict[str, str]):
        super().__init__(name, **settings)
        self.url = f"http://{self.http}"
        self.database = settings["USHER_DATABASE_URL"]
        self.passwords = {level: secrets.token_hex(16) for level in LEVELS}

    def prepare(self) -> None:
        """Makes the tables and the users."""
        self._usher("migrate")
        for level, password in self.passwords.items():
            self._usher("user", "create", "--username", level, "--level", level, "--password-file", "-", text=password)

    def token(self, level: str) -> str:
        body = {"username": level, "password": self.passwords[level]}
        answer = httpx.post(self.url + "/v1/auth/token", json=body, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def client(self, level: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=20, headers={"Authorization": f"Bearer {self.token(level)}"})

    def _usher(self, *arguments: str, text: str = "") -> None:
        done = subprocess.run(
            [binary(), *arguments], env=self._environment, input=text, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"usher {arguments[0]}: {done.stdout}{done.stderr}"


@contextlib.contextmanager
def own_place(name: str) -> Iterator[dict[str, str]]:
    """Settings for a site and a database schema of its own; takes all that was left there out of Redis and PostgreSQL afterwards."""
    site = f"{name}-{uuid.uuid4().hex[:8]}"
    schema = site.replace("-", "_")
    options = "options=" + urllib.parse.quote(f"-c search_path={schema}")
    url = ENV["USHER_DATABASE_URL"]
    wait_for_database(url)
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(f"CREATE SCHEMA {schema}")
    try:
        yield {
            "USHER_SITE": site,
            "USHER_QUEUES": "front-desk,roadside",
            "USHER_DATABASE_URL": url + ("&" if "?" in url else "?") + options,
        }
    finally:
        # PostgreSQL may have been started anew since: another connection.
        wait_for_database(url)
        with psycopg.connect(url, autocommit=True) as database:
            database.execute(f"DROP SCHEMA {schema} CASCADE")
        store = redis.Redis.from_url(ENV["USHER_REDIS_URL"])
        for key in store.scan_iter(f"*:{{{site}}}:*", count=1000):
            store.unlink(key)


@contextlib.contextmanager
def own_server(name: str, **settings: str) -> Iterator[OwnServer]:
    """Starts one in a place of its own."""
    with own_place(name) as place:
        server = OwnServer(name, place | settings)
        server.prepare()
        with server:
            yield server
