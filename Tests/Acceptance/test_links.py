"""Links of displays: a supervisor makes and revokes them, whoever has one sees one queue without being a user."""

import asyncio
import base64
import re
import time
import uuid

import centrifuge
import httpx
import psycopg
import pytest

from support.environment import ENV, HTTP
from support.node import Node
from support.own_server import own_server
from support.problems import assert_refusal, problem
from support.rest import Rest
from support.screen import Screen
from support.streams import Stream
from support.tokens import claims, expired
from test_two_nodes import address

ROADSIDE = "roadside"
# What is promised is one second; a machine that builds something else may need longer.
SOON = 5


def bearing(token: str, base_url: str = HTTP) -> httpx.Client:
    return httpx.Client(base_url=base_url, timeout=20, headers={"Authorization": f"Bearer {token}"})


def enter(link: str, http: str = HTTP, **headers: str) -> httpx.Response:
    return httpx.post(http + "/v1/auth/board", json={"link": link}, headers=headers, timeout=20)


class Board:
    """A link of the supervisor's, by which a display gets its tokens."""

    def __init__(self, supervisor: httpx.Client, queue: str, label: str | None = "Ground floor"):
        answer = supervisor.post(f"/v1/queues/{queue}/board-links", json={"label": label})
        assert answer.status_code == 201, answer.text
        self.made = answer.json()
        self.id = self.made["id"]
        self.secret = self.made["path"].partition("#")[2]
        self._supervisor, self._queue = supervisor, queue

    def token(self, http: str = HTTP) -> str:
        answer = enter(self.secret, http)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def revoke(self) -> httpx.Response:
        return self._supervisor.delete(f"/v1/queues/{self._queue}/board-links/{self.id}")


@pytest.fixture
def board(supervisor, front_desk):
    link = Board(supervisor, front_desk)
    yield link
    link.revoke()


@pytest.fixture
def admin():
    with Rest("admin") as client:
        yield client


class TestBoardLinks:
    def test_it_is_made_once_and_shown_once(self, supervisor, admin, front_desk, board):
        assert re.fullmatch(rf"/board/{front_desk}#[A-Za-z0-9_-]{{43}}", board.made["path"])
        me = supervisor.get_json("/v1/users/me")
        listed = [link for link in supervisor.get_json(f"/v1/queues/{front_desk}/board-links")["links"] if link["id"] == board.id]
        assert listed == [{name: value for name, value in board.made.items() if name != "path"}]
        assert listed[0]["label"] == "Ground floor" and listed[0]["last_used_at"] is None
        assert listed[0]["created_by"] == {"id": me["id"], "name": "supervisor"}
        board.token()
        assert self.last_used(supervisor, front_desk, board), "written when it was used"
        first = self.last_used(supervisor, front_desk, board)
        board.token()
        assert self.last_used(supervisor, front_desk, board) == first, "and not at each use"
        assert board.revoke().status_code == 204
        assert problem(board.revoke()) == (404, "not_found")
        assert board.id not in str(supervisor.get_json(f"/v1/queues/{front_desk}/board-links"))
        entries = admin.get_json("/v1/audit", object=board.id)["entries"]
        assert [entry["action"] for entry in entries] == ["board_link.revoke", "board_link.create"], "refusals are no acts"
        assert all(entry["detail"] == {"queue": front_desk} and entry["actor"]["id"] == me["id"] for entry in entries)

    def last_used(self, supervisor, queue: str, board: Board) -> str | None:
        links = supervisor.get_json(f"/v1/queues/{queue}/board-links")["links"]
        return next(link["last_used_at"] for link in links if link["id"] == board.id)

    def test_the_secret_is_kept_nowhere(self, board):
        raw = base64.urlsafe_b64decode(board.secret + "=").hex()
        with psycopg.connect(ENV["USHER_DATABASE_URL"]) as connection:
            for table in ("board_links", "audit", "idempotent_answers"):
                found = connection.execute("SELECT to_regclass(%s)", (table,)).fetchone()[0]
                rows = connection.execute(f"SELECT t::text FROM {table} t").fetchall() if found else []
                assert not any(board.secret in row[0] or raw in row[0] for row in rows), table

    def test_asked_twice_under_one_key_it_is_one_link(self, supervisor, front_desk):
        key = {"Idempotency-Key": uuid.uuid4().hex}
        answers = [supervisor.post(f"/v1/queues/{front_desk}/board-links", json={}, headers=key) for _ in range(2)]
        assert answers[0].status_code == 201 and answers[0].json() == answers[1].json()
        assert answers[0].json()["label"] is None
        assert supervisor.delete(f"/v1/queues/{front_desk}/board-links/{answers[0].json()['id']}").status_code == 204

    @pytest.mark.parametrize("body", [{"label": ""}, {"label": "x" * 81}, {"label": "a\nb"}, {"label": 5}, {"name": "x"}])
    def test_bad_labels(self, supervisor, front_desk, body):
        answer = supervisor.post(f"/v1/queues/{front_desk}/board-links", json=body)
        assert answer.status_code == 400
        assert_refusal(answer)

    def test_of_a_queue_that_is_not_there(self, supervisor):
        for method in ("GET", "POST"):
            assert problem(supervisor.request(method, "/v1/queues/nowhere/board-links")) == (404, "unknown_queue")

    def test_a_queue_has_so_many(self, supervisor, admin):
        queue = "q" + uuid.uuid4().hex
        assert admin.put(f"/v1/queues/{queue}", json={}).status_code == 201
        made = [Board(supervisor, queue) for _ in range(50)]
        assert problem(supervisor.post(f"/v1/queues/{queue}/board-links")) == (409, "at_capacity")
        assert len(supervisor.get_json(f"/v1/queues/{queue}/board-links")["links"]) == 50
        assert made[7].revoke().status_code == 204
        Board(supervisor, queue)

    def test_unknown_revoked_and_garbage_look_alike(self, board):
        assert board.revoke().status_code == 204
        other = base64.urlsafe_b64encode(uuid.uuid4().bytes * 2).decode().rstrip("=")
        details = set()
        for link in (board.secret, other, board.secret[:-1], "", "a b", "x" * 5000, board.id):
            answer = enter(link)
            assert problem(answer) == (401, "token_invalid")
            details.add(answer.json()["detail"])
        assert len(details) == 1
        assert problem(httpx.post(HTTP + "/v1/auth/board", json={}, timeout=20)) == (400, "invalid_argument")


