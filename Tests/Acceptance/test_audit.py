"""What administrators do stands in the audit, for administrators to read; nobody can change it without its showing."""

import csv
import hashlib
import io
import os
import subprocess
import uuid

import psycopg
import pytest

from support.accounts import Account
from support.environment import ENV, binary
from support.problems import assert_refusal
from support.rest import Rest


@pytest.fixture
def admin():
    with Rest("admin") as client:
        yield client


@pytest.fixture
def user(admin):
    account = Account(admin, "viewer")
    yield account
    account.change(disabled=True)


def usher(*arguments: str) -> subprocess.CompletedProcess:
    known = {name: value for name, value in ENV.items() if not name.startswith("USHER_DEMO_")}
    return subprocess.run(
        [binary(), *arguments], env={"PATH": os.environ["PATH"], **known}, capture_output=True, text=True, timeout=60
    )


def entries(admin, **filters) -> list[dict]:
    return [entry for page in admin.pages("/v1/audit", **filters) for entry in page["entries"]]


class TestReading:
    def test_an_act_and_its_entry(self, admin, user):
        user.change(capacity=4)
        found = entries(admin, object=user.id)
        assert [entry["action"] for entry in found] == ["user.change", "user.create"]
        me = admin.get_json("/v1/users/me")
        for entry in found:
            assert entry["actor"] == {"id": me["id"], "name": "admin"}
            assert entry["address"] == "127.0.0.1" and entry["request_id"] and len(entry["hash"]) == 64
        assert user.name not in str(found), "an entry has ids, not what a user is called"

    def test_filters(self, admin, user):
        user.change(capacity=5)
        change, create = entries(admin, object=user.id)
        me = create["actor"]
        for filters, found in (
            ({"action": "user.change"}, [change]),
            ({"action": "user.*"}, [change, create]),
            ({"action": "use.*"}, []),
            ({"actor": me["id"]}, [change, create]),
            ({"actor": "admin"}, [change, create]),
            ({"actor": "agent"}, []),
            ({"from": "2999-01-01T00:00:00Z"}, []),
            ({"to": "2001-01-01T00:00:00Z"}, []),
            ({"from": "2001-01-01T00:00:00Z", "to": "2999-01-01T00:00:00Z"}, [change, create]),
        ):
            assert entries(admin, object=user.id, **filters) == found, filters
        for page in ({"limit": 1}, {"limit": 1, "cursor": change["id"]}):
            answer = admin.get_json("/v1/audit", object=user.id, **page)
            assert answer["entries"] == ([create] if "cursor" in page else [change])
        for bad in ({"action": "User"}, {"limit": 0}, {"limit": 501}, {"cursor": "x"}, {"cursor": "-1"},
                    {"from": "yesterday"}, {"actor": ""}, {"object": "a\x00"}):  # fmt: skip
            answer = admin.get("/v1/audit", params=bad)
            assert answer.status_code == 400 and assert_refusal(answer) == "invalid_argument", bad

    def test_as_csv(self, admin, user):
        answer = admin.get("/v1/audit", params={"object": user.id}, headers={"Accept": "text/csv"})
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/csv")
        assert "attachment" in answer.headers["content-disposition"]
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [(row["action"], row["object"], row["actor"]) for row in rows] == [("user.create", user.id, "admin")]
        # To read all of it at once is an act as well, kept before the first line went out.
        newest = admin.get_json("/v1/audit", limit=1)["entries"][0]
        assert newest["action"] == "audit.export" and newest["actor"]["name"] == "admin"
        for parameters in ({"limit": 5}, {"cursor": 5}):
            answer = admin.get("/v1/audit", params=parameters, headers={"Accept": "text/csv"})
            assert answer.status_code == 400
        for accept, kind in (
            ("application/json, text/csv;q=0.5", "application/json"),
            ("text/csv;q=0", "application/json"),
            ("text/csv, application/json", "text/csv; charset=utf-8; header=present"),
        ):
            answer = admin.get("/v1/audit", params={"object": user.id}, headers={"Accept": accept})
            assert answer.headers["content-type"] == kind, accept

    def test_a_long_csv_is_whole(self, admin):
        """Of several pages: no entry twice, none missing."""
        actor = "bulk-" + uuid.uuid4().hex
        with psycopg.connect(ENV["USHER_DATABASE_URL"]) as connection:
            connection.execute(
                "INSERT INTO audit (action, actor_id, actor_name, object)"
                " SELECT 'test.fill', %s, '=1+1', n::text FROM generate_series(1, 2300) n",
                (actor,),
            )
        answer = admin.get("/v1/audit", params={"actor": actor}, headers={"Accept": "text/csv"})
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [row["object"] for row in rows] == [str(n) for n in range(2300, 0, -1)]
        assert {row["actor"] for row in rows} == {"'=1+1"}, "a spreadsheet takes it for text"
        assert [entry["id"] for entry in entries(admin, actor=actor)] == [int(row["id"]) for row in rows]


