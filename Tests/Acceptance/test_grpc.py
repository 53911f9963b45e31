"""The broker by its .proto alone: a foreign client (grpcio) makes every call."""

import queue
import time
import uuid

import grpc
import pytest

from support.broker_client import detail, health_pb, health_stubs, pb, plain, stubs
from support.node import Node, free_port
from support.own_server import own_place

QUEUE = "front-desk"


@pytest.fixture(scope="module")
def node():
    address = f"127.0.0.1:{free_port()}"
    with own_place("grpc") as place:
        # What a broker does not need it does not get.
        others = {"USHER_AMQP_URL": "", "USHER_DATABASE_URL": "", "USHER_KEYSET_FILE": ""}
        own = {"USHER_ROLES": "broker", "USHER_GRPC_LISTEN": address, "USHER_GRPC_INSECURE": "true"}
        with Node("grpc", **place | others | own) as node:
            node.address = address
            yield node


@pytest.fixture
def broker(node):
    with plain(node.address) as channel:
        yield stubs.BrokerStub(channel)


AGENT = pb.Principal(id="u1", name="anna", level=pb.ACCESS_LEVEL_AGENT)


def submission(key: str | None = None, name: str = QUEUE):
    id = str(uuid.uuid4())
    return pb.Submission(
        id=id, queue=name, kind="passport", priority=4, submitter="tool", submitter_name="tool",
        idempotency_key=key or id, fingerprint="f0",
        personal=pb.SealedPersonalData(wrapped_key=b"\x00\x01", ciphertext=bytes(range(256))),
    )


def own_queue(broker) -> str:
    name = "q" + uuid.uuid4().hex[:12]
    assert broker.CreateQueue(pb.CreateQueueRequest(queue=name), timeout=10).is_new
    return name


def failure(call, request, timeout: float = 10) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        answer = call(request, timeout=timeout)
        if hasattr(answer, "__next__"):
            list(answer)
    return caught.value


def test_every_method_of_the_proto_is_answered(broker):
    methods = pb.DESCRIPTOR.services_by_name["Broker"].methods
    assert len(methods) == 26
    for method in methods:
        request = getattr(pb, method.input_type.name)()
        call = getattr(broker, method.name)
        try:
            answer = call(iter([request]) if method.client_streaming else request, timeout=2)
            if method.server_streaming:
                next(answer)
                answer.cancel()
        except grpc.RpcError as error:
            # An empty request is refused, never unknown, and nothing breaks.
            code = error.code()
            assert code in (
                grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.DEADLINE_EXCEEDED
            ), f"{method.name}: {code} {error.details()}"


def test_a_service_lives_by_unary_calls(broker):
    name = own_queue(broker)
    first = submission(name=name)
    again = submission(name=name)
    again.idempotency_key = first.idempotency_key
    outcomes = broker.Submit(pb.SubmitRequest(submissions=[first, again]), timeout=10).outcomes
    stored = outcomes[0].stored.service
    assert stored.id == first.id and stored.personal == first.personal and outcomes[1].duplicate == first.id
    claim = pb.PerformRequest(command=pb.Command(claim_next=pb.Command.ClaimNext(queue=name)), actor=AGENT)
    claimed = broker.Perform(claim, timeout=10)
    assert claimed.service.state == pb.SERVICE_STATE_CLAIMED and claimed.service.assignee.name == "anna"
    assert claimed.lease_until > claimed.service.claimed_at
    start = pb.Command(start=pb.Command.Leased(service=pb.ServiceRef(id=first.id), fence=claimed.service.fence))
    refused = pb.Command(release=pb.Command.Fenced(service=pb.ServiceRef(id=first.id), fence=1))
    results = broker.PerformAll(
        pb.PerformAllRequest(requests=[pb.PerformRequest(command=c, actor=AGENT) for c in (start, refused)]), timeout=10
    ).results
    assert results[0].answer.service.state == pb.SERVICE_STATE_SERVING
    assert results[1].error.code == pb.ERROR_CODE_STALE_FENCE and not results[1].error.may_have_happened
    snapshot = broker.GetSnapshot(pb.GetSnapshotRequest(queue=name, limit=10), timeout=10)
    assert [service.id for service in snapshot.services] == [first.id] and snapshot.summary.counts.serving == 1


