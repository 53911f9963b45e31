"""Hostile text through every field of every endpoint and method: never a 5xx, nothing else changed, what is accepted comes back as
it went in, and none of it stands in the log as if the server had said it."""

import asyncio
import json
import pathlib
import re
import urllib.parse
import uuid

import httpx
import psycopg
import pytest
import websockets

from support.accounts import Account
from support.environment import ENV, HTTP, STATE, WEBSOCKET, until
from support.payloads import BROKEN_JSON, MARK, TEXTS, WRONG_TYPES
from support.problems import assert_refusal
from support.rest import Rest, token

QUEUE = "front-desk"
LOG = STATE / "log" / "usher.log"


@pytest.fixture(scope="module")
def admin():
    with Rest("admin") as client:
        yield client


@pytest.fixture(scope="module")
def stranger():
    """Signs in from another address than the other tests, which its failures do not slow down."""
    transport = httpx.HTTPTransport(local_address="127.0.0.77")
    with httpx.Client(base_url=HTTP, timeout=20, transport=transport) as client:
        yield client


@pytest.fixture(scope="module")
def bystander(admin):
    """A user and a service that no request here is about."""
    with Rest("supervisor") as boss:
        boss.drain(QUEUE)
        boss.drain("roadside")
        user = Account(admin, "agent", display_name="Bystander", email="by@stander.example")
        service = boss.submit("roadside", customer={"name": "Bystander"})["id"]
        yield user.id, service
        user.change(disabled=True)
        boss.drain("roadside")


@pytest.fixture(autouse=True)
def unharmed(bystander, admin):
    """After each test: they are as they were, the tables are there, the log has only the server's own lines."""
    user, service = bystander
    before = world(admin, user, service)
    size = LOG.stat().st_size
    yield
    assert world(admin, user, service) == before
    with LOG.open("rb") as log:
        log.seek(size)
        for line in log.read().splitlines():
            record = json.loads(line)
            assert MARK not in line.decode(), record
            assert record["message"] != "forged"
            assert record["level"] not in ("error", "critical"), record
    assert not pathlib.Path("/tmp", MARK).exists()
    admin.post(f"/v1/queues/{QUEUE}/resume", json={})
    admin.drain(QUEUE)


def world(admin, user: str, service: str) -> tuple:
    with psycopg.connect(ENV["USHER_DATABASE_URL"]) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()").fetchone()
        levels = connection.execute(
            "SELECT level, count(*) FROM users WHERE username NOT LIKE 'v%%' AND NOT disabled GROUP BY level ORDER BY level"
        ).fetchall()
    return (
        admin.get_json(f"/v1/users/{user}"),
        admin.get_json(f"/v1/services/{service}"),
        sorted(queue["queue"] for queue in admin.get_json("/v1/queues")["queues"]),
        tables,
        levels,
    )


def sane(answer: httpx.Response, what: str) -> httpx.Response:
    """Accepted, or refused for what it is."""
    assert answer.status_code < 500, f"{what}: {answer.status_code} {answer.text[:300]}"
    assert "set-cookie" not in answer.headers, what
    if answer.status_code >= 400:
        assert_refusal(answer)
        detail = answer.json()["detail"]
        assert "\x1b" not in detail and len(detail) < 1_000, what
        # The name of a member that is not known is said, 40 characters of it and printable; nothing else is.
        if answer.json()["code"] != "unknown_member":
            for word in (MARK, "pg_", "redis", "Swift", ".lua", "<"):
                assert word not in detail, answer.text
    return answer


def each(test):
    return pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())(test)


