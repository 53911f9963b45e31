"""The metrics page is the documented one, and what alerts ask for moves when the thing that they are about happens."""

import concurrent.futures
import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import time
import typing

import httpx
import pika
import pytest
import redis

from support.environment import ADMIN, ENV, ROOT, until
from support.metrics import Metrics
from support.node import free_port
from support.own_server import OwnServer, own_server
from support.rabbitmq import virtual_host

ROW = re.compile(r"^\| `([a-z0-9_]+)` \| (counter|gauge|histogram) \| (.*?) \| (.*) \|$", re.MULTILINE)


def page() -> Metrics:
    return Metrics(httpx.get(ADMIN + "/metrics", timeout=20).text)


def test_the_page_is_the_documented_one():
    documented = {
        name: (kind, set(re.findall(r"`(\w+)`", labels)), meaning)
        for name, kind, labels, meaning in ROW.findall((ROOT / "docs" / "metrics.md").read_text())
    }
    metrics = page()
    assert set(metrics.families) == set(documented)
    told = {name: (family.type, family.documentation) for name, family in metrics.families.items()}
    assert told == {name: (kind, meaning) for name, (kind, _, meaning) in documented.items()}
    for name, (_, labels, _) in documented.items():
        assert metrics.labels(name) in (labels, set()), name


def test_promtool_finds_nothing_to_say():
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=page().text, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def weak_redis(folder: pathlib.Path):
    """A Redis of its own, which keeps nothing on disk."""
    port = free_port()
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(["redis-server", *arguments], stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}", process
    finally:
        process.kill()
        process.wait()


class Patient(typing.NamedTuple):
    """A server that may be hurt, and what it can be hurt by."""

    server: OwnServer
    rest: httpx.Client
    keyset: pathlib.Path
    rules: pathlib.Path
    redis_url: str
    amqp_url: str
    redis_process: subprocess.Popen


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """Everything but PostgreSQL is its own."""
    folder = tmp_path_factory.mktemp("metrics")
    keyset, rules = folder / "keyset.json", folder / "rules.json"
    shutil.copy(ENV["USHER_KEYSET_FILE"], keyset)
    keyset.chmod(0o600)
    rules.write_text('{"rules": []}')
    with weak_redis(folder) as (redis_url, process), virtual_host() as amqp_url:
        settings = {
            "USHER_REDIS_URL": redis_url,
            "USHER_AMQP_URL": amqp_url,
            "USHER_KEYSET_FILE": str(keyset),
            "USHER_INTAKE_RULES_FILE": str(rules),
            "USHER_LEASE_SECONDS": "5",
            "USHER_LOGIN_WORKERS": "1",
            "USHER_LOGIN_QUEUE": "0",
            "USHER_MAX_CONNECTIONS": "1",
        }
        with own_server("metrics", **settings) as server, server.client("supervisor") as rest:
            yield Patient(server, rest, keyset, rules, redis_url, amqp_url, process)


def look(patient: Patient) -> Metrics:
    return Metrics(patient.server.metrics())


def rises(patient: Patient, name: str, timeout: float = 20, **labels: str):
    """Returns a function that waits until the metric is more than it was."""
    before = look(patient).value(name, **labels)
    return lambda: until(lambda: look(patient).value(name, **labels) > before, timeout, f"{name} {labels}")


def submit(patient: Patient, **data) -> dict:
    answer = patient.rest.post("/v1/queues/roadside/services", json={"kind": "test", **data})
    assert answer.status_code == 201, answer.text
    return answer.json()["service"]


def test_the_queues_are_measured(patient):
    first, _ = submit(patient), submit(patient)
    claimed = patient.rest.post(f"/v1/services/{first['id']}/claim", json={}).json()["service"]
    patient.rest.post(f"/v1/services/{first['id']}/start", json={"fence": claimed["fence"]})
    done = patient.rest.post(f"/v1/services/{first['id']}/complete", json={"fence": claimed["fence"]})
    assert done.status_code == 200, done.text
    assert patient.rest.post("/v1/queues/front-desk/pause").status_code == 200

    def measured() -> bool:
        metrics = look(patient)
        return (
            metrics.value("usher_queue_services", queue="roadside", state="waiting") == 1
            and metrics.value("usher_queue_oldest_waiting_seconds", queue="roadside") > 0
            and metrics.value("usher_queue_paused", queue="front-desk") == 1
        )

    until(measured, 25, "the measures of the queues")
    metrics = look(patient)
    assert metrics.value("usher_queue_paused", queue="roadside") == 0
    assert metrics.value("usher_queue_wait_seconds_count", queue="roadside") == 1
    assert metrics.value("usher_queue_wait_seconds_bucket", queue="roadside", le="28800") == 1
    assert metrics.value("usher_queue_handling_seconds_count", queue="roadside") == 1
    assert metrics.value("usher_build_info") == 1
    assert metrics.value("usher_dependency_ready") == 3
    assert metrics.value("usher_broker_durability_warnings") == 1, "appendonly is no"


