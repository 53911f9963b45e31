"""A PostgreSQL of the test's own, with continuous archiving, which can be brought back to any moment."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import psycopg

from .environment import until
from .node import free_port

# PostgreSQL refuses to run as root; Debian's package has a user for it.
_AS = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] if os.geteuid() == 0 else []


class OwnPostgres:
    """Use as a context manager; all that it wrote is deleted afterwards."""

    def __init__(self):
        programs = pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")
        self._programs = max(programs, key=lambda path: int(path.parts[-3])).parent
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="usher-postgres-"))
        self._data, self._base, self._archive = (self._folder / name for name in ("data", "base", "archive"))
        self._port = free_port()
        self._process: subprocess.Popen | None = None
        self.url = f"postgresql://usher@127.0.0.1:{self._port}/usher"

    def __enter__(self) -> "OwnPostgres":
        if _AS:
            shutil.chown(self._folder, "postgres", "postgres")
        self._run("mkdir", str(self._archive))
        # Whoever may use the loopback interface of a test machine may read its samples.
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        self._run(str(self._programs / "initdb"), "-D", str(self._data), "-U", "usher", *options)
        self._start("archive_mode=on", f"archive_command=cp %p {self._archive}/%f")
        with psycopg.connect(self.url.removesuffix("usher") + "postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE usher")
        return self

    def __exit__(self, *_) -> None:
        self._kill()
        shutil.rmtree(self._folder)

    def base_backup(self) -> None:
        """While servers write."""
        place = ["-h", "127.0.0.1", "-p", str(self._port), "-U", "usher"]
        self._run(str(self._programs / "pg_basebackup"), *place, "-D", str(self._base), "--checkpoint=fast", "--no-sync")

    def moment(self) -> str:
        """Now, by its clock; what was written until then is in the archive when this returns."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            moment = connection.execute("SELECT clock_timestamp()::text").fetchone()[0]
            # A recovery ends at the first commit after its target: there has to be one.
            connection.execute("SELECT pg_logical_emit_message(true, 'test', '')")
            segment = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()[0]
        until((self._archive / segment).exists, what="the archive")
        return moment

    def restore(self, moment: str) -> None:
        """The data folder is lost; the base backup and the archive bring it to what it was then."""
        self._kill()
        shutil.rmtree(self._data)
        self._base.rename(self._data)
        self._run("touch", str(self._data / "recovery.signal"))
        self._start(
            f"restore_command=cp {self._archive}/%f %p", f"recovery_target_time={moment}", "recovery_target_action=promote"
        )
        until(self._is_writable, what="the end of the recovery")

    def _start(self, *settings: str) -> None:
        own = [f"port={self._port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *settings]
        arguments = [part for setting in own for part in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_AS, str(self._programs / "postgres"), "-D", str(self._data), *arguments],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until(self._answers, what="PostgreSQL")

    def _kill(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    def _run(self, *command: str) -> None:
        done = subprocess.run([*_AS, *command], cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{command[0]}: {done.stderr}"

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()
        try:
            with psycopg.connect(self.url.removesuffix("usher") + "postgres", connect_timeout=2) as connection:
                return connection.execute("SELECT true").fetchone()[0]
        except psycopg.OperationalError:
            return False

    def _is_writable(self) -> bool:
        with psycopg.connect(self.url) as connection:
            return not connection.execute("SELECT pg_is_in_recovery()").fetchone()[0]
