"""Queues that are paused and drained, bulks of commands, skills, capacity and positions."""

import asyncio
import uuid

import centrifuge
import httpx
import pytest

from support.environment import HTTP
from support.rest import Rest
from support.screen import Screen
from test_main_job import assert_copy_is_the_servers

# The code of the reply's error.
QUEUE_PAUSED = 446


@pytest.fixture
def desk_in_any_mode(front_desk, supervisor):
    """The front desk, which is open again after the test."""
    yield front_desk
    assert supervisor.post(f"/v1/queues/{front_desk}/resume").status_code == 200


def change(rest: Rest, queue: str, command: str) -> dict:
    answer = rest.post(f"/v1/queues/{queue}/{command}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def code(answer: httpx.Response) -> tuple[int, str | None]:
    """A refusal's status and its code."""
    return answer.status_code, answer.json().get("code")


def test_a_paused_queue_gives_nothing_out(desk_in_any_mode, supervisor, agent, run):
    queue = desk_in_any_mode

    async def scenario():
        async with Screen("agent", queue) as screen:
            made = await asyncio.to_thread(supervisor.submit, queue)
            paused = await asyncio.to_thread(change, supervisor, queue, "pause")
            assert (paused["queue"], paused["mode"], paused["paused"]) == (queue, "paused", True)
            await screen.until_version(paused["queue_version"])
            assert screen.events[-1]["type"] == "queue.paused"
            assert await asyncio.to_thread(change, supervisor, queue, "pause") == paused

            with pytest.raises(centrifuge.ReplyError) as refusal:
                await screen.rpc("queue.claim_next", queue=queue)
            assert refusal.value.code == QUEUE_PAUSED
            claim = await asyncio.to_thread(agent.post, f"/v1/services/{made['id']}/claim")
            assert code(claim) == (409, "queue_paused")
            # It still takes requests, and whoever comes now sees that it is paused.
            await asyncio.to_thread(supervisor.submit, queue)
            async with Screen("viewer", queue) as board:
                assert board.subscriptions[-1].data["paused"] is True
                opened = await asyncio.to_thread(change, supervisor, queue, "resume")
                await board.until_version(opened["queue_version"])
                assert board.events[-1]["type"] == "queue.resumed"
            await screen.until_version(opened["queue_version"])
            assert (await screen.rpc("queue.claim_next", queue=queue))["service"]["id"] == made["id"]
            await screen.until_version(opened["queue_version"] + 1)
            assert_copy_is_the_servers(screen, agent, queue)

    run(scenario())


def test_a_draining_queue_takes_nothing_in(desk_in_any_mode, supervisor, agent):
    queue = desk_in_any_mode
    supervisor.submit(queue)
    assert change(supervisor, queue, "drain")["mode"] == "draining"
    refused = supervisor.post(f"/v1/queues/{queue}/services", json={"kind": "test"})
    assert code(refused) == (409, "queue_draining")
    assert supervisor.queue(queue)["mode"] == "draining"
    assert agent.post(f"/v1/queues/{queue}/claim-next").status_code == 200
    assert code(agent.post(f"/v1/queues/{queue}/resume")) == (403, "forbidden")


def test_a_bulk_has_one_answer_for_each(front_desk, supervisor, agent, run):
    async def scenario():
        async with Screen("supervisor", front_desk) as screen:
            before = screen.copy.version
            ids = [(await asyncio.to_thread(supervisor.submit, front_desk))["id"] for _ in range(40)]
            commands = [{"command": "claim", "id": service} for service in ids]
            commands.insert(10, {"command": "claim", "id": str(uuid.uuid4())})
            commands.insert(20, {"command": "sing", "id": ids[0]})
            commands.append({"command": "complete", "id": ids[0]})
            commands.append({"command": "remove", "id": ids[1]})
            key = uuid.uuid4().hex
            results = (await screen.rpc("service.bulk", commands=commands, idempotency_key=key))["results"]

            assert len(results) == len(commands)
            errors = {at: result["error"]["code"] for at, result in enumerate(results) if not result["ok"]}
            assert errors == {10: "not_found", 20: "invalid_argument", 42: "illegal_transition"}
            assert results[42]["error"]["state"] == "claimed"
            claimed = [result["service"] for result in results if result["ok"]][:-1]
            assert [service["id"] for service in claimed] == ids
            assert {service["state"] for service in claimed} == {"claimed"}
            assert results[43]["service"]["state"] == "cancelled"

            await screen.until_version(before + 40 + 40 + 1)
            assert_copy_is_the_servers(screen, agent, front_desk)
            # Once more under the same key: the same answers, and nothing happens.
            again = await asyncio.to_thread(
                supervisor.post, "/v1/services/bulk", json={"commands": commands}, headers={"Idempotency-Key": key}
            )
            assert again.status_code == 200, again.text
            repeated = again.json()["results"]
            assert [result["ok"] for result in repeated] == [result["ok"] for result in results]
            assert all(result["replay"] for result in repeated if result["ok"])
            assert supervisor.queue(front_desk)["version"] == screen.copy.version

    run(scenario())


class Employee(Rest):
    """A user that the test has made; to sign in with `sign_in`, and again when its rights have changed."""

    def __init__(self, name: str, password: str):
        httpx.Client.__init__(self, base_url=HTTP, timeout=20)
        self._login = {"username": name, "password": password}

    def sign_in(self) -> None:
        answer = self.post("/v1/auth/token", json=self._login)
        assert answer.status_code == 200, answer.text
        self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


@pytest.fixture
def admin():
    with Rest("admin") as client:
        yield client


@pytest.fixture
def employee(admin, marker):
    """An agent with room for one service and without skills, disabled after the test; with its id."""
    password = uuid.uuid4().hex
    made = admin.post(
        "/v1/users", json={"username": marker, "password": password, "level": "agent", "capacity": 1}
    )
    assert made.status_code == 201, made.text
    assert (made.json()["skills"], made.json()["capacity"]) == ([], 1)
    with Employee(marker, password) as client:
        client.sign_in()
        yield client, made.json()["id"]
    assert admin.patch(f"/v1/users/{made.json()['id']}", json={"disabled": True}).status_code == 200


def test_skills_and_capacity_bound_what_is_claimed(front_desk, supervisor, admin, employee):
    worker, worker_id = employee
    german = supervisor.submit(front_desk, requires=["german"])
    plain = [supervisor.submit(front_desk) for _ in range(2)]
    claim_next = f"/v1/queues/{front_desk}/claim-next"

    assert code(worker.post(f"/v1/services/{german['id']}/claim")) == (403, "missing_skill")
    # The first that it has the skills for, and no more than it has room for.
    first = worker.post(claim_next).json()["service"]
    assert first["id"] == plain[0]["id"]
    assert code(worker.post(claim_next)) == (409, "at_capacity")
    worker.act(first["id"], "hold", fence=first["fence"])
    second = worker.post(claim_next).json()["service"]
    assert second["id"] == plain[1]["id"]
    assert code(worker.post(f"/v1/services/{first['id']}/resume", json={"fence": first["fence"]})) == (
        409,
        "at_capacity",
    )

    changed = admin.patch(f"/v1/users/{worker_id}", json={"skills": ["german", "towing"], "capacity": 2})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["skills"], changed.json()["capacity"]) == (["german", "towing"], 2)
    # The token from before says less than it may do now.
    assert code(worker.post(claim_next)) == (401, "token_expired")
    worker.sign_in()
    assert worker.post(claim_next).json()["service"]["id"] == german["id"]
    assert code(worker.post(f"/v1/services/{first['id']}/resume", json={"fence": first["fence"]})) == (
        409,
        "at_capacity",
    )
    worker.act(second["id"], "release", fence=second["fence"])
    assert worker.act(first["id"], "resume", fence=first["fence"])["service"]["state"] == "claimed"


