"""The roles apart when something between them is old, replaced or hangs."""

import os
import signal
import socket
import ssl
import time

import httpx
import pytest

from support.apart import apart
from support.environment import until

QUEUE = "front-desk"


@pytest.fixture(scope="module")
def roles(tmp_path_factory):
    with apart("faults", tmp_path_factory.mktemp("faults")) as roles:
        yield roles


def greet(roles, version: ssl.TLSVersion) -> str:
    """The version that a client which speaks only this one agrees on with the broker."""
    context = ssl.create_default_context(cafile=str(roles.authority.path))
    context.load_cert_chain(roles.authority.certificate("tool"), roles.authority.key("tool"))
    context.set_alpn_protocols(["h2"])
    # Debian's OpenSSL speaks the old ones only when it is told to care less.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    host, port = roles.address.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as plain:
        with context.wrap_socket(plain, server_hostname="usher-broker") as connection:
            return connection.version()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_nothing_older_than_tls_1_2_is_spoken(roles):
    assert greet(roles, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    assert greet(roles, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    for old in (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1):
        # The broker says so itself, by an alert.
        with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
            greet(roles, old)


def expiry(node) -> float:
    """When the certificate in use expires, by the node's own word."""
    for line in node.metrics().splitlines():
        if line.startswith("usher_grpc_certificate_expiry_timestamp_seconds"):
            return float(line.split()[-1])
    raise AssertionError("the node has no certificate")


def test_a_clients_certificate_replaced_on_disk_is_used(roles):
    """The name of the one before is taken from it: only with the new one the api may do its work at a broker that it meets anew."""
    before = expiry(roles.api)
    time.sleep(1.1)  # Certificates expire by the second: so that the two differ.
    roles.authority.issue("usher-api")
    until(lambda: expiry(roles.api) != before, what="the new certificate")
    with roles.api.client("supervisor") as client:
        roles.broker.kill()
        roles.broker.start()
        until(lambda: client.get(f"/v1/queues/{QUEUE}").status_code == 200, what="the api at the broker that came back")


def test_a_broker_that_hangs_is_waited_for_and_nothing_happens_twice(roles):
    """Stopped for some seconds: calls end in time, with an answer that says what is known, and under the same key all happened once."""
    keys = [f"hang-{number}" for number in range(5)]
    with roles.api.client("supervisor") as client:

        def submit(key: str) -> httpx.Response:
            return client.post(
                f"/v1/queues/{QUEUE}/services", json={"kind": key}, headers={"Idempotency-Key": key}, timeout=20
            )

        assert submit("before").status_code == 201
        os.kill(roles.broker.process_id, signal.SIGSTOP)
        try:
            for key in keys[:2]:
                began = time.monotonic()
                answer = submit(key)
                # Nobody knows yet whether it happened.
                assert answer.json()["code"] == "outcome_unknown" and time.monotonic() - began < 10
            assert httpx.get(f"{roles.api.admin}/health/live", timeout=5).status_code == 200
            assert httpx.get(f"{roles.api.admin}/health/ready", timeout=15).status_code == 503
        finally:
            os.kill(roles.broker.process_id, signal.SIGCONT)
        until(lambda: httpx.get(f"{roles.api.admin}/health/ready", timeout=15).status_code == 200, what="the api")
        for key in keys:
            assert until(lambda: (answer := submit(key)).status_code in (200, 201) and answer, what=key).json()["service"]
        found = client.get(f"/v1/queues/{QUEUE}/services", params={"limit": 500}).json()["services"]
        assert sorted(service["kind"] for service in found if service["kind"] in keys) == sorted(keys)
