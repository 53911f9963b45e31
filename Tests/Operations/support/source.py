"""What the program's own source says that manifests have to agree with."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[3]
OPS = ROOT / "ops"

#: What each role cannot do without, as `RoleSettings.needed` has it, with mutual TLS.
NEEDED = {
    "api": {"USHER_DATABASE_URL", "USHER_KEYSET_FILE", "USHER_BROKER_ADDRESSES"},
    "broker": {"USHER_REDIS_URL", "USHER_GRPC_CLIENTS", "USHER_GRPC_LISTEN"},
    "consumer": {"USHER_AMQP_URL", "USHER_KEYSET_FILE", "USHER_BROKER_ADDRESSES"},
}
for _names in NEEDED.values():
    _names |= {"USHER_GRPC_CERTIFICATE_FILE", "USHER_GRPC_KEY_FILE", "USHER_GRPC_CA_FILE"}

SECRETS = {"USHER_REDIS_URL", "USHER_AMQP_URL", "USHER_DATABASE_URL", "USHER_KEYSET"}


def reference() -> dict[str, str]:
    """The settings by name, each with its default, from the page that a test holds to the code."""
    page = (ROOT / "docs/configuration.md").read_text()
    rows = re.findall(r"^\| `(USHER_[A-Z0-9_]+)`[^|]*\|[^|]*\| ([^|]*) \|", page, re.MULTILINE)
    assert SECRETS <= {name for name, _ in rows}, "the reference has another form than this looks for"
    return {name: default.strip("`") for name, default in rows}


def settings() -> set[str]:
    """Every variable that the server reads, with the `_FILE` ones of the secrets."""
    return set(reference()) | {name + "_FILE" for name in SECRETS}


def number(environment: dict[str, str], name: str) -> int:
    """A setting in force: as set, or its default."""
    return int(environment.get(name) or reference()[name])
