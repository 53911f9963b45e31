"""One's own account, and accepting invitations: what everybody may do, seen by REST."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from conftest import no_sideways_scroll
from support import rest

GOOD = "correct horse battery"


@pytest.fixture
def invited(admin):
    """An invited user as REST shows it, with the token; erased after the test."""
    name = "c" + uuid.uuid4().hex[:12]
    made = admin.post("/v1/users/invitations", json={"username": name, "level": "agent"})
    assert made.status_code == 201, made.text
    yield made.json()
    assert admin.delete(f"/v1/users/{made.json()['id']}").status_code == 204


def can_sign_in(admin: rest.Rest, name: str, password: str) -> bool:
    return admin.post("/v1/auth/token", json={"username": name, "password": password}).status_code == 200


def test_ones_own_password(console, admin, people):
    account = people("agent")
    other = account.token()
    page = console(account.name, "/account", allow=[r"status of (401|422)"])
    expect(page.get_by_text("Agent: calls and handles services")).to_be_visible()
    old, new, again = (page.get_by_label(label) for label in ("Present password", "New password (required)", "New password again"))
    change = page.get_by_role("button", name="Change password")

    failures = []
    page.on("response", lambda answer: failures.append(answer.url) if answer.status == 401 else None)
    old.fill("not this one")
    new.fill(GOOD)
    again.fill("correct horse batteries")
    change.click()
    expect(page.get_by_text("The two are not the same.")).to_be_visible()
    again.fill(GOOD)
    change.click()
    expect(page.get_by_text("This is not your present password.")).to_be_visible()
    expect(old).to_be_focused()
    # Once, for it counts as a failed login; and nobody is signed out for it.
    assert len(failures) == 1
    old.fill(account.password)
    new.fill("password1234")
    again.fill("password1234")
    change.click()
    expect(page.get_by_text("This password is too weak")).to_be_visible()
    assert can_sign_in(admin, account.name, account.password)

    new.fill(GOOD)
    again.fill(GOOD)
    change.click()
    expect(page.locator(".toast", has_text="Your password is changed.")).to_be_visible()
    expect(old).to_have_value("")
    assert can_sign_in(admin, account.name, GOOD) and not can_sign_in(admin, account.name, account.password)
    with rest.Rest("", bearer=other) as client:
        assert client.get("/v1/users/me").status_code == 401
    page.reload()
    expect(page.get_by_role("heading", name="My account", level=1)).to_be_visible()


@pytest.mark.parametrize("level", ["viewer", "agent"])
def test_ones_own_sessions(console, admin, people, level):
    account = people(level)
    for _ in range(2):
        account.token()
    page = console(account.name, "/account")
    sessions = lambda: admin.get_json(f"/v1/users/{account.id}/sessions")["sessions"]
    ends = page.get_by_role("button", name=re.compile("^End the session of"))
    expect(ends).to_have_count(2)
    expect(page.get_by_role("row").filter(has_text="this one")).to_have_count(1)
    ends.first.click()
    expect(ends).to_have_count(1)
    assert len(sessions()) == 2
    page.get_by_role("button", name="End all other sessions").click()
    page.get_by_role("dialog").get_by_role("button", name="End all other sessions").click()
    expect(ends).to_have_count(0)
    assert len(sessions()) == 1
    page.reload()
    expect(page.get_by_role("heading", name="My account", level=1)).to_be_visible()


def test_an_invitation_without_its_link(context, admin, invited):
    page = context(allow=[r"status of (401|422)"]).new_page()
    page.goto("/#/invitation")
    code = page.get_by_label("Invitation code or link")
    new, again = page.get_by_label("New password (required)"), page.get_by_label("New password again")
    accept = page.get_by_role("button", name="Choose this password")
    code.fill("too short")
    new.fill("password1234")
    again.fill("password1234")
    accept.click()
    expect(page.get_by_text("This is not a complete invitation code.")).to_be_visible()
    code.fill("A" * 43)
    new.fill(GOOD)
    again.fill(GOOD)
    accept.click()
    expect(page.get_by_text("This link or session is not valid any more.")).to_be_visible()
    code.fill(invited["invitation_token"])
    new.fill("password1234")
    again.fill("password1234")
    accept.click()
    expect(page.get_by_text("This password is too weak")).to_be_visible()
    assert admin.get_json(f"/v1/users/{invited['id']}")["state"] == "invited"
    new.fill(GOOD)
    again.fill(GOOD)
    accept.click()
    expect(page.locator(".nav-user")).to_have_text(invited["username"])
    assert admin.get_json(f"/v1/users/{invited['id']}")["state"] == "active"


def test_another_language_keeps_the_invitation(context, invited):
    page = context().new_page()
    page.goto(f"/#/invitation/{invited['invitation_token']}")
    expect(page.get_by_role("heading", name="Invitation", level=1)).to_be_visible()
    page.get_by_label("Language").select_option("de")
    expect(page.get_by_role("heading", name="Einladung", level=1)).to_be_visible()
    assert page.evaluate("location.hash") == "#/invitation"
    for field in page.locator("input[type=password]").all():
        field.fill(GOOD)
    page.get_by_role("button", name="Passwort festlegen und anmelden").click()
    expect(page.locator(".nav-user")).to_have_text(invited["username"])


def test_whoever_is_signed_in_signs_out_first(console, people, invited):
    page = console(people("agent").name)
    page.evaluate("at => location.hash = at", f"#/invitation/{invited['invitation_token']}")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Choose this password")).to_be_visible()
    for field in page.locator("input[type=password]").all():
        field.fill(GOOD)
    page.get_by_role("button", name="Choose this password").click()
    expect(page.locator(".nav-user")).to_have_text(invited["username"])


@pytest.mark.parametrize("theme, width", [("light", 1280), ("dark", 320)])
def test_the_pages_are_accessible(console, context, people, axe, theme, width):
    options = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    pages = [console(people("agent").name, "/account", **options), context(**options).new_page()]
    pages[1].goto("/#/invitation")
    for page in pages:
        expect(page.locator("main h1")).to_be_focused()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        no_sideways_scroll(page)
        axe(page)
