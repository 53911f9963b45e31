"""Messages that cannot be taken in lie in the dead letters with their reason, can be looked at, sent again and removed, and are never lost."""

import json
import os
import signal
import subprocess
import time
import uuid

import httpx
import pika
import pytest
from cloudevents.core.bindings.amqp import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from support.accounts import Account
from support.command import usher
from support.environment import ADMIN, ENV, HTTP, STATE, binary, until
from support.problems import assert_refusal
from support.rest import Rest

EVENT = {"specversion": "1.0", "id": "7", "source": "/shop", "type": "t", "data": {}}
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


def structured(**changes) -> bytes:
    event = {name: value for name, value in {**EVENT, **changes}.items() if value is not ...}
    return json.dumps(event).encode()


# Reason, body, content type, and whether it has a message id. Each in a queue that takes it, but for what is wrong with it.
GARBAGE = [
    ("malformed_json", b"{not json", "application/json", True),
    ("malformed_json", b'{"details": NaN}', "application/json", True),
    ("malformed_json", b'{"a": 1, "a": 2}', "application/json", True),
    ("malformed_json", b'{"a": "\xff"}', "application/json", True),
    ("malformed_json", b"\xef\xbb\xbf{}", "application/json", True),
    ("malformed_json", b"", None, True),
    ("too_large", b'{"a": "' + b"x" * 262_144 + b'"}', "application/json", True),
    ("too_deep", b"[" * 40 + b"]" * 40, "application/json", True),
    ("missing_id", b"{}", "application/json", False),
    ("missing_id", structured(id=...), STRUCTURED, True),
    ("missing_field", structured(type=...), STRUCTURED, True),
    ("missing_field", structured(data=...), STRUCTURED, True),
    ("wrong_type", b"[]", "application/json", True),
    ("wrong_type", structured(subject=5), STRUCTURED, True),
    ("invalid_value", b'{"priority": 99}', "application/json", True),
    ("invalid_value", structured(time="yesterday"), STRUCTURED, True),
    ("unsupported_version", structured(specversion="0.3"), STRUCTURED, True),
    ("unsupported_content_type", b"<a/>", "application/xml", True),
    ("unsupported_content_type", b"[]", BATCH, True),
    ("unsupported_content_type", structured(datacontenttype="text/xml"), STRUCTURED, True),
    ("unsupported_encoding", b"{}", "application/json; charset=utf-16", True),
]


@pytest.fixture
def admin():
    with Rest("admin") as client:
        yield client


@pytest.fixture
def empty(admin):
    """No dead letters before and after."""
    purge_all(admin)
    yield
    purge_all(admin)


def purge_all(admin) -> dict:
    answer = admin.post("/v1/dead-letters/purge", json={"all": True})
    assert answer.status_code == 200, answer.text
    return answer.json()


def letters(admin, **parameters) -> list[dict]:
    return admin.get_json("/v1/dead-letters", limit=1000, **parameters)["letters"]


def lying(admin, count: int, **parameters) -> list[dict]:
    """The letters, when there are so many."""
    return until(lambda: (found := letters(admin, **parameters)) and len(found) == count and found, what="dead letters")


def publish(producer, body: bytes, message_id: str | None, content_type: str | None, queue: str, headers=None) -> None:
    properties = pika.BasicProperties(
        message_id=message_id, content_type=content_type, delivery_mode=2, headers=headers
    )
    producer.channel.basic_publish("usher.services", f"service.{queue}.test", body, properties, mandatory=True)


def entries(admin, **filters) -> list[dict]:
    return admin.get_json("/v1/audit", limit=500, **filters)["entries"]


