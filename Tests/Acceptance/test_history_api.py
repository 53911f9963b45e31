"""The history by REST: filters, the life of a service, CSV, statistics, and who may have what of it."""

import csv
import datetime
import io
import json
import statistics
import uuid

import httpx
import psycopg
import pytest

from support.accounts import Account
from support.environment import ENV, HTTP, until
from support.rest import Rest

OTHER = "roadside"


def client(token: str) -> httpx.Client:
    return httpx.Client(base_url=HTTP, timeout=20, headers={"Authorization": f"Bearer {token}"})


def audit(action: str, since: int) -> list[dict]:
    """What the audit has of this action after the entry `since`."""
    with psycopg.connect(ENV["USHER_DATABASE_URL"]) as database:
        rows = database.execute(
            "SELECT actor_name, address, detail::text FROM audit WHERE action = %s AND id > %s ORDER BY id", [action, since]
        )
        return [{"actor": row[0], "address": row[1], **json.loads(row[2])} for row in rows]


def last_audit() -> int:
    with psycopg.connect(ENV["USHER_DATABASE_URL"]) as database:
        return database.execute("SELECT coalesce(max(id), 0) FROM audit").fetchone()[0]


def rows(answer: httpx.Response) -> list[dict]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    text = answer.content.decode()
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def admin():
    with Rest("admin") as rest:
        yield rest


@pytest.fixture
def lives(front_desk, marker, supervisor, agent):
    """A kind of its own, and services of that kind that went every way: by what became of them."""
    kind = "k" + marker[:20]

    def submit(rest=supervisor, queue=front_desk, **data) -> str:
        return rest.submit(queue, kind=kind, **data)["id"]

    def handle(service: str, ending: str) -> str:
        fence = agent.act(service, "claim")["service"]["fence"]
        agent.act(service, "start", fence=fence)
        agent.act(service, ending, fence=fence)
        return service

    with_customer = {"customer": {"name": f"=Ann {marker}"}}
    made = {
        "completed": handle(submit(**with_customer), "complete"),
        "no_show": handle(submit(), "no-show"),
        "cancelled": submit(**with_customer),
        "waiting": submit(),
        "transferred": submit(),
    }
    assert supervisor.delete(f"/v1/services/{made['cancelled']}").is_success
    supervisor.act(made["transferred"], "transfer", to=OTHER)
    agent.act(made["transferred"], "claim")

    def recorded() -> bool:
        states = {entry["id"]: entry["state"] for entry in supervisor.history(kind=kind)}
        return [states.get(made[name]) for name in made] == [
            "completed", "no_show", "cancelled", "waiting", "claimed",
        ]

    until(recorded, what="the history")
    yield kind, made
    supervisor.drain(OTHER)


def test_filters(lives, supervisor, agent):
    kind, made = lives

    def found(**filters) -> set[str]:
        ids = {entry["id"] for entry in supervisor.history(kind=kind, **filters)}
        return {name for name, id in made.items() if id in ids}

    assert found() == set(made)
    assert found(state="no_show") == {"no_show"}
    assert found(queue=OTHER) == {"transferred"}
    assert found(service=made["waiting"]) == {"waiting"}
    assert found(employee="agent") == {"completed", "no_show", "transferred"}
    submitter = supervisor.get_json("/v1/users/me")["id"]
    assert found(submitter=submitter) == set(made) and found(submitter="amqp") == set()
    assert found(by="ended") == {"completed", "no_show", "cancelled"}
    assert found(by="ended", state="cancelled") == {"cancelled"}
    times = {name: supervisor.history(service=id)[0]["submitted_at"] for name, id in made.items()}
    assert found(to=times["completed"]) == set() and "completed" in found(**{"from": times["completed"]})
    # Pages by either order, with their own cursors.
    for by in ("submitted", "ended"):
        entries, cursor = [], None
        while True:
            page = supervisor.get_json(
                "/v1/history", kind=kind, by=by, limit=1, **({"cursor": cursor} if cursor else {})
            )
            entries += page["entries"]
            cursor = page["next_cursor"]
            if not cursor:
                break
            other = {"submitted": "ended", "ended": "submitted"}[by]
            assert supervisor.get("/v1/history", params={"by": other, "cursor": cursor}).status_code == 400
        assert len({entry["service"]["id"] for entry in entries}) == len(entries) == (5 if by == "submitted" else 3)


