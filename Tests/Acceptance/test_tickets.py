"""Links of customers: how their service stands, and cancelling it, by a token that nobody keeps."""

import asyncio
import re
import shutil
import subprocess
import uuid

import httpx
import pytest

from support.environment import ENV, HTTP, binary, until
from support.own_server import own_server
from support.problems import problem
from support.rest import Rest
from support.screen import Screen


class Ticket:
    """What a customer has: the path of a link."""

    def __init__(self, path: str, http: str = HTTP):
        match = re.fullmatch(r"/ticket/([0-9a-f-]{36})#([A-Za-z0-9_-]{22})", path)
        assert match, path
        self.id, self.token = match.groups()
        self._http = http

    def get(self, token: str | None = None, **headers: str) -> httpx.Response:
        return httpx.get(f"{self._http}/v1/tickets/{self.id}", headers=self._headers(token, headers), timeout=20)

    def cancel(self, token: str | None = None, **headers: str) -> httpx.Response:
        return httpx.post(f"{self._http}/v1/tickets/{self.id}/cancel", headers=self._headers(token, headers), timeout=20)

    def seen(self) -> dict:
        answer = self.get()
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _headers(self, token: str | None, headers: dict) -> dict:
        return {"Ticket-Token": self.token if token is None else token, **headers}


def ticket(client: httpx.Client, service: str, http: str = HTTP) -> Ticket:
    answer = client.post(f"/v1/services/{service}/ticket-link")
    assert answer.status_code == 200, answer.text
    assert answer.json()["path"].endswith("#" + answer.json()["token"])
    return Ticket(answer.json()["path"], http)


MEMBERS = {"id", "queue", "state", "position", "ahead", "waiting", "paused", "estimate", "ticket", "called", "scheduled_for"}


