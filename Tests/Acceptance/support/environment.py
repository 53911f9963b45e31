"""Where the server under test stands: in the state folder that `ops/run` keeps, by default `.usher-test`."""

import os
import pathlib
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
STATE = ROOT / os.environ.get("USHER_STATE_DIR", ".usher-test")


def read_env() -> dict[str, str]:
    """The variables of the state folder's `env`, read as a shell reads them."""
    script = 'set -a; . "$1"; env -0'
    output = subprocess.run(
        ["env", "-i", "bash", "-c", script, "bash", str(STATE / "env")], check=True, capture_output=True
    ).stdout
    pairs = (entry.split("=", 1) for entry in output.decode().split("\0") if entry)
    return {name: value for name, value in pairs if name.startswith("USHER_")}


ENV = read_env()
HTTP = "http://" + ENV["USHER_HTTP_LISTEN"]
ADMIN = "http://" + ENV["USHER_ADMIN_LISTEN"]
WEBSOCKET = "ws://" + ENV["USHER_HTTP_LISTEN"] + "/connection/websocket"


def process_id(part: str) -> int:
    """The process id of `usher`, `redis`, `rabbitmq` or `postgres`, as `ops/run` wrote it."""
    return int((STATE / "pid" / part).read_text())


def ops(script: str, *arguments: str, timeout: float = 180) -> str:
    """Runs `ops/SCRIPT` on the state folder under test and returns what it said; fails where the script fails."""
    done = subprocess.run(
        [str(ROOT / "ops" / script), *arguments],
        env={**os.environ, "USHER_STATE_DIR": str(STATE)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, f"ops/{script} {' '.join(arguments)} failed:\n{done.stdout}"
    return done.stdout


def binary() -> str:
    """The server's executable: the one named beforehand, or the one that runs."""
    return os.environ.get("USHER_BINARY") or os.readlink(f"/proc/{process_id('usher')}/exe")


def until(condition, timeout: float = 30, what: str = "the condition"):
    """Asks until the answer is true, and returns it."""
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"{what}: not within {timeout} s"
        time.sleep(0.05)