def test_an_entry_tells_who_when_and_how_long(lives, supervisor):
    kind, made = lives
    entry = supervisor.get_json("/v1/history", service=made["completed"])["entries"][0]
    service = entry["service"]
    times = {
        name: datetime.datetime.fromisoformat(service[name])
        for name in ("submitted_at", "claimed_at", "started_at", "ended_at")
    }
    assert service["claimed_by"]["name"] == entry["ended_by"] == "agent" and entry["source"] == "api"
    assert entry["waited_ms"] == round((times["claimed_at"] - times["submitted_at"]).total_seconds() * 1000)
    assert entry["served_ms"] == round((times["ended_at"] - times["started_at"]).total_seconds() * 1000)
    removed = supervisor.get_json("/v1/history", service=made["cancelled"])["entries"][0]
    assert removed["ended_by"] == "supervisor" and "served_ms" not in removed and removed["waited_ms"] >= 0
    waiting = supervisor.get_json("/v1/history", service=made["waiting"])["entries"][0]
    assert not {"ended_by", "waited_ms", "served_ms"} & set(waiting)


def test_the_life_of_a_service(lives, supervisor, admin):
    kind, made = lives
    life = supervisor.get_json(f"/v1/services/{made['completed']}/history")
    assert [(e["type"], e["actor"], e["state"]) for e in life["events"]] == [
        ("service.added", "supervisor", "waiting"), ("service.claimed", "agent", "claimed"),
        ("service.started", "agent", "serving"), ("service.completed", "agent", "completed"),
    ]
    assert life["entry"]["service"]["id"] == made["completed"] and life["next_cursor"] is None
    assert "customer" not in life["entry"]["service"]
    moved = supervisor.get_json(f"/v1/services/{made['transferred']}/history")["events"]
    assert [(e["type"], e["queue"]) for e in moved] == [
        ("service.added", "front-desk"), ("service.transferred", "front-desk"), ("service.added", OTHER),
        ("service.claimed", OTHER),
    ]
    page = supervisor.get_json(f"/v1/services/{made['transferred']}/history", limit=3)
    rest = supervisor.get_json(f"/v1/services/{made['transferred']}/history", limit=3, cursor=page["next_cursor"])
    assert page["events"] + rest["events"] == moved and rest["next_cursor"] is None
    assert supervisor.get(f"/v1/services/{uuid.uuid4()}/history").status_code == 404
    # A supervisor of another queue does not learn that there is such a service.
    account = Account(admin, "supervisor", queues=[OTHER])
    with client(account.token()) as other:
        assert other.get(f"/v1/services/{made['completed']}/history").status_code == 404
        assert other.get(f"/v1/services/{made['transferred']}/history").status_code == 200
        assert {e["service"]["queue"] for e in other.get("/v1/history", params={"kind": kind}).json()["entries"]} == {OTHER}
        assert other.get("/v1/history", params={"queue": "front-desk"}).status_code == 403
        exported = rows(other.get("/v1/history", params={"kind": kind}, headers={"Accept": "text/csv"}))
        assert [row["queue"] for row in exported] == [OTHER]
    account.change(disabled=True)


def test_csv_has_what_json_has(lives, supervisor):
    kind, made = lives
    since = last_audit()
    exported = rows(supervisor.get("/v1/history", params={"kind": kind}, headers={"Accept": "text/csv"}))
    assert audit("history.export", since) == [] and "customer" not in exported[0]
    entries = supervisor.get_json("/v1/history", kind=kind)["entries"]
    assert [row["id"] for row in exported] == [entry["service"]["id"] for entry in entries]
    for row, entry in zip(exported, entries, strict=True):
        service = entry["service"]
        for name in ("queue", "kind", "state", "submitted_at", "submitter"):
            assert row[name] == service[name]
        for name in ("claimed_at", "started_at", "ended_at"):
            assert row[name] == service.get(name, "")
        for name in ("waited_ms", "served_ms", "ended_by", "source"):
            assert row[name] == str(entry.get(name, ""))
        assert row["employee"] == service.get("claimed_by", {}).get("name", "")
    assert len(rows(supervisor.get("/v1/history", params={"kind": kind, "limit": 2}, headers={"Accept": "text/csv"}))) == 2


def test_personal_data_in_bulk_is_remembered(lives, supervisor, marker):
    kind, made = lives
    since = last_audit()
    exported = rows(
        supervisor.get("/v1/history", params={"kind": kind, "personal": "true"}, headers={"Accept": "text/csv"})
    )
    assert sorted(row["customer"] for row in exported if row["customer"]) == [f'{{"name":"=Ann {marker}"}}'] * 2
    (entry,) = audit("history.export", since)
    assert entry == {"actor": "supervisor", "address": "127.0.0.1", "kind": kind}

    supervisor.get_json("/v1/history", service=made["completed"])
    assert audit("history.read", since) == []
    supervisor.get_json("/v1/history", kind=kind)
    assert audit("history.read", since) == [{"actor": "supervisor", "address": "127.0.0.1", "kind": kind, "count": 2}]


