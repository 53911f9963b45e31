"""Users in the administrator's pages: each act is done in the browser and seen by REST."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from acts import choose, go, row, said, sure, user_of
from support import rest
from support.environment import until
from support.payloads import TEXTS


@pytest.fixture
def name(admin):
    """The name of a user that the test makes; erased after it."""
    chosen = "c" + uuid.uuid4().hex[:12]
    yield chosen
    for user in admin.get_json("/v1/users", q=chosen)["users"]:
        assert admin.delete(f"/v1/users/{user['id']}").status_code == 204


def test_an_invitation_is_made_shown_once_and_accepted(console, context, admin, name, queue):
    page = console("admin", "/admin/users")
    page.get_by_role("link", name="New user").click()
    page.get_by_label("User name").fill(name)
    page.get_by_label("Display name").fill("Nina Example")
    page.get_by_label("E-mail address").fill(f"{name}@example.org")
    page.get_by_label("Level", exact=True).select_option("agent")
    page.get_by_label("Only these").check()
    page.get_by_label(queue, exact=True).check()
    page.get_by_label("Skills").fill("German, towing")
    page.get_by_label("Capacity").fill("3")
    page.get_by_role("button", name="Make the user").click()
    heading = page.get_by_role("heading", name=f"Invitation for {name}")
    expect(heading).to_be_focused()
    link = page.get_by_label("Link", exact=True).input_value()

    user = user_of(admin, name)
    expected = {"state": "invited", "level": "agent", "queues": [queue], "skills": ["german", "towing"], "capacity": 3, "display_name": "Nina Example"}
    assert expected.items() <= user.items() and user["email"] == f"{name}@example.org"

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy: Link").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link
    page.get_by_role("button", name="I have it").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    assert link.split("/")[-1] not in page.content()

    guest = context().new_page()
    guest.goto(link)
    expect(guest.get_by_role("heading", name="Invitation", level=1)).to_be_visible()
    assert guest.evaluate("location.hash") == "#/invitation"
    choose(guest, "correct horse battery")
    assert user_of(admin, name)["state"] == "active"
    # The session that accepting gave is over; the console has its own.
    assert len(admin.get_json(f"/v1/users/{user['id']}/sessions")["sessions"]) == 1


def test_a_user_with_a_password(console, admin, name):
    page = console("admin", "/admin/users/new", allow=[r"status of (409|422)"])
    make = page.get_by_role("button", name="Make the user")
    page.get_by_label("How the user gets in").select_option("password")
    make.click()
    expect(page.get_by_label("User name")).to_be_focused()
    page.get_by_label("User name").fill("no spaces please")
    page.get_by_label("Password").fill("password1234")
    make.click()
    expect(page.get_by_text("Letters without accents, digits")).to_be_visible()
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill("correct horse battery")
    make.click()
    expect(page.get_by_text("This user name is taken.")).to_be_visible()
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill("password1234")
    make.click()
    expect(page.get_by_text("This password is too weak")).to_be_visible()
    page.get_by_label("Password").fill("correct horse battery")
    make.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    user = user_of(admin, name)
    assert (user["state"], user["level"], user["queues"]) == ("active", "agent", None)
    assert page.evaluate("location.hash") == f"#/admin/users/{user['id']}"


def test_a_user_is_changed(console, admin, people, queue):
    account = people("agent", queues=[queue], skills=["german"])
    page = console("admin", f"/admin/users/{account.id}")
    page.get_by_label("Level", exact=True).select_option("supervisor")
    page.get_by_label("All, also those to come").check()
    page.get_by_label("Skills").fill("crane")
    page.get_by_label("Capacity").fill("two")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("A number from 1 to 10,000")).to_be_visible()
    assert user_of(admin, account.name)["level"] == "agent"
    page.get_by_label("Capacity").fill("2")
    page.get_by_label("Display name").fill(TEXTS["HTML, an attribute"])
    page.get_by_role("button", name="Save").click()
    said(page, "Saved.")
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    user = user_of(admin, account.name)
    expected = {"level": "supervisor", "queues": None, "skills": ["crane"], "capacity": 2, "display_name": TEXTS["HTML, an attribute"]}
    assert expected.items() <= user.items()
    page.get_by_role("button", name="Save").click()
    said(page, "Nothing was changed.")
    assert user_of(admin, account.name)["version"] == user["version"]
    go(page, "users")
    page.get_by_label("User name").fill(account.name)
    expect(row(page, account.name)).to_contain_text(TEXTS["HTML, an attribute"])


def test_somebody_else_changed_the_user_meanwhile(console, admin, people):
    account = people("agent", skills=["german"])
    page = console("admin", f"/admin/users/{account.id}", allow=[r"status of 412"])
    page.get_by_label("Capacity").fill("4")
    account.change(level="viewer", capacity=7)
    page.get_by_role("button", name="Save").click()
    notice = page.get_by_role("alert").filter(has_text="Somebody changed this user meanwhile")
    expect(notice).to_be_focused()
    expect(row(page, "Level")).to_contain_text("Viewer")
    expect(row(page, "Capacity")).to_contain_text(re.compile("Default.*7.*4"))
    assert user_of(admin, account.name)["capacity"] == 7
    expect(page.get_by_label("Capacity")).to_have_value("7")
    page.get_by_role("button", name="Apply my changes to it").click()
    said(page, "Saved.")
    user = user_of(admin, account.name)
    assert (user["level"], user["capacity"], user["skills"]) == ("viewer", 4, ["german"])

    account.change(skills=["crane"])
    page.get_by_label("Skills").fill("welding")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Keep it as it is now").click()
    expect(page.get_by_label("Skills")).to_have_value("crane")
    assert user_of(admin, account.name)["skills"] == ["crane"]


def test_access_is_taken_given_back_and_reset(console, context, admin, people):
    account = people("agent")
    old = account.token()
    page = console("admin", f"/admin/users/{account.id}")
    page.get_by_role("button", name="Disable").click()
    sure(page, "Disable")
    said(page, "signed out everywhere")
    assert user_of(admin, account.name)["state"] == "disabled"
    with rest.Rest("", bearer=old) as client:
        until(lambda: client.get("/v1/users/me").status_code != 200, what="the session's end")
    page.get_by_role("button", name="Enable").click()
    said(page, "can sign in again")
    assert user_of(admin, account.name)["state"] == "active"

    page.get_by_role("button", name="Make an invitation").click()
    link = page.get_by_label("Link", exact=True).input_value()
    guest = context().new_page()
    guest.goto(link)
    choose(guest, "another horse battery")
    answer = admin.post("/v1/auth/token", json={"username": account.name, "password": "another horse battery"})
    assert answer.status_code == 200, answer.text


def test_sessions_of_a_user_are_ended(console, admin, people):
    account = people("agent")
    tokens = [account.token() for _ in range(3)]
    path = f"/v1/users/{account.id}/sessions"
    page = console("admin", f"/admin/users/{account.id}")
    ends = page.get_by_role("button", name=re.compile("^End the session of"))
    expect(ends).to_have_count(3)
    ends.first.click()
    said(page, "The session has ended.")
    expect(ends).to_have_count(2)
    assert len(admin.get_json(path)["sessions"]) == 2
    page.get_by_role("button", name="End all sessions").click()
    sure(page, "End all sessions")
    expect(page.get_by_text("Not signed in anywhere.")).to_be_visible()
    assert admin.get_json(path)["sessions"] == []
    with rest.Rest("", bearer=tokens[0]) as client:
        until(lambda: client.get("/v1/users/me").status_code == 401, what="the session's end")


def test_a_user_is_erased(console, admin, name):
    made = admin.post("/v1/users", json={"username": name, "password": uuid.uuid4().hex, "level": "agent", "email": "gone@example.org"})
    at = f"/users/{made.json()['id']}"
    page = console("admin", f"/admin{at}")
    page.get_by_role("button", name="Erase for ever").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert user_of(admin, name)
    page.get_by_role("button", name="Erase for ever").click()
    sure(page, "Erase for ever", typed=name)
    said(page, "The user is erased.")
    erased = admin.get_json(f"/v1{at}")
    assert (erased["state"], erased["email"]) == ("erased", None)


def test_users_are_found(console, people, queue):
    skill = "s" + uuid.uuid4().hex[:10]
    agent = people("agent", queues=[queue], skills=[skill])
    boss = people("supervisor", email=f"{skill}@example.org")
    page = console("admin", f"/admin/users?skill={skill}")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(agent.name)
    page.get_by_role("button", name="Clear filters").click()
    expect(rows).not_to_have_count(1)
    page.get_by_label("E-mail address").fill(f"{skill}@EXAMPLE.org")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(boss.name)
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_label("Works in queue").select_option(queue)
    page.get_by_label("Level").select_option("agent")
    page.get_by_label("State").select_option("active")
    page.get_by_label("User name").fill(agent.name.upper()[:12])
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(agent.name)
    page.get_by_label("State").select_option("disabled")
    expect(page.get_by_text("No user matches.")).to_be_visible()


def test_an_answer_that_got_lost_makes_no_second_user(console, admin, name):
    page = console("admin", "/admin/users/new", allow=[r"net::ERR_"])
    lost = []

    def lose(route):
        if lost:
            return route.fallback()
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/v1/users", lose)
    page.get_by_label("How the user gets in").select_option("password")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Make the user").click()
    expect(page.get_by_text("The server cannot be reached.")).to_be_visible()
    assert lost == [201]
    page.get_by_role("button", name="Make the user").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    assert user_of(admin, name)["version"] == 1
