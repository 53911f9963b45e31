"""What the guide to backups has operators do, by the tools that it names: a database and a Redis of the test's own, saved and restored."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator

import psycopg
import redis

from .environment import ENV, until
from .node import free_port


class OwnRedis:
    """A Redis with the durability that Usher asks for, its data in a folder of its own."""

    def __init__(self, folder: pathlib.Path):
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen | None = None
        self.url = f"redis://127.0.0.1:{self._port}"

    def __enter__(self) -> "OwnRedis":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.kill()

    def start(self, append_only: str = "yes") -> None:
        self._folder.mkdir(exist_ok=True)
        arguments = ["--port", str(self._port), "--bind", "127.0.0.1", "--dir", str(self._folder), "--save", ""]
        arguments += ["--appendonly", append_only, "--appendfsync", "always", "--maxmemory-policy", "noeviction"]
        self._process = subprocess.Popen(["redis-server", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        until(self._is_ready, what="Redis")

    def kill(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def lose(self) -> None:
        """The machine with the data is gone."""
        self.kill()
        shutil.rmtree(self._folder)

    def save(self, file: pathlib.Path) -> None:
        """BGSAVE, and a copy of what it wrote."""
        with redis.Redis.from_url(self.url) as client:
            client.bgsave()
            until(lambda: not client.info("persistence")["rdb_bgsave_in_progress"], what="BGSAVE")
            assert client.info("persistence")["rdb_last_bgsave_status"] == "ok"
        shutil.copy(self._folder / "dump.rdb", file)

    def restore(self, file: pathlib.Path) -> None:
        """Starts with the copy. With `appendonly yes` from the beginning Redis would not look at it."""
        self._folder.mkdir()
        shutil.copy(file, self._folder / "dump.rdb")
        self.start(append_only="no")
        with redis.Redis.from_url(self.url) as client:
            client.config_set("appendonly", "yes")
            # The rewriting may be scheduled, and begins then a moment later.
            time.sleep(0.2)
            until(lambda: is_written(client.info("persistence")), what="the append-only file")
        self.kill()
        self.start()

    def _is_ready(self) -> bool:
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.url) as client:
            return client.ping()
        return False


def is_written(persistence: dict) -> bool:
    going = persistence["aof_rewrite_in_progress"] or persistence["aof_rewrite_scheduled"]
    return not going and persistence["aof_last_bgrewrite_status"] == "ok"


class OwnDatabase:
    """An empty database on the server under test, deleted afterwards."""

    def __init__(self):
        self.name = "backup_" + uuid.uuid4().hex[:12]
        base, _, _ = ENV["USHER_DATABASE_URL"].rpartition("/")
        self.url = f"{base}/{self.name}"

    def create(self) -> None:
        self._administer(f"CREATE DATABASE {self.name}")

    def lose(self) -> None:
        self._administer(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def dump(self, file: pathlib.Path) -> None:
        """While servers write into it."""
        self._run("pg_dump", "--format=custom", f"--file={file}", "--dbname", self.name)

    def restore(self, file: pathlib.Path) -> None:
        """Into a new database, all or nothing."""
        self.create()
        self._run("pg_restore", "--single-transaction", "--no-owner", "--dbname", self.name, str(file))

    def _administer(self, statement: str) -> None:
        with psycopg.connect(ENV["USHER_DATABASE_URL"], autocommit=True) as connection:
            connection.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        versions = pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{program}")
        newest = max(versions, key=lambda path: int(path.parts[-3]))
        place = psycopg.conninfo.conninfo_to_dict(self.url)
        environment = {name: place[key] for name, key in (("PGHOST", "host"), ("PGPORT", "port"), ("PGUSER", "user"))}
        done = subprocess.run(
            [str(newest), *arguments],
            env={**os.environ, **environment, "PGPASSWORD": place["password"]},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{program}: {done.stderr}"


@contextlib.contextmanager
def own_database() -> Iterator[OwnDatabase]:
    database = OwnDatabase()
    database.create()
    try:
        yield database
    finally:
        database.lose()
