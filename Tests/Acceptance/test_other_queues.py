"""A user who is limited to some queues finds nothing of the others: what is there answers as what is not."""

import asyncio
import json
import uuid

import centrifuge
import httpx
import pytest

from support.accounts import Account
from support.environment import HTTP, until
from support.problems import assert_refusal
from support.rest import Rest
from support.screen import Screen

MINE, THEIRS, NOWHERE = "front-desk", "roadside", "nowhere-at-all"

COMMANDS = [
    ("claim", {}),
    ("start", {}),
    ("renew", {"fence": 1}),
    ("hold", {}),
    ("resume", {}),
    ("release", {}),
    ("complete", {}),
    ("no-show", {}),
    ("reinstate", {}),
    ("move", {"first": True}),
    ("reprioritise", {"priority": 9}),
    ("transfer", {"to": MINE}),
    ("assign", {"assignee": str(uuid.uuid4())}),
]


def without_chance(problem: dict) -> dict:
    return {name: value for name, value in problem.items() if name not in ("instance", "request_id")}


@pytest.fixture(scope="module")
def accounts():
    with Rest("admin") as admin:
        made = {
            "agent": Account(admin, "agent", queues=[MINE]),
            "supervisor": Account(admin, "supervisor", queues=[MINE]),
            "producer": Account(admin, "producer", queues=[MINE]),
            "colleague": Account(admin, "agent", queues=[MINE]),
        }
        yield made
        for account in made.values():
            account.change(disabled=True)


@pytest.fixture(scope="module")
def clients(accounts):
    made = {
        level: httpx.Client(
            base_url=HTTP, timeout=20, headers={"Authorization": f"Bearer {account.token()}"}
        )
        for level, account in accounts.items()
    }
    yield made
    for client in made.values():
        client.close()


@pytest.fixture
def theirs(supervisor):
    """A service of the queue that nobody here may know of, claimed, and unchanged after the test."""
    for queue in (MINE, THEIRS):
        supervisor.drain(queue)
    service = supervisor.submit(THEIRS, customer={"name": "Theirs"})["id"]
    supervisor.act(service, "claim")
    before = supervisor.get_json(f"/v1/services/{service}")
    version = supervisor.queue(THEIRS)["version"]
    yield service
    assert supervisor.get_json(f"/v1/services/{service}") == before
    assert supervisor.queue(THEIRS)["version"] == version
    for queue in (MINE, THEIRS):
        supervisor.drain(queue)


def assert_same(first: httpx.Response, second: httpx.Response, status: int) -> None:
    """Two refusals that nobody can tell apart."""
    for answer in (first, second):
        assert answer.status_code == status, answer.text
        assert_refusal(answer)
    assert without_chance(first.json()) == without_chance(second.json())
    assert set(first.headers) == set(second.headers)


@pytest.mark.parametrize("level", ["agent", "supervisor"])
class TestServices:
    def test_reading(self, clients, theirs, level):
        for tail in ("", "/position"):
            known, unknown = (clients[level].get(f"/v1/services/{id}{tail}") for id in (theirs, uuid.uuid4()))
            assert_same(known, unknown, 404)
            head = clients[level].head(f"/v1/services/{theirs}{tail}")
            assert head.status_code == 404 and "etag" not in head.headers

    @pytest.mark.parametrize("command, body", COMMANDS)
    def test_commands(self, clients, theirs, level, command, body):
        known, unknown = (
            clients[level].post(f"/v1/services/{id}/{command}", json=body) for id in (theirs, uuid.uuid4())
        )
        # What the level forbids is forbidden before anything is looked up.
        assert_same(known, unknown, 403 if level == "agent" and command in ("move", "reprioritise", "assign") else 404)

    def test_removing(self, clients, theirs, level):
        known, unknown = (clients[level].delete(f"/v1/services/{id}") for id in (theirs, uuid.uuid4()))
        assert_same(known, unknown, 403 if level == "agent" else 404)
        # A wrong version tells nothing either.
        tagged = [clients[level].delete(f"/v1/services/{id}", headers={"If-Match": '"99"'}) for id in (theirs, uuid.uuid4())]
        assert_same(*tagged, 403 if level == "agent" else 404)

    def test_bulk(self, clients, theirs, level):
        def results(service) -> list:
            commands = [
                {"command": command.replace("-", "_"), "id": str(service), **body} for command, body in COMMANDS
            ] + [{"command": "remove", "id": str(service)}, {"command": "claim", "id": str(service), "queue": THEIRS}]
            answer = clients[level].post("/v1/services/bulk", json={"commands": commands})
            assert answer.status_code == 200
            return answer.json()["results"]

        known = results(theirs)
        assert known == results(uuid.uuid4())
        assert not any(result["ok"] for result in known)

    def test_transfer_out(self, clients, supervisor, theirs, level):
        mine = supervisor.submit(MINE)["id"]
        assert clients[level].post(f"/v1/services/{mine}/claim", json={}).status_code == 200
        there, nowhere = (
            clients[level].post(f"/v1/services/{mine}/transfer", json={"to": queue}) for queue in (THEIRS, NOWHERE)
        )
        assert_same(there, nowhere, 403)
        assert supervisor.get_json(f"/v1/services/{mine}")["queue"] == MINE

    def test_moving_beside_it(self, clients, supervisor, theirs, level):
        mine = supervisor.submit(MINE)["id"]
        for side in ("before", "after"):
            known, unknown = (
                clients[level].post(f"/v1/services/{mine}/move", json={side: str(id)}) for id in (theirs, uuid.uuid4())
            )
            assert_same(known, unknown, 403 if level == "agent" else 422)


