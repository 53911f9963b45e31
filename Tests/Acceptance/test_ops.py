"""What the operator's scripts promise."""

import os
import stat

from support.environment import ENV, STATE, ops, process_id, read_env
from support.rest import Rest

PARTS = ("usher", "redis", "rabbitmq", "postgres")
PROGRAMS = {"usher": "usher", "redis": "redis", "rabbitmq": "beam.smp", "postgres": "postgres"}


def test_running_again_changes_nothing(front_desk, supervisor):
    made = supervisor.submit(front_desk)["id"]
    before = {part: process_id(part) for part in PARTS}
    said = ops("run", "--detach")
    assert "everything runs already" in said
    assert {part: process_id(part) for part in PARTS} == before
    assert read_env() == ENV
    assert [service["id"] for service in supervisor.services(front_desk)] == [made]


def test_stopping_ends_everything_and_running_brings_it_back(front_desk, supervisor):
    made = [supervisor.submit(front_desk)["id"] for _ in range(3)]
    version = supervisor.queue(front_desk)["version"]
    before = [process_id(part) for part in PARTS]
    ops("stop")
    assert [pid for pid in before if os.path.exists(f"/proc/{pid}") and not is_zombie(pid)] == []
    assert list((STATE / "pid").iterdir()) == []
    assert "nothing" in ops("stop")
    ops("run", "--detach")
    assert read_env() == ENV
    with Rest("supervisor") as again:
        assert [service["id"] for service in again.services(front_desk)] == made
        assert again.queue(front_desk)["version"] == version


def is_zombie(pid: int) -> bool:
    """True when it has ended, but whoever adopted it has not noticed."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0] in "ZX"


def test_the_state_is_private():
    assert stat.S_IMODE((STATE / "env").stat().st_mode) == 0o600
    assert stat.S_IMODE(os.stat(ENV["USHER_KEYSET_FILE"]).st_mode) == 0o600
    assert STATE.stat().st_mode & 0o066 == 0
    for part in ("log", "redis", "rabbitmq"):
        assert stat.S_IMODE((STATE / part).stat().st_mode) == 0o700


def test_every_part_runs_and_shows_no_secret():
    secrets = [value for name, value in ENV.items() if name.endswith("_PASSWORD")]
    secrets += [ENV[name].split("@")[0].rsplit(":", 1)[1] for name in ENV if name.endswith("_URL")]
    for part in PARTS:
        pid = process_id(part)
        assert PROGRAMS[part] in os.readlink(f"/proc/{pid}/exe")
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            arguments = file.read().decode()
        assert not any(secret in arguments for secret in secrets)


def test_env_names_everything():
    names = "SITE QUEUES HTTP_LISTEN ADMIN_LISTEN REDIS_URL AMQP_URL DATABASE_URL KEYSET_FILE INTAKE_RULES_FILE"
    for name in names.split():
        assert ENV["USHER_" + name]
    for user in ("ADMIN", "SUPERVISOR", "AGENT", "VIEWER", "PRODUCER"):
        assert len(ENV[f"USHER_DEMO_{user}_PASSWORD"]) >= 20
    assert ENV["USHER_QUEUES"] == "front-desk,roadside"
