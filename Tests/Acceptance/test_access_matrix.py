"""Every route, for everyone: one line a route, and what is not in the table is wrong.

A new route gets one line in `ROUTES`; the test fails until it has one, once the server describes itself at `/openapi.json`.
"""

import re
import uuid
from dataclasses import dataclass, field

import httpx
import pytest

from support.accounts import Account
from support.environment import HTTP, until
from support.problems import assert_refusal
from support.rest import Rest
from support.tokens import claims, expired, forged

FRONT_DESK, ROADSIDE = "front-desk", "roadside"

# The columns of the table. `elsewhere` is an agent, `other_boss` a supervisor, `other_admin` an administrator, each limited to the
# other queue: users, audit, erasures and dead letters, which are of no queue, are not for them. For all routes but the public ones,
# who has no good token gets 401, and who is disabled 403: see `REFUSED`.
COLUMNS = ["viewer", "agent", "supervisor", "admin", "producer", "elsewhere", "other_boss", "other_admin"]
# Besides, there is `board`: a display of the front desk by its link may what the viewer may, but is no user.
REFUSED = {"nobody": 401, "garbage": 401, "expired": 401, "other_site": 401, "disabled": 403}

# Whoever acts on a claim shows its fence.
FENCE = {"fence": "{fence}"}

