"""HTTP as every client and proxy knows it: request ids, other origins, compression, conditions, idempotency, bounds."""

import concurrent.futures
import gzip
import json
import re
import socket
import time
import uuid

import httpx
import psycopg
import pytest

from support.own_server import own_server

ORIGIN = "https://desk.example"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def server():
    with own_server("http", USHER_ALLOWED_ORIGINS=ORIGIN) as server:
        yield server


@pytest.fixture(scope="module")
def admin(server):
    with server.client("admin") as client:
        yield client


@pytest.fixture(scope="module")
def full_queue(admin):
    """A queue whose list is some 40 KB."""
    admin.put("/v1/queues/full").raise_for_status()
    for number in range(60):
        body = {"kind": "test", "details": {"note": f"number {number} " + "x" * 200}}
        assert admin.post("/v1/queues/full/services", json=body).status_code == 201
    return "full"


def new_user() -> dict:
    return {"username": "u" + uuid.uuid4().hex, "password": PASSWORD, "level": "viewer"}


def raw(server, request: bytes, timeout: float = 10) -> bytes:
    """What comes back until the server closes, or is silent for a second."""
    host, port = server.http.split(":")
    with socket.create_connection((host, int(port)), timeout) as connection:
        connection.sendall(request)
        connection.settimeout(timeout)
        answer = b""
        try:
            while part := connection.recv(65536):
                answer += part
        except TimeoutError:
            pass
    return answer


class TestRequestIDs:
    def test_one_that_is_given_is_taken(self, admin):
        answer = admin.get("/v1/queues/nowhere", headers={"X-Request-Id": "Trace-7._x"})
        assert answer.headers["x-request-id"] == answer.json()["request_id"] == "Trace-7._x"

    @pytest.mark.parametrize("given", [None, "", "a b", "x" * 129, "a\"b", "<script>"])
    def test_any_other_is_made(self, admin, given):
        headers = {} if given is None else {"X-Request-Id": given}
        made = admin.get("/v1/queues/nowhere", headers=headers).headers["x-request-id"]
        assert UUID.fullmatch(made)
        assert admin.get("/v1/queues", headers=headers).headers["x-request-id"] != made

    def test_the_audit_has_it(self, server, admin):
        name = "audit-" + uuid.uuid4().hex
        made = admin.post("/v1/users", json=new_user(), headers={"X-Request-Id": name})
        assert made.status_code == 201
        with psycopg.connect(server.database) as database:
            rows = database.execute("SELECT action, object FROM audit WHERE request_id = %s", [name]).fetchall()
        assert rows == [("user.create", made.json()["id"])]