@pytest.mark.parametrize("level", ["agent", "supervisor"])
class TestQueues:
    @pytest.mark.parametrize(
        "method, tail, body",
        [
            ("GET", "", None),
            ("GET", "/services", None),
            ("POST", "/services", {"kind": "x"}),
            ("POST", "/claim-next", {}),
            ("GET", "/events?after=0", None),
            ("GET", "/stats", None),
            ("POST", "/pause", {}),
            ("POST", "/resume", {}),
            ("POST", "/drain", {}),
        ],
    )
    def test_each_route(self, clients, theirs, level, method, tail, body):
        there, nowhere = (
            clients[level].request(method, f"/v1/queues/{queue}{tail}", json=body) for queue in (THEIRS, NOWHERE)
        )
        assert_same(there, nowhere, 403)

    def test_the_event_stream(self, clients, theirs, level):
        there, nowhere = (
            clients[level].get(f"/v1/queues/{queue}/events", headers={"Accept": "text/event-stream"})
            for queue in (THEIRS, NOWHERE)
        )
        assert_same(there, nowhere, 403)

    def test_the_list(self, clients, theirs, level):
        names = [queue["queue"] for queue in clients[level].get("/v1/queues").json()["queues"]]
        assert names == [MINE]


class TestHistory:
    def test_only_its_own_queues(self, clients, supervisor, theirs):
        mine = supervisor.submit(MINE)["id"]

        def entries(**filters) -> list[str]:
            answer = clients["supervisor"].get("/v1/history", params={"limit": 500, **filters})
            assert answer.status_code == 200, answer.text
            return [entry["service"] for entry in answer.json()["entries"]]

        until(lambda: mine in [service["id"] for service in entries()], what="the history")
        until(
            lambda: theirs in [service["id"] for service in supervisor.history(queue=THEIRS)],
            what="their history",
        )
        for filters in ({}, {"employee": "supervisor"}, {"state": "claimed"}, {"from": "2020-01-01T00:00:00Z"}):
            found = entries(**filters)
            assert theirs not in [service["id"] for service in found]
            assert {service["queue"] for service in found} <= {MINE}

    def test_another_queue_by_name(self, clients):
        there, nowhere = (clients["supervisor"].get(f"/v1/history?queue={queue}") for queue in (THEIRS, NOWHERE))
        assert_same(there, nowhere, 403)

    def test_what_left_the_queue_is_not_its_history(self, clients, supervisor):
        """Who may see where it went may see what became of it."""
        left = supervisor.submit(MINE)["id"]
        fence = supervisor.act(left, "claim")["service"]["fence"]
        supervisor.act(left, "transfer", fence=fence, to=THEIRS)
        until(
            lambda: [s for s in supervisor.history(queue=THEIRS) if s["id"] == left], what="the history of the transfer"
        )
        page = clients["supervisor"].get("/v1/history", params={"limit": 500}).json()
        assert left not in [entry["service"]["id"] for entry in page["entries"]]
        assert clients["agent"].get(f"/v1/services/{left}").status_code == 404
        supervisor.drain(THEIRS)


class TestUsers:
    def test_others(self, clients, accounts):
        for level in ("agent", "supervisor", "producer"):
            someone = accounts["colleague"].id
            for method, body in (("GET", None), ("PATCH", {"capacity": 9}), ("PATCH", {"level": "admin"})):
                known, unknown, own = (
                    clients[level].request(method, f"/v1/users/{id}", json=body)
                    for id in (someone, uuid.uuid4(), accounts[level].id)
                )
                assert_same(known, unknown, 403)
                assert_same(known, own, 403)

    def test_oneself(self, clients, accounts):
        for level in ("agent", "supervisor", "producer"):
            assert clients[level].get("/v1/users/me").json()["id"] == accounts[level].id


