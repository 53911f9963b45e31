"""HTTP as bytes on a socket: what no client library would send."""

import socket
import time
from dataclasses import dataclass

from .environment import ENV

ADDRESS = ENV["USHER_HTTP_LISTEN"]
# How long a refusal or a close may take.
PATIENCE = 2.0


@dataclass
class Ending:
    """What came back on a connection, and how it ended."""

    answers: list[tuple[int, bytes]]
    is_closed: bool
    seconds: float

    @property
    def statuses(self) -> list[int]:
        return [status for status, _ in self.answers]


def head(method: str = "GET", target: str = "/console/nothing.js", version: str = "HTTP/1.1", *lines: str, host=ADDRESS):
    """A request's head. `host` is left out when it is None."""
    fields = ([f"Host: {host}"] if host is not None else []) + list(lines)
    return "\r\n".join([f"{method} {target} {version}", *fields, "", ""]).encode("latin-1")


def exchange(data: bytes, wait: float = PATIENCE) -> Ending:
    """Sends bytes on a connection of their own, and reads until the server closes it or says nothing more for `wait` seconds."""
    began = time.monotonic()
    host, port = ADDRESS.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        received, closed = b"", False
        try:
            connection.sendall(data)
        except OSError:
            pass  # It was closed meanwhile; what it said before is still to be read.
        connection.settimeout(wait)
        try:
            while chunk := connection.recv(65_536):
                received += chunk
            closed = True
        except TimeoutError:
            pass
        except ConnectionError:
            closed = True
    return Ending(_parse(received), closed, time.monotonic() - began)


def _parse(data: bytes) -> list[tuple[int, bytes]]:
    """Status and body of each response."""
    found = []
    while data:
        start, separator, rest = data.partition(b"\r\n\r\n")
        assert separator and start.startswith(b"HTTP/1."), data[:200]
        lines = start.split(b"\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
        status = int(lines[0].split()[1])
        length = int(fields.get(b"content-length", b"0"))
        found.append((status, rest[:length]))
        data = rest[length:]
    return found
