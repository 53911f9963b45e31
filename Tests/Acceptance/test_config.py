"""`usher config`: the reference, what is in force, and what is wrong."""

from support.command import usher
from support.environment import ENV, ROOT


def test_the_reference_is_the_programs():
    assert usher("config", "--markdown") == (ROOT / "docs" / "configuration.md").read_text()


def test_the_servers_own_environment_is_good():
    said = usher("config", "--check").splitlines()
    assert said[-1] == "settings: good"
    # What only the scripts read is pointed out.
    assert "USHER_DEMO_AGENT_PASSWORD: is not a setting of Usher, and does nothing" in said


def test_mistakes_are_told_together_and_secrets_never():
    wrong = {"USHER_LEASE_SECONDS": "soon", "USHER_MAX_ATEMPTS": "3", "USHER_GRPC_CA_FILE": "/nonexistent", "USHER_AMQP_URL": ""}
    assert usher("config", "--check", code=1, **wrong).splitlines()[:4] == [
        "USHER_LEASE_SECONDS: 'soon' is not 5 to 3600 seconds",
        "USHER_AMQP_URL: is missing; it takes amqp[s]://USER:PASSWORD@HOST[:PORT][/VHOST]",
        "USHER_GRPC_CA_FILE: there is no readable file /nonexistent",
        "USHER_MAX_ATEMPTS: is not a setting; USHER_MAX_ATTEMPTS is",
    ]
    for arguments in (("config",), ("config", "--check")):
        said = usher(*arguments)
        for name in ("USHER_REDIS_URL", "USHER_AMQP_URL", "USHER_DATABASE_URL"):
            assert ENV[name] not in said
    assert "USHER_REDIS_URL\n  the Redis that holds the queues\n" in usher("config")
    assert "  effective: set\n" in usher("config") and "  effective: not set\n" in usher("config")