class TestTickets:
    def test_who_may_give_it_out(self, supervisor, agent, viewer, producer_user, front_desk):
        own = producer_user.post(f"/v1/queues/{front_desk}/services", json={"kind": "test"}).json()["service"]["id"]
        foreign = supervisor.submit(front_desk)["id"]
        paths = {ticket(client, own).token for client in (supervisor, agent, producer_user)}
        assert len(paths) == 1, "always the same"
        assert problem(viewer.post(f"/v1/services/{own}/ticket-link")) == (403, "forbidden")
        assert problem(producer_user.post(f"/v1/services/{foreign}/ticket-link")) == (404, "not_found")
        assert problem(agent.post(f"/v1/services/{uuid.uuid4()}/ticket-link")) == (404, "not_found")

    def test_the_position_falls_as_others_are_served(self, supervisor, agent, front_desk, marker):
        made = [supervisor.submit(front_desk, customer={"name": marker}) for _ in range(3)]
        mine = ticket(supervisor, made[2]["id"])
        first = mine.seen()
        assert set(first) == MEMBERS
        assert (first["position"], first["state"], first["called"], first["ticket"]) == (3, "waiting", False, made[2]["ticket"])
        tagged = mine.get()
        assert tagged.headers["cache-control"] == "no-store"
        assert mine.get(**{"If-None-Match": tagged.headers["etag"]}).status_code == 304
        for place in (2, 1):
            claimed = agent.post(f"/v1/queues/{front_desk}/claim-next", json={}).json()["service"]
            seen = mine.seen()
            assert seen["position"] == place and seen["ahead"] == place - 1
            agent.act(claimed["id"], "start", fence=claimed["fence"])
            agent.act(claimed["id"], "complete", fence=claimed["fence"])
        assert mine.get(**{"If-None-Match": tagged.headers["etag"]}).status_code == 200
        position = agent.get_json(f"/v1/services/{mine.id}/position")
        assert {name: mine.seen()[name] for name in position} == position, "the estimate included"
        claimed = agent.act(mine.id, "claim")["service"]
        called = mine.seen()
        assert called["called"] and (called["state"], called["position"]) == ("claimed", None)
        assert problem(mine.cancel()) == (409, "illegal_transition")
        agent.act(mine.id, "start", fence=claimed["fence"])
        assert mine.seen()["called"]
        agent.act(mine.id, "complete", fence=claimed["fence"])
        done = mine.get()
        assert done.json()["state"] == "completed" and not done.json()["called"]
        assert problem(mine.cancel()) == (409, "illegal_transition")
        assert mine.cancel().json()["state"] == "completed"
        assert marker not in done.text + str(first) + str(called)

    @pytest.mark.parametrize("level", ["supervisor", "producer"])
    def test_a_cancellation_is_live_and_says_by_whom(self, supervisor, front_desk, level, run, marker):
        async def scenario():
            with Rest(level) as client:
                answer = client.post(f"/v1/queues/{front_desk}/services", json={"kind": "test", "customer": {"name": marker}})
                service = answer.json()["service"]["id"]
                mine = await asyncio.to_thread(ticket, client, service)
            async with Screen("supervisor", front_desk) as screen:
                key = {"Idempotency-Key": uuid.uuid4().hex}
                first = await asyncio.to_thread(lambda: mine.cancel(**key))
                assert first.status_code == 200, first.text
                assert first.json()["state"] == "cancelled" and set(first.json()) == MEMBERS and marker not in first.text
                await screen.until(lambda: screen.events, what="the removal")
                event = screen.events[0]
                assert (event["type"], event["actor"], event["service"]["id"]) == ("service.removed", "customer", service)
                again = await asyncio.to_thread(lambda: mine.cancel(**key))
                assert (again.status_code, again.json()) == (200, first.json()), "the same request, sent again"
                assert problem(await asyncio.to_thread(mine.cancel)) == (409, "illegal_transition")
                assert (await asyncio.to_thread(mine.seen))["state"] == "cancelled"
                assert len(screen.events) == 1
            until(lambda: supervisor.get(f"/v1/services/{service}/history").status_code == 200, what="the history")
            life = supervisor.get_json(f"/v1/services/{service}/history")
            assert "customer" in str(life["events"][-1])

        run(scenario())

    def test_before_its_time(self, supervisor, front_desk):
        mine = ticket(supervisor, supervisor.submit(front_desk, scheduled_for="2027-02-01T09:00:00Z")["id"])
        seen = mine.seen()
        assert seen["state"] == "scheduled" and seen["scheduled_for"].startswith("2027-02-01T09:00:00")
        assert seen["position"] is None and mine.cancel().json()["state"] == "cancelled"

    def test_wrong_tokens_and_unknown_services_look_alike(self, supervisor, front_desk):
        mine, other = (ticket(supervisor, supervisor.submit(front_desk)["id"]) for _ in range(2))
        nowhere = Ticket(f"/ticket/{uuid.uuid4()}#{mine.token}")
        turned = ("A" if mine.token[0] != "A" else "B") + mine.token[1:]
        bodies = set()
        for answer in (
            *(mine.get(token) for token in (turned, other.token, "", mine.token + "A", mine.token[:-1], "x" * 500)),
            *(mine.cancel(token) for token in (turned, other.token, "")),
            *(nowhere.get(), nowhere.cancel()),
            httpx.get(f"{HTTP}/v1/tickets/{mine.id}", timeout=20),
            supervisor.get(f"/v1/tickets/{mine.id}"),
        ):
            assert problem(answer) == (404, "not_found")
            bodies.add(str({name: value for name, value in answer.json().items() if name != "request_id"}))
        assert len(bodies) == 1
        assert mine.seen()["state"] == "waiting"

    def test_guessing_is_slowed_down_and_customers_are_not(self):
        with own_server("links", USHER_LOGIN_FAILURES_PER_ADDRESS="5") as server, server.client("supervisor") as supervisor:
            made = supervisor.post("/v1/queues/front-desk/services", json={"kind": "test"}).json()["service"]["id"]
            mine = ticket(supervisor, made, server.url)
            found = [mine.get(f"{number:022}") for number in range(7)]
            assert [answer.status_code for answer in found] == [404] * 5 + [429] * 2
            assert mine.get().status_code == 200, "whoever shares the address still sees their ticket"

    def test_it_is_good_after_a_rotation(self, tmp_path):
        file = tmp_path / "keyset.json"
        shutil.copy(ENV["USHER_KEYSET_FILE"], file)
        with own_server("links", USHER_KEYSET_FILE=str(file)) as server, server.client("supervisor") as supervisor:
            made = supervisor.post("/v1/queues/front-desk/services", json={"kind": "test"}).json()["service"]["id"]
            mine = ticket(supervisor, made, server.url)
            environment = {**ENV, "USHER_DATABASE_URL": server.database, "USHER_KEYSET_FILE": str(file)}
            before = file.read_text()
            subprocess.run([binary(), "keyset", "rotate"], env=environment, check=True, capture_output=True, timeout=60)
            assert file.read_text() != before
            server.terminate()
            server.start()
            assert mine.get().json()["state"] == "waiting"
            with server.client("agent") as agent:
                assert ticket(agent, made, server.url).token == mine.token