# Path parts in braces are filled in by `Scene.fill`: {queue} is the front desk, {waiting}, {claimed}, {held} and {no_show} are services
# made for the one request in that state, claimed by whoever asks if they may; {user} is a user and {another} one made for the one
# request; {colleague} is an agent; {new} is a name never used, {unknown} an id that nothing has.
ROUTES = [
    # method, path, body                                                 viewer agent superv admin produc elsewh o_boss o_admin
    ("GET", "/v1/users/me", None, "                                       200    200    200    200    200    200    200    200"),
    ("GET", "/v1/users", None, "                                          403    403    403    200    403    403    403    403"),
    ("POST", "/v1/users", {"username": "{new}", "password": "{new}-{new}", "level": "viewer"},
     "                                                                    403    403    403    201    403    403    403    403"),
    ("GET", "/v1/users/{user}", None, "                                   403    403    403    200    403    403    403    403"),
    ("PATCH", "/v1/users/{user}", {"capacity": 3}, "                      403    403    403    200    403    403    403    403"),
    ("DELETE", "/v1/users/{another}", None, "                             403    403    403    204    403    403    403    403"),
    ("POST", "/v1/users/invitations", {"username": "{new}", "level": "viewer"},
     "                                                                    403    403    403    201    403    403    403    403"),
    ("POST", "/v1/users/{user}/invitation", {}, "                         403    403    403    201    403    403    403    403"),
    ("GET", "/v1/users/{user}/sessions", None, "                          403    403    403    200    403    403    403    403"),
    ("DELETE", "/v1/users/{user}/sessions", None, "                       403    403    403    204    403    403    403    403"),
    ("DELETE", "/v1/users/{user}/sessions/{unknown}", None, "             403    403    403    404    403    403    403    403"),
    ("GET", "/v1/users/me/sessions", None, "                              200    200    200    200    200    200    200    200"),
    ("DELETE", "/v1/users/me/sessions", None, "                           204    204    204    204    204    204    204    204"),
    ("DELETE", "/v1/users/me/sessions/{unknown}", None, "                 404    404    404    404    404    404    404    404"),
    # The current password is wrong.
    ("POST", "/v1/users/me/password", {"current_password": "{new}", "new_password": "{new}-{new}"},
     "                                                                    401    401    401    401    401    401    401    401"),
    ("GET", "/v1/queues", None, "                                         200    200    200    200    403    200    200    200"),
    ("GET", "/v1/queues/{queue}", None, "                                 200    200    200    200    403    403    403    403"),
    ("PUT", "/v1/queues/{queue}", {}, "                                   403    403    403    200    403    403    403    403"),
    ("GET", "/v1/queues/{queue}/services", None, "                        200    200    200    200    403    403    403    403"),
    ("POST", "/v1/queues/{queue}/services", {"kind": "x"}, "              403    201    201    201    201    403    403    403"),
    ("POST", "/v1/queues/{queue}/claim-next", {}, "                       403    200    200    200    403    403    403    403"),
    ("GET", "/v1/queues/{queue}/events", None, "                          200    200    200    200    403    403    403    403"),
    ("GET", "/v1/queues/{queue}/stats", None, "                           200    200    200    200    403    403    403    403"),
    ("POST", "/v1/queues/{queue}/pause", {}, "                            403    403    200    200    403    403    403    403"),
    ("POST", "/v1/queues/{queue}/drain", {}, "                            403    403    200    200    403    403    403    403"),
    ("POST", "/v1/queues/{queue}/resume", {}, "                           403    403    200    200    403    403    403    403"),
    ("GET", "/v1/queues/{queue}/board-links", None, "                     403    403    200    200    403    403    403    403"),
    ("POST", "/v1/queues/{queue}/board-links", {}, "                      403    403    201    201    403    403    403    403"),
    ("DELETE", "/v1/queues/{queue}/board-links/{unknown}", None, "        403    403    404    404    403    403    403    403"),
    ("GET", "/v1/services/{waiting}", None, "                             200    200    200    200    403    404    404    404"),
    ("GET", "/v1/services/{waiting}/position", None, "                    200    200    200    200    403    404    404    404"),
    # A producer removes its own, and these are not.
    ("DELETE", "/v1/services/{waiting}", None, "                          403    403    200    200    404    403    404    404"),
    ("POST", "/v1/services/{waiting}/ticket-link", {}, "                  403    200    200    200    404    404    404    404"),
    ("POST", "/v1/services/{waiting}/claim", {}, "                        403    200    200    200    403    404    404    404"),
    ("POST", "/v1/services/{claimed}/start", FENCE, "                        403    200    200    200    403    404    404    404"),
    ("POST", "/v1/services/{claimed}/renew", FENCE, "                        403    200    200    200    403    404    404    404"),
    ("POST", "/v1/services/{claimed}/hold", FENCE, "                         403    200    200    200    403    404    404    404"),
    ("POST", "/v1/services/{held}/resume", FENCE, "                          403    200    200    200    403    404    404    404"),
    ("POST", "/v1/services/{claimed}/release", FENCE, "                      403    200    200    200    403    404    404    404"),
    ("POST", "/v1/services/{serving}/complete", FENCE, "                     403    200    200    200    403    404    404    404"),
    ("POST", "/v1/services/{claimed}/no-show", FENCE, "                      403    200    200    200    403    404    404    404"),
    ("POST", "/v1/services/{no_show}/reinstate", {}, "                    403    200    200    200    403    404    404    404"),
    ("POST", "/v1/services/{waiting}/move", {"last": True}, "             403    403    200    200    403    403    404    404"),
    ("POST", "/v1/services/{waiting}/reprioritise", {"priority": 7}, "    403    403    200    200    403    403    404    404"),
    ("POST", "/v1/services/{waiting}/assign", {"assignee": "{colleague}"},
     "                                                                    403    403    200    200    403    403    404    404"),
    # Whose limit does not have the front desk may not even know the service.
    ("POST", "/v1/services/{claimed}/transfer", {"to": ROADSIDE} | FENCE, "403    200    200    200    403    404    404    404"),
    # Each of its commands is refused, or not, by itself.
    ("POST", "/v1/services/bulk", {"commands": [{"command": "remove", "id": "{waiting}"}]},
     "                                                                    200    200    200    200    200    200    200    200"),
    ("GET", "/v1/history", None, "                                        403    403    200    200    403    403    200    200"),
    ("GET", "/v1/history?queue={queue}", None, "                          403    403    200    200    403    403    403    403"),
    ("GET", "/v1/statistics?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z", None,
     "                                                                    403    403    200    200    403    403    200    200"),
    ("GET", "/v1/services/{unknown}/history", None, "                     403    403    404    404    403    403    404    404"),
    ("GET", "/v1/audit", None, "                                          403    403    403    200    403    403    403    403"),
    ("GET", "/v1/keys", None, "                                           403    403    403    200    403    403    403    403"),
    ("DELETE", "/v1/subjects/{new}", None, "                              403    403    403    202    403    403    403    403"),
    ("GET", "/v1/erasures", None, "                                       403    403    403    200    403    403    403    403"),
    ("GET", "/v1/erasures/{unknown}", None, "                             403    403    403    404    403    403    403    403"),
    ("GET", "/v1/dead-letters", None, "                                   403    403    403    200    403    403    403    403"),
    ("GET", "/v1/dead-letters/{unknown}", None, "                         403    403    403    404    403    403    403    403"),
    ("DELETE", "/v1/dead-letters/{unknown}", None, "                      403    403    403    404    403    403    403    403"),
    ("POST", "/v1/dead-letters/{unknown}/requeue", {}, "                  403    403    403    404    403    403    403    403"),
    ("POST", "/v1/dead-letters/requeue", {"reason": "none"}, "            403    403    403    200    403    403    403    403"),
    ("POST", "/v1/dead-letters/purge", {"reason": "none"}, "              403    403    403    200    403    403    403    403"),
]

