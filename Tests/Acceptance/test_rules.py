"""The operator's rules: files, trials, and a server that takes other ones over while messages come."""

import contextlib
import datetime
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import uuid

import httpx
import jsonschema
import pytest

from support.command import usher
from support.environment import ADMIN, ENV, binary, process_id, until
from support.own_server import own_server
from support.producer import Producer
from support.rule_files import BROKEN, BROKEN_BEYOND_THE_SCHEMA, GOOD, rule

FILE = pathlib.Path(ENV["USHER_INTAKE_RULES_FILE"])
MESSAGES = 5_000


def write(content, file: pathlib.Path = FILE) -> pathlib.Path:
    """Replaces the file at once, as an operator's tools do."""
    new = file.with_suffix(".new")
    new.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    new.replace(file)
    return file


def hang_up() -> None:
    os.kill(process_id("usher"), signal.SIGHUP)


def metric(name: str) -> float:
    for line in httpx.get(ADMIN + "/metrics", timeout=10).text.splitlines():
        if line.startswith(name + " "):
            return float(line.split()[-1])
    return 0


def reloads(outcome: str) -> float:
    return metric(f'usher_intake_rules_reloads_total{{outcome="{outcome}"}}')


def fingerprint(file: pathlib.Path) -> int:
    return int(re.search(r"fingerprint (\d+)", usher("rules", "check", str(file)))[1])


def take(content) -> None:
    """Gives the server other rules, and returns once it has them."""
    expected = fingerprint(write(content))
    hang_up()
    until(lambda: metric("usher_intake_rules_fingerprint") == expected, what="the server's taking over of the rules")


@pytest.fixture
def rules():
    """What gives the server other rules; afterwards it has none."""
    yield take
    take({"rules": []})


