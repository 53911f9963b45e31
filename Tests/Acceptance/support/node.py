"""A further server beside the one under test: on ports of its own, with the same Redis, RabbitMQ and PostgreSQL."""

import contextlib
import json
import os
import signal
import socket
import subprocess

import httpx

from .environment import ENV, STATE, binary, until


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_ready(admin: str) -> bool:
    """Whether who listens there says that all that it depends on is there."""
    try:
        return httpx.get(f"{admin}/health/ready", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


class Node:
    """`usher serve`; `start` returns once it is ready. Use as a context manager, which kills it if it still runs."""

    def __init__(self, name: str, **settings: str):
        self._log = STATE / "log" / f"usher-{name}.log"
        self.http, self._admin = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        own = {name: value for name, value in ENV.items() if not name.startswith("USHER_DEMO_")}
        own |= {"USHER_HTTP_LISTEN": self.http, "USHER_ADMIN_LISTEN": self._admin, **settings}
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("USHER_")} | own
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> "Node":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def admin(self) -> str:
        return f"http://{self._admin}"

    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def metrics(self) -> str:
        return httpx.get(f"{self.admin}/metrics", timeout=10).text

    def log(self, **members: str) -> list[dict]:
        """The lines of its log that have these members, where it writes JSON."""
        found = []
        for line in self._log.read_text().splitlines():
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return [line for line in found if members.items() <= line.items()]

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [binary(), "serve"], env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until(self._is_ready, timeout=60, what=f"a further server (see {self._log})")

    def terminate(self) -> int:
        """SIGTERM; its exit code, once it has ended within its 20 seconds."""
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(timeout=25)
        self._process = None
        return code

    def kill(self) -> None:
        """SIGKILL: it has no time to say anything."""
        self._process.kill()
        self._process.wait()
        self._process = None

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, f"it ended while it started; see {self._log}"
        return is_ready(self.admin)