class TestTexts:
    @each
    def test_customer_and_details(self, admin, text):
        """Free text comes back byte for byte, in each place that shows it."""
        body = {
            "kind": "x",
            "customer": {"name": text, "phone": text[:200]},
            "details": {"note": text, "list": [text], "deep": {"deeper": {"text": text}}},
        }
        answer = sane(admin.post(f"/v1/queues/{QUEUE}/services", json=body), "submit")
        if answer.status_code != 201:
            assert len(text.encode()) > 1_000, answer.text
            return
        service = answer.json()["service"]
        for shown in (service, admin.get_json(f"/v1/services/{service['id']}"), *admin.services(QUEUE)):
            assert (shown["customer"], shown["details"]) == (body["customer"], body["details"])

    @each
    def test_names_of_members(self, admin, text):
        for part in ("customer", "details"):
            body = {"kind": "x", part: {text: "value"}}
            answer = sane(admin.post(f"/v1/queues/{QUEUE}/services", json=body), part)
            if answer.status_code == 201:
                shown = admin.get_json(f"/v1/services/{answer.json()['service']['id']}")
                assert shown[part] == body[part]
        sane(admin.post(f"/v1/queues/{QUEUE}/services", json={"kind": "x", text: 1}), "a member that is not known")

    @each
    def test_words_of_a_submission(self, admin, text):
        for body in (
            {"kind": text},
            {"kind": "x", "queue": text},
            {"kind": "x", "priority": text},
            {"kind": "x", "requires": [text]},
            {"kind": "x", "requires": text},
            {"kind": "x", "scheduled_for": text},
        ):
            answer = sane(admin.post(f"/v1/queues/{QUEUE}/services", json=body), str(body)[:60])
            if answer.status_code == 201:
                # A word such as these may be.
                assert re.fullmatch(r"[a-z0-9._-]{1,64}", text) and ("requires" in body or body["kind"] == text), body
            else:
                assert answer.status_code in (400, 413), answer.text

    @each
    def test_users(self, admin, text):
        name = "v" + uuid.uuid4().hex
        good = {"username": name, "password": uuid.uuid4().hex, "level": "viewer"}
        for member, value in (
            ("username", text), ("level", text), ("queues", [text]), ("queues", text), ("skills", [text]), ("capacity", text)
        ):
            if member == "username" and text == MARK or member == "skills" and text in (MARK, "-1", "null", "9" * 30):
                continue  # These are good.
            answer = sane(admin.post("/v1/users", json={**good, member: value}), member)
            if answer.status_code == 201:
                made = admin.get_json(f"/v1/users/{answer.json()['id']}")
                assert made[member] == value and member in ("username", "skills", "queues"), made
                admin.patch(f"/v1/users/{made['id']}", json={"disabled": True})
                good["username"] = "v" + uuid.uuid4().hex
        for member in ("display_name", "email"):
            good["username"] = "v" + uuid.uuid4().hex
            answer = sane(admin.post("/v1/users", json={**good, member: text}), member)
            if answer.status_code == 201:
                assert admin.get_json(f"/v1/users/{answer.json()['id']}")[member] == text
                changed = admin.patch(f"/v1/users/{answer.json()['id']}", json={member: text + "x", "disabled": True})
                if sane(changed, "change").status_code == 200:
                    assert changed.json()[member] == text + "x"

    @each
    def test_passwords(self, admin, stranger, text):
        """Any text that is long enough is a password, and no shorter or other one is the same."""
        if not 12 <= len(text.encode()) <= 1_000:
            return
        name = "v" + uuid.uuid4().hex
        made = sane(admin.post("/v1/users", json={"username": name, "password": text, "level": "viewer"}), "create")
        if made.status_code != 201:
            return
        signed_in = stranger.post("/v1/auth/token", json={"username": name, "password": text})
        assert signed_in.status_code == 200, signed_in.text
        answer = stranger.post("/v1/auth/token", json={"username": name, "password": text[:-1]})
        assert answer.status_code in (401, 429)
        assert admin.patch(f"/v1/users/{made.json()['id']}", json={"disabled": True}).status_code == 200

    @each
    def test_signing_in(self, stranger, text):
        for body in ({"username": text, "password": "wrong-password"}, {"username": "admin" + text, "password": text}):
            assert sane(stranger.post("/v1/auth/token", json=body), "token").status_code in (400, 401, 413, 429)
        for path in ("refresh", "logout"):
            answer = sane(stranger.post(f"/v1/auth/{path}", json={"refresh_token": text}), path)
            assert answer.status_code in ((204,) if path == "logout" else (401,)), answer.text

    @each
    def test_commands(self, admin, text):
        service = admin.submit(QUEUE)["id"]
        for command, body in (
            ("claim", {"lease_seconds": text}),
            ("hold", {"hold_seconds": text}),
            ("start", {"fence": text}),
            ("move", {"before": text}),
            ("move", {"after": text}),
            ("move", {"first": text}),
            ("reprioritise", {"priority": text}),
            ("transfer", {"to": text}),
            ("assign", {"assignee": text}),
            ("transfer", {"to": "roadside", "fence": text}),
            ("claim", {text: 1}),
        ):
            answer = sane(admin.post(f"/v1/services/{service}/{command}", json=body), f"{command} {str(body)[:40]}")
            assert answer.status_code in (400, 403, 404, 422), answer.text
        for item in ({"command": text, "id": service}, {"command": "claim", "id": text},
                     {"command": "claim", "id": service, "queue": text + "!"},
                     {"command": "claim", "id": service, "idempotency_key": text + " "}):
            answer = sane(admin.post("/v1/services/bulk", json={"commands": [item]}), "bulk")
            assert answer.status_code == 413 or not answer.json()["results"][0]["ok"], answer.text
        assert admin.get_json(f"/v1/services/{service}")["version"] == 1

    @each
    def test_paths(self, admin, text):
        quoted = urllib.parse.quote(text[:2_000], safe="")
        for method, path in (
            ("GET", "/v1/queues/{}"), ("PUT", "/v1/queues/{}"), ("GET", "/v1/queues/{}/services"),
            ("POST", "/v1/queues/{}/services"), ("POST", "/v1/queues/{}/claim-next"), ("POST", "/v1/queues/{}/pause"),
            ("GET", "/v1/queues/{}/stats"), ("GET", "/v1/queues/{}/events?after=0"), ("GET", "/v1/services/{}"),
            ("DELETE", "/v1/services/{}"), ("GET", "/v1/services/{}/position"), ("POST", "/v1/services/{}/claim"),
            ("GET", "/v1/users/{}"), ("PATCH", "/v1/users/{}"), ("GET", "/console/{}"), ("GET", "/v1/{}"), ("GET", "/{}"),
        ):  # fmt: skip
            if method == "PUT" and text in (MARK, "9" * 30, "null", "1e400"):
                continue  # Good names of queues.
            body = {"kind": "x"} if path.endswith("/services") and method == "POST" else {}
            answer = sane(
                admin.request(method, path.format(quoted), json=None if method in ("GET", "DELETE") else body),
                f"{method} {path}",
            )
            # Nothing after the last slash is the list or the page before it.
            assert answer.status_code in (400, 403, 404, 405, 414) or not text and answer.status_code == 200, answer.text

    @each
    def test_queries(self, admin, text):
        text = text[:2_000]
        for path, names in (
            ("/v1/users", ("cursor", "limit")),
            (f"/v1/queues/{QUEUE}/services", ("state", "limit", "cursor")),
            (f"/v1/queues/{QUEUE}/events", ("after", "epoch", "limit")),
            ("/v1/history", ("queue", "employee", "state", "from", "to", "limit", "cursor")),
            ("/v1/audit", ("action", "actor", "object", "from", "to", "limit", "cursor")),
        ):
            for name in names:
                parameters = {name: text} | ({"after": "0"} if path.endswith("/events") and name != "after" else {})
                answer = sane(admin.get(path, params=parameters), f"{path} {name}")
                if name in ("employee", "actor", "object", "action") and answer.status_code == 200:
                    found = answer.json()["entries"]
                    assert not found, f"{path}?{name} finds what is not there"
                if name == "epoch" and answer.status_code == 410:
                    continue  # A word such as it may be, of another epoch.
                if name in ("limit", "state", "from", "to", "epoch") and text.strip():
                    assert answer.status_code in (400, 414), f"{path} {name}: {answer.status_code}"

    @each
    def test_headers(self, admin, text):
        """Only what a header can carry; the rest is refused before it is a request, see test_limits."""
        raw = text.encode()[:4_000]
        if raw != raw.strip() or any(byte < 0x20 or byte == 0x7F for byte in raw):
            return
        service = admin.submit(QUEUE)["id"]
        for name in ("Idempotency-Key", "If-Match", "Content-Type", "Authorization"):
            if name == "Idempotency-Key" and raw == MARK.encode():
                continue
            headers = {name: raw} if name == "Content-Type" else {"Content-Type": b"application/json", name: raw}
            answer = admin.post(f"/v1/services/{service}/renew", content=b"{}", headers=headers)
            answer = sane(answer, name)
            assert answer.status_code in (400, 401, 409, 412, 415, 422), f"{name}: {answer.text}"
        for name in ("If-None-Match", "Accept", "Accept-Encoding", "Origin", "X-Request-ID", "Range", "Last-Event-ID",
                     "X-Forwarded-For", "Forwarded", "User-Agent", "Cookie", "X-HTTP-Method-Override", "Host"):  # fmt: skip
            answer = admin.get("/v1/users/me", headers={name: raw})
            assert answer.status_code in (200, 304, 400, 403, 406), f"{name}: {answer.status_code}"
            assert "set-cookie" not in answer.headers


