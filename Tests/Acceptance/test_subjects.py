"""A customer asks to be forgotten: within a minute nothing of theirs is left, and everything of others is."""

import asyncio
import datetime
import json
import os
import signal
import time
import uuid

import psycopg
import pytest
import redis

from support import stores
from support.environment import ENV, STATE, ops, process_id, until
from support.rest import Rest
from support.screen import Screen
from test_main_job import assert_copy_is_the_servers

OTHER_QUEUE = "roadside"


@pytest.fixture
def admin():
    with Rest("admin") as client:
        yield client


@pytest.fixture
def desks(front_desk, supervisor):
    """Both queues, empty."""
    supervisor.drain(OTHER_QUEUE)
    yield front_desk, OTHER_QUEUE
    supervisor.drain(OTHER_QUEUE)


class Person:
    """A customer of whom no word is anywhere else."""

    def __init__(self):
        word = uuid.uuid4().hex
        self.digits = "17" + str(uuid.uuid4().int)[:9]
        self.email = f"{word[:20]}.Żofia@example.org"
        self.customer = {
            "id": "C-" + word[::-1],
            "name": f"Müller-{word[8:]}",
            "email": self.email,
            "phone": f"+49 (0){self.digits[:3]} {self.digits[3:]}",
        }
        self.details = {"note": "about " + self.customer["name"], "of": self.email}
        self.services: list[str] = []

    @property
    def data(self) -> dict:
        return {"customer": self.customer, "details": self.details}


def erase(admin: Rest, name: str, **parameters) -> dict:
    """Asks; returns the erasure as it is then."""
    answer = admin.request("DELETE", "/v1/subjects/" + quoted(name), params=parameters)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/erasures/{answer.json()['id']}"
    return answer.json()


def quoted(name: str) -> str:
    return "".join(f"%{byte:02X}" for byte in name.encode())


def await_done(admin: Rest, erasure: dict, timeout: float = 60) -> dict:
    def done():
        now = admin.get_json("/v1/erasures/" + erasure["id"])
        return now if now["state"] == "done" else None

    return until(done, timeout=timeout, what="the erasure")


def await_history(services: list[str]) -> None:
    def recorded() -> bool:
        with psycopg.connect(ENV["USHER_DATABASE_URL"]) as connection:
            query = "SELECT count(*) FROM service_history WHERE id = ANY(%s) AND personal_key IS NOT NULL"
            return connection.execute(query, (services,)).fetchone()[0] == len(services)

    until(recorded, what="the history")


def sealed(services: list[str]) -> list[bytes]:
    """What is stored of these services: their wrapped data keys, and their ciphertexts."""
    with psycopg.connect(ENV["USHER_DATABASE_URL"]) as connection:
        query = "SELECT personal_key, personal FROM service_history WHERE id = ANY(%s) ORDER BY id"
        return [bytes(part) for row in connection.execute(query, (services,)) for part in row]


def redis_dumps() -> bytes:
    """Every key as DUMP gives it, and as its type is read."""
    client = redis.Redis.from_url(ENV["USHER_REDIS_URL"])
    dumps = [client.dump(key) or b"" for key in client.scan_iter(count=1000)]
    return b"\n".join([*dumps, stores.redis_contents()])


def places() -> dict[str, bytes]:
    return {"pg_dump": stores.database_dump(), "Redis": redis_dumps(), "Redis' files": stores.redis_files()}


def holds(contents: bytes, part: bytes) -> bool:
    return part in contents or part.hex().encode() in contents


def live_everywhere(person: Person, producer, producer_user, supervisor, agent, queue: str) -> None:
    """Services of the person by both doors, in every state, and one that went to the other queue."""
    for _ in range(5):
        producer.publish(queue, person.data)
    tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    later = producer_user.submit(queue, scheduled_for=tomorrow.isoformat(), **person.data)["id"]
    direct = producer_user.submit(queue, **person.data)["id"]

    def arrived() -> list[str]:
        found = [s["id"] for s in supervisor.services(queue) if s.get("customer") == person.customer]
        return found if len(found) == 7 else []

    person.services = until(arrived, what="the person's services")
    waiting = [service for service in person.services if service not in (later, direct)]
    fences = {service: agent.act(service, "claim")["service"]["fence"] for service in waiting[:3]}
    agent.act(waiting[1], "start", fence=fences[waiting[1]])
    agent.act(waiting[2], "start", fence=fences[waiting[2]])
    agent.act(waiting[2], "complete", fence=fences[waiting[2]])
    supervisor.act(waiting[3], "transfer", to=OTHER_QUEUE)
    assert supervisor.delete(f"/v1/services/{waiting[4]}").is_success


