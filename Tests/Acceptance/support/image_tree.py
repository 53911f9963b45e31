"""What the image would hold, as a bare directory tree, and the container's own commands in it: as its user, with a read-only root."""

import json
import os
import pathlib
import re
import shutil
import subprocess

from .environment import ROOT, binary

DOCKERFILE = (ROOT / "ops/docker/Dockerfile").read_text()
RUNTIME = DOCKERFILE[DOCKERFILE.rindex("FROM ") :]
USER = re.search(r"^USER (\d+):(\d+)$", RUNTIME, re.MULTILINE)


def command(instruction: str) -> list[str]:
    """The words of `ENTRYPOINT`, of `CMD`, or of the health check's CMD."""
    return json.loads(re.search(rf"^{instruction}.*?(\[.*\])$", RUNTIME, re.MULTILINE)[1])


ENTRYPOINT, CMD, HEALTH = command("ENTRYPOINT"), command("CMD"), command("HEALTHCHECK")
ENVIRONMENT = dict(re.findall(r"(USHER_\w+)=(\S+)", RUNTIME))


def packages() -> set[str]:
    """The packages that the image installs, with all that they depend on, as they are on this machine."""
    lines = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package}\t${Pre-Depends}, ${Depends}\n"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    needs = dict(line.split("\t") for line in lines)
    words = re.search(r"--no-install-recommends \\\n(.*?)\n  &&", RUNTIME, re.DOTALL)[1]
    found, waiting = set(), set(words.replace("\\", "").split())
    while waiting:
        name = waiting.pop()
        if name not in found and name in needs:
            found.add(name)
            waiting |= set(re.findall(r"(?:^|[,|])\s*([a-z0-9.+-]+)", needs[name]))
    return found


def libraries() -> list[pathlib.Path]:
    """The shared libraries of the program, the loader among them."""
    text = subprocess.run(["ldd", binary()], check=True, capture_output=True, text=True).stdout
    assert "not found" not in text
    return [pathlib.Path(path) for path in re.findall(r"(/\S+) \(0x", text)]


def owners() -> dict[pathlib.Path, str | None]:
    """Each library with its Debian package; without one those of the Swift toolchain, which the image links in."""
    found: dict[pathlib.Path, str | None] = {}
    asked = {}
    for library in libraries():
        if "swift" in str(library):
            found[library] = None
        else:
            real = library.resolve()
            # A package may name the path of before /lib became a link.
            for path in (library, real, pathlib.Path("/usr") / library.relative_to("/"), pathlib.Path(str(real).removeprefix("/usr"))):
                asked[str(path)] = library
    told = subprocess.run(["dpkg-query", "-S", *asked], capture_output=True, text=True).stdout
    for line in told.splitlines():
        package, _, path = line.rpartition(": ")
        found[asked[path]] = package.split(":")[0]
    assert found.keys() == set(libraries()), f"of no package: {set(libraries()) - found.keys()}"
    return found


class ImageTree:
    """The tree in `folder`: the program, its libraries, and devices; nothing else, no shell either."""

    def __init__(self, folder: pathlib.Path):
        self.root = folder
        self._place(pathlib.Path(binary()), ENTRYPOINT[0])
        for library in libraries():
            self._place(library, str(library))
        for name in ("dev", "proc", "run/secrets"):
            (folder / name).mkdir(parents=True)
        for name in ("null", "urandom", "random"):
            (folder / "dev" / name).touch()

    def _place(self, source: pathlib.Path, path: str) -> None:
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source.resolve(), target)

    def mount_secret(self, name: str, source: str) -> str:
        """Puts a file where Kubernetes would: root's, readable by the pod's group alone."""
        target = self.root / "run/secrets" / name
        shutil.copy(source, target)
        os.chown(target, 0, int(USER[2]))
        target.chmod(0o440)
        return f"/run/secrets/{name}"

    def start(self, words: list[str], settings: dict[str, str], output) -> subprocess.Popen:
        """One command of the container, in a mount namespace of its own."""
        script = """
        set -e
        mount --make-rprivate /
        mount --bind "$1" "$1"
        mount -t proc proc "$1/proc"
        for name in null urandom random; do mount --bind "/dev/$name" "$1/dev/$name"; done
        mount -o remount,bind,ro "$1"
        root=$1 user=$2; shift 2
        exec setpriv --no-new-privs chroot --userspec="$user" "$root" "$@"
        """
        user = f"{USER[1]}:{USER[2]}"
        return subprocess.Popen(
            ["unshare", "--mount", "bash", "-c", script, "bash", self.root, user, *words],
            env={"PATH": os.environ["PATH"], **ENVIRONMENT, **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, words: list[str], **settings: str) -> tuple[int, str]:
        """Its exit code and what it said."""
        process = self.start(words, settings, subprocess.PIPE)
        said, _ = process.communicate(timeout=60)
        return process.returncode, said
