"""The operator's keys rotate while everybody works, and a rewrapping that is killed goes on."""

import json
import os
import signal
import subprocess
import uuid

import httpx
import psycopg
import pytest
from tink import aead, json_proto_keyset_format, secret_key_access

from support.environment import ADMIN, ENV, HTTP, binary, until
from support.rest import Rest


def keyset(*arguments: str, environment: dict | None = None, code: int = 0) -> str:
    """What `usher keyset` says; it must end with `code`."""
    done = subprocess.run(
        [binary(), "keyset", *arguments],
        env={**os.environ, **(environment or ENV)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def primary(file: str) -> int:
    with open(file, encoding="utf-8") as text:
        return json.load(text)["primaryKeyId"]


def metric(name: str) -> float:
    for line in httpx.get(ADMIN + "/metrics", timeout=10).text.splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    return -1


def test_a_rotation_disturbs_nobody(front_desk, supervisor, marker):
    file = ENV["USHER_KEYSET_FILE"]
    old = primary(file)
    people = [{"name": f"{marker} {number}"} for number in range(4)]
    made = [supervisor.submit(front_desk, customer=person)["id"] for person in people]
    fence = supervisor.act(made[0], "claim")["service"]["fence"]
    supervisor.act(made[0], "start", fence=fence)
    supervisor.act(made[0], "complete", fence=fence)
    with Rest("admin") as admin:
        login = {"username": "u" + marker, "password": uuid.uuid4().hex}
        answer = admin.post("/v1/users", json={**login, "level": "viewer", "email": f"{marker}@example.org"})
        assert answer.status_code == 201, answer.text
        user = answer.json()["id"]
        until(lambda: len(recorded(supervisor, front_desk, made)) == 4, what="the history")

        enabled = metric("usher_keyset_enabled_keys")
        said = keyset("rotate", "--prepare")
        new = int(said.split()[2].rstrip(","))
        until(lambda: metric("usher_keyset_enabled_keys") == enabled + 1, what="the server's taking over of the file")
        assert primary(file) == old
        keyset("rotate", "--promote", str(new))
        try:
            during = [supervisor.submit(front_desk, customer={"name": f"{marker} during"})["id"] for _ in range(20)]
            until(lambda: "remaining: 0\n" in keyset("progress"), timeout=60, what="the rewrapping")
            until(lambda: metric("usher_rewrap_remaining") == 0, what="the metric")
            counts = keyset("list", "--counts")
            assert f"{old} ENABLED values=0\n" in counts
            assert f"{new} ENABLED primary values=" in counts

            # What Redis holds, nobody seals anew: the old key may not go before those services have ended.
            assert "live services" in keyset("disable", str(old), code=64)
            assert supervisor.get_json(f"/v1/services/{made[1]}")["customer"] == people[1]
            supervisor.drain(front_desk)
            until(lambda: len(recorded(supervisor, front_desk, made + during, ended=True)) == 24, what="the ends")
            until(lambda: "remaining: 0\n" in keyset("rewrap", "--follow") + keyset("progress"), what="the last round")
            keyset("disable", str(old), "--force")
            until(lambda: metric("usher_keyset_enabled_keys") == enabled, what="the server's forgetting of the old key")
            entries = recorded(supervisor, front_desk, made)
            assert {entry["id"]: entry["customer"] for entry in entries} == dict(zip(made, people))
            assert admin.get_json(f"/v1/users/{user}")["email"] == f"{marker}@example.org"
            assert httpx.post(HTTP + "/v1/auth/token", json=login, timeout=20).status_code == 200
            assert "is the primary" in keyset("destroy", str(new), "--force", code=1)
        finally:
            # Other tests' services may still need it.
            keyset("enable", str(old))
            until(lambda: metric("usher_keyset_enabled_keys") == enabled + 1, what="the old key")


def recorded(supervisor, queue: str, ids: list[str], ended: bool = False) -> list[dict]:
    entries = [entry for entry in supervisor.history(queue=queue) if entry["id"] in ids]
    return [entry for entry in entries if not ended or entry["state"] in ("completed", "cancelled")]


@pytest.fixture
def own_database():
    """The URL of a database of the test's own, on the server under test."""
    name = "keyset_" + uuid.uuid4().hex[:12]
    base, _, _ = ENV["USHER_DATABASE_URL"].rpartition("/")
    with psycopg.connect(ENV["USHER_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{base}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_killed_rewrapping_goes_on(own_database, tmp_path):
    aead.register()
    file = str(tmp_path / "keyset.json")
    environment = {**ENV, "USHER_DATABASE_URL": own_database, "USHER_KEYSET_FILE": file}
    keyset("create", environment=environment)
    assert "exists" in keyset("create", environment=environment, code=1)
    old = primary(file)
    subprocess.run([binary(), "migrate"], env={**os.environ, **environment}, check=True, capture_output=True)
    rows = 2000
    with psycopg.connect(own_database) as connection:
        opener = primitive(file)
        values = [
            (f"{number:05}", f"u{number}", opener.encrypt(f"{number}@x.org".encode(), f"users.email.{number:05}".encode()))
            for number in range(rows)
        ]
        connection.cursor().executemany(
            "INSERT INTO users (id, username, password_phc, level, email) VALUES (%s, %s, '', 'agent', %s)", values
        )
    said = keyset("rotate", environment=environment)
    assert "warning" in said and "--prepare" in said
    new = primary(file)
    assert "stored values are sealed by key" in keyset("destroy", str(old), environment=environment, code=64)

    process = subprocess.Popen(
        [binary(), "keyset", "rewrap", "--rate", "400"], env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    until(lambda: count(own_database, new) >= 400, what="the first values")
    process.send_signal(signal.SIGKILL)
    process.wait()
    reached = count(own_database, new)
    assert 400 <= reached < rows
    # Its lease ends by itself within 30 seconds.
    assert "another node is at it" in keyset("rewrap", environment=environment, code=64)
    until(lambda: lease_ended(own_database), timeout=40, what="the lease")
    said = keyset("rewrap", "--follow", environment=environment)
    assert f"sealed {rows - reached} values anew by key {new}, 0 remain, 0 unreadable" in said, said
    keyset("destroy", str(old), environment=environment)
    assert f"{old} DESTROYED" in keyset("list", environment=environment)
    opener = primitive(file)
    with psycopg.connect(own_database) as connection:
        for row, email in connection.execute("SELECT id, email FROM users").fetchall():
            assert opener.decrypt(bytes(email), f"users.email.{row}".encode()) == f"{int(row)}@x.org".encode()


def lease_ended(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT count(*) FROM rewrap_lease WHERE until > now()").fetchone()[0] == 0


def count(url: str, key: int) -> int:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT count(*) FROM users WHERE substring(email FROM 2 FOR 4) = %s", (key.to_bytes(4, "big"),)
        ).fetchone()[0]


def primitive(file: str):
    with open(file, encoding="utf-8") as text:
        return json_proto_keyset_format.parse(text.read(), secret_key_access.TOKEN).primitive(aead.Aead)


def test_the_environment_may_hold_the_keyset(tmp_path):
    file = tmp_path / "keyset.json"
    keyset("create", "--file", str(file))
    without = {name: value for name, value in ENV.items() if name != "USHER_KEYSET_FILE"}

    def check(environment: dict) -> subprocess.CompletedProcess:
        return subprocess.run(
            [binary(), "check"], env={**os.environ, **environment}, capture_output=True, text=True, timeout=120
        )

    done = check({**without, "USHER_KEYSET": file.read_text()})
    assert f"primary key {primary(str(file))}" in done.stdout, done.stderr
    done = check({**ENV, "USHER_KEYSET": file.read_text()})
    assert done.returncode != 0 and "both it and USHER_KEYSET_FILE are set" in done.stderr
    done = check({**without, "USHER_KEYSET": '{"primaryKeyId": 1}'})
    assert done.returncode != 0 and "USHER_KEYSET: invalid keyset" in done.stderr
    file.chmod(0o640)
    done = check({**ENV, "USHER_KEYSET_FILE": str(file)})
    assert done.returncode != 0 and "chmod 600" in done.stderr