@pytest.mark.usefixtures("empty")
class TestReasons:
    def test_each_garbage_has_its_reason(self, admin, producer, front_desk, marker):
        for number, (_, body, content_type, has_id) in enumerate(GARBAGE):
            publish(producer, body, f"{marker}-{number}" if has_id else None, content_type, front_desk)
        found = lying(admin, len(GARBAGE))
        expected = {f"{marker}-{number}": reason for number, (reason, _, _, has_id) in enumerate(GARBAGE) if has_id}
        assert {letter["message_id"]: letter["reason"] for letter in found if letter["message_id"]} == expected
        assert [letter["reason"] for letter in found if letter["message_id"] is None] == ["missing_id"]
        for letter in found:
            assert letter["exchange"] == "usher.services" and letter["routing_key"] == f"service.{front_desk}.test"
            assert letter["detail"] and letter["at"] and uuid.UUID(letter["id"])
            assert "body" not in letter
        # The command line sees the same, and each reason by itself.
        printed = json.loads(usher("dead-letters", "list", "--json", "--limit", "1000"))
        assert printed["letters"] == found and printed["total"] == len(GARBAGE) and printed["complete"]
        for reason in {row[0] for row in GARBAGE}:
            count = sum(row[0] == reason for row in GARBAGE)
            assert len(letters(admin, reason=reason)) == count
            lines = usher("dead-letters", "list", "--reason", reason).splitlines()
            assert sum(f" {reason} " in line for line in lines) == count
        assert letters(admin, queue="nobody") == [] and len(letters(admin, queue=front_desk)) == len(GARBAGE)
        until(lambda: f"usher_dead_letters {len(GARBAGE)}" in metrics(), timeout=45, what="the gauge")

    def test_events_of_the_public_package_are_taken(self, admin, supervisor, producer, front_desk, marker):
        """Both modes; the id and the source make each happen once, whichever mode it comes in."""
        attributes = {"type": "org.example.request", "source": f"/{marker}", "subject": "a subject", "traceparent": "00-1"}
        events = [
            CloudEvent({**attributes, "id": str(number), "datacontenttype": "application/json"},
                       {"queue": front_desk, "kind": f"k{number}"})
            for number in range(4)
        ]  # fmt: skip
        for number, event in enumerate(events):
            for make in (to_binary, to_structured) if number % 2 else (to_structured, to_binary):
                message = make(event, JSONFormat())
                publish(producer, message.application_data, None, message.properties["content-type"], front_desk,
                        message.application_properties)  # fmt: skip
        kinds = until(
            lambda: len(found := sorted(s["kind"] for s in supervisor.services(front_desk))) >= 4 and found, what="events"
        )
        assert kinds == ["k0", "k1", "k2", "k3"]
        event = CloudEvent({**attributes, "id": "xml", "datacontenttype": "application/xml"}, "<a/>")
        for make in (to_binary, to_structured):
            message = make(event, JSONFormat())
            publish(producer, message.application_data, None, message.properties["content-type"], front_desk,
                    message.application_properties)  # fmt: skip
        assert {letter["reason"] for letter in lying(admin, 2)} == {"unsupported_content_type"}


