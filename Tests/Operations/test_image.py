"""The image and the compose file, as far as they can be judged without building: form, schema, and agreement with the program."""

import fnmatch
import os
import re
import shutil
import subprocess
import sysconfig

import pytest
import yaml
from compose_viz.spec.compose_spec import ComposeSpecification
from support.source import OPS, ROOT, number, settings

DOCKER = OPS / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
PACKAGE = (ROOT / "Package.swift").read_text()
COMPOSE_TEXT = (DOCKER / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
OURS = ("keyset", "migrate", "usher")
#: The runtime package of each library that Package.swift asks for, in Debian 12.
RUNTIME = {
    "libhiredis-dev": "libhiredis0.14",
    "librabbitmq-dev": "librabbitmq4",
    "libpq-dev": "libpq5",
    "libssl-dev": "libssl3",
    "zlib1g-dev": "zlib1g",
}


def stages() -> list[str]:
    return re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]


def installed(stage: str) -> set[str]:
    found = re.search(r"--no-install-recommends \\\n(.*?)\n  &&", stage, re.DOTALL)
    return set(found[1].replace("\\", "").split())


def test_hadolint():
    hadolint = sysconfig.get_path("scripts") + "/hadolint"
    done = subprocess.run([hadolint, DOCKER / "Dockerfile"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_bases_are_pinned_and_of_one_release():
    bases = dict(re.findall(r"^ARG (\w+_IMAGE)=(\S+)$", DOCKERFILE, re.MULTILINE))
    assert re.fullmatch(r"swift:\d+\.\d+\.\d+-bookworm", bases["SWIFT_IMAGE"])
    assert re.fullmatch(r"debian:12\.\d+-slim", bases["RUNTIME_IMAGE"])
    assert len(bases) == len(re.findall(r"^FROM ", DOCKERFILE, re.MULTILINE)) == 2


def test_the_runtime_has_the_libraries_and_no_more():
    wanted = set(re.findall(r'\.apt\(\["([^"]+)"\]\)', PACKAGE))
    assert wanted == RUNTIME.keys()
    build, runtime = stages()
    assert installed(build) == wanted | {"pkg-config"}
    # Beside them only what every C++ runtime and every TLS client needs.
    assert installed(runtime) == set(RUNTIME.values()) | {"libstdc++6", "ca-certificates"}


def test_it_runs_as_nobody_special_and_says_how_it_is():
    runtime = stages()[1]
    assert re.search(r"^USER 10001:10001$", runtime, re.MULTILINE)
    assert 'ENTRYPOINT ["/usr/local/bin/usher"]' in runtime and 'CMD ["serve"]' in runtime
    health = re.search(r"^HEALTHCHECK .*CMD (\[.*\])$", runtime, re.MULTILINE)
    assert health[1] == '["/usr/local/bin/usher", "health"]'
    assert 'commandName: "health"' in (ROOT / "Sources/usher/Commands/HealthCommand.swift").read_text()
    assert set(re.findall(r"(USHER_\w+)=", runtime)) <= settings()


def test_the_context_has_every_target_and_nothing_private():
    patterns = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    assert "*" in patterns
    allowed = [pattern[1:] for pattern in patterns if pattern.startswith("!")]

    def comes_along(path: str) -> bool:
        parts = path.split("/")
        beginnings = ("/".join(parts[:length]) for length in range(1, len(parts) + 1))
        return any(fnmatch.fnmatchcase(beginning, pattern) for beginning in beginnings for pattern in allowed)

    paths = set(re.findall(r'path: "([^"]+)"', PACKAGE))
    paths |= {f"Tests/{name}" for name in re.findall(r'\.testTarget\(\s*name: "(\w+)"', PACKAGE)}
    assert paths and all(comes_along(path) for path in paths | {"Sources/usher", "Package.swift"})
    for private in (".git/config", ".usher/env", ".build/release", "ops/docker/.env", "ops/kubernetes/components/plain-secrets/keyset.json"):
        assert not comes_along(private)


def test_compose_keeps_its_schema():
    ComposeSpecification.model_validate({key: value for key, value in COMPOSE.items() if not key.startswith("x-")})


def test_only_the_loopback_is_open():
    for name, service in COMPOSE["services"].items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["usher"]
    assert COMPOSE["networks"]["inner"]["internal"] is True


def test_compose_restricts_usher():
    for name in OURS:
        service = COMPOSE["services"][name]
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"] and service["user"] == "10001:10001"
        assert set(service.get("environment", {})) <= settings()
    usher = COMPOSE["services"]["usher"]
    assert int(usher["stop_grace_period"].removesuffix("s")) > number(usher["environment"], "USHER_SHUTDOWN_SECONDS")


def test_compose_waits_for_what_is_needed():
    services = COMPOSE["services"]
    for service in services.values():
        for name, condition in service.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy":
                assert "test" in services[name]["healthcheck"]
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"]
        for network in service.get("networks", []):
            assert network in COMPOSE["networks"]


def test_compose_has_no_secret_but_names_them():
    used = set(re.findall(r"\$\{(\w+)(:\?[^}]*)?\}", COMPOSE_TEXT))
    assert all(hint for _, hint in used), "without the file the start says what to do"
    assert not re.search(r"://[^$\s]*:[^$\s{]+@", COMPOSE_TEXT)
    # Nor does one come into a command line.
    for service in COMPOSE["services"].values():
        for word in [*service.get("command", []), *service.get("entrypoint", [])]:
            assert "${" not in word


def test_the_secrets_are_made(tmp_path):
    script = shutil.copy(DOCKER / "secrets", tmp_path)
    subprocess.run([script], check=True, timeout=20, stdout=subprocess.DEVNULL)
    made = (tmp_path / ".env").read_text()
    values = dict(line.split("=") for line in made.splitlines())
    assert values.keys() == {name for name, _ in re.findall(r"\$\{(\w+)(:\?[^}]*)?\}", COMPOSE_TEXT)}
    assert len(set(values.values())) == len(values) and all(len(value) == 48 for value in values.values())
    assert os.stat(tmp_path / ".env").st_mode & 0o777 == 0o600
    subprocess.run([script], check=True, timeout=20, stdout=subprocess.DEVNULL)
    assert (tmp_path / ".env").read_text() == made
    ignored = subprocess.run(["git", "check-ignore", "ops/docker/.env"], cwd=ROOT, capture_output=True)
    assert ignored.returncode == 0 or not (ROOT / ".git").exists()


@pytest.mark.parametrize("name", ["redis", "rabbitmq", "postgres"])
def test_parts_are_named_by_version(name):
    assert re.fullmatch(rf"{name}:\d+\.\d+(\.\d+)?(-bookworm)?", COMPOSE["services"][name]["image"])