class TestProducers:
    def test_a_service_of_another(self, clients, producer_user, supervisor):
        supervisor.drain(MINE)
        own = clients["producer"].post(f"/v1/queues/{MINE}/services", json={"kind": "x"}).json()
        other = producer_user.post(f"/v1/queues/{MINE}/services", json={"kind": "x"}).json()
        own, other = (answer.get("service", answer)["id"] for answer in (own, other))
        known, unknown = (clients["producer"].delete(f"/v1/services/{id}") for id in (other, uuid.uuid4()))
        assert_same(known, unknown, 404)
        assert clients["producer"].delete(f"/v1/services/{own}").status_code == 200
        assert [service["id"] for service in supervisor.services(MINE)] == [other]
        supervisor.drain(MINE)


class TestIdempotencyKeys:
    def test_are_of_one_user(self, clients, supervisor):
        """The same key in another's hands is another command, and shows nothing of the first."""
        supervisor.drain(MINE)
        key = {"Idempotency-Key": "shared-" + uuid.uuid4().hex}
        body = {"kind": "x", "customer": {"name": "Somebody"}}
        path = f"/v1/queues/{MINE}/services"
        first = clients["agent"].post(path, json=body, headers=key)
        second = clients["colleague"].post(path, json=body, headers=key)
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json()["service"]["id"] != second.json()["service"]["id"]
        claims = [
            clients[who].post(f"/v1/queues/{MINE}/claim-next", json={}, headers=key) for who in ("agent", "colleague")
        ]
        # The key was used for another command by each of them.
        assert {answer.status_code for answer in claims} <= {200, 422}
        ids = [answer.json()["service"]["id"] for answer in claims if answer.status_code == 200]
        assert len(ids) == len(set(ids))
        supervisor.drain(MINE)


class TestSockets:
    def test_channels(self, accounts, theirs, run):
        async def scenario():
            async with Screen(accounts["agent"].token, MINE) as screen:
                codes = {}
                for queue in (THEIRS, NOWHERE):
                    refusal = Refusal()
                    await screen.client.new_subscription(f"queue:{queue}", events=refusal).subscribe()
                    await screen.until(lambda: refusal.code is not None, what="the refusal")
                    codes[queue] = refusal.code
                assert codes[THEIRS] == codes[NOWHERE] == 103

        run(scenario())

    def test_commands(self, accounts, theirs, run):
        async def scenario():
            async with Screen(accounts["agent"].token, MINE) as screen:

                async def refusal(method: str, **data) -> tuple[int, str]:
                    with pytest.raises(centrifuge.ReplyError) as error:
                        await screen.rpc(method, **data)
                    return error.value.code, str(error.value)

                for command, body in COMMANDS + [("remove", {})]:
                    method = "service." + command.replace("-", "_")
                    known = await refusal(method, id=theirs, **body)
                    assert known == await refusal(method, id=str(uuid.uuid4()), **body), method
                    # To name the queue is no way past the check.
                    for named in (theirs, str(uuid.uuid4())):
                        assert (await refusal(method, id=named, queue=THEIRS, **body))[0] in (103, 404), method
                assert await refusal("service.position", id=theirs) == await refusal(
                    "service.position", id=str(uuid.uuid4())
                )
                for method in ("claim_next", "list", "stats", "pause", "resume", "drain"):
                    there = await refusal(f"queue.{method}", queue=THEIRS)
                    assert there == await refusal(f"queue.{method}", queue=NOWHERE), method
                there = await refusal("service.submit", queue=THEIRS, kind="x")
                assert there == await refusal("service.submit", queue=NOWHERE, kind="x")

        run(scenario())

    def test_its_own_screen_hears_nothing_of_it(self, accounts, supervisor, run):
        supervisor.drain(THEIRS)

        async def scenario():
            async with Screen(accounts["agent"].token, MINE) as screen:
                await asyncio.to_thread(supervisor.submit, THEIRS)
                mine = await asyncio.to_thread(supervisor.submit, MINE)
                await screen.until(lambda: mine["id"] in json.dumps(screen.events), what="its own event")
                assert THEIRS not in json.dumps(screen.events)

        run(scenario())
        for queue in (MINE, THEIRS):
            supervisor.drain(queue)


class Refusal(centrifuge.SubscriptionEventHandler):
    """Keeps the code with which a subscription was refused."""

    code: int | None = None

    async def on_error(self, ctx: centrifuge.SubscriptionErrorContext) -> None:
        self.code = getattr(ctx.error, "code", None)

    async def on_unsubscribed(self, ctx: centrifuge.UnsubscribedContext) -> None:
        self.code = ctx.code
