"""Makes the pictures in docs/pictures from a running server, with invented people: `python Tests/Console/pictures.py [AREA ...]`.

What is shown is in the queues named here; each area says how it is to be filled beforehand, if at all.
"""

import os
import pathlib
import secrets
import sys

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "Acceptance")]

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

import admin_pictures  # noqa: E402
import conftest  # noqa: E402
from support import rest  # noqa: E402
from support.environment import HTTP, ROOT  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
QUEUES = ["registry", "permits", "vehicles"]


def supervise(page: Page) -> None:
    """Three queues; a row is being dragged."""
    page.evaluate(f"localStorage['usher.supervise.queues'] = '{{}}'".format(str(QUEUES[:2]).replace("'", '"')))
    open_page(page, "/supervise")
    rows = page.locator(f"#panel-{QUEUES[0]} .service-row[data-state=waiting]")
    rows.nth(3).wait_for()
    from_, to = rows.nth(3).locator(".row-handle").bounding_box(), rows.nth(1).bounding_box()
    page.mouse.move(from_["x"] + 10, from_["y"] + 10)
    page.mouse.down()
    page.mouse.move(to["x"] + 120, to["y"] + 4, steps=6)


def charts(page: Page) -> None:
    """The last hour of the first queue, as the server has it."""
    page.evaluate(f"localStorage['usher.charts'] = '{QUEUES[0]} hour'")
    page.set_viewport_size({"width": 1280, "height": 1060})
    open_page(page, "/charts")
    page.locator(".chart-line").nth(4).wait_for(state="attached")
    box = page.get_by_role("figure", name="Waiting time").locator("svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 60, box["y"] + 80)


def history(page: Page) -> None:
    """The newest of one queue."""
    open_page(page, f"/history?queue={QUEUES[0]}")
    page.locator("[data-service]").nth(5).wait_for()


def assign(page: Page) -> None:
    """A waiting service is to be given to one of those who are here."""
    page.evaluate(f"localStorage['usher.supervise.queues'] = '[\"{QUEUES[0]}\"]'")
    open_page(page, "/supervise")
    colleague = page.context.browser.new_context(base_url=HTTP).new_page()
    colleague.goto("/#/work")
    conftest.sign_in(colleague, "tom.okafor")
    colleague.get_by_role("button", name="Call next").wait_for()
    # Until the supervisor's node knows of it.
    page.wait_for_timeout(2_000)
    page.locator(f"#panel-{QUEUES[0]} .service-row[data-state=waiting]").nth(2).get_by_role("button").last.click()
    page.get_by_role("menuitem", name="Assign …").click()
    page.get_by_role("dialog").get_by_role("combobox").select_option(label="tom.okafor – has 0 here")


def account(page: Page) -> None:
    """One's own rights and sessions."""
    open_page(page, "/account")
    page.get_by_role("heading", name="Sessions").wait_for()


AREAS = {
    "supervise": supervise, "assign": assign, "charts": charts, "history": history, "account": account,
} | admin_pictures.AREAS


def open_page(page: Page, at: str) -> None:
    page.evaluate(f"location.hash = '#{at}'")
    page.locator("main h1").wait_for()


def take(browser: Browser, name: str, area, user: str, scheme: str) -> None:
    context = browser.new_context(
        base_url=HTTP, locale="en-GB", viewport={"width": 1280, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    if conftest.SOURCE:
        conftest.serve_from_source(context, HTTP)
    page = context.new_page()
    page.goto("/#/account")
    conftest.sign_in(page, user)
    area(page)
    path = FOLDER / f"console-{name}{'-dark' if scheme == 'dark' else ''}.png"
    page.screenshot(path=path)
    print(path.relative_to(ROOT), os.path.getsize(path) // 1024, "KiB")
    context.close()


def person(admin: rest.Rest, name: str, level: str, queues: list[str], display_name: str) -> None:
    """Somebody with a name to read, and a new password each time."""
    properties = {"password": secrets.token_hex(16), "level": level, "queues": queues, "display_name": display_name}
    if admin.post("/v1/users", json={"username": name, **properties}).status_code == 409:
        (known,) = [user for user in admin.get_json("/v1/users", q=name)["users"] if user["username"] == name]
        assert admin.patch(f"/v1/users/{known['id']}", json=properties).status_code == 200
    rest.passwords[name] = properties["password"]


def main(areas: list[str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with rest.Rest("admin") as admin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=conftest.BROWSER)
        person(admin, "olga.lind", "supervisor", QUEUES, "Olga Lind")
        person(admin, "tom.okafor", "agent", QUEUES, "Tom Okafor")
        for name in areas:
            for scheme in ("light", "dark"):
                take(browser, name, AREAS[name], "admin" if name in admin_pictures.AREAS else "olga.lind", scheme)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:] or list(AREAS))
