"""TLS to PostgreSQL by the URL alone, against a server with a certificate of its own."""

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import time

import pytest

from support.certificates import HOST, certificate, said
from support.environment import ENV, binary
from support.node import free_port


def as_postgres() -> list[str]:
    """PostgreSQL does not run as root; then Debian's user runs it."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL that takes TLS connections alone: its port, and the folder with the certificates."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="usher-tls-", dir="/tmp"))
    programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))[-1]
    process = None
    try:
        for name in ("good", "other"):
            certificate(folder, name)
        (folder / "password").write_text("secret\n")
        folder.chmod(0o755)
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            for path in [folder, *folder.iterdir()]:
                os.chown(path, user.pw_uid, user.pw_gid)
        (folder / "good-key").chmod(0o600)
        data, port = folder / "data", free_port()
        said(*as_postgres(), str(programs / "initdb"), "-D", str(data), "-U", "usher", "--auth=scram-sha-256",
             f"--pwfile={folder / 'password'}", "--no-sync", cwd="/")
        (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*as_postgres(), str(programs / "postgres"), "-D", str(data), "-c", "listen_addresses=127.0.0.1",
                 "-c", f"port={port}", "-c", "unix_socket_directories=", "-c", "ssl=on", "-c", "fsync=off",
                 "-c", f"ssl_cert_file={folder / 'good-signed'}", "-c", f"ssl_key_file={folder / 'good-key'}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
            )
        deadline = time.monotonic() + 30
        while migrate(port, f"sslmode=verify-full&sslrootcert={folder / 'good-ca'}")[0] != 0:
            assert process.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.2)
        yield port, folder
    finally:
        if process:
            process.terminate()
            process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def migrate(port: int, query: str, host: str = HOST) -> tuple[int, str]:
    """`usher migrate` with this URL: its exit code and all that it said."""
    url = f"postgresql://usher:secret@{host}:{port}/postgres?{query}"
    done = subprocess.run(
        [binary(), "migrate"],
        env={**os.environ, "USHER_DATABASE_URL": url, "USHER_KEYSET_FILE": ENV["USHER_KEYSET_FILE"]},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
    )
    assert "secret" not in done.stdout
    return done.returncode, done.stdout


def test_a_verified_server_is_used(server):
    port, folder = server
    code, output = migrate(port, f"sslmode=verify-full&sslrootcert={folder / 'good-ca'}")
    assert code == 0 and "up to date" in output, output
    assert migrate(port, "sslmode=require")[0] == 0


@pytest.mark.parametrize(
    ("query", "host", "why"),
    [
        ("sslmode=verify-full&sslrootcert={folder}/other-ca", HOST, "certificate verify failed"),
        ("sslmode=verify-full&sslrootcert={folder}/none", HOST, "root certificate file"),
        ("sslmode=verify-full&sslrootcert={folder}/good-ca", "127.0.0.1", "does not match host name"),
        ("sslmode=disable", HOST, "no encryption"),
        ("sslmode=perhaps", HOST, "invalid sslmode"),
    ],
)
def test_anything_else_is_refused(server, query, host, why):
    port, folder = server
    code, output = migrate(port, query.format(folder=folder), host)
    assert code != 0 and why in output, output
