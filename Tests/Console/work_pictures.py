"""Makes the pictures of signing in and of the work page: `python Tests/Console/work_pictures.py`, against a running server."""

import pathlib
import random
import secrets
import sys

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "Acceptance")]

from playwright.sync_api import sync_playwright  # noqa: E402

import conftest  # noqa: E402
from support import rest  # noqa: E402
from support.environment import HTTP, ROOT  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
QUEUES = ["citizens-office", "passports", "registration"]
KINDS = ["passport", "id-card", "address", "certificate", "advice"]
NAMES = ["Nina Example", "Grace Berg", "Hiro Quinn", "Mei Haddad", "Ana Duarte", "Jonas Weiß"]
WIDTHS = {"": 1280, "-narrow": 320}


def person(admin: rest.Rest, name: str) -> None:
    """An employee with a name to read, and a new password each time."""
    password = secrets.token_hex(16)
    made = admin.post("/v1/users", json={"username": name, "password": password, "level": "agent", "queues": QUEUES})
    if made.status_code == 409:
        (known,) = [user for user in admin.get_json("/v1/users", q=name)["users"] if user["username"] == name]
        admin.patch(f"/v1/users/{known['id']}", json={"password": password})
    rest.passwords[name] = password


def fill(admin: rest.Rest, supervisor: rest.Rest, colleague: str) -> None:
    """Queues of invented people, some of them being looked after."""
    chance = random.Random(9)
    for queue, many in zip(QUEUES, (34, 9, 3)):
        admin.put(f"/v1/queues/{queue}", json={})
        supervisor.drain(queue)
        for number in range(many):
            supervisor.submit(
                queue,
                kind=chance.choice(KINDS),
                priority=9 if number == 11 else chance.choice([4, 4, 4, 4, 4, 2, 6]),
                customer={"name": chance.choice(NAMES), "phone": "+44 20 7946 0000"},
                details={"note": "Brings two documents; prefers Portuguese."},
            )
    with rest.Rest(colleague) as client:
        for step in ("start", "hold", None):
            service = client.post(f"/v1/queues/{QUEUES[0]}/claim-next", json={}).json()["service"]
            if step:
                client.act(service["id"], step, fence=service["fence"])


def main() -> None:
    with rest.Rest("admin") as admin, rest.Rest("supervisor") as supervisor, sync_playwright() as playwright:
        for name in ("mara.lindqvist", "tom.okafor"):
            person(admin, name)
        fill(admin, supervisor, "tom.okafor")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=conftest.BROWSER)
        size = {"width": 1280, "height": 800}
        context = browser.new_context(base_url=HTTP, locale="en-GB", viewport=size, reduced_motion="reduce")
        if conftest.SOURCE:
            conftest.serve_from_source(context, HTTP)
        page = context.new_page()
        page.goto("/#/work")
        page.locator("input[name=username]").wait_for()
        page.screenshot(path=FOLDER / "console-sign-in.png")
        conftest.sign_in(page, "mara.lindqvist")
        page.locator(".queue-tab", has_text=QUEUES[0]).click()
        page.locator(".queue-list .row[data-key]").nth(9).wait_for()
        page.keyboard.press("n")
        page.locator(".service-card").wait_for()
        page.keyboard.press("s")
        page.locator(".service-card[data-state=serving]").wait_for()
        for suffix, width in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": 720 if width == 320 else 800})
            for scheme, shade in (("light", ""), ("dark", "-dark")):
                page.emulate_media(color_scheme=scheme)
                page.locator(".ring-time").wait_for()
                page.screenshot(path=FOLDER / f"console-work{suffix}{shade}.png")
        browser.close()
        for queue in QUEUES:
            supervisor.drain(queue)


main()
