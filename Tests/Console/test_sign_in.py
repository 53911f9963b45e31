"""Signing in and out, and what becomes of a session that ends."""

import re

from playwright.sync_api import expect

from conftest import no_sideways_scroll, sign_in


def test_every_level_gets_its_own_pages(console, people):
    pages = {
        "agent": {"#/work"},
        "supervisor": {"#/work", "#/supervise", "#/charts", "#/history"},
    }
    for level, wanted in pages.items():
        page = console(people(level).name)
        links = page.locator("nav a").evaluate_all("links => links.map((link) => link.getAttribute('href'))")
        assert set(links) == wanted | {"#/account"}
    # What is not one's own is not there, whoever knows its address.
    page.goto("/#/admin/users")
    expect(page.locator("main h1")).to_have_text("Page not found")


def test_a_wrong_password_is_told_and_the_field_is_emptied(context, people):
    page = context(allow=["401"]).new_page()
    page.goto("/")
    expect(page.locator("input[name=username]")).to_be_focused()
    page.locator("form button[type=submit]").click()
    expect(page.locator("input[name=username]")).to_have_attribute("aria-invalid", "true")
    account = people("agent")
    page.locator("input[name=username]").fill(account.name)
    page.locator("input[name=password]").fill("not this one")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("User name or password is wrong.")
    expect(page.locator("input[name=password]")).to_have_value("")
    expect(page.locator("input[name=password]")).to_be_focused()
    sign_in(page, account.name)


def test_a_reload_goes_on_and_signing_out_ends_every_tab(console, people):
    page = console(people("agent").name)
    other = page.context.new_page()
    other.goto("/")
    expect(other.locator("header.topbar")).to_be_visible()
    page.reload()
    expect(page.locator("header.topbar")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    for tab in (page, other):
        expect(tab.get_by_text("You have signed out.")).to_be_visible()
    page.reload()
    expect(page.locator("input[name=username]")).to_be_visible()


def test_a_session_that_is_ended_elsewhere_leads_to_the_form_with_the_reason(console, people):
    account = people("agent")
    page = console(account.name, allow=["401", "403"])
    account.change(disabled=True)
    expect(page.get_by_text(re.compile("Your account has been disabled|Your session has ended"))).to_be_visible(timeout=15_000)
    expect(page.locator("header.topbar")).to_have_count(0)


def test_a_tab_does_not_go_on_as_somebody_else(console, people):
    first, second = people("agent"), people("supervisor")
    page = console(first.name, allow=["401"])
    other = page.context.new_page()
    # The other tab signs in anew, which ends the first one's session.
    other.add_init_script("if (!sessionStorage.begun) { sessionStorage.begun = 1; localStorage.removeItem('usher.session'); }")
    other.goto("/")
    sign_in(other, second.name)
    expect(page.get_by_text("Somebody else has signed in in another tab.")).to_be_visible(timeout=20_000)
    page.reload()
    expect(page.locator(".nav-user")).to_have_text(second.name)


def test_no_token_is_kept_where_scripts_of_other_tabs_find_it(console, people):
    page = console(people("agent").name)
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "eyJ" not in kept and "usher-session" not in kept, kept


def test_language_and_theme_are_switched_and_remembered(console, people):
    page = console(people("agent").name)
    page.locator("select.language-switch").focus()
    page.locator("select.language-switch").select_option("de")
    expect(page.locator("main h1")).to_have_text("Arbeitsplatz")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("select.language-switch")).to_be_focused()
    page.get_by_role("button", name="Dunkle Farben").click()
    page.reload()
    expect(page.locator("main h1")).to_have_text("Arbeitsplatz")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_help_lists_the_keys_and_switches_them_off(console, people):
    page = console(people("agent").name)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Call next")
    dialog.get_by_label("Shortcuts of one key").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.keyboard.press("?")
    expect(dialog).to_have_count(0)
    page.get_by_role("banner").get_by_role("button", name="Keyboard shortcuts").click()
    expect(dialog).to_be_visible()


def test_the_form_is_accessible_and_narrow(context, axe):
    for scheme in ("light", "dark"):
        for width in (320, 1280):
            page = context(color_scheme=scheme, viewport={"width": width, "height": 700}).new_page()
            page.goto("/")
            expect(page.locator("input[name=username]")).to_be_visible()
            axe(page)
            no_sideways_scroll(page)


def test_the_menu_on_a_narrow_screen_opens_by_keyboard(console, people, axe):
    page = console(people("supervisor").name, viewport={"width": 320, "height": 640})
    menu = page.get_by_role("button", name="Menu")
    menu.press("Enter")
    expect(page.get_by_role("link", name="History")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="History").press("Escape")
    expect(menu).to_be_focused()
    expect(page.get_by_role("link", name="History")).to_be_hidden()
    no_sideways_scroll(page)
