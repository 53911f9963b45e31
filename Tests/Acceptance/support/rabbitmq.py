"""The RabbitMQ under test by its own tools: virtual hosts of a test's own, and its memory alarm."""

import contextlib
import os
import subprocess
import urllib.parse
import uuid
from collections.abc import Iterator

from .environment import ENV, ROOT, STATE

_SCRIPT = """
set -euo pipefail
source "$1/ops/lib/all.sh"
STATE=$USHER_STATE_DIR
source "$STATE/parts"
shift
rabbitmq_environment "$RABBITMQ_BIN/rabbitmqctl" "$@"
"""


def rabbitmqctl(*arguments: str) -> str:
    """What the tool says; fails where it fails."""
    done = subprocess.run(
        ["bash", "-c", _SCRIPT, "rabbitmqctl", str(ROOT), *arguments],
        env={**os.environ, "USHER_STATE_DIR": str(STATE)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"rabbitmqctl {arguments[0]}: {done.stdout}"
    return done.stdout


@contextlib.contextmanager
def virtual_host() -> Iterator[str]:
    """A virtual host of its own, as a URL; deleted with all that is in it afterwards."""
    name = "test-" + uuid.uuid4().hex[:12]
    rabbitmqctl("add_vhost", name)
    try:
        rabbitmqctl("set_permissions", "-p", name, "usher", ".*", ".*", ".*")
        parts = urllib.parse.urlsplit(ENV["USHER_AMQP_URL"])
        yield urllib.parse.urlunsplit(parts._replace(path="/" + name))
    finally:
        rabbitmqctl("delete_vhost", name)


@contextlib.contextmanager
def memory_alarm() -> Iterator[None]:
    """RabbitMQ counts as short of memory, and takes nothing in."""
    rabbitmqctl("set_vm_memory_high_watermark", "0.00000001")
    try:
        yield
    finally:
        rabbitmqctl("set_vm_memory_high_watermark", "0.3")
