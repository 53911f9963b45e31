"""W3C Trace Context: what belongs to one request or message is found under one trace id in the log of every process that it went through."""

import json
import re
import secrets

import httpx
import pika
import pytest

from support.apart import apart
from support.environment import until
from support.own_server import own_server

QUEUE = "front-desk"
LOGS = {"USHER_LOG_FORMAT": "json", "USHER_LOG_LEVEL": "debug"}
SPAN = re.compile(r"[0-9a-f]{16}")
STATE = "congo=t61rcWkgMzE"


class Trace:
    """A caller's span, in a trace that nothing else is in."""

    def __init__(self):
        self.id, self.span = secrets.token_hex(16), secrets.token_hex(8)
        self.headers = {"traceparent": f"00-{self.id}-{self.span}-01", "tracestate": STATE}

    def lines(self, node, message: str, count: int = 1) -> list[dict]:
        """The node's lines with that message in this trace, once there are so many; each in a span of the node's own."""
        found = until(
            lambda: (lines := node.log(trace_id=self.id, message=message)) and len(lines) >= count and lines,
            what=f"{message!r} in trace {self.id}",
        )
        assert all(SPAN.fullmatch(line["span_id"]) and line["span_id"] != self.span for line in found)
        return found


@pytest.fixture(scope="module")
def roles(tmp_path_factory):
    with apart("tracing", tmp_path_factory.mktemp("tracing"), **LOGS) as roles:
        yield roles


@pytest.fixture(scope="module")
def supervisor(roles):
    with roles.api.client("supervisor") as client:
        yield client


def submit(client: httpx.Client, trace: Trace) -> str:
    answer = client.post(f"/v1/queues/{QUEUE}/services", json={"kind": "test"}, headers=trace.headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["service"]["id"]


def publish(roles, body: bytes, content_type: str = "application/json", **headers) -> str:
    message_id = secrets.token_hex(8)
    with roles.channel() as channel:
        channel.basic_publish(
            "usher.services", f"service.{QUEUE}.test", body,
            pika.BasicProperties(message_id=message_id, content_type=content_type, delivery_mode=2, headers=headers),
            mandatory=True,
        )
    return message_id


def test_a_request_has_one_trace_in_the_api_and_in_the_broker(roles, supervisor):
    trace = Trace()
    service = submit(supervisor, trace)
    answered = trace.lines(roles.api, "a request was answered")
    assert [(line["method"], line["status"], line["route"]) for line in answered] == [
        ("POST", "201", "/v1/queues/{queue}/services")
    ]
    stored = trace.lines(roles.broker, "A service was stored")
    assert [line["service"] for line in stored] == [service]
    assert stored[0]["span_id"] != answered[0]["span_id"]


def test_each_command_of_many_at_a_time_has_its_own(roles, supervisor):
    traces = [Trace() for _ in range(20)]
    services = [submit(supervisor, trace) for trace in traces]
    claims = [Trace() for _ in traces]
    with roles.api.client("agent") as agent:
        for service, trace in zip(services, claims):
            answer = agent.post(f"/v1/services/{service}/claim", json={}, headers=trace.headers)
            assert answer.status_code == 200, answer.text
    for service, trace in zip(services, claims):
        assert [line["service"] for line in trace.lines(roles.broker, "A command was carried out")] == [service]
        # Commands go in batches; for who is limited to no queue nothing is looked up before.
        assert not roles.broker.log(trace_id=trace.id, message="A call was answered")


def test_a_question_is_a_call_of_its_own(roles, supervisor):
    trace = Trace()
    service = submit(supervisor, Trace())
    assert supervisor.get(f"/v1/services/{service}", headers=trace.headers).status_code == 200
    assert trace.lines(roles.broker, "A call was answered")[0]["method"] == "usher.broker.v1.Broker/GetService"


def test_a_refused_command_is_told_within_its_trace(roles, supervisor):
    service = submit(supervisor, Trace())
    trace = Trace()
    answer = supervisor.post(f"/v1/services/{service}/complete", json={}, headers=trace.headers)
    assert answer.status_code == 409
    (line,) = trace.lines(roles.broker, "A command was not carried out")
    assert (line["command"], line["service"], line["error"]) == ("complete", service, "illegal_transition")
    assert trace.lines(roles.api, "a request was answered")[0]["status"] == "409"


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"tracestate": STATE}, {"traceparent": "garbage"}, {"traceparent": "00-" + "0" * 32 + "-b7ad6b7169203331-01"},
        {"traceparent": "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
        {"traceparent": "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"},
        {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x"}, {"traceparent": "x" * 8_000},
    ],
)
def test_what_is_malformed_is_absent(roles, supervisor, headers):
    request = f"request-{secrets.token_hex(8)}"
    answer = supervisor.get(f"/v1/queues/{QUEUE}", headers=headers | {"X-Request-Id": request})
    assert answer.status_code == 200
    (line,) = until(lambda: roles.api.log(request=request), what="the request in the log")
    assert "trace_id" not in line and "span_id" not in line
    assert not headers.get("traceparent") or headers["traceparent"] not in json.dumps(line)


