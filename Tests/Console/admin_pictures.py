"""The pictures of the administrator's pages, for `pictures.py`: invented people, made where they are missing."""

import uuid

from playwright.sync_api import Page, expect

from support import rest
from support.environment import until
from support.producer import Producer

PEOPLE = [
    {"username": "nina.berg", "display_name": "Nina Berg", "level": "supervisor", "skills": ["german", "portuguese"]},
    {"username": "tomas.lima", "display_name": "Tomás Lima", "level": "agent", "queues": ["front-desk", "roadside"], "skills": ["portuguese", "towing"], "capacity": 3},
    {"username": "hiro.quinn", "display_name": "Hiro Quinn", "level": "agent", "queues": ["front-desk"], "skills": ["german"], "capacity": 2},
    {"username": "grace.haddad", "display_name": "Grace Haddad", "level": "viewer", "queues": ["front-desk"]},
]


def people() -> dict[str, str]:
    """The ids of the invented people, by name."""
    with rest.Rest("admin") as admin:
        for person in PEOPLE:
            if not admin.get_json("/v1/users", q=person["username"])["users"]:
                made = admin.post("/v1/users", json={"password": uuid.uuid4().hex, **person})
                assert made.status_code == 201, made.text
        return {person["username"]: admin.get_json("/v1/users", q=person["username"])["users"][0]["id"] for person in PEOPLE}


def go(page: Page, at: str) -> None:
    page.evaluate("at => location.hash = at", f"#/admin/{at}")
    page.locator("main h1").wait_for()
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)


def users(page: Page) -> None:
    """All users."""
    people()
    go(page, "users")
    page.get_by_text("Tomás Lima").wait_for()


def user(page: Page) -> None:
    """Somebody else was faster."""
    one = people()["tomas.lima"]
    with rest.Rest("admin") as admin:
        assert admin.patch(f"/v1/users/{one}", json={"skills": ["portuguese", "towing"], "capacity": 3}).status_code == 200
        go(page, f"users/{one}")
        page.get_by_label("Capacity").fill("4")
        assert admin.patch(f"/v1/users/{one}", json={"skills": ["portuguese", "towing", "crane"]}).status_code == 200
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Somebody changed this user meanwhile").scroll_into_view_if_needed()


def keys(page: Page) -> None:
    """As a new site has them."""
    go(page, "keys")
    page.get_by_role("progressbar").first.wait_for()


def audit(page: Page) -> None:
    """What made the invented people, among others."""
    people()
    go(page, "audit")
    page.locator("tbody tr").nth(3).wait_for()


def new_user(page: Page) -> None:
    """Somebody is to be invited."""
    go(page, "users/new")
    page.get_by_label("User name").fill("ana.duarte")


def queues(page: Page) -> None:
    """One takes requests, one is paused."""
    with rest.Rest("admin") as admin:
        for queue in ("front-desk", "roadside"):
            admin.put(f"/v1/queues/{queue}", json={})
            admin.drain(queue)
            for _ in range(7):
                admin.submit(queue, kind="passport", requires=["german"] if queue == "front-desk" else [])
        admin.post("/v1/queues/roadside/pause", json={})
    go(page, "queues")
    page.get_by_role("link", name="roadside").wait_for()


def queue(page: Page) -> None:
    """With the link of a display."""
    with rest.Rest("admin") as admin:
        if not admin.get_json("/v1/queues/front-desk/board-links")["links"]:
            admin.post("/v1/queues/front-desk/board-links", json={"label": "Waiting room 1"})
    go(page, "queues/front-desk")
    page.locator("tbody tr", has_text="Waiting room 1").first.wait_for()


def skills(page: Page) -> None:
    """Who can do what, and what nobody can who works."""
    people()
    with rest.Rest("admin") as admin:
        admin.submit("front-desk", kind="visa", requires=["french"])
    go(page, "skills")
    page.get_by_text("nobody has it").wait_for()


def letter() -> str:
    """The id of a dead letter that names no queue that there is, and has another beside it that cannot be read."""
    with rest.Rest("admin") as admin, Producer() as producer:
        find = lambda: admin.get_json("/v1/dead-letters", queue="front-dekc")["letters"]
        if not find():
            producer.publish("front-dekc", {"customer": {"name": "Nina Example"}, "priority": "high"})
            producer.publish_raw(b'{"queue": "front-desk", "kind": ', "service.front-desk.passport", str(uuid.uuid4()))
        return until(find, what="the dead letter")[0]["id"]


def dead_letters(page: Page) -> None:
    letter()
    go(page, "dead-letters")
    page.locator("tbody tr").nth(1).wait_for()


def dead_letter(page: Page) -> None:
    go(page, f"dead-letters/{letter()}")
    page.get_by_role("region", name="What the producer wrote").wait_for()


def erasures(page: Page) -> None:
    """Two customers were forgotten."""
    with rest.Rest("admin") as admin:
        for _ in range(2 - len(admin.get_json("/v1/erasures")["erasures"])):
            assert admin.delete(f"/v1/subjects/{uuid.uuid4().hex}@example.org").status_code == 202
    go(page, "erasures")
    page.locator("tbody tr").nth(1).wait_for()


AREAS = {
    "users": users, "user": user, "new-user": new_user, "queues": queues, "queue": queue, "skills": skills,
    "dead-letters": dead_letters, "dead-letter": dead_letter, "erasures": erasures, "keys": keys, "audit": audit,
}
