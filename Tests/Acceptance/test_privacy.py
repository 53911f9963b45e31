"""Names and phone numbers stand nowhere in plain text, and what stands there opens with the public Tink library."""

import json
import uuid

import psycopg
import tink
from tink import aead, json_proto_keyset_format, proto_keyset_format, secret_key_access

from support import stores
from support.environment import ENV, until


def make_people(count: int) -> list[dict]:
    return [
        {
            "name": f"Müller-{uuid.uuid4().hex} Żofia",
            "phone": "+49 170 " + str(uuid.uuid4().int)[:12],
            "email": f"{uuid.uuid4().hex}@example.org",
        }
        for _ in range(count)
    ]


def test_published_names_are_nowhere_in_plain_text(front_desk, marker, producer, supervisor):
    people = make_people(20)
    kind = "k" + marker[:20]
    for person in people:
        producer.publish(front_desk, {"customer": person, "details": {"note": "about " + person["name"]}}, kind=kind)
    until(lambda: supervisor.queue(front_desk)["total"] == len(people), what="the requests")

    # One of each ending, so that every way into the history is taken.
    services = supervisor.services(front_desk)
    assert sorted(s["customer"]["name"] for s in services) == sorted(p["name"] for p in people)
    for service, ending in ((services[0], "complete"), (services[1], "no-show")):
        fence = supervisor.act(service["id"], "claim")["service"]["fence"]
        supervisor.act(service["id"], "start", fence=fence)
        supervisor.act(service["id"], ending, fence=fence)
    assert supervisor.delete(f"/v1/services/{services[2]['id']}").is_success
    ids = {service["id"] for service in services}

    def recorded() -> bool:
        entries = [entry for entry in supervisor.history(queue=front_desk) if entry["id"] in ids]
        ended = [entry for entry in entries if entry["state"] in ("completed", "no_show", "cancelled")]
        return len(entries) == len(people) and len(ended) == 3

    until(recorded, what="the history")

    places = {
        "pg_dump": stores.database_dump(),
        "Redis": stores.redis_contents(),
        "Redis' files": stores.redis_files(),
    }
    for place, contents in places.items():
        # What is not secret is there: the search does look where the services are.
        assert services[5]["id"].encode() in contents, place
        assert kind.encode() in contents, place
    places["the logs"] = stores.logs()
    for place, contents in places.items():
        for person in people:
            for field, text in person.items():
                assert not stores.occurrences(text, contents), f"{place} holds a {field} in plain text"

    assert_opens_with_tink(services[0]["id"], services[0]["customer"])
    assert_opens_with_tink(services[5]["id"], services[5]["customer"])


def test_the_search_finds_plain_text():
    text = "Müller-1234567890 Żofia"
    for written in (text.encode(), json.dumps({"name": text}).encode(), b"\\x" + b"ab" + text.encode().hex().encode()):
        assert stores.occurrences(text, b"before " + written + b" after")


def assert_opens_with_tink(service: str, customer: dict) -> None:
    """Data key by the operator's keyset, then the data by the data key, each bound to its table, column and row."""
    aead.register()
    access = secret_key_access.TOKEN
    with open(ENV["USHER_KEYSET_FILE"], encoding="utf-8") as file:
        keyset = json_proto_keyset_format.parse(file.read(), access)
    with psycopg.connect(ENV["USHER_DATABASE_URL"]) as connection:
        wrapped, sealed = connection.execute(
            "SELECT personal_key, personal FROM service_history WHERE id = %s", (service,)
        ).fetchone()
    operator = keyset.primitive(aead.Aead)
    data_key = proto_keyset_format.parse(
        operator.decrypt(bytes(wrapped), f"service_history.personal_key.{service}".encode()), access
    )
    opener = data_key.primitive(aead.Aead)
    opened = opener.decrypt(bytes(sealed), f"service_history.personal.{service}".encode())
    assert json.loads(opened)["customer"] == customer
    # It opens nowhere else.
    try:
        opener.decrypt(bytes(sealed), f"service_history.personal.{uuid.uuid4()}".encode())
    except tink.TinkError:
        return
    raise AssertionError("the sealed data opened in another row")