# For everyone, whoever asks: their answer to a request without token and body.
PUBLIC = [
    ("POST", "/v1/auth/token", 400),
    ("POST", "/v1/auth/refresh", 400),
    ("POST", "/v1/auth/logout", 400),
    ("POST", "/v1/auth/board", 400),
    # The token of a link says it all, and there is none.
    ("GET", "/v1/tickets/{unknown}", 404),
    ("POST", "/v1/tickets/{unknown}/cancel", 404),
    ("POST", "/v1/auth/invitations/accept", 400),
    # For pages of this server alone.
    ("POST", "/v1/session", 403),
    ("POST", "/v1/session/refresh", 403),
    ("DELETE", "/v1/session", 403),
    # No provider is set up.
    ("POST", "/v1/auth/oidc", 404),
    ("GET", "/.well-known/jwks.json", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/console/emitter.js", 200),
    ("GET", "/console/nothing.js", 404),
    ("GET", "/console/app/console.html", 200),
    ("GET", "/console/app/nothing.js", 404),
    ("GET", "/", 200),
    ("GET", "/board/front-desk", 200),
    ("GET", "/ticket/nothing", 200),
    ("GET", "/connection/websocket", 426),
]

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "PURGE"]


@dataclass
class Scene:
    """The users of the table's columns by their tokens, and how to make what a path needs."""

    admin: Rest
    boss: Rest
    tokens: dict[str, str]
    user: str
    # An agent's id.
    colleague: str
    clients: dict[str, httpx.Client] = field(default_factory=dict)
    # Of the service that was made last.
    fence: int = 0

    def client(self, who: str) -> httpx.Client:
        """One client each: to make one costs more than what it asks."""
        if who not in self.clients:
            headers = {"Authorization": f"Bearer {self.tokens[who]}"} if self.tokens[who] else {}
            self.clients[who] = httpx.Client(base_url=HTTP, timeout=20, headers=headers)
        return self.clients[who]

    def claimant(self, who: str) -> httpx.Client:
        """Who claims what `who` asks about: they themselves if they may, else the boss."""
        return self.client(who if who in ("agent", "supervisor", "admin") else "supervisor")

    def service(self, state: str, who: str) -> str:
        """A service in this state."""
        service = self.boss.submit(FRONT_DESK)["id"]
        steps = {"waiting": [], "claimed": ["claim"], "serving": ["claim", "start"], "held": ["claim", "hold"]}
        for command in steps.get(state, ["claim", "no-show"]):
            body = {} if command == "claim" else {"fence": self.fence}
            answer = self.claimant(who).post(f"/v1/services/{service}/{command}", json=body)
            assert answer.status_code == 200, answer.text
            if command == "claim":
                self.fence = answer.json()["service"]["fence"]
        return service

    def made(self, name: str, who: str) -> str:
        """The id of what is made for one request."""
        return Account(self.admin, "viewer").id if name == "another" else self.service(name, who)

    def fill(self, value, who: str):
        if isinstance(value, dict):
            return {name: self.fill(member, who) for name, member in value.items()}
        if isinstance(value, list):
            return [self.fill(member, who) for member in value]
        if not isinstance(value, str):
            return value
        if value == "{fence}":
            return self.fence
        new = "u" + uuid.uuid4().hex
        for name in re.findall(r"{(\w+)}", value):
            known = {"queue": FRONT_DESK, "user": self.user, "new": new, "unknown": str(uuid.uuid4()),
                     "colleague": self.colleague}
            value = value.replace("{" + name + "}", known.get(name) or self.made(name, who), 1)
        return value

    def ask(self, who: str, method: str, path: str, body) -> httpx.Response:
        if path.endswith("/claim-next"):
            self.service("waiting", who)
        return self.client(who).request(method, self.fill(path, who), json=self.fill(body, who))


