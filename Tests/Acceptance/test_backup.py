"""What docs/backup.md has operators do: saving, losing and restoring the database, the keyset and Redis, each by itself and all together."""

import contextlib
import datetime
import pathlib
import shutil
import uuid
from collections.abc import Iterator

import httpx
import pytest

from support.backup import OwnDatabase, OwnRedis, own_database
from support.command import usher
from support.environment import until
from support.own_postgres import OwnPostgres
from support.own_server import OwnServer
from support.rabbitmq import virtual_host

QUEUE = "front-desk"


class Installation:
    """A server with everything of its own, and what it holds as clients see it."""

    def __init__(self, server: OwnServer, settings: dict[str, str], redis: OwnRedis):
        self.server, self.settings, self.redis = server, settings, redis

    def usher(self, *arguments: str, code: int = 0) -> str:
        return usher(*arguments, code=code, **self.settings)

    def repair(self, *arguments: str) -> str:
        """What it says of the queue."""
        lines = self.usher("repair", *arguments).splitlines()
        return next(line.removeprefix(f"{QUEUE}: ").removeprefix(f"{QUEUE} (made): ") for line in lines if line.startswith(QUEUE))

    def client(self, level: str = "supervisor") -> httpx.Client:
        return self.server.client(level)

    def services(self) -> list[dict]:
        with self.client() as client:
            page = json(client.get(f"/v1/queues/{QUEUE}/services", params={"limit": 500}))
            assert page["next_cursor"] is None
            return page["services"]

    def history(self) -> dict[str, dict]:
        with self.client() as client:
            page = json(client.get("/v1/history", params={"queue": QUEUE, "limit": 500}))
            assert page["next_cursor"] is None
            return {entry["service"]["id"]: entry["service"] for entry in page["entries"]}

    def submit(self, client: httpx.Client, name: str, **data) -> str:
        body = {"kind": "test", "customer": {"name": name}, **data}
        return json(client.post(f"/v1/queues/{QUEUE}/services", json=body))["service"]["id"]

    def act(self, client: httpx.Client, service: str, command: str, **data) -> dict:
        return json(client.post(f"/v1/services/{service}/{command}", json=data))["service"]

    def finish(self, client: httpx.Client, service: str, end: str = "complete") -> None:
        fence = self.act(client, service, "claim")["fence"]
        self.act(client, service, "start", fence=fence)
        self.act(client, service, end, fence=fence)

    def await_history(self, versions: dict[str, int]) -> None:
        """Until it has these services in these versions."""

        def recorded() -> bool:
            history = self.history()
            return all(history.get(service, {}).get("version") == version for service, version in versions.items())

        until(recorded, what="the history")

    def await_everything(self) -> list[dict]:
        """The live services, once the history has them as they are."""
        live = self.services()
        self.await_history({service["id"]: service["version"] for service in live})
        return live


def json(answer: httpx.Response) -> dict:
    assert answer.is_success, f"{answer.request.url}: {answer.status_code} {answer.text}"
    return answer.json()


@contextlib.contextmanager
def installed(folder: pathlib.Path, database_url: str) -> Iterator[Installation]:
    """One that uses that database, and whose keyset and Redis are in the folder."""
    with virtual_host() as url, OwnRedis(folder / "redis") as redis:
        settings = {
            "USHER_SITE": "backup",
            "USHER_QUEUES": QUEUE,
            "USHER_AMQP_URL": url,
            "USHER_DATABASE_URL": database_url,
            "USHER_REDIS_URL": redis.url,
            "USHER_KEYSET_FILE": str(folder / "keyset.json"),
        }
        usher("keyset", "create", **settings)
        server = OwnServer("backup", settings)
        server.prepare()
        with server:
            yield Installation(server, settings, redis)


@pytest.fixture
def database() -> Iterator[OwnDatabase]:
    with own_database() as database:
        yield database


@pytest.fixture
def installation(tmp_path, database) -> Iterator[Installation]:
    with installed(tmp_path, database.url) as place:
        yield place