def test_where_a_service_stands(front_desk, supervisor, viewer, producer_user):
    ids = [supervisor.submit(front_desk)["id"] for _ in range(5)]
    path = f"/v1/services/{ids[4]}/position"
    position = viewer.get_json(path)
    assert (position["id"], position["queue"], position["state"]) == (ids[4], front_desk, "waiting")
    assert (position["position"], position["ahead"], position["waiting"]) == (5, 4, 5)
    assert position["paused"] is False
    if position["estimate"]:
        assert 0 <= position["estimate"]["low_seconds"] <= position["estimate"]["high_seconds"]
        assert position["estimate"]["confidence"] == 0.8
    supervisor.act(ids[4], "move", first=True)
    assert viewer.get_json(path)["position"] == 1
    supervisor.act(ids[4], "claim")
    assert (viewer.get_json(path)["position"], viewer.get_json(path)["state"]) == (None, "claimed")
    assert producer_user.get(path).status_code == 403

    stats = viewer.get_json(f"/v1/queues/{front_desk}/stats")
    counts = [stats[state] for state in ("scheduled", "waiting", "claimed", "serving", "on_hold", "total")]
    assert counts == [0, 4, 1, 0, 0, 5]
    assert stats["mode"] == "open"
    assert stats["active_employees"] >= 1
    if stats["handling_seconds"]:
        assert stats["handling_seconds"]["p50"] <= stats["handling_seconds"]["p90"]