class TestBoardTokens:
    def test_what_it_says(self, board, front_desk):
        answer = enter(board.secret, **{"Idempotency-Key": "a-key"})
        assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
        said = claims(answer.json()["access_token"])
        assert (said["sub"], said["sid"], said["name"]) == (f"board:{board.id}", board.id, "board")
        assert (said["level"], said["queues"]) == ("viewer", [front_desk])
        assert not {"skills", "capacity"} & set(said)

    def test_it_is_good_for_its_queue_alone(self, supervisor, front_desk, board):
        mine, theirs = supervisor.submit(front_desk, customer={"name": "Ada"})["id"], supervisor.submit(ROADSIDE)["id"]
        # Of a queue's first events those of other tests may be gone.
        events = f"/events?after={supervisor.queue(front_desk)['version']}"
        with bearing(board.token()) as display:
            for tail in ("", "/services", events, "/stats"):
                assert display.get(f"/v1/queues/{front_desk}{tail}").status_code == 200, tail
                assert problem(display.get(f"/v1/queues/{ROADSIDE}{tail}")) == (403, "forbidden")
            assert [queue["queue"] for queue in display.get("/v1/queues").json()["queues"]] == [front_desk]
            for tail in ("", "/position"):
                seen = display.get(f"/v1/services/{mine}{tail}")
                assert seen.status_code == 200 and "Ada" not in seen.text
                assert problem(display.get(f"/v1/services/{theirs}{tail}")) == (404, "not_found")
            for method, path in (
                ("GET", "/v1/users/me"),
                ("GET", "/v1/users/me/sessions"),
                ("DELETE", "/v1/users/me/sessions"),
                ("DELETE", f"/v1/users/me/sessions/{board.id}"),
                ("POST", "/v1/users/me/password"),
                ("GET", f"/v1/queues/{front_desk}/board-links"),
                ("POST", f"/v1/queues/{front_desk}/board-links"),
                ("POST", f"/v1/queues/{front_desk}/claim-next"),
                ("POST", f"/v1/queues/{front_desk}/services"),
                ("POST", f"/v1/services/{mine}/ticket-link"),
                ("DELETE", f"/v1/services/{mine}"),
                ("GET", "/v1/history"),
                ("GET", "/v1/audit"),
            ):
                assert problem(display.request(method, path)) == (403, "forbidden"), path
        supervisor.drain(ROADSIDE)

    def test_it_is_live(self, supervisor, front_desk, board, run):
        async def scenario():
            async with Screen(board.token, front_desk) as screen, Stream("viewer", front_desk) as reference:
                await reference.until(lambda: reference.snapshots, what="the viewer's snapshot")
                await asyncio.to_thread(supervisor.submit, front_desk, customer={"name": "Ada"})
                await screen.until(lambda: screen.events, what="the new service")
                await reference.until(lambda: reference.events, what="the viewer's view")
                assert screen.events[0] == reference.events[0], "as a viewer sees it"
                assert "Ada" not in str(screen.events)
                with pytest.raises(centrifuge.ReplyError) as refused:
                    await screen.rpc("queue.claim_next", queue=front_desk)
                assert refused.value.code == 103
                other = screen.client.new_subscription(f"queue:{ROADSIDE}")
                await other.subscribe()
                with pytest.raises(centrifuge.CentrifugeError):
                    await other.ready(timeout=3)

        run(scenario())

    def test_others_see_a_board(self, front_desk, board, run):
        async def scenario():
            async with Screen("supervisor", front_desk) as watcher, Screen(board.token, front_desk) as display:
                deadline = time.monotonic() + 10
                found = None
                while found is None and time.monotonic() < deadline:
                    clients = (await watcher.client.presence(f"queue:{front_desk}")).clients.values()
                    found = next((client for client in clients if client.user == f"board:{board.id}"), None)
                    await asyncio.sleep(0.05)
                assert found is not None and found.conn_info == {"name": "board", "level": "viewer"}, found
                assert display.copy.version >= 0

        run(scenario())

    def test_an_expired_one(self, board, tmp_path):
        with bearing(expired(board.token(), tmp_path)) as display:
            assert problem(display.get("/v1/queues")) == (401, "token_expired")

    def test_revoking_closes_it_everywhere(self, supervisor, front_desk, board, run):
        async def scenario():
            other = await asyncio.to_thread(Board, supervisor, front_desk)
            with Node("links") as second:
                tokens = await asyncio.to_thread(lambda: [board.token() for _ in range(3)])
                async with (
                    Screen(lambda: tokens[0], front_desk) as here,
                    Screen(lambda: tokens[1], front_desk, address(second)) as there,
                    Screen(other.token, front_desk, address(second)) as stays,
                ):
                    began = time.monotonic()
                    assert (await asyncio.to_thread(board.revoke)).status_code == 204
                    assert problem(await asyncio.to_thread(bearing(tokens[2]).get, "/v1/queues")) == (401, "unauthorized")
                    await here.until(lambda: here.ends, what="the end here")
                    took_here = time.monotonic() - began
                    await there.until(lambda: there.ends, what="the end there")
                    took_there = time.monotonic() - began
                    print(f"revoked: ended after {took_here:.2f} s here, {took_there:.2f} s there")
                    assert here.ends == there.ends == [3500] and took_there < SOON
                    far = bearing(tokens[2], f"http://{second.http}")
                    assert problem(await asyncio.to_thread(far.get, "/v1/queues")) == (401, "unauthorized")
                    assert problem(await asyncio.to_thread(enter, board.secret, f"http://{second.http}")) == (401, "token_invalid")
                    await asyncio.to_thread(supervisor.submit, front_desk)
                    await stays.until(lambda: stays.events, what="the other display")
            await asyncio.to_thread(other.revoke)

        run(scenario())

    def test_wrong_links_are_slowed_down_and_good_ones_are_not(self):
        with own_server("links", USHER_LOGIN_FAILURES_PER_ADDRESS="5") as server, server.client("supervisor") as supervisor:
            board = Board(supervisor, "front-desk")
            found = [enter(base64.urlsafe_b64encode(bytes([n]) * 32).decode().rstrip("="), server.url) for n in range(7)]
            assert [answer.status_code for answer in found] == [401] * 5 + [429] * 2
            assert int(found[-1].headers["retry-after"]) >= 1
            assert board.token(server.url), "a display behind the same address comes back"
            login = {"username": "viewer", "password": server.passwords["viewer"]}
            assert httpx.post(server.url + "/v1/auth/token", json=login, timeout=20).status_code == 429, "one count for both"
