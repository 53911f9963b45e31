"""The operator's command line, against the server under test."""

import os
import subprocess

from .environment import ENV, binary


def usher(*arguments: str, code: int = 0, **settings: str) -> str:
    """Runs `usher ARGUMENTS` with the server's settings and returns what it printed; fails on another exit code."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("USHER_")}
    done = subprocess.run(
        [binary(), *arguments],
        env={**own, **ENV, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == code, f"usher {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr
