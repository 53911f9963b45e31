"""Each code of the server's table of errors is one that a test has seen: here, or, where REST cannot bring it about, where it says."""

import json
import re
import uuid

import httpx
import pytest

from support.accounts import Account
from support.environment import HTTP, ROOT, until
from support.problems import assert_refusal
from support.rest import Rest

QUEUE = "front-desk"

# What takes a fault, an hour, or another door: the file that proves it, and the word that it has there.
ELSEWHERE = {
    "headers_too_large": ("Tests/Acceptance/test_http.py", "headers_too_large"),
    "uri_too_long": ("Tests/Acceptance/test_http.py", "uri_too_long"),
    "not_acceptable": ("Tests/Acceptance/test_http.py", "not_acceptable"),
    "request_in_progress": ("Tests/Acceptance/test_http.py", "request_in_progress"),
    "last_administrator": ("Tests/Acceptance/test_people.py", "last_administrator"),
    "weak_password": ("Tests/Acceptance/test_people.py", "weak_password"),
    "token_invalid": ("Tests/Acceptance/test_people.py", "token_invalid"),
    "no_access_level": ("Tests/Acceptance/test_openid.py", "no_access_level"),
    "unknown_method": ("Tests/Acceptance/test_bad_input.py", "104"),
    "request_timeout": ("Tests/GatewayTests/Sockets/LimitTests.swift", "request_timeout"),
    "reinstate_expired": ("Tests/RedisBrokerTests/ReturnTests.swift", "reinstateExpired"),
    "overloaded": ("Tests/RedisBrokerTests/Faults/LoadTests.swift", "overloaded"),
    "unavailable": ("Tests/Acceptance/test_bad_input.py", "503"),
    "outcome_unknown": ("Tests/RedisBrokerTests/Faults/LostAnswerTests.swift", "outcomeUnknown"),
    # A bug: test_injection.py looks for it with hostile input, and fails when it finds it.
    "internal": ("Tests/Acceptance/test_injection.py", "status_code < 500"),
}


@pytest.fixture
def admin():
    with Rest("admin") as client:
        yield client


@pytest.fixture
def account(admin):
    """Makes users, who are disabled afterwards."""
    made = []

    def make(level: str, **properties) -> tuple[Account, httpx.Client]:
        made.append(Account(admin, level, **properties))
        client = httpx.Client(base_url=HTTP, timeout=20, headers={"Authorization": f"Bearer {made[-1].token()}"})
        return made[-1], client

    yield make
    for one in made:
        one.change(disabled=True)