@pytest.fixture
def admin():
    return Rest("admin")


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokens")
    with Rest("admin") as admin, Rest("supervisor") as boss:
        boss.drain(FRONT_DESK)
        boss.drain(ROADSIDE)
        everyone = {level: Account(admin, level) for level in ("viewer", "agent", "supervisor", "admin", "producer")}
        everyone["elsewhere"] = Account(admin, "agent", queues=[ROADSIDE])
        everyone["other_boss"] = Account(admin, "supervisor", queues=[ROADSIDE])
        everyone["other_admin"] = Account(admin, "admin", queues=[ROADSIDE])
        everyone["disabled"] = Account(admin, "admin")
        tokens = {who: account.token() for who, account in everyone.items()}
        link = boss.post(f"/v1/queues/{FRONT_DESK}/board-links").json()["path"].partition("#")[2]
        tokens["board"] = httpx.post(HTTP + "/v1/auth/board", json={"link": link}, timeout=20).json()["access_token"]
        tokens |= {"nobody": "", "garbage": "a.b.c", "expired": expired(tokens["admin"], folder)}
        tokens["other_site"] = forged(claims(tokens["admin"]), folder, aud=claims(tokens["admin"])["aud"] + "-elsewhere")
        everyone["disabled"].change(disabled=True)
        target, colleague = Account(admin, "viewer"), Account(admin, "agent")
        scene = Scene(admin, boss, tokens, target.id, colleague.id)
        # Rights that are taken away are gone within a second, not at once on every node.
        until(lambda: scene.ask("disabled", "GET", "/v1/users/me", None).status_code == 403, what="the disabling")
        yield scene
        for client in scene.clients.values():
            client.close()
        boss.post(f"/v1/queues/{FRONT_DESK}/resume", json={})
        boss.drain(FRONT_DESK)
        boss.drain(ROADSIDE)
        for link in boss.get_json(f"/v1/queues/{FRONT_DESK}/board-links")["links"]:
            boss.delete(f"/v1/queues/{FRONT_DESK}/board-links/{link['id']}")
        for account in [*everyone.values(), target, colleague]:
            account.change(disabled=True)


@pytest.fixture
def open_queue(scene):
    """A queue that a test paused or drained takes and gives again."""
    yield
    assert scene.boss.post(f"/v1/queues/{FRONT_DESK}/resume", json={}).status_code == 200
    scene.boss.drain(FRONT_DESK)
    scene.boss.drain(ROADSIDE)


def name(route) -> str:
    return f"{route[0]} {route[1]}"


@pytest.mark.usefixtures("open_queue")
@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_the_table(scene, route):
    method, path, body, row = route
    expected = dict(zip(COLUMNS, map(int, row.split()), strict=True)) | REFUSED
    expected["board"] = 403 if path.startswith("/v1/users/me") else expected["viewer"]
    found = {}
    for who in expected:
        answer = scene.ask(who, method, path, body)
        found[who] = answer.status_code
        if answer.status_code >= 400:
            code = assert_refusal(answer)
            # Lack of a right and lack of a claim are not to be mixed up here.
            assert code not in ("not_owner", "missing_skill"), f"{who}: {code}"
        if who == "disabled":
            assert answer.json()["code"] == "disabled"
        if who == "expired":
            assert answer.json()["code"] == "token_expired"
    assert found == expected