def test_a_customer_is_forgotten_within_a_minute(
    desks, marker, producer, producer_user, supervisor, agent, admin, run
):
    front_desk, other = desks
    ann, bob, eve = Person(), Person(), Person()
    for person in (ann, bob, eve):
        live_everywhere(person, producer, producer_user, supervisor, agent, front_desk)
        await_history(person.services)
    keys = {person.email: sealed(person.services) for person in (ann, bob, eve)}
    before = places()
    for place, contents in before.items():
        assert holds(contents, keys[ann.email][0]), f"the search does not look into {place}"

    async def scenario():
        async with Screen("agent", front_desk) as screen, Screen("agent", other) as aside:
            assert any(s.get("customer") == ann.customer for s in screen.copy.ordered())
            assert any(s.get("customer") == ann.customer for s in aside.copy.ordered())
            began = time.monotonic()
            erasure = await asyncio.to_thread(erase, admin, ann.email.upper())
            assert set(erasure) == {"id", "state", "requested_at", "done_at", "services"}
            done = await asyncio.to_thread(await_done, admin, erasure)
            assert time.monotonic() - began < 60
            assert done["services"] == len(ann.services) and done["done_at"] >= done["requested_at"]
            for copy, queue in ((screen, front_desk), (aside, other)):
                version = (await asyncio.to_thread(supervisor.queue, queue))["version"]
                await copy.until_version(version)
                assert ann.customer not in [s.get("customer") for s in copy.copy.ordered()]
                assert bob.customer in [s.get("customer") for s in copy.copy.ordered()]
                await asyncio.to_thread(assert_copy_is_the_servers, copy, supervisor, queue)
            reasons = [event.get("reason") for event in screen.events]
            assert reasons == ["erased"] * 4, reasons
            assert screen.reconnects == [] and len(screen.subscriptions) == 1
            return began

    began = run(scenario())
    name = ann.customer["name"]

    def gone() -> bool:
        now = places()
        for place, contents in now.items():
            if any(holds(contents, part) for part in keys[ann.email]):
                return False
        return True

    until(gone, timeout=max(1.0, began + 60 - time.monotonic()), what="nothing of the customer anywhere")
    now = places()
    for place, contents in now.items():
        for text in (name, ann.email, ann.email.lower(), ann.customer["phone"], ann.customer["id"]):
            assert not stores.occurrences(text, contents), place
        for person in (bob, eve):
            assert holds(contents, keys[person.email][0]), f"{place} lacks another's data"
    log = stores.logs()
    for text in (ann.email, ann.email.upper(), quoted(ann.email.upper()), ann.digits, ann.customer["id"]):
        assert not stores.occurrences(text, log)

    # The history keeps what happened, without whom; the others are as before.
    entries = {entry["id"]: entry for entry in supervisor.history()}
    for service in ann.services:
        assert "customer" not in entries[service] and "details" not in entries[service]
    states = sorted(entries[service]["state"] for service in ann.services)
    assert states == ["cancelled", "claimed", "completed", "scheduled", "serving", "waiting", "waiting"]
    assert sealed(bob.services) == keys[bob.email] and sealed(eve.services) == keys[eve.email]
    for service in bob.services:
        assert entries[service]["customer"] == bob.customer

    # Work goes on with what is left, and who comes again is a customer again.
    serving = next(service for service in ann.services if entries[service]["state"] == "serving")
    current = agent.get_json(f"/v1/services/{serving}")
    assert "customer" not in current
    agent.act(serving, "complete", fence=current["fence"])
    again = producer_user.submit(front_desk, **ann.data)["id"]
    await_history([again])
    assert agent.get_json(f"/v1/services/{again}")["customer"] == ann.customer


def test_the_audit_names_nobody(desks, producer_user, admin):
    person = Person()
    service = producer_user.submit(desks[0], **person.data)["id"]
    await_history([service])
    done = await_done(admin, erase(admin, person.customer["id"]))
    assert done["services"] == 1
    with psycopg.connect(ENV["USHER_DATABASE_URL"]) as connection:
        rows = connection.execute(
            "SELECT actor_name, object, detail FROM audit WHERE action = 'subject.erase' AND object = %s", (done["id"],)
        ).fetchall()
        left = connection.execute("SELECT subjects, service_id FROM erasures WHERE id = %s", (done["id"],)).fetchone()
    assert rows == [("admin", done["id"], None)]
    assert left == (None, None)


