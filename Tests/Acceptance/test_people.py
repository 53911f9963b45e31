"""Accounts from outside: invitations, passwords, sessions, throttling, erasing, searching, and the command line."""

import asyncio
import json
import os
import random
import statistics
import subprocess
import threading
import time
import uuid

import httpx
import psycopg
import pytest

from support.accounts import Account
from support.environment import ENV, HTTP, binary, until
from support.node import Node
from support.rest import Rest
from support.screen import Screen
from support.stores import database_dump, logs

GOOD = "correct horse battery"


@pytest.fixture
def admin():
    with Rest("admin") as client:
        yield client


@pytest.fixture(scope="module")
def proxied():
    """A server that believes its only peer, the test, when it says where it comes from; its line is short enough for a
    storm of logins to pass on a slow machine."""
    with Node("people", USHER_TRUSTED_PROXIES="127.0.0.0/8", USHER_LOGIN_QUEUE="30") as node:
        yield node


def address() -> str:
    """An address that nobody has failed to log in from."""
    return "10." + ".".join(str(random.randrange(256)) for _ in range(3))


def log_in(name: str, password: str, http: str = HTTP, source: str | None = None) -> httpx.Response:
    headers = {"X-Forwarded-For": source} if source else {}
    return httpx.post(
        http + "/v1/auth/token", json={"username": name, "password": password}, headers=headers, timeout=60
    )


