"""`GET /v1/keys`: which keys there are and what they have sealed, without anything of a key."""

import json
import os
import subprocess

import httpx
import pytest

from support.environment import binary, until
from support.own_server import OwnServer, own_server


def keyset(*arguments: str) -> str:
    done = subprocess.run([binary(), "keyset", *arguments], capture_output=True, text=True, timeout=60, env=os.environ)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> str:
    path = str(tmp_path_factory.mktemp("keys") / "keyset.json")
    keyset("create", "--file", path)
    return path


@pytest.fixture(scope="module")
def server(file):
    with own_server("keys", USHER_KEYSET_FILE=file) as server:
        yield server


def look(server: OwnServer) -> dict:
    with server.client("admin") as admin:
        answer = admin.get("/v1/keys")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_keys_are_told_without_their_material(server, file):
    found = look(server)
    with open(file) as text:
        stored = json.load(text)
    told = {key["id"]: key for key in found["keyset"]["keys"]}
    assert set(told) == {key["keyId"] for key in stored["key"]}
    assert [key["id"] for key in told.values() if key["is_primary"]] == [stored["primaryKeyId"]]
    assert sorted(key["kind"] for key in told.values()) == ["encryption", "index"]
    # At least the private half of the key that signs is sealed.
    assert told[stored["primaryKeyId"]]["values"] >= 1
    assert found["keyset"]["remaining"] == 0
    signing = [key for key in found["signing_keys"] if key["state"] == "signing"]
    jwks = httpx.get(server.url + "/.well-known/jwks.json", timeout=20).json()["keys"]
    assert len(signing) == 1 and signing[0]["kid"] in {key["kid"] for key in jwks}
    text = json.dumps(found)
    for secret in [key["keyData"]["value"] for key in stored["key"]] + [key["x"] for key in jwks]:
        assert secret not in text


def test_a_rotation_is_seen(server, file):
    before = {key["id"]: key for key in look(server)["keyset"]["keys"]}
    keyset("rotate", "--file", file)
    added = ({int(line.split()[0]) for line in keyset("list", "--file", file).splitlines()} - set(before)).pop()

    def is_done() -> bool:
        found = look(server)["keyset"]
        told = {key["id"]: key for key in found["keys"]}
        return (
            added in told
            and told[added]["is_primary"]
            and told[added]["primary_since"] is not None
            and told[added]["values"] >= 1
            and found["remaining"] == 0
            and any(column["rewrap"] and column["rewrap"]["key"] == added for column in found["columns"])
        )

    until(is_done, timeout=60, what="the rotation's end")
    assert [key["is_primary"] for key in look(server)["keyset"]["keys"] if key["kind"] == "index"] == [False]


@pytest.mark.parametrize("level", ["supervisor", "agent", "viewer", "producer"])
def test_nobody_else_sees_them(server, level):
    with server.client(level) as client:
        assert client.get("/v1/keys").status_code == 403