class TestDocuments:
    """What is JSON only to some readers is JSON to none here."""

    TARGETS = [
        ("POST", "/v1/auth/token", "username"),
        ("POST", "/v1/auth/refresh", "refresh_token"),
        ("POST", "/v1/auth/logout", "refresh_token"),
        ("POST", "/v1/users", "username"),
        ("PATCH", "/v1/users/{user}", "display_name"),
        ("PUT", f"/v1/queues/{QUEUE}", "x"),
        ("POST", f"/v1/queues/{QUEUE}/services", "kind"),
        ("POST", f"/v1/queues/{QUEUE}/claim-next", "lease_seconds"),
        ("POST", f"/v1/queues/{QUEUE}/pause", "x"),
        ("POST", "/v1/services/{service}/claim", "lease_seconds"),
        ("POST", "/v1/services/{service}/move", "before"),
        ("POST", "/v1/services/{service}/transfer", "to"),
        ("POST", "/v1/services/{service}/assign", "assignee"),
        ("POST", "/v1/services/bulk", "commands"),
    ]

    @pytest.mark.parametrize("document", BROKEN_JSON.values(), ids=BROKEN_JSON.keys())
    def test_broken(self, admin, bystander, document):
        user, service = bystander
        for method, path, member in self.TARGETS:
            path = path.format(user=user, service=service)
            if not document and (method in ("PUT", "PATCH") or path.endswith(("/pause", "/claim", "/claim-next"))):
                continue  # Nothing is asked for, which is nothing wrong.
            body = document.replace(b"\\u004eAME", b"\\u%04x%s" % (ord(member[0]), member[1:].encode()))
            body = body.replace(b"NAME", member.encode())
            answer = sane(
                admin.request(method, path, content=body, headers={"Content-Type": "application/json"}),
                f"{method} {path}",
            )
            assert answer.status_code in (400, 413, 415), f"{method} {path}: {answer.text}"

    @pytest.mark.parametrize("what, value", WRONG_TYPES.items(), ids=WRONG_TYPES.keys())
    def test_wrong_types(self, admin, bystander, what, value):
        user, service = bystander
        for method, path, member in self.TARGETS:
            if member == "commands" and what in ("a list", "a list of lists"):
                continue  # Lists are its type: what is in them is refused one by one.
            body = b'{"%s":%s}' % (member.encode(), value)
            path = path.format(user=user, service=service)
            answer = sane(
                admin.request(method, path, content=body, headers={"Content-Type": "application/json"}), f"{path} {what}"
            )
            assert answer.status_code in (400, 422), f"{path} {what}: {answer.text}"

    def test_numbers_of_details_come_back(self, admin):
        """A number is what was written, not what a float makes of it."""
        body = b'{"kind":"x","details":{"a":12345678901234567890123456789,"b":0.1000,"c":1e400,"d":-0,"e":1E+2}}'
        answer = admin.post(
            f"/v1/queues/{QUEUE}/services", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 201, answer.text
        shown = admin.get(f"/v1/services/{answer.json()['service']['id']}").text
        assert '{"a":12345678901234567890123456789,"b":0.1000,"c":1e400,"d":-0,"e":1E+2}' in shown


class TestRPC:
    METHODS = {
        "service.submit": {"queue": QUEUE, "kind": "x", "priority": 1, "requires": ["a"], "scheduled_for": "x"},
        "service.claim": {"id": "", "queue": QUEUE, "lease_seconds": 5, "idempotency_key": "k"},
        "service.move": {"id": "", "before": "x"},
        "service.transfer": {"id": "", "to": "x"},
        "service.assign": {"id": "", "assignee": "x", "fence": 1},
        "service.reprioritise": {"id": "", "priority": 1},
        "service.bulk": {"commands": [], "idempotency_key": "k"},
        "service.position": {"id": ""},
        "queue.list": {"queue": QUEUE, "states": ["waiting"], "limit": 1, "cursor": "x"},
        "queue.stats": {"queue": QUEUE},
        "queue.claim_next": {"queue": QUEUE, "lease_seconds": 5},
        "queue.pause": {"queue": QUEUE, "idempotency_key": "k"},
    }

    def test_each_member_of_each_method(self, admin, bystander, run):
        """An answer to each, and nothing that ends the connection: hostile text is an argument, not a protocol fault."""
        _, service = bystander
        commands = []
        for text in TEXTS.values():
            for method, members in self.METHODS.items():
                for member in members:
                    if member in ("idempotency_key", "queue") and method in ("queue.pause", "queue.claim_next"):
                        if text in (MARK, "9" * 30, "-1", "null"):
                            continue
                    data = {**members, member: text}
                    if "id" in members and member != "id":
                        data["id"] = service
                    if member in ("requires", "states"):
                        data[member] = [text]
                    # One member is wrong, so no command may be carried out: a version that the service never has.
                    if method.startswith("service.") and method not in ("service.submit", "service.bulk", "service.position"):
                        data["if_version"] = 1 << 50
                    if method == "service.submit" and member != "queue":
                        data["queue"] = "nowhere"
                    commands.append({"rpc": {"method": method, "data": data}})
            commands.append({"rpc": {"method": "x" + text, "data": {}}})
            commands.append({"subscribe": {"channel": "x" + text}})
            commands.append({"subscribe": {"channel": "queue:" + text}})
            commands.append({"subscribe": {"channel": "queue:roadside", "recover": True, "epoch": text, "offset": 1}})
            commands.append({"unsubscribe": {"channel": "queue:roadside"}})
            commands.append({"presence": {"channel": "x" + text}})
            commands.append({"history": {"channel": "x" + text, "limit": 1}})
        replies, end = run(ask(commands))
        assert end is None, f"the connection ended with {end} after {len(replies)} of {len(commands)}"
        assert [reply["id"] for reply in replies] == list(range(2, len(commands) + 2))
        for command, reply in zip(commands, replies, strict=True):
            if "error" in reply:
                assert reply["error"]["code"] not in (100, 503, 504), (str(command)[:300], reply)
            else:
                kind = next(iter(command))
                ok = kind in ("unsubscribe",) or "roadside" in json.dumps(command) or command[kind].get("method") in (
                    "queue.list", "queue.pause", "service.bulk"
                )
                assert ok, (str(command)[:300], reply)


async def ask(commands: list[dict]) -> tuple[list[dict], int | None]:
    """The replies to the commands, sent one after the other; and the code with which the server ended it, if it did."""
    replies: list[dict] = []
    access = await asyncio.to_thread(token, "admin")
    async with websockets.connect(WEBSOCKET, proxy=None, max_size=None) as socket:
        await socket.send(json.dumps({"id": 1, "connect": {"token": access}}))
        assert "connect" in json.loads(await socket.recv())
        try:
            for number, command in enumerate(commands, start=2):
                await socket.send(json.dumps({"id": number, **command}, ensure_ascii=False))
                while len(replies) < number - 1:
                    for line in (await asyncio.wait_for(socket.recv(), 20)).split("\n"):
                        message = json.loads(line)
                        if "id" in message:
                            replies.append(message)
                        elif message == {}:
                            await socket.send("{}")
                # Below the rate that a connection may have.
                if number % 50 == 0:
                    await asyncio.sleep(0.4)
        except websockets.ConnectionClosed as closed:
            return replies, closed.rcvd.code if closed.rcvd else 1006
    return replies, None