def test_without_an_audit_nothing_is_shown(lives, supervisor, marker):
    kind, made = lives
    with psycopg.connect(ENV["USHER_DATABASE_URL"], autocommit=True) as database:
        database.execute("ALTER TABLE audit RENAME TO audit_away")
        try:
            for headers in ({}, {"Accept": "text/csv"}):
                answer = supervisor.get("/v1/history", params={"kind": kind, "personal": "true"}, headers=headers)
                assert answer.status_code == 503 and marker not in answer.text, answer.text
            # What needs no entry is there.
            assert supervisor.get("/v1/history", params={"kind": kind}, headers={"Accept": "text/csv"}).status_code == 200
            assert supervisor.get("/v1/history", params={"service": made["waiting"]}).status_code == 200
        finally:
            database.execute("ALTER TABLE audit_away RENAME TO audit")


def test_statistics(lives, supervisor, agent):
    kind, made = lives
    now = datetime.datetime.now(datetime.timezone.utc)
    period = {"from": (now - datetime.timedelta(hours=1)).isoformat(), "to": now.isoformat()}
    groups = {g["kind"]: g for g in supervisor.get_json("/v1/statistics", group_by="kind", **period)["groups"]}
    group = groups[kind]
    counts = {name: group[name] for name in ("submitted", "completed", "no_show", "cancelled", "dead")}
    assert counts == {"submitted": 5, "completed": 1, "no_show": 1, "cancelled": 1, "dead": 0}
    assert group["abandonment"] == 0.3333 and group["throughput_per_hour"] == 1.0
    entries = supervisor.get_json("/v1/history", kind=kind)["entries"]
    for name, member in (("waiting", "waited_ms"), ("handling", "served_ms")):
        values = [entry[member] for entry in entries if member in entry]
        assert group[name]["count"] == len(values)
        assert abs(group[name]["p50_ms"] - statistics.median(values)) <= 1
        assert abs(group[name]["mean_ms"] - statistics.mean(values)) <= 1
        assert abs(group[name]["p90_ms"] - statistics.quantiles(values, n=10, method="inclusive")[8]) <= 1
    for grouping in ("queue", "employee", "hour", "day"):
        answer = supervisor.get_json("/v1/statistics", group_by=grouping, queue="front-desk", **period)
        assert answer["group_by"] == grouping and answer["groups"], answer
        exported = rows(
            supervisor.get(
                "/v1/statistics",
                params={"group_by": grouping, "queue": "front-desk", **period},
                headers={"Accept": "text/csv"},
            )
        )
        assert [row[grouping] for row in exported] == [group[grouping] for group in answer["groups"]]
        assert [int(row["submitted"]) for row in exported] == [group["submitted"] for group in answer["groups"]]
    day = supervisor.get_json("/v1/statistics", group_by="day", time_zone="Pacific/Auckland", **period)
    assert day["time_zone"] == "Pacific/Auckland"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("history", {"by": "claimed"}), ("history", {"kind": "Ünknown"}), ("history", {"service": "1"}),
        ("history", {"state": "gone"}), ("history", {"employee": ""}), ("history", {"submitter": "x" * 129}),
        ("history", {"limit": "501"}), ("history", {"cursor": "eabc"}), ("history", {"from": "yesterday"}),
        ("statistics", {}), ("statistics", {"from": "2026-01-01T00:00:00Z"}),
        ("statistics", {"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}),
        ("statistics", {"from": "2025-01-01T00:00:00Z", "to": "2026-01-02T00:00:01Z"}),
        ("statistics", {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "group_by": "month"}),
        ("statistics", {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "time_zone": "Mars/Olympus"}),
        ("statistics", {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "time_zone": "UTC-3"}),
        (f"services/{uuid.uuid4()}/history", {"limit": "1001"}), (f"services/{uuid.uuid4()}/history", {"cursor": "x"}),
    ],
)
def test_what_cannot_be_asked(supervisor, path, query):
    answer = supervisor.get(f"/v1/{path}", params=query)
    assert answer.status_code == 400 and answer.json()["code"] == "invalid_argument", answer.text


@pytest.mark.parametrize("user", ["agent", "viewer", "producer"])
@pytest.mark.parametrize("path", ["/v1/history", "/v1/statistics", f"/v1/services/{uuid.uuid4()}/history"])
def test_only_supervisors(user, path):
    with Rest(user) as rest:
        for accept in ("application/json", "text/csv"):
            assert rest.get(path, headers={"Accept": accept}).status_code == 403
    assert httpx.get(HTTP + path).status_code == 401