class Provocations:
    """One method a code: gives the answer that has it."""

    def __init__(self, admin, account):
        self.admin, self.account = admin, account
        self.services = f"/v1/queues/{QUEUE}/services"

    def service(self) -> str:
        return self.admin.submit(QUEUE)["id"]

    def post(self, path: str, body=None, **headers) -> httpx.Response:
        return self.admin.post(path, json={} if body is None else body, headers=headers)

    def malformed_json(self):
        return self.admin.post(self.services, content=b"{", headers={"Content-Type": "application/json"})

    def unknown_member(self):
        return self.post(self.services, {"kind": "x", "fense": 1})

    def invalid_argument(self):
        return self.post(self.services, {"kind": 1})

    def unauthorized(self):
        return httpx.get(HTTP + "/v1/queues")

    def token_expired(self):
        user, client = self.account("viewer")
        user.change(level="agent")
        until(lambda: client.get("/v1/queues").status_code == 401, what="the new rights")
        return client.get("/v1/queues")

    def invalid_credentials(self):
        return httpx.post(HTTP + "/v1/auth/token", json={"username": "u" + uuid.uuid4().hex, "password": "wrong-password"})

    def disabled(self):
        user, client = self.account("viewer")
        user.change(disabled=True)
        until(lambda: client.get("/v1/queues").status_code == 403, what="the disabling")
        return client.get("/v1/queues")

    def forbidden(self):
        return self.account("viewer")[1].get("/v1/users")

    def not_found(self):
        return self.admin.get(f"/v1/services/{uuid.uuid4()}")

    def unknown_queue(self):
        return self.admin.get("/v1/queues/nowhere")

    def method_not_allowed(self):
        return self.admin.patch("/v1/queues", json={})

    def queue_empty(self):
        return self.post(f"/v1/queues/{QUEUE}/claim-next")

    def illegal_transition(self):
        return self.post(f"/v1/services/{self.service()}/complete")

    def stale_fence(self):
        service = self.service()
        fence = self.admin.act(service, "claim")["service"]["fence"]
        self.admin.act(service, "release")
        self.admin.act(service, "claim")
        return self.post(f"/v1/services/{service}/start", {"fence": fence})

    def not_owner(self):
        service = self.service()
        self.admin.act(service, "claim")
        return self.account("agent")[1].post(f"/v1/services/{service}/start", json={})

    def username_taken(self):
        return self.post("/v1/users", {"username": "AGENT", "password": uuid.uuid4().hex, "level": "viewer"})

    def version_mismatch(self):
        return self.post(f"/v1/services/{self.service()}/claim", **{"If-Match": '"7"'})

    def events_gone(self):
        return self.admin.get(f"/v1/queues/{QUEUE}/events?after=0&epoch=another")

    def payload_too_large(self):
        return self.post(self.services, {"kind": "x", "details": {"note": "x" * 300_000}})

    def unsupported_media_type(self):
        return self.admin.post(self.services, content=b"kind=x", headers={"Content-Type": "text/plain"})

    def bad_target(self):
        return self.post(f"/v1/services/{self.service()}/move", {"before": str(uuid.uuid4())})

    def idempotency_key_reused(self):
        key = {"Idempotency-Key": uuid.uuid4().hex}
        self.post(self.services, {"kind": "x"}, **key)
        return self.post(self.services, {"kind": "y"}, **key)

    def queue_paused(self):
        self.service()
        self.post(f"/v1/queues/{QUEUE}/pause")
        return self.post(f"/v1/queues/{QUEUE}/claim-next")

    def queue_draining(self):
        self.post(f"/v1/queues/{QUEUE}/drain")
        return self.post(self.services, {"kind": "x"})

    def at_capacity(self):
        _, client = self.account("agent", capacity=1)
        assert client.post(f"/v1/services/{self.service()}/claim", json={}).status_code == 200
        return client.post(f"/v1/services/{self.service()}/claim", json={})

    def missing_skill(self):
        service = self.admin.submit(QUEUE, requires=["crane"])["id"]
        return self.account("agent")[1].post(f"/v1/services/{service}/claim", json={})

    def upgrade_required(self):
        return self.admin.get("/connection/websocket")

    def too_many_requests(self):
        """From an address of its own, so that nobody else is slowed down."""
        body = {"username": "u" + uuid.uuid4().hex, "password": "wrong-password"}
        with httpx.Client(base_url=HTTP, transport=httpx.HTTPTransport(local_address="127.0.0.78"), timeout=20) as client:
            for _ in range(50):
                answer = client.post("/v1/auth/token", json=body)
                if answer.status_code == 429:
                    break
        assert int(answer.headers["retry-after"]) >= 1
        return answer


PROVOKED = sorted(name for name in vars(Provocations) if name not in ("service", "post") and not name.startswith("_"))


@pytest.mark.parametrize("code", PROVOKED)
def test_each_code(front_desk, admin, account, code):
    try:
        answer = getattr(Provocations(admin, account), code)()
        assert assert_refusal(answer) == code
        assert answer.status_code == table()[code][0]
        assert answer.json()["title"] == table()[code][1]
    finally:
        assert admin.post(f"/v1/queues/{QUEUE}/resume", json={}).status_code == 200


def test_no_code_is_left_out():
    """A new code gets its method above, or its line in `ELSEWHERE`."""
    never = set(table()) - set(PROVOKED) - set(ELSEWHERE)
    assert not never, f"no test has seen {sorted(never)}"
    assert not (set(PROVOKED) | set(ELSEWHERE)) - set(table()), "a code that is no more"
    for code, (file, word) in ELSEWHERE.items():
        assert word in (ROOT / file).read_text(), f"{code} is not proven in {file} any more"


def table() -> dict[str, tuple[int, str]]:
    """Code, status and title, from the source: the one table that there is."""
    folder = ROOT / "Sources" / "Gateway" / "Problems"
    names = re.search(r"enum Code: String.*?\n  }", (folder / "GatewayError.swift").read_text(), re.S)[0]
    codes = {
        name: word or name for name, word in re.findall(r'case `?(\w+)`?(?: = "(\w+)")?$', names, re.M)
    }
    rows = re.findall(r'case \.(\w+): Row\((\d+), ("[^"]*")', (folder / "ErrorTable.swift").read_text())
    found = {codes[name]: (int(status), json.loads(title)) for name, status, title in rows}
    assert len(found) == len(codes) > 30
    return found
