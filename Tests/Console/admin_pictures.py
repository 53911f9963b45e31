"""The pictures of the administrator's pages, for `pictures.py`: invented people, made where they are missing."""

import uuid

from playwright.sync_api import Page, expect

from support import rest

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


AREAS = {"users": users, "user": user, "keys": keys, "audit": audit}
