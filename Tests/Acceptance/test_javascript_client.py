"""The reference client for browsers, under Node: its own tests, and the same against the server."""

import os
import re
import subprocess

from support.environment import ROOT, STATE


def test_the_reference_client():
    tests = sorted(str(file) for file in (ROOT / "Tests" / "Client").glob("*.test.mjs"))
    assert any(file.endswith("/server.test.mjs") for file in tests)
    done = subprocess.run(
        ["node", "--test", *tests],
        env={**os.environ, "USHER_STATE_DIR": str(STATE)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=180,
    )
    # What failed stands first: thousands of lines tell of what did not.
    failures = "".join(re.findall(r"^ *not ok .*\n(?: *---\n(?:.*\n)*? *\.\.\.\n)?", done.stdout, re.MULTILINE))
    assert done.returncode == 0, failures or done.stdout
    # With the server's address at hand, nothing is left out.
    assert "skipped 0" in done.stdout, done.stdout