def test_two_traceparents_are_none(roles, supervisor):
    request, values = f"request-{secrets.token_hex(8)}", [Trace().headers["traceparent"] for _ in range(2)]
    headers = [("traceparent", value) for value in values] + [("X-Request-Id", request)]
    assert supervisor.get(f"/v1/queues/{QUEUE}", headers=headers).status_code == 200
    (line,) = until(lambda: roles.api.log(request=request), what="the request in the log")
    assert "trace_id" not in line


def test_a_message_has_one_trace_in_the_consumer_and_in_the_broker(roles):
    own, event, both = Trace(), Trace(), Trace()
    publish(roles, b"{}", **own.headers)
    attributes = lambda: {"specversion": "1.0", "id": secrets.token_hex(8), "source": "/shop", "type": "t"}
    publish(roles, json.dumps(attributes() | event.headers | {"data": {}}).encode(), "application/cloudevents+json")
    # The event came about in another trace than the one that brings it.
    binary = {f"cloudEvents:{name}": value for name, value in (attributes() | Trace().headers).items()}
    publish(roles, b"{}", **binary, **both.headers)
    for trace in (own, event, both):
        (line,) = trace.lines(roles.consumer, "Message stored")
        stored = trace.lines(roles.broker, "A service was stored")
        assert [found["service"] for found in stored] == [line["service"]]


def test_a_dead_letter_is_told_within_its_trace_and_keeps_it(roles):
    trace = Trace()
    message = publish(roles, b"{garbage", **trace.headers)
    (line,) = trace.lines(roles.consumer, "Message dead-lettered")
    assert line["reason"] == "malformed_json" and "garbage" not in json.dumps(line)
    with roles.channel() as channel:
        method, properties, _ = channel.basic_get("usher.dead-letters", auto_ack=True)
    assert method and properties.message_id == message
    assert {name: properties.headers[name] for name in trace.headers} == trace.headers


def test_malformed_traces_of_messages_change_nothing(roles):
    untraced = lambda: [line for line in roles.consumer.log(message="Message stored") if "trace_id" not in line]
    before, malformed = len(untraced()), ["garbage", 7, True, b"\xff", "00-" + "g" * 32 + "-b7ad6b7169203331-01", {}]
    for value in malformed:
        publish(roles, b"{}", traceparent=value, tracestate="=")
    last = Trace()
    publish(roles, b"{}", **last.headers)
    last.lines(roles.consumer, "Message stored")
    # In their order, so those before it are stored as well.
    assert len(untraced()) == before + len(malformed)


def test_one_process_does_the_same():
    trace = Trace()
    with own_server("tracing-one", **LOGS) as server, server.client("supervisor") as client:
        submit(client, trace)
        trace.lines(server, "a request was answered")