def fill(client: httpx.Client, place: Installation, marker: str) -> dict[str, str]:
    """Services in every state, by a word for what is particular about each."""
    words = ("waiting", "claimed", "serving", "on hold", "moved", "completed", "absent", "removed")
    made = {word: place.submit(client, f"{marker} {word}") for word in words}
    tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    made["scheduled"] = place.submit(client, f"{marker} scheduled", scheduled_for=tomorrow.isoformat())
    place.act(client, made["moved"], "move", first=True)
    place.act(client, made["claimed"], "claim")
    for word in ("serving", "on hold"):
        fence = place.act(client, made[word], "claim")["fence"]
        place.act(client, made[word], "start" if word == "serving" else "hold", fence=fence)
    place.finish(client, made["completed"])
    place.finish(client, made["absent"], "no-show")
    assert client.delete(f"/v1/services/{made['removed']}").is_success
    return made


def assert_came_back(before: list[dict], after: list[dict]) -> None:
    """The same services at the same places, readable; nobody has them."""
    kept = ("id", "ticket", "kind", "priority", "order", "customer", "submitted_at", "scheduled_for", "attempts")
    assert [{name: one.get(name) for name in kept} for one in after] == [{name: one.get(name) for name in kept} for one in before]
    for was, now in zip(before, after, strict=True):
        assert now["state"] == ("scheduled" if was["state"] == "scheduled" else "waiting")
    assert all("claimed_by" not in one for one in after)


def test_everything_is_lost_but_the_backup(installation, database, tmp_path, marker):
    place = installation
    with place.client() as client, place.client("admin") as admin:
        made = fill(client, place, marker)
        person = {"username": "clerk", "password": uuid.uuid4().hex, "level": "agent", "email": f"{marker}@example.org"}
        user = json(admin.post("/v1/users", json=person))["id"]
        session = json(client.post("/v1/auth/token", json={"username": "clerk", "password": person["password"]}))
        json(client.post(f"/v1/queues/{QUEUE}/pause"))
    before = place.await_everything()
    assert [one["id"] for one in before][0] == made["moved"] and len(before) == 6
    ended = {made["completed"]: "completed", made["absent"]: "no_show", made["removed"]: "cancelled"}
    until(lambda: {one: place.history()[one]["state"] for one in ended} == ended, what="the ends")

    # The backup, while the server runs: the keyset, and the database. What the audit ends with stands elsewhere.
    link = place.usher("audit", "verify").split("the last is ")[1].split()[0]
    shutil.copy(tmp_path / "keyset.json", tmp_path / "saved.json")
    database.dump(tmp_path / "usher.dump")

    # The disaster.
    place.server.kill()
    place.redis.lose()
    database.lose()
    (tmp_path / "keyset.json").unlink()

    # What the guide says, in its order.
    shutil.copy(tmp_path / "saved.json", tmp_path / "keyset.json")
    database.restore(tmp_path / "usher.dump")
    assert "the schema is up to date" in place.usher("migrate")
    place.redis.start()
    assert "entries are as they were written" in place.usher("audit", "verify", "--expect", link)
    assert place.repair("--dry-run").endswith("known 0, would be restored 6, would be ended 0, would be refused 0")
    assert place.repair() == "known 0, restored 6, ended 0, refused 0"
    place.server.start()

    after = place.services()
    assert_came_back(before, after)
    history = place.history()
    assert {one: history[one]["state"] for one in ended} == ended
    for word, service in made.items():
        assert history[service]["customer"] == {"name": f"{marker} {word}"}
    with place.client() as client, place.client("admin") as admin:
        assert json(admin.get(f"/v1/users/{user}"))["email"] == person["email"]
        assert json(client.post("/v1/auth/token", json={"username": "clerk", "password": person["password"]}))
        # Whoever was signed in still is, by the tokens of before.
        with httpx.Client(base_url=place.server.url, timeout=20) as clerk:
            me = clerk.get("/v1/users/me", headers={"Authorization": f"Bearer {session['access_token']}"})
            assert json(me)["id"] == user
            assert json(clerk.post("/v1/auth/refresh", json={"refresh_token": session["refresh_token"]}))
        # A paused queue is open again: that was in Redis alone.
        assert json(client.get(f"/v1/queues/{QUEUE}"))["mode"] == "open"
        # They can be worked on, and tickets go on behind them.
        place.finish(client, made["serving"])
        assert json(client.get(f"/v1/services/{place.submit(client, marker)}"))["ticket"] > max(
            one["ticket"] for one in before
        )