@pytest.mark.usefixtures("empty")
class TestShowing:
    def test_with_its_body_and_an_entry(self, admin, producer, front_desk, marker):
        body = json.dumps({"priority": 99, "customer": {"name": marker}}).encode()
        publish(producer, body, "m1", "application/json", front_desk, {"mine": "kept"})
        publish(producer, b"\xff\xfe", "m2", "application/json", front_desk)
        text, binary_one = lying(admin, 2)
        assert marker not in json.dumps([text, binary_one])
        shown = admin.get_json(f"/v1/dead-letters/{text['id']}")
        assert json.loads(shown["body"]) == json.loads(body) and shown["body_base64"] is None and not shown["truncated"]
        assert shown["headers"] == [{"name": "mine", "value": "kept"}]
        assert {name: shown[name] for name in text} == text
        assert json.loads(usher("dead-letters", "show", text["id"])) == shown
        assert admin.get_json(f"/v1/dead-letters/{binary_one['id']}")["body_base64"] == "//4="
        read = entries(admin, object=text["id"])
        assert [entry["action"] for entry in read] == ["dead_letter.read"] * 2
        assert [entry["actor"] and entry["actor"]["name"] for entry in read] == [None, "admin"]
        # Neither the audit nor the log has what the customer is called.
        assert marker not in json.dumps(entries(admin, action="dead_letter.*"))
        log = STATE / "log"
        for file in log.rglob("usher*") if log.is_dir() else []:
            assert marker not in file.read_text(errors="replace")

    def test_what_is_not_there(self, admin):
        unknown = str(uuid.uuid4())
        for method, path in (("GET", unknown), ("DELETE", unknown), ("POST", f"{unknown}/requeue"), ("GET", "nonsense")):
            answer = admin.request(method, f"/v1/dead-letters/{path}", json={} if method == "POST" else None)
            assert answer.status_code == 404 and assert_refusal(answer) == "not_found"
        answer = admin.post("/v1/dead-letters/requeue", json={"ids": [unknown]})
        assert answer.json()["missing"] == [unknown] and answer.json()["requeued"] == 0
        usher("dead-letters", "show", unknown, code=1)
        assert unknown in usher("dead-letters", "requeue", unknown, code=1)

    @pytest.mark.parametrize(
        "body", [{}, {"all": False}, {"all": True, "reason": "refused"}, {"ids": []}, {"ids": ["x"]}, {"reason": "A b"},
                 {"queue": "No"}, {"ids": [str(uuid.uuid4())] * 1001}, {"all": 1}, {"ids": "all"}],
    )  # fmt: skip
    def test_who_does_not_say_which(self, admin, body):
        for verb in ("requeue", "purge"):
            answer = admin.post(f"/v1/dead-letters/{verb}", json=body)
            assert answer.status_code == 400 and assert_refusal(answer) == "invalid_argument"

    def test_on_the_command_line(self):
        for arguments in (["requeue"], ["purge"], ["purge", "--all", "--reason", "x"], ["requeue", "nonsense"],
                          ["list", "--limit", "0"], ["list", "--reason", "A b"], ["show", "x"]):  # fmt: skip
            usher("dead-letters", *arguments, code=64)

    def test_only_for_administrators_of_all_queues(self, admin, viewer, agent, supervisor, producer_user):
        limited = Account(admin, "admin", queues=["front-desk"])
        unknown = str(uuid.uuid4())
        other = httpx.Client(base_url=HTTP, timeout=20, headers={"Authorization": f"Bearer {limited.token()}"})
        clients = [viewer, agent, supervisor, producer_user, other]
        for client in clients:
            for method, path, body in (
                ("GET", "", None), ("GET", f"/{unknown}", None), ("DELETE", f"/{unknown}", None),
                ("POST", f"/{unknown}/requeue", {}), ("POST", "/requeue", {"all": True}), ("POST", "/purge", {"all": True}),
            ):  # fmt: skip
                answer = client.request(method, "/v1/dead-letters" + path, json=body)
                assert answer.status_code == 403 and assert_refusal(answer) == "forbidden", (method, path)
        limited.change(disabled=True)