class TestActs:
    def test_a_new_queue(self, admin):
        name = "audited-" + uuid.uuid4().hex[:8]
        for _ in range(2):
            assert admin.put(f"/v1/queues/{name}", json={}).status_code in (200, 201)
        assert [entry["action"] for entry in entries(admin, object=name)] == ["queue.create"], "made once, told once"

    def test_no_entry_no_act(self, admin):
        """An act whose entry cannot be written does not happen."""
        name = "unaudited-" + uuid.uuid4().hex[:8]
        username = "u" + uuid.uuid4().hex
        with psycopg.connect(ENV["USHER_DATABASE_URL"], autocommit=True) as connection:
            connection.execute(
                "ALTER TABLE audit ADD CONSTRAINT nothing_more CHECK (action NOT IN ('queue.create', 'user.create')) NOT VALID"
            )
            try:
                assert admin.put(f"/v1/queues/{name}", json={}).status_code in (400, 503)
                answer = admin.post("/v1/users", json={"username": username, "password": uuid.uuid4().hex, "level": "viewer"})
                assert answer.status_code in (400, 503)
            finally:
                connection.execute("ALTER TABLE audit DROP CONSTRAINT nothing_more")
            rows = connection.execute("SELECT 1 FROM users WHERE username = %s", (username,)).fetchall()
        assert rows == []
        assert admin.get(f"/v1/queues/{name}").status_code == 404

    def test_the_command_line(self, admin):
        assert usher("repair", "--queue", "front-desk", "--dry-run").returncode == 0
        before = entries(admin, action="queue.repair")
        assert usher("repair", "--queue", "front-desk").returncode == 0
        newest = entries(admin, action="queue.repair")[0]
        assert newest not in before and newest["object"] == "front-desk" and newest["actor"] is None
        assert entries(admin, action="schema.migrate"), "the migration of this database"


class TestIntegrity:
    def test_an_auditor_of_its_own(self, admin, user):
        """The chain, by the words of the documentation and nothing of ours."""
        with psycopg.connect(ENV["USHER_DATABASE_URL"]) as connection:
            rows = connection.execute(
                "SELECT id, (extract(epoch FROM at) * 1000000)::bigint, action, actor_id, object, detail::text, address,"
                " request_id, hash FROM audit ORDER BY id"
            ).fetchall()
            before = connection.execute("SELECT first_hash FROM audit_chain").fetchone()[0]
        for *fields, kept in rows:
            text = "".join("-;" if f is None else f"{len(str(f).encode())}:{f};" for f in fields)
            before = hashlib.sha256(bytes(before) + text.encode()).digest()
            assert before == bytes(kept), f"entry {fields[0]}"

    def test_the_command_line_verifies_and_lists(self, admin, user):
        good = usher("audit", "verify")
        assert good.returncode == 0, good.stdout + good.stderr
        noted = good.stdout.split()[-1]
        user.change(capacity=6)
        assert usher("audit", "verify", "--expect", noted).returncode == 0
        number, digest = noted.split(":")
        bad = usher("audit", "verify", "--expect", f"{number}:{digest[::-1]}")
        assert bad.returncode == 1 and f"entry {number}" in bad.stdout
        listed = usher("audit", "list", "--action", "user.*", "--actor", "admin", "--limit", "1")
        assert listed.returncode == 0 and f"user.change admin {user.id}" in listed.stdout

    def test_it_says_where_it_was_changed(self, admin, user):
        entry = entries(admin, object=user.id)[0]

        def change(action: str) -> None:
            with psycopg.connect(ENV["USHER_DATABASE_URL"]) as connection:
                connection.execute("ALTER TABLE audit DISABLE TRIGGER audit_guard")
                connection.execute("UPDATE audit SET action = %s WHERE id = %s", (action, entry["id"]))
                connection.execute("ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_guard")

        change("user.nothing")
        try:
            found = usher("audit", "verify")
            assert found.returncode == 1 and f"broken at entry {entry['id']}:" in found.stdout
        finally:
            change(entry["action"])
        assert usher("audit", "verify").returncode == 0

    def test_the_server_cannot_change_it(self):
        """The server's own role, past the server."""
        with psycopg.connect(ENV["USHER_DATABASE_URL"], autocommit=True) as connection:
            for statement in ("UPDATE audit SET action = 'x'", "DELETE FROM audit", "TRUNCATE audit"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