def test_errors_carry_their_code_and_whether_anything_happened(broker):
    for call, request, status, code in [
        (broker.GetService, pb.GetServiceRequest(id=str(uuid.uuid4())), "NOT_FOUND", pb.ERROR_CODE_NOT_FOUND),
        (broker.GetQueue, pb.GetQueueRequest(queue="no-such"), "NOT_FOUND", pb.ERROR_CODE_UNKNOWN_QUEUE),
        (broker.GetService, pb.GetServiceRequest(id="nonsense"), "INVALID_ARGUMENT", pb.ERROR_CODE_INVALID_ARGUMENT),
        (
            broker.Perform,
            pb.PerformRequest(command=pb.Command(claim_next=pb.Command.ClaimNext(queue=own_queue(broker))), actor=AGENT),
            "NOT_FOUND", pb.ERROR_CODE_QUEUE_EMPTY,
        ),
        (
            broker.ChangeMode, pb.ChangeModeRequest(queue=QUEUE, mode=99, actor=AGENT), "INVALID_ARGUMENT",
            pb.ERROR_CODE_INVALID_ARGUMENT,
        ),
        (
            broker.Submit, pb.SubmitRequest(submissions=[submission()] * 501), "INVALID_ARGUMENT",
            pb.ERROR_CODE_INVALID_ARGUMENT,
        ),
        (
            broker.ReadOutbox, pb.ReadOutboxRequest(limit=10), "INVALID_ARGUMENT", pb.ERROR_CODE_INVALID_ARGUMENT,
        ),
    ]:
        error = failure(call, request)
        assert error.code().name == status, error
        found = detail(error)
        assert found.code == code and found.message == error.details() and not found.may_have_happened
    assert "99" in failure(broker.ChangeMode, pb.ChangeModeRequest(queue=QUEUE, mode=99, actor=AGENT)).details()


def test_batches_go_on_one_stream(broker):
    name = own_queue(broker)
    batches = [
        pb.SubmitBatch(
            number=number,
            request=pb.SubmitRequest(submissions=[submission(f"{name}-{number}-{n}", name) for n in range(50)]),
        )
        for number in range(1, 41)
    ]
    # The first ones again, as after a lost answer, and one that is no batch.
    repeated = [pb.SubmitBatch(number=100 + batch.number, request=batch.request) for batch in batches[:3]]
    empty = pb.SubmitBatch(number=999)
    answers = {a.number: a for a in broker.SubmitStream(iter([*batches, empty]), timeout=30)}
    assert set(answers) == {batch.number for batch in batches} | {999}
    assert answers[999].error.code == pb.ERROR_CODE_INVALID_ARGUMENT
    for batch in batches:
        ids = [outcome.stored.service.id for outcome in answers[batch.number].response.outcomes]
        assert ids == [s.id for s in batch.request.submissions]
    for answer in broker.SubmitStream(iter(repeated), timeout=30):
        assert all(outcome.WhichOneof("outcome") == "duplicate" for outcome in answer.response.outcomes)
    assert broker.GetQueue(pb.GetQueueRequest(queue=name), timeout=10).counts.waiting == 2_000


def test_events_come_in_order_and_a_watcher_comes_back(broker):
    name = own_queue(broker)
    events = broker.Subscribe(pb.SubscribeRequest(), timeout=30)
    assert next(events).WhichOneof("batch") == "reset"
    for _ in range(5):
        broker.Submit(pb.SubmitRequest(submissions=[submission(name=name)]), timeout=10)
    seen = []
    while len(seen) < 5:
        seen += [event for event in next(events).events.events if event.queue == name]
    events.cancel()
    assert [event.version for event in seen] == [1, 2, 3, 4, 5]
    assert all(event.WhichOneof("change") == "added" for event in seen)

    watch = broker.WatchQueue(pb.WatchQueueRequest(queue=name, epoch=seen[0].epoch, after=2), timeout=30)
    assert [event.version for event in next(watch).events.events] == [3, 4, 5]
    broker.Submit(pb.SubmitRequest(submissions=[submission(name=name)]), timeout=10)
    page = next(watch)
    assert [event.version for event in page.events.events] == [6] and page.current == 6
    watch.cancel()
    lost = list(broker.WatchQueue(pb.WatchQueueRequest(queue=name, epoch="another", after=2), timeout=10))
    assert [page.WhichOneof("page") for page in lost] == ["gone"] and lost[0].current == 6