def test_back_to_a_moment(tmp_path, marker):
    """Base backup and archive: the database as it was before somebody's mistake, beside an empty Redis."""
    with OwnPostgres() as postgres, installed(tmp_path, postgres.url) as place:
        with place.client() as client:
            made = [place.submit(client, f"{marker} first")]
            place.await_everything()
            postgres.base_backup()
            made.append(place.submit(client, f"{marker} second"))
            before = place.await_everything()
            moment = postgres.moment()
            for service in made:
                assert client.delete(f"/v1/services/{service}").is_success
        until(lambda: {one["state"] for one in place.history().values()} == {"cancelled"}, what="the mistake")

        place.server.kill()
        place.redis.lose()
        postgres.restore(moment)
        place.redis.start()
        assert place.repair() == "known 0, restored 2, ended 0, refused 0"
        place.server.start()
        assert_came_back(before, place.services())


def test_without_the_keyset_nothing_starts(installation, tmp_path, marker):
    place = installation
    with place.client() as client:
        made = place.submit(client, marker)
    place.server.kill()
    (tmp_path / "keyset.json").rename(tmp_path / "saved.json")
    assert "USHER_KEYSET_FILE: there is no readable file" in place.usher("config", "--check", code=1)
    assert "USHER_KEYSET_FILE" in place.usher("serve", code=1)
    (tmp_path / "saved.json").rename(tmp_path / "keyset.json")
    place.server.start()
    assert [(one["id"], one["customer"]) for one in place.services()] == [(made, {"name": marker})]


def test_an_older_redis_is_brought_forward(installation, tmp_path, marker):
    place = installation
    with place.client() as client:
        made = fill(client, place, marker)
        place.await_everything()
        place.redis.save(tmp_path / "saved.rdb")
        # What the copy does not know.
        later = [place.submit(client, f"{marker} later {number}") for number in range(3)]
        place.finish(client, made["waiting"])
        place.finish(client, later[0])
        place.act(client, later[2], "move", first=True)
    before = place.await_everything()
    ended = {made["waiting"], later[0]}
    until(lambda: {place.history()[one]["state"] for one in ended} == {"completed"}, what="the ends")

    place.redis.lose()
    place.redis.restore(tmp_path / "saved.rdb")
    until(lambda: "newer" if len(ids(place)) == 6 else "", what="the older queue")
    assert made["waiting"] in ids(place)
    said = place.repair()
    assert said.endswith("refused 0") and "ended 1" in said and "restored 2" in said, said
    after = place.services()
    assert [one["id"] for one in after] == [one["id"] for one in before]
    assert [one["customer"] for one in after] == [one["customer"] for one in before]
    assert place.repair() == f"known {len(before)}, restored 0, ended 0, refused 0"


def ids(place: Installation) -> list[str]:
    with contextlib.suppress(AssertionError, httpx.HTTPError):
        return [one["id"] for one in place.services()]
    return []


def test_an_older_database_beside_a_redis_that_is_not(installation, database, tmp_path, marker):
    place = installation
    with place.client() as client:
        kept, finished = (place.submit(client, f"{marker} {word}") for word in ("kept", "finished"))
        place.await_everything()
        database.dump(tmp_path / "usher.dump")
        # What the dump does not know.
        lost, later = (place.submit(client, f"{marker} {word}") for word in ("lost", "later"))
        for service in (finished, lost):
            place.finish(client, service)
    before = place.await_everything()
    until(lambda: place.history().get(lost, {}).get("state") == "completed", what="the end")

    place.server.kill()
    database.lose()
    database.restore(tmp_path / "usher.dump")
    place.server.start()
    # Redis is the truth about what is open, for as long as it remembers what has ended: a day.
    assert place.repair("--dry-run").endswith("would be restored 0, would be ended 0, would be refused 0")
    assert place.services() == before
    history = place.history()
    assert lost not in history and later not in history and history[finished]["state"] == "waiting"
    # What goes on is recorded whole.
    with place.client() as client:
        place.finish(client, later)
        place.finish(client, kept)
    until(lambda: {place.history().get(one, {}).get("state") for one in (later, kept)} == {"completed"}, what="the history")
    assert place.history()[later]["customer"] == {"name": f"{marker} later"}