class TestOtherOrigins:
    def test_preflight(self, server):
        asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "if-match"}
        answer = httpx.options(server.url + f"/v1/users/{uuid.uuid4()}", headers=asked)
        assert answer.status_code == 204 and not answer.content
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["access-control-allow-methods"] == "DELETE, GET, HEAD, PATCH"
        allowed = {name.strip() for name in answer.headers["access-control-allow-headers"].lower().split(",")}
        assert allowed == {
            *["authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "last-event-id"],
            *["ticket-token", "traceparent", "tracestate", "x-request-id"],
        }
        assert int(answer.headers["access-control-max-age"]) > 0
        assert "Origin" in answer.headers["vary"]
        assert "access-control-allow-credentials" not in answer.headers

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://desk.example.evil", "http://desk.example"])
    def test_others_get_nothing(self, server, admin, origin):
        asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        for answer in (httpx.options(server.url + "/v1/users", headers=asked), admin.get("/v1/users", headers=asked)):
            assert not [name for name in answer.headers if name.startswith("access-control")]
            assert "Origin" in answer.headers["vary"]

    @pytest.mark.parametrize("path, status", [("/v1/queues", 200), ("/v1/queues/nowhere", 404), ("/nowhere", 404)])
    def test_answers_and_problems(self, admin, path, status):
        answer = admin.get(path, headers={"Origin": ORIGIN})
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        exposed = answer.headers["access-control-expose-headers"].lower()
        assert all(name in exposed for name in ("etag", "location", "retry-after", "x-request-id"))

    def test_event_streams(self, admin):
        headers = {"Origin": ORIGIN, "Accept": "text/event-stream", "Accept-Encoding": "gzip"}
        with admin.stream("GET", "/v1/queues/front-desk/events", headers=headers) as stream:
            assert stream.status_code == 200
            assert stream.headers["access-control-allow-origin"] == ORIGIN
            assert "content-encoding" not in stream.headers
            assert next(stream.iter_lines()).startswith("retry:")


class TestCompression:
    def plain(self, admin, path: str, **headers: str) -> httpx.Response:
        """The answer, its body as it came."""
        with admin.stream("GET", path, headers=headers) as answer:
            answer._content = b"".join(answer.iter_raw())
        return answer

    def test_long_answers(self, admin, full_queue):
        path = f"/v1/queues/{full_queue}/services"
        small = self.plain(admin, path, **{"Accept-Encoding": "br, gzip;q=0.8"})
        assert small.headers["content-encoding"] == "gzip"
        assert "accept-encoding" in small.headers["vary"].lower()
        whole = self.plain(admin, path, **{"Accept-Encoding": "identity"})
        assert "content-encoding" not in whole.headers and "accept-encoding" in whole.headers["vary"].lower()
        assert gzip.decompress(small.content) == whole.content
        assert len(small.content) < len(whole.content) / 4

    @pytest.mark.parametrize("accepted", ["gzip;q=0", "identity, gzip;q=0.5", "br", "*;q=0", ""])
    def test_who_does_not_like_it_gets_none(self, admin, full_queue, accepted):
        answer = self.plain(admin, f"/v1/queues/{full_queue}/services", **{"Accept-Encoding": accepted})
        assert answer.status_code == 200 and "content-encoding" not in answer.headers

    def test_short_ones_and_sessions_stay_as_they_are(self, server, admin):
        assert "content-encoding" not in self.plain(admin, "/v1/queues/front-desk", **{"Accept-Encoding": "gzip"}).headers
        body = {"username": "agent", "password": server.passwords["agent"]}
        # The padding makes it long enough.
        answer = httpx.post(server.url + "/v1/auth/token", json=body, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200 and "content-encoding" not in answer.headers

    @pytest.mark.parametrize("path", ["/openapi.json", "/console/usher-client.js"])
    def test_files_have_an_etag_for_each_form(self, admin, path):
        small = self.plain(admin, path, **{"Accept-Encoding": "gzip"})
        whole = self.plain(admin, path, **{"Accept-Encoding": "identity"})
        assert small.headers["content-encoding"] == "gzip" and gzip.decompress(small.content) == whole.content
        assert small.headers["etag"] != whole.headers["etag"]
        for answer, encoding in ((small, "gzip"), (whole, "identity")):
            known = {"Accept-Encoding": encoding, "If-None-Match": answer.headers["etag"]}
            again = self.plain(admin, path, **known)
            assert again.status_code == 304 and not again.content and again.headers["etag"] == answer.headers["etag"]

    def test_what_has_an_etag_to_send_back_is_not_compressed(self, admin):
        body = {"kind": "test", "details": {"note": "x" * 4000}}
        made = admin.post("/v1/queues/front-desk/services", json=body, headers={"Accept-Encoding": "gzip"})
        path = f"/v1/services/{made.json()['service']['id']}"
        read = self.plain(admin, path, **{"Accept-Encoding": "gzip"})
        assert "content-encoding" not in read.headers
        answer = admin.delete(path, headers={"If-Match": read.headers["etag"]})
        assert answer.status_code == 200


class TestConditions:
    def paths(self, admin) -> list[str]:
        made = admin.post("/v1/queues/front-desk/services", json={"kind": "test"}).json()["service"]["id"]
        me = admin.get("/v1/users/me").json()["id"]
        return [
            *[f"/v1/services/{made}", f"/v1/users/{me}", "/v1/users/me", "/openapi.json", "/.well-known/jwks.json"],
            "/console/queue-copy.js",
        ]

    def test_not_modified(self, admin):
        for path in self.paths(admin):
            first = admin.get(path)
            assert first.status_code == 200, path
            tag = first.headers["etag"]
            for known in (tag, "W/" + tag, f'"other", {tag}', "*"):
                for method in ("GET", "HEAD"):
                    again = admin.request(method, path, headers={"If-None-Match": known})
                    assert again.status_code == 304 and not again.content, (path, known)
                    assert again.headers["etag"] == tag and "content-type" not in again.headers
            assert admin.get(path, headers={"If-None-Match": '"other"'}).status_code == 200

    def test_a_change_changes_the_tag(self, admin):
        made = admin.post("/v1/users", json=new_user())
        path, tag = made.headers["location"], made.headers["etag"]
        assert admin.get(path, headers={"If-None-Match": tag}).status_code == 304
        changed = admin.patch(path, json={"level": "agent"}, headers={"If-Match": tag})
        assert changed.status_code == 200
        assert admin.get(path, headers={"If-None-Match": tag}).status_code == 200
        assert admin.patch(path, json={"level": "viewer"}, headers={"If-Match": tag}).status_code == 412
        assert admin.patch(path, json={"level": "viewer"}, headers={"If-Match": "*"}).status_code == 200

    def test_whoever_may_not_read_learns_nothing(self, server):
        assert httpx.get(server.url + "/v1/users/me", headers={"If-None-Match": "*"}).status_code == 401
        with server.client("viewer") as viewer:
            user = viewer.get("/v1/users/me").json()["id"]
            assert viewer.get(f"/v1/users/{user}", headers={"If-None-Match": "*"}).status_code == 403


class TestIdempotency:
    def test_the_same_request_has_the_same_answer(self, admin):
        key, user = {"Idempotency-Key": uuid.uuid4().hex}, new_user()
        first = admin.post("/v1/users", json=user, headers=key)
        again = admin.post("/v1/users", json=user, headers=key)
        assert first.status_code == again.status_code == 201
        assert first.content == again.content
        for name in ("etag", "location", "content-type"):
            assert first.headers[name] == again.headers[name]
        assert first.headers["x-request-id"] != again.headers["x-request-id"]
        assert admin.post("/v1/users", json=user).status_code == 409, "without the key it is another request"

    def test_another_request_is_refused(self, admin):
        key = {"Idempotency-Key": uuid.uuid4().hex}
        user = new_user()
        assert admin.post("/v1/users", json=user, headers=key).status_code == 201
        for other in (new_user(), {**user, "password": PASSWORD + "!"}):
            answer = admin.post("/v1/users", json=other, headers=key)
            assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")

    def test_a_refusal_is_kept_as_well(self, admin):
        key, user = {"Idempotency-Key": uuid.uuid4().hex}, new_user()
        assert admin.post("/v1/users", json=user).status_code == 201
        first = admin.post("/v1/users", json=user, headers=key)
        again = admin.post("/v1/users", json=user, headers=key)
        assert first.status_code == again.status_code == 409 and first.content == again.content

    def test_a_key_is_its_users_own(self, server, admin):
        key, user = {"Idempotency-Key": uuid.uuid4().hex}, new_user()
        assert admin.post("/v1/users", json=user, headers=key).status_code == 201
        with server.client("agent") as agent:
            assert agent.post("/v1/users", json=user, headers=key).status_code == 403
        assert httpx.post(server.url + "/v1/users", json=user, headers=key).status_code == 401

    def test_at_once(self, admin):
        key, user = {"Idempotency-Key": uuid.uuid4().hex}, new_user()
        with concurrent.futures.ThreadPoolExecutor(12) as threads:
            post = lambda _: admin.post("/v1/users", json=user, headers=key)  # noqa: E731
            answers = list(threads.map(post, range(12)))
        made = [answer for answer in answers if answer.status_code == 201]
        others = [answer for answer in answers if answer.status_code != 201]
        assert made and len({answer.content for answer in made}) == 1
        for answer in others:
            assert (answer.status_code, answer.json()["code"]) == (409, "request_in_progress"), answer.text
            assert int(answer.headers["retry-after"]) >= 1
        assert admin.post("/v1/users", json=user, headers=key).content == made[0].content

    def test_after_a_restart(self, server, admin):
        key, user = {"Idempotency-Key": uuid.uuid4().hex}, new_user()
        first = admin.post("/v1/users", json=user, headers=key)
        server.kill()
        server.start()
        with server.client("admin") as client:
            assert client.post("/v1/users", json=user, headers=key).content == first.content

    def test_signing_in(self, server, admin):
        key = {"Idempotency-Key": uuid.uuid4().hex}
        user = new_user()
        made = admin.post("/v1/users", json=user)
        login = {"username": user["username"], "password": user["password"]}

        def sign_in(**changes: str) -> httpx.Response:
            return httpx.post(server.url + "/v1/auth/token", json={**login, **changes}, headers=key, timeout=20)

        first, again = sign_in(), sign_in()
        assert first.status_code == again.status_code == 200 and first.content == again.content
        assert sign_in(password="wrong password").status_code == 401
        other = sign_in(username="agent", password=server.passwords["agent"])
        assert other.status_code == 200 and other.json()["access_token"] != first.json()["access_token"]
        assert admin.patch(made.headers["location"], json={"level": "agent"}).status_code == 200
        assert sign_in().json()["code"] == "idempotency_key_reused", "those tokens are of the user as it was"

    def test_nothing_of_it_can_be_read(self, server, admin):
        key, user = uuid.uuid4().hex, new_user()
        assert admin.post("/v1/users", json=user, headers={"Idempotency-Key": key}).status_code == 201
        with psycopg.connect(server.database) as database:
            rows = database.execute("SELECT id, fingerprint, holder, answer FROM idempotent_answers").fetchall()
        assert rows
        whole = b"\n".join(str(column).encode() + (column if isinstance(column, bytes) else b"") for row in rows for column in row)
        for secret in (key, user["username"], PASSWORD):
            assert secret.encode() not in whole

    @pytest.mark.parametrize("key", ["", "a b", "x" * 129, "ä"])
    @pytest.mark.parametrize("path", ["/v1/users", "/v1/auth/token", "/v1/auth/logout", "/v1/queues/front-desk/pause"])
    def test_a_malformed_key(self, admin, path, key):
        answer = admin.post(path, json={}, headers={"Idempotency-Key": key.encode()})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_argument")

    def test_reading_has_none(self, admin):
        for method in ("GET", "HEAD"):
            assert admin.request(method, "/v1/users", headers={"Idempotency-Key": "a b"}).status_code == 200


class TestBounds:
    def test_the_target(self, admin):
        longest = "/v1/queues/front-desk/events?epoch="
        answer = admin.get(longest + "x" * (8193 - len(longest)))
        assert (answer.status_code, answer.json()["code"]) == (414, "uri_too_long")
        assert admin.get(longest + "x" * (8192 - len(longest))).status_code == 400

    @pytest.mark.parametrize("headers", [{"X-Long": "x" * 17_000}, {f"X-{n}": "x" * 9_000 for n in range(4)}, {f"X-{n}": "1" for n in range(110)}])
    def test_the_header_fields(self, server, headers):
        answer = httpx.get(server.url + "/openapi.json", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (431, "headers_too_large")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["connection"] == "close"

    def test_bodies_by_route(self, server, admin):
        commands = {"commands": [{"command": "remove", "id": str(uuid.uuid4())}], "padding": ""}
        for path, limit in (("/v1/services/bulk", 512 * 1024), ("/v1/users", 256 * 1024)):
            for size, status in ((limit, 400), (limit + 1, 413)):
                body = json.dumps({**commands, "padding": "x" * (size - len(json.dumps(commands)))}).encode()
                assert len(body) == size
                headers = {"Content-Type": "application/json"}
                assert admin.post(path, content=body, headers=headers).status_code == status
                # Nor does it help to say no length.
                assert admin.post(path, content=iter([body]), headers=headers).status_code == status

    @pytest.mark.parametrize(
        "body",
        [
            '{"kind":"a"} x', '{"kind":"a"}{}', '{"kind":"a","kind":"b"}', '{"kind":"a","\\u006bind":"b"}', '{"kind":"a",}',
            '\ufeff{"kind":"a"}', "[" * 33 + "]" * 33, '{"kind":' + "[" * 32 + "]" * 32 + "}", '{"kind":"\\ud800"}', "NaN",
        ],
    )
    def test_json_is_read_strictly(self, admin, body):
        headers = {"Content-Type": "application/json"}
        answer = admin.post("/v1/queues/front-desk/services", content=body.encode(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")

    def test_whole_numbers_may_be_written_otherwise(self, admin):
        service = admin.post("/v1/queues/front-desk/services", json={"kind": "test", "priority": 9.0}).json()["service"]
        assert service["priority"] == 9
        headers = {"Content-Type": "application/json"}
        for text, status in (("30.5", 400), ("3e999", 400), ("3.0e1", 200)):
            body = b'{"lease_seconds":%s}' % text.encode()
            answer = admin.post(f"/v1/services/{service['id']}/claim", content=body, headers=headers)
            assert answer.status_code == status, answer.text

    @pytest.mark.parametrize(
        "query, code",
        [
            ("limit=0", "invalid_argument"), ("limit=501", "invalid_argument"), ("limit=%2B5", "invalid_argument"),
            ("limit=", "invalid_argument"), ("limit=1&limit=2", "invalid_argument"), ("limit=%zz", "invalid_argument"),
            ("limit=5&Limit=5", "unknown_member"), ("%FF=1", "invalid_argument"), ("state=", "invalid_argument"),
            ("colour=red", "unknown_member"),
        ],
    )
    def test_queries_are_read_strictly(self, admin, query, code):
        answer = admin.get("/v1/queues/front-desk/services?" + query)
        assert (answer.status_code, answer.json()["code"]) == (400, code)

    def test_what_is_not_json_and_what_is_not_accepted(self, admin):
        path = "/v1/queues/front-desk"
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""):
            answer = admin.post(path + "/services", content=b'{"kind":"a"}', headers={"Content-Type": kind})
            assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type"), kind
        for kind in ("text/html", "text/event-stream;q=0"):
            answer = admin.get(path + "/events", headers={"Accept": kind})
            assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")

    @pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "GET", "HEAD", "TRACE", "QUERY"])
    def test_other_methods(self, admin, method):
        answer = admin.request(method, "/v1/queues/front-desk/claim-next")
        assert answer.status_code == 405 and answer.headers["allow"] == "POST"
        assert method == "HEAD" or answer.json()["code"] == "method_not_allowed"

    def test_head_is_get_without_the_body(self, server, admin):
        document = httpx.get(server.url + "/openapi.json").json()
        service = admin.post("/v1/queues/front-desk/services", json={"kind": "test"}).json()["service"]["id"]
        user = admin.get("/v1/users/me").json()["id"]
        for path, operations in document["paths"].items():
            if "get" not in operations:
                continue
            path = path.replace("{queue}", "front-desk").replace("{file}", "emitter.js")
            path = path.replace("{id}", user if "/users/" in path else service)
            whole, head = admin.get(path), admin.head(path)
            assert head.status_code == whole.status_code and not head.content, path
            assert head.headers.get("etag") == whole.headers.get("etag")
            assert head.headers.get("content-type") == whole.headers.get("content-type")

    @pytest.mark.parametrize("path", ["/v1/queues/nowhere", "/nowhere", "/v1/auth/token", "/openapi.json"])
    def test_nothing_follows_the_answer_to_head(self, server, path):
        head = f"HEAD {path} HTTP/1.1\r\nHost: {server.http}\r\nConnection: close\r\n\r\n"
        answer = raw(server, head.encode())
        assert answer.startswith(b"HTTP/1.1 ") and answer.endswith(b"\r\n\r\n") and answer.count(b"\r\n\r\n") == 1

    def test_expect_continue(self, server):
        token = server.token("agent")
        body = b'{"kind":"test"}'
        head = (
            f"POST /v1/queues/front-desk/services HTTP/1.1\r\nHost: {server.http}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nExpect: 100-continue\r\nConnection: close\r\n"
        )
        host, port = server.http.split(":")
        with socket.create_connection((host, int(port)), 10) as connection:
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())
            began = time.monotonic()
            assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")
            assert time.monotonic() - began < 2
            connection.sendall(body)
            answer = b""
            while part := connection.recv(65536):
                answer += part
        assert answer.startswith(b"HTTP/1.1 201 "), answer

    @pytest.mark.parametrize("change, status", [(("Bearer ", "Bearer x"), 401), (("LENGTH", "999999"), 413)])
    def test_expect_continue_is_refused_before_the_body(self, server, change, status):
        head = (
            f"POST /v1/queues/front-desk/services HTTP/1.1\r\nHost: {server.http}\r\n"
            f"Authorization: Bearer {server.token('agent')}\r\nContent-Type: application/json\r\n"
            "Expect: 100-continue\r\nConnection: close\r\nContent-Length: LENGTH\r\n\r\n"
        ).replace(*change).replace("LENGTH", "15")
        assert raw(server, head.encode(), timeout=3).startswith(f"HTTP/1.1 {status} ".encode())
