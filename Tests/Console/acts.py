"""What tests of the administrator's pages do again and again."""

import re

from playwright.sync_api import Locator, Page, expect

from support import rest


def user_of(admin: rest.Rest, name: str) -> dict:
    found = [user for user in admin.get_json("/v1/users", q=name)["users"] if user["username"] == name]
    assert found, f"there is no {name}"
    return found[0]


def go(page: Page, at: str) -> None:
    page.evaluate("at => location.hash = at", f"#/admin/{at}")


def said(page: Page, text: str | re.Pattern) -> None:
    """A message came up."""
    expect(page.locator(".toast", has_text=text).first).to_be_visible()


def sure(page: Page, action: str, typed: str | None = None) -> None:
    """Confirms what the page asks."""
    dialog = page.get_by_role("dialog")
    button = dialog.get_by_role("button", name=action, exact=True)
    if typed is not None:
        expect(button).to_be_disabled()
        dialog.get_by_role("textbox").fill(typed)
    button.click()
    expect(dialog).to_have_count(0)


def choose(guest: Page, password: str) -> None:
    """Accepts the invitation of the page."""
    guest.get_by_label("New password (required)").fill(password)
    guest.get_by_label("New password again").fill(password)
    guest.get_by_role("button", name="Choose this password").click()
    expect(guest.locator("header.topbar")).to_be_visible()


def row(page: Page, text: str) -> Locator:
    """The rows of tables that have a text."""
    return page.get_by_role("row").filter(has_text=text)