@pytest.mark.usefixtures("empty")
class TestRequeueing:
    def test_when_the_cause_is_gone(self, admin, producer):
        """A queue that is made afterwards: what was refused becomes a service, each exactly once."""
        queue = "late-" + uuid.uuid4().hex[:8]
        for number in range(20):
            producer.publish(queue, {"details": {"number": number}})
        found = lying(admin, 20, reason="unknown_queue")
        again = admin.post(f"/v1/dead-letters/{found[0]['id']}/requeue", json={})
        assert again.json()["requeued"] == 1
        # It is refused again, and lies there under another id.
        lying(admin, 20, queue=queue)
        assert admin.put(f"/v1/queues/{queue}", json={}).status_code in (200, 201)
        key = {"Idempotency-Key": uuid.uuid4().hex}
        answers = [
            admin.post("/v1/dead-letters/requeue", json={"queue": queue}, headers=key).json() for _ in range(2)
        ]
        assert answers[0]["requeued"] == 20 and answers[0]["remaining"] == 0 and answers[0]["complete"]
        assert answers[1] == answers[0], "one key, one act"
        until(lambda: len(admin.services(queue)) == 20, what="services")
        assert letters(admin) == []
        acts = entries(admin, action="dead_letter.requeue")
        assert any(entry["object"] == found[0]["id"] for entry in acts)
        assert any(entry["detail"] == {"queue": queue} for entry in acts)
        admin.drain(queue)

    def test_from_the_command_line(self, admin, producer):
        queue = "late-" + uuid.uuid4().hex[:8]
        for _ in range(3):
            producer.publish(queue, {})
        found = lying(admin, 3)
        assert admin.put(f"/v1/queues/{queue}", json={}).status_code in (200, 201)
        assert "1 requeued, 2 left" in usher("dead-letters", "requeue", found[1]["id"])
        done = json.loads(usher("dead-letters", "requeue", "--reason", "unknown_queue", "--json"))
        assert done["requeued"] == 2 and done["remaining"] == 0
        until(lambda: len(admin.services(queue)) == 3, what="services")
        newest = entries(admin, action="dead_letter.requeue")[0]
        assert newest["actor"] is None and newest["detail"] == {"by": "command line"}
        admin.drain(queue)

    def test_killed_in_the_middle(self, admin, producer):
        """Of 500, whenever it is killed: each becomes a service, none twice."""
        queue = "late-" + uuid.uuid4().hex[:8]
        sent = {producer.publish(queue, {}) for _ in range(500)}
        lying(admin, 500)
        assert admin.put(f"/v1/queues/{queue}", json={}).status_code in (200, 201)
        killed = 0
        for attempt in range(40):
            left = admin.get_json("/v1/dead-letters", limit=1)["total"]
            if not left:
                break
            process = subprocess.Popen(
                [binary(), "dead-letters", "requeue", "--all"],
                # Without PostgreSQL there is no audit, and it begins at once.
                env={"PATH": os.environ["PATH"], "USHER_AMQP_URL": ENV["USHER_AMQP_URL"]},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            # The first ones when it has begun, the later ones ever later.
            until(lambda: process.poll() is not None or len(admin.services(queue)) > 500 - left, what="a start")
            time.sleep(0.01 * attempt)
            killed += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
            until(lambda: held(producer) == 0, what="what it held")
        until(lambda: len(admin.services(queue)) == 500, what="all of them")
        assert killed >= 1, "no kill came in time"
        assert letters(admin) == []
        time.sleep(1)
        assert len(admin.services(queue)) == 500 and len(sent) == 500
        admin.drain(queue)


def held(producer) -> int:
    """How many connections have the lock of the dead letters."""
    connection = pika.BlockingConnection(pika.URLParameters(ENV["USHER_AMQP_URL"]))
    try:
        connection.channel().queue_declare("usher.dead-letters.lock", exclusive=True, auto_delete=True)
        return 0
    except pika.exceptions.ChannelClosedByBroker:
        return 1
    finally:
        if connection.is_open:
            connection.close()


@pytest.mark.usefixtures("empty")
class TestPurging:
    def test_by_id_reason_and_all(self, admin, producer, front_desk):
        for number in range(6):
            publish(producer, b"[]" if number % 2 else b"{", f"m{number}", "application/json", front_desk)
        found = lying(admin, 6)
        assert admin.delete(f"/v1/dead-letters/{found[0]['id']}").status_code == 204
        assert admin.get(f"/v1/dead-letters/{found[0]['id']}").status_code == 404
        answer = admin.post("/v1/dead-letters/purge", json={"reason": "wrong_type"}).json()
        assert answer["purged"] == 3 and answer["remaining"] == 2
        assert [letter["id"] for letter in letters(admin)] == [found[2]["id"], found[4]["id"]]
        assert "1 purged, 1 left" in usher("dead-letters", "purge", found[2]["id"])
        assert "1 purged, 0 left" in usher("dead-letters", "purge", "--all")
        acts = entries(admin, action="dead_letter.purge")
        assert acts[0]["actor"] is None and any(entry["detail"] == {"reason": "wrong_type"} for entry in acts)
        assert any(entry["object"] == found[0]["id"] for entry in acts)

    def test_requeue_of_what_has_no_way_back(self, admin, producer):
        properties = pika.BasicProperties(message_id="foreign", delivery_mode=2)
        producer.channel.basic_publish("usher.dead", "anything", b"{}", properties, mandatory=True)
        (letter,) = lying(admin, 1)
        assert letter["reason"] == "unknown" and letter["exchange"] is None
        answer = admin.post(f"/v1/dead-letters/{letter['id']}/requeue", json={})
        assert answer.status_code == 422 and assert_refusal(answer) == "bad_target"
        assert letters(admin) == [letter]


def test_without_rabbitmq():
    output = usher("dead-letters", "list", code=1, USHER_AMQP_URL="amqp://127.0.0.1:1")
    assert "unavailable" in output


def metrics() -> str:
    return httpx.get(ADMIN + "/metrics", timeout=20).text