def bearer(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def problem(answer: httpx.Response, status: int, code: str) -> dict:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()


def accept(token: str, password: str) -> httpx.Response:
    return httpx.post(HTTP + "/v1/auth/invitations/accept", json={"token": token, "password": password}, timeout=60)


def invite(admin: Rest, name: str | None = None, **properties) -> dict:
    body = {"username": name or "u" + uuid.uuid4().hex, "level": "agent", **properties}
    answer = admin.post("/v1/users/invitations", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


class TestInvitations:
    def test_whoever_is_invited_chooses_the_password_once(self, admin, marker):
        user = invite(admin, marker, email=f"{marker}@example.org", expires_in=3600)
        assert user["state"] == "invited" and not user["disabled"] and len(user["invitation_token"]) == 43
        problem(log_in(marker, GOOD), 401, "invalid_credentials")
        weak = problem(accept(user["invitation_token"], "password2026!"), 422, "weak_password")
        assert "guessed" in weak["detail"] and "password2026" not in weak["detail"]
        problem(accept(user["invitation_token"], "short"), 422, "weak_password")
        me = httpx.get(HTTP + "/v1/users/me", headers=bearer(accept(user["invitation_token"], GOOD))).json()
        assert me["state"] == "active" and me["id"] == user["id"]
        bearer(log_in(marker, GOOD))
        used, unknown = accept(user["invitation_token"], GOOD), accept("A" * 43, GOOD)
        same = [problem(answer, 401, "token_invalid") | {"request_id": None} for answer in (used, unknown)]
        assert same[0] == same[1]
        with psycopg.connect(ENV["USHER_DATABASE_URL"]) as database:
            database.execute("UPDATE user_invitations SET expires_at = now() WHERE user_id = %s", [user["id"]])
        dump = database_dump() + logs()
        assert user["invitation_token"].encode() not in dump and GOOD.encode() not in dump

    def test_an_administrator_resets_a_password(self, admin):
        user = Account(admin, "agent")
        before = httpx.post(HTTP + "/v1/auth/token", json=user._login, timeout=60)
        first = admin.post(f"/v1/users/{user.id}/invitation").json()["invitation_token"]
        answer = admin.post(f"/v1/users/{user.id}/invitation", json={"expires_in": 7200})
        assert answer.status_code == 201
        problem(accept(first, GOOD), 401, "token_invalid")
        assert httpx.get(HTTP + "/v1/users/me", headers=bearer(before)).status_code == 200
        bearer(accept(answer.json()["invitation_token"], GOOD))
        until(
            lambda: httpx.get(HTTP + "/v1/users/me", headers=bearer(before)).status_code == 401,
            2,
            "the end of the sessions before",
        )
        problem(log_in(user.name, user._login["password"]), 401, "invalid_credentials")

    def test_bounds_and_rights(self, admin, supervisor):
        body = {"username": "u" + uuid.uuid4().hex, "level": "agent"}
        for seconds in (3599, 30 * 86400 + 1, "7 days"):
            problem(admin.post("/v1/users/invitations", json={**body, "expires_in": seconds}), 400, "invalid_argument")
        problem(admin.post("/v1/users/invitations", json={**body, "password": GOOD}), 400, "unknown_member")
        problem(supervisor.post("/v1/users/invitations", json=body), 403, "forbidden")
        problem(supervisor.post(f"/v1/users/{uuid.uuid4()}/invitation"), 403, "forbidden")
        problem(admin.post(f"/v1/users/{uuid.uuid4()}/invitation"), 404, "not_found")


class TestPasswords:
    @pytest.mark.parametrize(
        "password", ["short", "elevenchars", "chickenwing101", "aaaaaaaaaaaaaa", "123456789012", "x" * 1025]
    )
    def test_weak_ones_are_refused_with_the_reason(self, admin, password):
        body = {"username": "u" + uuid.uuid4().hex, "password": password, "level": "viewer"}
        assert len(problem(admin.post("/v1/users", json=body), 422, "weak_password")["detail"]) > 20

    def test_the_own_name_makes_none(self, admin, marker):
        body = {"username": marker, "password": marker + "1!", "level": "viewer"}
        problem(admin.post("/v1/users", json=body), 422, "weak_password")

    def test_ones_own_ends_the_other_sessions_alone(self, admin, run):
        user = Account(admin, "agent")
        this, other = (bearer(log_in(user.name, user._login["password"])) for _ in range(2))

        async def change():
            async with Screen(lambda: other["Authorization"].split()[1]) as screen:
                answer = await asyncio.to_thread(
                    httpx.post,
                    HTTP + "/v1/users/me/password",
                    headers=this,
                    json={"current_password": user._login["password"], "new_password": GOOD},
                    timeout=60,
                )
                assert answer.status_code == 204, answer.text
                await screen.until(lambda: screen.ends, timeout=2, what="the end of the socket")

        run(change())
        assert httpx.get(HTTP + "/v1/users/me", headers=this).status_code == 200
        assert httpx.get(HTTP + "/v1/users/me", headers=other).status_code == 401
        bearer(log_in(user.name, GOOD))

    def test_a_wrong_present_one_counts_as_a_failed_login(self, admin, proxied):
        user = Account(admin, "agent")
        http, source = "http://" + proxied.http, address()
        headers = bearer(log_in(user.name, user._login["password"], http, source)) | {"X-Forwarded-For": source}
        path, new = http + "/v1/users/me/password", "another good one"
        answers = [
            httpx.post(path, headers=headers, json={"current_password": "x", "new_password": new}, timeout=60)
            for _ in range(6)
        ]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 2


class TestSessions:
    def test_seen_and_ended(self, admin):
        user = Account(admin, "agent")
        logins = [
            httpx.post(HTTP + "/v1/auth/token", json=user._login, headers={"User-Agent": f"desk/{number}"}, timeout=60)
            for number in range(3)
        ]
        first, second, third = (bearer(login) for login in logins)
        mine = httpx.get(HTTP + "/v1/users/me/sessions", headers=third).json()["sessions"]
        assert [session["user_agent"] for session in mine] == ["desk/2", "desk/1", "desk/0"]
        assert [session["current"] for session in mine] == [True, False, False]
        assert all(session["address"] == "127.0.0.1" for session in mine)
        seen = admin.get(f"/v1/users/{user.id}/sessions").json()["sessions"]
        assert [session["id"] for session in seen] == [session["id"] for session in mine]
        assert not any(session["current"] for session in seen)

        assert admin.delete(f"/v1/users/{user.id}/sessions/{mine[2]['id']}").status_code == 204
        assert httpx.get(HTTP + "/v1/users/me", headers=first).status_code == 401
        problem(admin.delete(f"/v1/users/{user.id}/sessions/{mine[2]['id']}"), 404, "not_found")
        assert httpx.delete(HTTP + "/v1/users/me/sessions", headers=third).status_code == 204
        assert httpx.get(HTTP + "/v1/users/me", headers=second).status_code == 401
        assert httpx.get(HTTP + "/v1/users/me", headers=third).status_code == 200
        assert admin.delete(f"/v1/users/{user.id}/sessions").status_code == 204
        assert httpx.get(HTTP + "/v1/users/me", headers=third).status_code == 401
        with psycopg.connect(ENV["USHER_DATABASE_URL"]) as database:
            acts = database.execute(
                "SELECT action, count(*) FROM audit WHERE object = %s GROUP BY action", [user.id]
            ).fetchall()
        assert dict(acts) == {"user.create": 1, "session.read": 1, "session.end": 3}

    def test_of_others_only_for_administrators(self, supervisor):
        problem(supervisor.get(f"/v1/users/{uuid.uuid4()}/sessions"), 403, "forbidden")
        problem(supervisor.delete(f"/v1/users/{uuid.uuid4()}/sessions"), 403, "forbidden")
        problem(supervisor.delete(f"/v1/users/me/sessions/{uuid.uuid4()}"), 404, "not_found")

    def test_other_nodes_end_the_sockets_too(self, admin, proxied, run):
        user = Account(admin, "agent")
        token = user.token("http://" + proxied.http)

        async def end():
            async with Screen(lambda: token, address=f"ws://{proxied.http}/connection/websocket") as screen:
                await asyncio.to_thread(admin.delete, f"/v1/users/{user.id}/sessions")
                await screen.until(lambda: screen.ends, timeout=2, what="the end of the socket")

        run(end())


def without_id(answer: httpx.Response) -> str:
    """A problem, but for the request's own id."""
    return json.dumps(answer.json() | {"request_id": None}, sort_keys=True)


class TestThrottling:
    def test_after_five_failures_the_time_doubles(self, admin, proxied):
        http = "http://" + proxied.http
        known = Account(admin, "agent")
        for name in (known.name, "u" + uuid.uuid4().hex):
            answers = [log_in(name, "wrong", http, address()) for _ in range(5)]
            assert [answer.status_code for answer in answers] == [401] * 5
            # Both nodes know, and a right password is not even looked at.
            refused = [log_in(name, known._login["password"], place, address()) for place in (http, HTTP)]
            assert [answer.status_code for answer in refused] == [429, 429]
            assert all(int(answer.headers["retry-after"]) == 1 for answer in refused)
            time.sleep(1.1)
            assert log_in(name, "wrong", http, address()).status_code == 401
            assert log_in(name, "wrong", http, address()).headers["retry-after"] == "2"
        time.sleep(2)
        bearer(log_in(known.name, known._login["password"], http, address()))
        assert log_in(known.name, "wrong", http, address()).status_code == 401, "a success clears the account"

    def test_a_user_at_home_is_not_locked_out_from_elsewhere(self, admin, proxied):
        http, home = "http://" + proxied.http, address()
        user = Account(admin, "agent")
        bearer(log_in(user.name, user._login["password"], http, home))
        for _ in range(5):
            log_in(user.name, "wrong", http, address())
        assert log_in(user.name, user._login["password"], http, address()).status_code == 429
        bearer(log_in(user.name, user._login["password"], http, home))

    def test_what_a_client_says_of_itself_is_not_believed(self, admin, proxied):
        user = Account(admin, "agent")
        source = address()
        headers = bearer(log_in(user.name, user._login["password"], "http://" + proxied.http, f"1.2.3.4, {source}"))
        plain = bearer(log_in(user.name, user._login["password"], HTTP, source))
        seen = httpx.get(HTTP + "/v1/users/me/sessions", headers=plain).json()["sessions"]
        assert [session["address"] for session in seen] == ["127.0.0.1", source] and headers

    def test_unknown_wrong_and_invited_answer_alike(self, admin, proxied):
        """The same answers, and medians of thirty within 15 %; in turns, so that what else the machine does hits all."""
        http = "http://" + proxied.http
        known = [Account(admin, "agent").name for _ in range(6)]
        invited = [invite(admin)["username"] for _ in range(6)]
        unknown = ["u" + uuid.uuid4().hex for _ in range(6)]
        kinds = {"unknown": unknown, "wrong": known, "invited": invited}
        took: dict[str, list[float]] = {kind: [] for kind in kinds}
        bodies = set()
        with httpx.Client(base_url=http, timeout=60) as client:
            for round_ in range(30):
                for kind in random.sample(list(kinds), len(kinds)):
                    body = {"username": kinds[kind][round_ % 6], "password": "wrong-password"}
                    start = time.perf_counter()
                    answer = client.post("/v1/auth/token", json=body, headers={"X-Forwarded-For": address()})
                    took[kind].append(time.perf_counter() - start)
                    assert answer.status_code == 401
                    bodies.add(without_id(answer))
            throttled = {
                without_id(
                    client.post(
                        "/v1/auth/token",
                        json={"username": names[0], "password": "x"},
                        headers={"X-Forwarded-For": address()},
                    )
                )
                for names in kinds.values()
            }
        medians = {kind: statistics.median(times) for kind, times in took.items()}
        print({kind: f"{median * 1000:.0f} ms" for kind, median in medians.items()})
        assert len(bodies) == 1 and len(throttled) == 1
        assert max(medians.values()) <= 1.15 * min(medians.values()), medians


class TestStorm:
    def test_two_hundred_logins_at_once(self, admin, proxied, run):
        """They take two computations' memory and give it back, all are answered, and the others hardly notice."""
        http = "http://" + proxied.http
        token = bearer(log_in("admin", ENV["USHER_DEMO_ADMIN_PASSWORD"], http, address()))
        status = lambda name: next(  # noqa: E731
            int(line.split()[1]) // 1024
            for line in open(f"/proc/{proxied.process_id}/status")
            if line.startswith(name + ":")
        )
        before = status("VmRSS")
        with open(f"/proc/{proxied.process_id}/clear_refs", "w") as refs:
            refs.write("5")
        others: list[float] = []
        stop = threading.Event()

        def ask():
            with httpx.Client(base_url=http, headers=token, timeout=20) as client:
                while not stop.is_set():
                    start = time.perf_counter()
                    assert client.get("/v1/queues").status_code == 200
                    others.append(time.perf_counter() - start)
                    time.sleep(0.05)

        async def storm():
            limits = httpx.Limits(max_connections=200)
            async with httpx.AsyncClient(base_url=http, timeout=110, limits=limits) as client:

                async def one():
                    start = time.perf_counter()
                    answer = await client.post(
                        "/v1/auth/token",
                        json={"username": "u" + uuid.uuid4().hex, "password": GOOD},
                        headers={"X-Forwarded-For": address()},
                    )
                    return answer, time.perf_counter() - start

                return await asyncio.gather(*(one() for _ in range(200)))

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            answers = run(storm())
        finally:
            stop.set()
            thread.join()
        peak = status("VmHWM")
        refused = [(answer, took) for answer, took in answers if answer.status_code == 503]
        assert {answer.status_code for answer, _ in answers} == {401, 503}
        assert all("retry-after" in answer.headers for answer, _ in refused)
        until(lambda: status("VmRSS") < before + 40, 20, "the memory given back")
        slow = statistics.quantiles(others, n=10)[-1]
        print(
            f"RSS {before} MB before, {peak} MB at most, {status('VmRSS')} MB after; {len(answers) - len(refused)} "
            f"checked in {max(took for _, took in answers):.1f} s, {len(refused)} refused within "
            f"{max(took for _, took in refused):.2f} s; GET /v1/queues {statistics.median(others) * 1000:.0f} ms, nine "
            f"of ten within {slow * 1000:.0f} ms, at most {max(others) * 1000:.0f} ms"
        )
        assert peak < before + 100
        assert slow < 0.1
        text = proxied.metrics()
        for series in ("waiting", "computing", "refused_total"):
            assert f"usher_passwords_{series}" in text
        assert "usher_password_seconds_count" in text


class TestErasing:
    def test_the_person_goes_and_the_history_keeps_the_id(self, admin, supervisor, front_desk):
        name = "waldemar" + uuid.uuid4().hex
        user = admin.post(
            "/v1/users",
            json={"username": name, "password": GOOD, "level": "agent", "email": f"{name}@example.org", "capacity": 3},
        ).json()
        headers = bearer(log_in(name, GOOD))
        service = supervisor.submit(front_desk)["id"]
        with httpx.Client(base_url=HTTP, headers=headers, timeout=20) as agent:
            fence = agent.post(f"/v1/services/{service}/claim").json()["service"]["fence"]
            assert agent.post(f"/v1/services/{service}/start", json={"fence": fence}).status_code == 200
            assert agent.post(f"/v1/services/{service}/complete", json={"fence": fence}).status_code == 200
        until(lambda: supervisor.history(employee=name), what="the history")
        assert admin.delete(f"/v1/users/{user['id']}").status_code == 204
        assert httpx.get(HTTP + "/v1/users/me", headers=headers).status_code == 403
        left = admin.get(f"/v1/users/{user['id']}").json()
        assert left["state"] == "erased" and left["username"].startswith("erased-") and left["email"] is None
        until(lambda: not supervisor.history(employee=name), what="the history without the name")
        assert [entry["id"] for entry in supervisor.history(employee=user["id"])] == [service]
        until(lambda: name.encode() not in database_dump(), what="a database without the name")
        problem(log_in(name, GOOD), 401, "invalid_credentials")
        problem(admin.delete(f"/v1/users/{user['id']}"), 404, "not_found")
        problem(admin.patch(f"/v1/users/{user['id']}", json={"level": "viewer"}), 404, "not_found")
        with psycopg.connect(ENV["USHER_DATABASE_URL"]) as database:
            [(actor, detail)] = database.execute(
                "SELECT actor_name, detail FROM audit WHERE action = 'user.erase' AND object = %s", [user["id"]]
            ).fetchall()
        assert actor == "admin" and detail is None

    def test_not_oneself_and_not_the_last_administrator(self, admin, supervisor):
        me = admin.get_json("/v1/users/me")["id"]
        problem(admin.delete(f"/v1/users/{me}"), 403, "forbidden")
        problem(supervisor.delete(f"/v1/users/{uuid.uuid4()}"), 403, "forbidden")
        problem(admin.delete(f"/v1/users/{uuid.uuid4()}"), 404, "not_found")
        others = [
            user["id"]
            for page in admin.pages("/v1/users", level="admin", state="active")
            for user in page["users"]
            if user["id"] != me
        ]
        for other in others:
            assert admin.patch(f"/v1/users/{other}", json={"disabled": True}).status_code == 200
        problem(admin.patch(f"/v1/users/{me}", json={"disabled": True}), 409, "last_administrator")
        problem(admin.patch(f"/v1/users/{me}", json={"level": "supervisor"}), 409, "last_administrator")
        assert admin.get_json("/v1/users/me")["version"] >= 1


class TestSearch:
    def test_every_filter(self, admin):
        stem = "find" + uuid.uuid4().hex[:8]
        names = [f"{stem}.{number}" for number in range(4)]
        for number, name in enumerate(names):
            invite(
                admin, name.upper() if number == 0 else name, level="viewer" if number == 3 else "agent",
                email=f"{stem}@Example.org" if number < 2 else None, skills=["towing"] if number == 1 else [],
                queues=["roadside"] if number == 2 else None,
            )  # fmt: skip

        def find(**filters) -> list[str]:
            pages = admin.pages("/v1/users", **{"q": stem, **filters})
            return [user["username"].lower() for page in pages for user in page["users"]]

        assert find() == names
        assert find(q=stem.upper() + ".2") == names[2:3]
        assert find(level="viewer") == names[3:]
        assert find(state="invited") == names and find(state="active") == []
        assert find(queue="roadside") == names and find(queue="front-desk") == [*names[:2], names[3]]
        assert find(skill="towing") == names[1:2]
        assert find(email=f"{stem.upper()}@example.ORG") == names[:2]
        for bad in ({"level": "boss"}, {"state": "gone"}, {"queue": "A B"}, {"skill": "a b"}, {"q": "%"}):
            problem(admin.get("/v1/users", params=bad), 400, "invalid_argument")
        first = admin.get_json("/v1/users", q=stem, limit=2)
        rest = admin.get_json("/v1/users", q=stem, limit=2, cursor=first["next_cursor"])
        assert [user["username"].lower() for user in [*first["users"], *rest["users"]]] == names
        assert stem.encode() + b"@" not in database_dump()


class TestCommandLine:
    def usher(self, *arguments: str, given: str | None = None, fails: bool = False) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("USHER_")}
        environment |= {name: value for name, value in ENV.items() if not name.startswith("USHER_DEMO_")}
        done = subprocess.run(
            [binary(), "user", *arguments], env=environment, input=given, text=True, capture_output=True, timeout=120
        )
        assert (done.returncode != 0) == fails, done.stderr
        return done.stderr if fails else done.stdout

    def test_the_same_rules_from_the_command_line(self, admin, marker):
        name = ["--username", marker]
        made = self.usher("create", *name, "--level", "agent", "--password-file", "-", given=GOOD)
        user = made.split("(")[1].split(")")[0]
        assert "guessed" in self.usher("password", *name, "--password-file", "-", given="password2026!", fails=True)
        self.usher("change", *name, "--level", "supervisor", "--queue", "roadside", "--email", "x@example.org")
        self.usher("password", *name, "--password-file", "-", given=GOOD + "!")
        bearer(log_in(marker, GOOD + "!"))
        assert "127.0.0.1" in self.usher("sessions", *name)
        assert "ended 1 sessions" in self.usher("sessions", *name, "--end-all")
        self.usher("disable", *name)
        problem(log_in(marker, GOOD + "!"), 403, "disabled")
        self.usher("enable", *name)
        token = self.usher("invite", *name).splitlines()[1]
        bearer(accept(token, GOOD))
        assert f"{user} {marker} supervisor roadside" in self.usher("list", "--level", "supervisor")
        self.usher("erase", *name)
        assert marker not in self.usher("list")
        assert admin.get_json(f"/v1/users/{user}")["state"] == "erased"
        me = admin.get_json("/v1/users/me")["username"]
        last = "last administrator"
        if len(self.usher("list", "--level", "admin", "--state", "active").splitlines()) == 1:
            assert last in self.usher("erase", "--username", me, fails=True)
            assert last in self.usher("disable", "--username", me, fails=True)
        with psycopg.connect(ENV["USHER_DATABASE_URL"]) as database:
            acts = database.execute(
                "SELECT action, actor_id, detail::text FROM audit WHERE object = %s ORDER BY id", [user]
            ).fetchall()
        by = '{"by":"command line"}'
        words = ["create", "change", "password", "disable", "enable", "invite", "erase"]
        ours = [act for act in acts if act[0] not in ("session.read", "session.end", "invitation.accept")]
        assert ours == [(f"user.{word}", None, by) for word in words]
        assert marker.encode() not in database_dump()
