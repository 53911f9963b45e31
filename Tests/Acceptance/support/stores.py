"""All that Redis, PostgreSQL and the logs hold, as bytes, for looking through."""

import base64
import json
import os
import pathlib
import subprocess
from collections.abc import Iterator

import psycopg
import redis

from .environment import ENV, STATE


def redis_contents() -> bytes:
    """Every key with its whole value, whatever its type."""
    client = redis.Redis.from_url(ENV["USHER_REDIS_URL"])
    readers = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        b"stream": client.xrange,
    }
    parts = []
    for key in client.scan_iter(count=1000):
        kind = client.type(key)
        if kind != b"none":
            parts += [key, *_flat(readers[kind](key))]
    return b"\n".join(parts)


def _flat(value) -> Iterator[bytes]:
    """The byte strings in a value of the Redis client."""
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _flat(item)
    elif isinstance(value, (list, tuple, set)):
        for item in value:
            yield from _flat(item)


def redis_files() -> bytes:
    """Redis' files on disk, uncompressed as `ops/run` configures it."""
    return b"".join(path.read_bytes() for path in sorted((STATE / "redis").rglob("*")) if path.is_file())


def database_dump() -> bytes:
    """What pg_dump writes of the whole database."""
    url = psycopg.conninfo.conninfo_to_dict(ENV["USHER_DATABASE_URL"])
    programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_dump"), key=lambda p: int(p.parts[-3]))
    return subprocess.run(
        [str(programs[-1]), "-h", url["host"], "-p", url["port"], "-U", url["user"], "-d", url["dbname"]],
        env={**os.environ, "PGPASSWORD": url["password"]},
        check=True,
        stdout=subprocess.PIPE,
    ).stdout


def logs() -> bytes:
    return b"".join(path.read_bytes() for path in sorted((STATE / "log").iterdir()) if path.is_file())


def forms(text: str) -> list[bytes]:
    """How a text may be written: UTF-8, escaped JSON, hexadecimal, base64 in its three alignments."""
    raw = text.encode()
    found = [raw, json.dumps(text)[1:-1].encode(), raw.hex().encode(), raw.hex().upper().encode()]
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + raw)
        # Without the characters that depend on what stands before and after; what is left of a short text could be chance.
        fragment = encoded[4 if shift else 0 : -4]
        if len(fragment) >= 8:
            found.append(fragment)
    return found


def occurrences(text: str, haystack: bytes) -> list[bytes]:
    return [form for form in forms(text) if form in haystack]