def test_whoever_is_not_there_gets_the_same_answer(admin):
    for name in ("nobody@example.org", "+1 555 0100", str(uuid.uuid4()), "C 4711/ä?#"):
        erasure = erase(admin, name)
        assert (erasure["state"], erasure["services"], erasure["done_at"]) == ("pending", 0, None)
        assert await_done(admin, erasure)["services"] == 0
    listed = [entry["id"] for page in admin.pages("/v1/erasures") for entry in page["erasures"]]
    assert listed[0] == erasure["id"] and len(set(listed)) == len(listed)
    first = admin.get_json("/v1/erasures", limit=2)
    assert [entry["id"] for entry in first["erasures"]] == listed[:2]
    second = admin.get_json("/v1/erasures", limit=2, cursor=first["next_cursor"])
    assert [entry["id"] for entry in second["erasures"]] == listed[2:4]


def test_a_name_can_be_said_to_be_a_phone_number(desks, producer_user, admin):
    number = "4" + str(uuid.uuid4().int)[:9]
    by_id = producer_user.submit(desks[0], customer={"id": number})["id"]
    by_phone = producer_user.submit(desks[0], customer={"phone": f"{number[:4]}/{number[4:]}"})["id"]
    one = producer_user.submit(desks[0], customer={"name": "N. N."})["id"]
    await_history([by_id, by_phone, one])
    erasures = [erase(admin, number, by="phone"), erase(admin, one, by="service")]
    for erasure in erasures:
        assert await_done(admin, erasure)["services"] == 1
    assert "customer" not in admin.get_json(f"/v1/services/{by_phone}")
    assert admin.get_json(f"/v1/services/{by_id}")["customer"] == {"id": number}
    assert "customer" not in admin.get_json(f"/v1/services/{one}")


def test_only_administrators_erase(agent, supervisor, producer_user, admin):
    for client in (agent, supervisor, producer_user):
        for method, path in (
            ("DELETE", "/v1/subjects/someone"),
            ("GET", "/v1/erasures"),
            ("GET", f"/v1/erasures/{uuid.uuid4()}"),
        ):
            answer = client.request(method, path)
            assert answer.status_code == 403, (path, answer.text)
    assert admin.get(f"/v1/erasures/{uuid.uuid4()}").status_code == 404
    assert admin.get("/v1/erasures/x").status_code == 404
    for bad in ("/v1/subjects/%20", "/v1/subjects/%FF", "/v1/subjects/%4", "/v1/subjects/" + "a" * 1_025):
        answer = admin.delete(bad)
        assert answer.status_code == 400, (bad, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    assert admin.delete("/v1/subjects/a?by=name").status_code == 400
    assert admin.get("/v1/erasures?cursor=x").status_code == 400
    assert admin.get("/v1/subjects/a").status_code == 405
    assert admin.delete("/v1/subjects").status_code in (404, 405)


def test_a_store_that_is_away_delays_and_no_more(desks, producer_user, admin):
    ann, bob = Person(), Person()
    for person in (ann, bob):
        person.services = [producer_user.submit(desks[0], **person.data)["id"]]
        await_history(person.services)
    keys = [sealed(person.services)[0] for person in (ann, bob)]
    redis_process = process_id("redis")

    # Redis hangs.
    os.kill(redis_process, signal.SIGSTOP)
    try:
        first = erase(admin, ann.email)
        time.sleep(3)
        assert admin.get_json("/v1/erasures/" + first["id"])["state"] == "pending"
        second = erase(admin, bob.email)
        # And PostgreSQL dies, with both on its list.
        os.kill(process_id("postgres"), signal.SIGINT)
        until(lambda: admin.get("/v1/erasures/" + first["id"]).status_code == 503, what="PostgreSQL's end")
    finally:
        os.kill(redis_process, signal.SIGCONT)
    time.sleep(2)
    ops("run", "--detach")

    def answers() -> bool:
        return admin.get("/v1/erasures/" + first["id"]).status_code == 200

    until(answers, what="PostgreSQL")
    for erasure in (first, second):
        assert await_done(admin, erasure, timeout=90)["services"] == 1
    contents = places()
    for place in ("pg_dump", "Redis"):
        for key in keys:
            assert not holds(contents[place], key), place
    log = (STATE / "log" / "usher.log").read_bytes()
    assert ann.email.encode() not in log
    # Its lines are what they should be.
    assert any(json.loads(line).get("erasure") == first["id"] for line in log.splitlines() if line.startswith(b"{"))