@pytest.mark.usefixtures("open_queue")
def test_bulk_gives_no_more_than_its_commands(scene):
    """The table has 200 for everyone: what each command did is in its result."""
    expected = {
        "viewer": "forbidden",
        "agent": "forbidden",
        "supervisor": None,
        "admin": None,
        "producer": "not_found",
        "elsewhere": "forbidden",
        "other_boss": "not_found",
        "other_admin": "not_found",
        "board": "forbidden",
    }
    found = {}
    for who in expected:
        body = {"commands": [{"command": "remove", "id": "{waiting}"}]}
        result = scene.ask(who, "POST", "/v1/services/bulk", body).json()["results"][0]
        found[who] = None if result["ok"] else result["error"]["code"]
    assert found == expected


@pytest.mark.parametrize("route", PUBLIC, ids=name)
def test_what_is_public(scene, route):
    method, path, status = route
    found = {}
    for who in ["admin", *REFUSED]:
        answer = scene.client(who).request(method, path)
        found[who] = answer.status_code
        if status >= 400:
            assert_refusal(answer)
    assert set(found.values()) == {status}, found


def paths() -> dict[str, set[str]]:
    """The methods of each path of the tables, as the router knows it: parameters without their names."""
    found: dict[str, set[str]] = {}
    for method, path, *_ in ROUTES + PUBLIC:
        found.setdefault(generic(path), set()).add(method)
    return found


def generic(path: str) -> str:
    path = re.sub(r"{[^}]*}", "{}", path.partition("?")[0])
    return re.sub(r"(?<=^/console/).*", lambda rest: "{}" if "/" not in rest[0] else "{}/{}", path)


@pytest.mark.parametrize("path, has", sorted(paths().items()))
def test_methods(admin, path, has):
    """A method that a path does not take is 405 with those that it takes; HEAD is GET without its body."""
    target = path.replace("/console/{}/{}", "/console/app/console.html").replace("/console/{}", "/console/emitter.js")
    target = target.replace("queues/{}", f"queues/{FRONT_DESK}").replace("{}", str(uuid.uuid4()))
    takes = has | ({"HEAD"} if "GET" in has else set())
    with admin as client:
        for method in METHODS:
            answer = client.request(method, target)
            if method == "HEAD" and "GET" in has:
                full = client.get(target)
                assert answer.status_code == full.status_code
                assert answer.content == b""
                assert answer.headers.get("content-type") == full.headers.get("content-type")
            elif method == "OPTIONS" and answer.status_code == 204:
                assert answer.headers["allow"], "what a browser asks before a request of another origin"
            elif method not in takes:
                assert answer.status_code == 405, f"{method} {target}"
                allowed = {word.strip() for word in answer.headers["allow"].split(",")}
                assert allowed - {"OPTIONS"} == takes, f"{method} {target}"
                if method != "HEAD":
                    assert_refusal(answer)


def test_a_path_that_is_not_there(admin):
    with admin as client:
        for method in METHODS:
            answer = client.request(method, "/v1/nothing")
            if not (method == "OPTIONS" and answer.status_code == 204):
                assert answer.status_code == 404, method


def test_the_table_has_every_route():
    """What the server says of itself, and the table, are the same."""
    answer = httpx.get(HTTP + "/openapi.json", timeout=20)
    if answer.status_code == 404:
        pytest.skip("this server does not describe itself yet")
    verbs = {"get", "put", "post", "delete", "patch", "options", "head", "trace"}
    described: dict[str, set[str]] = {}
    for path, item in answer.json()["paths"].items():
        described.setdefault(generic(path), set()).update(verb.upper() for verb in item if verb in verbs)
    # The console and the socket are no part of the API.
    ours = {path: has for path, has in paths().items() if path.startswith(("/v1", "/.well-known"))}
    theirs = {path: has for path, has in described.items() if path.startswith(("/v1", "/.well-known"))}
    assert theirs == ours