def trial(file: pathlib.Path, samples: str, *options: str, code: int = 0) -> str:
    done = subprocess.run(
        [binary(), "rules", "test", str(file), *options], input=samples, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


# Files.


def test_schema_and_check_agree(tmp_path):
    schema = json.loads(usher("rules", "schema"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    file = tmp_path / "rules.json"
    for content in GOOD:
        assert validator.is_valid(content), content
        usher("rules", "check", str(write(content, file)))
    for content in BROKEN:
        assert not validator.is_valid(content), content
        said = usher("rules", "check", str(write(content, file)), code=1)
        assert re.match(rf"{re.escape(str(file))}:\d+:\d+: ", said), said
    for content in BROKEN_BEYOND_THE_SCHEMA:
        assert validator.is_valid(content), content
        usher("rules", "check", str(write(content, file)), code=1)


def test_check_tells_all_errors_by_line(tmp_path):
    file = write('{"rules": [\n  {"name": "night shift",\n   "when": {"priority": "top"},\n   "then": {"rout": "q"}}\n]}',
                 tmp_path / "r.json")  # fmt: skip
    first, second, end = usher("rules", "check", str(file), code=1).split("\n")
    assert first == f"{file}:3:13: rule 1 (night shift), when.priority: must be 0 to 9, or low, normal, high or urgent"
    assert second.startswith(f"{file}:4:13: rule 1 (night shift), then.rout: is not known here")
    assert end == ""
    assert usher("rules", "check", str(tmp_path / "none"), code=1) == f"{tmp_path / 'none'}: cannot be read\n"


def test_a_trial_tells_why(tmp_path):
    content = {
        "rules": [
            {"name": "vip", "when": {"headers.vip": True}, "then": {"prioritise": "urgent", "tag": ["vip"]}},
            {"name": "closed", "when": {"queue": "old"}, "then": {"reject": "moved"}},
        ]
    }
    file = write(content, tmp_path / "rules.json")
    samples = [
        {"routing_key": "service.desk.a", "headers": {"vip": True}, "body": {"customer": {"name": "Ann"}}},
        {"queue": "old", "kind": "a"},
        {"body": "{"},
    ]
    text = trial(file, json.dumps(samples))
    assert "sample 1: accept\n  matched      vip\n  not matched  closed: when.queue.equals: it is \"desk\"\n" in text
    assert "sample 2: reject, rejected_by_rule: closed: moved\n" in text
    assert "sample 3: reject, malformed_json: " in text
    lines = [json.loads(line) for line in trial(file, "\n".join(map(json.dumps, samples)), "--json").splitlines()]
    assert [line["verdict"] for line in lines] == ["accept", "reject", "reject"]
    assert lines[0]["request"] == {
        "queue": "desk", "kind": "a", "priority": 9, "customer": {"name": "Ann"}, "details": {"tags": ["vip"]}
    }  # fmt: skip
    assert lines[1]["rules"][0] == {
        "name": "vip", "outcome": "not_matched", "because": "when.headers.vip.equals: it is absent"
    }  # fmt: skip
    assert "sample 1: must be an object" in trial(file, "7", code=64)


# A server.


def test_every_action(rules, producer, supervisor, front_desk, marker):
    supervisor.drain("roadside")
    rules({
        "rules": [
            {"name": "drop", "when": {"kind": "drop"}, "then": {"drop": True}},
            {"name": "reject", "when": {"headers.shop": {"matches": "s[0-9]*"}}, "then": {"reject": "no shops"}},
            {"name": "route", "when": {"details.to": "road"}, "then": {"route": "roadside"}},
            {"name": "prioritise", "when": {"customer.vip": True}, "then": {"prioritise": 9, "tag": ["vip"], "stop": True}},
            {"name": "later", "when": {"kind": "later"}, "then": {"schedule": {"seconds": 3600}}},
            {"name": "due", "when": {"details.due": {"exists": True}},
             "then": {"schedule": {"field": "details.due", "seconds": -60}}},
            {"name": "require", "when": {"source": {"prefix": "/shops/"}}, "then": {"require": ["till"]}},
            {"name": "defaults", "when": {"queue": "front-desk"},
             "then": {"defaults": {"priority": "low", "customer.lang": "en", "details.a.b": 1}, "tag": ["usual"]}},
        ]
    })  # fmt: skip
    before = metric('usher_intake_rule_matches_total{rule="drop"}')
    dropped = metric('usher_intake_rule_verdicts_total{verdict="drop"}')
    producer.publish(front_desk, {}, kind="drop")
    refused = str(uuid.uuid4())
    producer.publish_raw(b"{}", f"service.{front_desk}.k", refused, headers={"shop": "s7"})
    due = datetime.datetime(2027, 1, 1, 12, tzinfo=datetime.timezone.utc)
    event = {"specversion": "1.0", "source": "/shops/oslo", "type": "t"}
    for name, data in {
        "route": {"details": {"to": "road"}},
        "vip": {"customer": {"vip": True}},
        "due": {"details": {"due": due.isoformat()}},
        "plain": {"priority": 6, "customer": {"lang": "no"}},
    }.items():
        producer.publish(front_desk, data, kind=name)
    producer.publish(front_desk, {}, kind="later")
    headers = {f"cloudEvents:{name}": value for name, value in {**event, "id": marker}.items()}
    producer.publish_raw(b"{}", f"service.{front_desk}.shop", None, headers=headers)

    found = until(lambda: (s := services(supervisor, front_desk)) and len(s) == 5 and s, what="the services")
    (routed,) = until(lambda: supervisor.services("roadside"), what="the routed service")
    assert routed["kind"] == "route"
    assert found["vip"]["priority"] == 9 and found["vip"]["details"] == {"tags": ["vip"]}
    assert found["plain"]["priority"] == 6 and found["plain"]["customer"] == {"lang": "no"}
    assert found["plain"]["details"] == {"a": {"b": 1}, "tags": ["usual"]}
    assert found["due"]["scheduled_for"] == "2027-01-01T11:59:00.000Z"
    wait = datetime.datetime.fromisoformat(found["later"]["scheduled_for"]) - datetime.datetime.now(datetime.timezone.utc)
    assert 3500 < wait.total_seconds() <= 3605
    assert found["shop"]["requires"] == ["till"] and found["shop"]["priority"] == 2
    assert found["shop"]["customer"] == {"lang": "en"}
    letter = until(lambda: producer.dead_letter(refused), what="the dead letter")
    assert letter["x-usher-reason"] == "rejected_by_rule" and letter["x-usher-detail"] == "reject: no shops"
    assert metric('usher_intake_rule_matches_total{rule="drop"}') == before + 1
    assert metric('usher_intake_rule_verdicts_total{verdict="drop"}') == dropped + 1
    assert metric("usher_intake_rules") == 8
    supervisor.drain("roadside")


def services(supervisor, queue: str) -> dict[str, dict]:
    """Those of the queue, each whole, by kind."""
    return {service["kind"]: service for service in supervisor.services(queue)}


def test_other_rules_under_load(rules, supervisor, front_desk, marker):
    rules(rule(then={"tag": ["old"]}))
    # At the first third: other rules. At the second: broken ones, which change nothing.
    marks = {MESSAGES // 3: threading.Event(), 2 * MESSAGES // 3: threading.Event()}
    failures: list[BaseException] = []

    def publish() -> None:
        try:
            with Producer() as producer:
                for number in range(MESSAGES):
                    producer.publish(front_desk, {"details": {"number": number, "marker": marker}})
                    if number in marks:
                        marks[number].set()
        except Exception as error:
            failures.append(error)

    publisher = threading.Thread(target=publish)
    publisher.start()
    first, second = marks.values()
    assert first.wait(timeout=120)
    take(rule(then={"tag": ["new"]}))
    assert second.wait(timeout=120)
    failed = reloads("failed")
    write('{"rules": [{"name": "broken"}]}')
    hang_up()
    until(lambda: reloads("failed") > failed, what="the refusal of the broken file")
    publisher.join(timeout=120)
    assert not publisher.is_alive() and not failures, failures

    until(lambda: supervisor.queue(front_desk)["waiting"] >= MESSAGES, timeout=120, what="the services")
    found = {}
    for service in supervisor.services(front_desk):
        details = service["details"]
        assert details["marker"] == marker and details["number"] not in found
        found[details["number"]] = details["tags"]
    assert len(found) == MESSAGES
    tags = [found[number] for number in range(MESSAGES)]
    cut = tags.index(["new"])
    assert MESSAGES // 3 <= cut < MESSAGES
    assert tags == [["old"]] * cut + [["new"]] * (MESSAGES - cut)


def test_a_file_that_is_bad_or_gone_changes_nothing(rules, producer, supervisor, front_desk):
    rules(rule(then={"prioritise": 9}))
    inUse = metric("usher_intake_rules_fingerprint")
    for spoil in [lambda: write("{"), lambda: write(rule(when={"quue": 1})), FILE.unlink]:
        failed = reloads("failed")
        spoil()
        hang_up()
        until(lambda: reloads("failed") > failed, what="the refusal")  # noqa: B023
    assert metric("usher_intake_rules_fingerprint") == inUse
    producer.publish(front_desk, {})
    (service,) = until(lambda: supervisor.services(front_desk), what="the service")
    assert service["priority"] == 9


def test_sighup_and_the_watch(rules):
    rules(rule(then={"prioritise": 8}))
    unchanged = reloads("unchanged")
    hang_up()
    until(lambda: reloads("unchanged") == unchanged + 1, what="the answer to SIGHUP")
    # Without SIGHUP, within the interval of the watch.
    expected = fingerprint(write(rule(then={"prioritise": 7})))
    until(lambda: metric("usher_intake_rules_fingerprint") == expected, timeout=10, what="the watch")


def test_sighup_does_not_end_a_server_without_rules(supervisor):
    with own_server("rules", USHER_INTAKE_RULES_FILE="") as server:
        for _ in range(3):
            os.kill(server.process_id, signal.SIGHUP)
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"it ended with {server._process.wait(timeout=1)}")
        assert "usher_intake_rules_fingerprint 0" in server.metrics()
