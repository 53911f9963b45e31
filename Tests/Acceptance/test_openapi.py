"""The server's own description of itself, held against the server by Schemathesis: what is described is there, and nothing else is."""

import json
import os
import pathlib
import subprocess
import sys
import uuid

import httpx
import openapi_spec_validator
import pytest

from support.environment import HTTP
from support.own_server import LEVELS, OwnServer, own_server

HERE = pathlib.Path(__file__).parent
SEED = 20_261_124
# Who does what for how many seconds at most: 85 in all. Fuzzing and stateful runs repeat until theirs are spent; who may do less
# meets less.
RUNS = [
    ("admin", "examples,coverage", 35),
    ("admin", "fuzzing", 12),
    ("admin", "stateful", 12),
    ("agent", "examples,fuzzing", 8),
    ("viewer", "examples,fuzzing", 6),
    ("producer", "examples,fuzzing", 6),
    ("nobody", "examples,fuzzing", 6),
]


class Target:
    """A server to fuzz, with what must be had before that begins: a fuzzer may guess at passwords until nobody can sign in."""

    def __init__(self, server: OwnServer):
        self.url = server.url
        self.tokens = {level: server.token(level) for level in LEVELS}
        self.testers = [self.get(level, "/v1/users/me")["id"] for level in LEVELS]

    def get(self, level: str, path: str) -> dict:
        return self._ask("GET", level, path)

    def fresh_service(self) -> str:
        """One that waits, in a queue that nobody has paused."""
        queue = "q" + uuid.uuid4().hex
        self._ask("PUT", "admin", f"/v1/queues/{queue}")
        return self._ask("POST", "admin", f"/v1/queues/{queue}/services", json={"kind": "test"})["service"]["id"]

    def _ask(self, method: str, level: str, path: str, **body) -> dict:
        headers = {"Authorization": f"Bearer {self.tokens[level]}"}
        answer = httpx.request(method, self.url + path, headers=headers, timeout=20, **body)
        assert answer.is_success, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def target():
    with own_server("openapi") as server:
        yield Target(server)


def test_the_document_is_valid():
    document = httpx.get(HTTP + "/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    openapi_spec_validator.validate(document)


@pytest.mark.parametrize("who, phases, seconds", RUNS)
def test_nothing_contradicts_the_document(target, who, phases, seconds):
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "support.openapi_hooks",
        "PYTHONPATH": str(HERE),
        "USHER_FUZZ_TESTERS": json.dumps(target.testers),
        "USHER_FUZZ_SERVICE": target.fresh_service(),
    }
    command = [
        *[str(pathlib.Path(sys.executable).with_name("schemathesis")), "--config-file", str(HERE / "schemathesis.toml")],
        *["run", target.url + "/openapi.json", "--checks", "all", "--phases", phases],
        *["--seed", str(SEED), "--max-time", str(seconds), "--request-timeout", "20", "--no-shrink"],
    ]
    if who != "nobody":
        command += ["--header", f"Authorization: Bearer {target.tokens[who]}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds + 120)
    print(f"Schemathesis as {who}, {phases}, seed {SEED}:\n{done.stdout}")
    assert done.returncode == 0, done.stdout + done.stderr