def test_a_lease_that_ends_is_counted_as_one(patient):
    wait = rises(patient, "usher_broker_swept_total", reason="lease_expired")
    due = rises(patient, "usher_broker_swept_total", reason="due")
    assert patient.rest.post(f"/v1/services/{submit(patient)['id']}/claim", json={}).status_code == 200
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    submit(patient, scheduled_for=soon)
    wait()
    due()


def test_what_cannot_be_taken_in(patient):
    rejected = rises(patient, "usher_intake_rejected_total", reason="malformed_json")
    with contextlib.closing(pika.BlockingConnection(pika.URLParameters(patient.amqp_url))) as to:
        channel = to.channel()
        channel.confirm_delivery()
        properties = pika.BasicProperties(message_id="poison", content_type="application/json", delivery_mode=2)
        channel.basic_publish("usher.services", "service.roadside.test", b"{", properties, mandatory=True)
    rejected()
    # Asked every half minute.
    until(lambda: look(patient).value("usher_dead_letters") == 1, 35, "the dead letter")
    assert look(patient).value("usher_intake_in_flight") == 0


def test_logins_that_fail(patient):
    token = {"route": "/v1/auth/token", "method": "POST"}
    wrong = rises(patient, "usher_gateway_http_requests_total", status="401", **token)
    full = rises(patient, "usher_gateway_http_requests_total", status="503", **token)
    refused = rises(patient, "usher_passwords_refused_total")
    body = {"username": "agent", "password": "not this one"}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: httpx.post(patient.server.url + "/v1/auth/token", json=body, timeout=20), range(4)))
    wrong()
    full()
    refused()


def test_files_that_cannot_be_used(patient):
    for file, metric, labels in (
        (patient.keyset, "usher_keyset_failures_total", {}),
        (patient.rules, "usher_intake_rules_reloads_total", {"outcome": "failed"}),
    ):
        before, wait = file.read_text(), rises(patient, metric, **labels)
        file.write_text("{")
        wait()
        file.write_text(before)


def test_one_connection_too_many(patient):
    wait = rises(patient, "usher_gateway_refused_connections_total", limit="node")
    lag = rises(patient, "usher_gateway_event_lag_seconds_count")
    stream = {"Accept": "text/event-stream"}
    with patient.rest.stream("GET", "/v1/queues/roadside/events", headers=stream) as first:
        assert first.status_code == 200
        assert look(patient).value("usher_gateway_connections") == 1
        assert patient.rest.get("/v1/queues/roadside/events", headers=stream).status_code == 503
        submit(patient)
        lag()
    wait()


def test_redis_is_full_and_then_gone(patient):
    """The last one: the server does not get its Redis back."""
    full = rises(patient, "usher_broker_redis_errors_total", error="OOM")
    fails = rises(patient, "usher_gateway_http_requests_total", status="503", route="/v1/queues/{queue}/services")
    store = redis.Redis.from_url(patient.redis_url)
    store.config_set("maxmemory", "1")
    answer = patient.rest.post("/v1/queues/roadside/services", json={"kind": "test"})
    assert answer.status_code == 503 and json.loads(answer.text)["code"] == "unavailable"
    full()
    fails()
    assert look(patient).value("usher_dependency_ready", dependency="redis") == 1
    reconnects = rises(patient, "usher_broker_reconnects_total")
    patient.redis_process.kill()
    until(lambda: look(patient).value("usher_dependency_ready", dependency="redis") == 0, 15, "Redis to be missed")
    assert look(patient).value("usher_dependency_ready", dependency="postgres") == 1
    reconnects()