def test_the_outbox_is_followed_and_acknowledged(broker):
    name = own_queue(broker)
    stream = broker.WatchOutbox(pb.WatchOutboxRequest(reader=pb.OUTBOX_READER_HISTORY, limit=500), timeout=30)
    stored = [s.id for s in (submission(name=name) for _ in range(3)) if broker.Submit(pb.SubmitRequest(submissions=[s]))]
    found = []
    while len(found) < 3:
        found += [entry for entry in next(stream).entries if entry.event.queue == name]
    stream.cancel()
    assert [entry.event.added.service.id for entry in found] == stored
    broker.AcknowledgeOutbox(
        pb.AcknowledgeOutboxRequest(reader=pb.OUTBOX_READER_HISTORY, ids=[entry.id for entry in found]), timeout=10
    )
    left = broker.ReadOutbox(pb.ReadOutboxRequest(reader=pb.OUTBOX_READER_HISTORY, limit=500), timeout=10).entries
    assert not [entry for entry in left if entry.event.queue == name]


def test_a_deadline_ends_a_call_and_a_stream(broker):
    last = pb.OutboxID(milliseconds=1 << 60, sequence=0)
    waiting = pb.ReadOutboxRequest(reader=pb.OUTBOX_READER_HISTORY, after=last, limit=1, wait=20_000)
    began = time.monotonic()
    assert failure(broker.ReadOutbox, waiting, timeout=1).code() == grpc.StatusCode.DEADLINE_EXCEEDED
    subscribed = broker.Subscribe(pb.SubscribeRequest(), timeout=1)
    with pytest.raises(grpc.RpcError) as caught:
        for _ in subscribed:
            pass
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert time.monotonic() - began < 5


def test_health_and_a_graceful_end():
    """Watchers hear of the end before it comes, and a batch that is under way is answered."""
    address = f"127.0.0.1:{free_port()}"
    with own_place("grpc-end") as place:
        own = {"USHER_ROLES": "broker", "USHER_GRPC_LISTEN": address, "USHER_GRPC_INSECURE": "true"}
        with Node("grpc-end", **place | own) as node, plain(address) as channel:
            health = health_stubs.HealthStub(channel)
            for name in ("", "usher.broker.v1.Broker"):
                answer = health.Check(health_pb.HealthCheckRequest(service=name), timeout=5)
                assert answer.status == health_pb.HealthCheckResponse.SERVING
            assert failure(health.Check, health_pb.HealthCheckRequest(service="x")).code() == grpc.StatusCode.NOT_FOUND
            watch = health.Watch(health_pb.HealthCheckRequest(), timeout=30)
            assert next(watch).status == health_pb.HealthCheckResponse.SERVING
            batches = queue.SimpleQueue()
            answers = stubs.BrokerStub(channel).SubmitStream(iter(batches.get, None), timeout=30)
            batches.put(pb.SubmitBatch(number=1, request=pb.SubmitRequest(submissions=[submission()])))
            assert next(answers).number == 1
            began = time.monotonic()
            node._process.terminate()
            assert next(watch).status == health_pb.HealthCheckResponse.NOT_SERVING
            batches.put(pb.SubmitBatch(number=2, request=pb.SubmitRequest(submissions=[submission()])))
            rest = []
            for answer in answers:
                rest.append(answer.number)
                if answer.number == 0:
                    batches.put(None)
            assert sorted(rest) == [0, 2]
            assert node._process.wait(timeout=20) == 0
            print(f"ended after {time.monotonic() - began:.2f} s")
