"""Makes docs/pictures/board*.png and ticket.png from a running server: `python Tests/Console/public_pictures.py [SECONDS]`.

Six services are handled for so long beforehand (by default 100 seconds), so that there is a wait to estimate.
"""

import os
import pathlib
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "Acceptance")]

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

import conftest  # noqa: E402
from support.environment import HTTP, ROOT  # noqa: E402
from support.rest import Rest  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
QUEUE = "registry-office"


def fill(supervisor: Rest, seconds: float) -> list[dict]:
    """A busy morning: some are done, some in hand, some wait. Those who wait."""
    supervisor.drain(QUEUE)
    services = [supervisor.submit(QUEUE, kind="passport") for _ in range(22)]
    in_hand = []
    for service in services[:10]:
        fence = supervisor.act(service["id"], "claim", lease_seconds=3600)["service"]["fence"]
        supervisor.act(service["id"], "start", fence=fence)
        in_hand.append((service["id"], fence))
    time.sleep(seconds)
    for service, fence in in_hand[:6]:
        supervisor.act(service, "complete", fence=fence)
    for service in services[10:12]:
        supervisor.act(service["id"], "claim", lease_seconds=3600)
    return services[12:]


def page_of(browser: Browser, path: str, width: int, height: int, scheme: str) -> Page:
    settings = {"locale": "en-GB", "reduced_motion": "reduce", "color_scheme": scheme}
    context = browser.new_context(base_url=HTTP, viewport={"width": width, "height": height}, **settings)
    if conftest.SOURCE:
        conftest.serve_from_source(context, HTTP)
    page = context.new_page()
    page.goto(path)
    return page


def save(page: Page, name: str) -> None:
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    print(path.relative_to(ROOT), os.path.getsize(path) // 1024, "KiB")
    page.context.close()


def main(seconds: float) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Rest("admin") as admin, Rest("supervisor") as supervisor, sync_playwright() as playwright:
        admin.put(f"/v1/queues/{QUEUE}", json={})
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=conftest.BROWSER)
        waiting = fill(supervisor, seconds)
        link = supervisor.post(f"/v1/queues/{QUEUE}/board-links", json={"label": "Pictures"}).json()
        boards = {name: page_of(browser, link["path"], 1920, 1080, scheme) for name, scheme in (("board", "light"), ("board-dark", "dark"))}
        for page in boards.values():
            page.locator(".board-calls li:visible").nth(5).wait_for()
        supervisor.act(waiting[0]["id"], "claim", lease_seconds=3600)
        for name, page in boards.items():
            page.locator(".board-calls .board-ticket", has_text=str(waiting[0]["ticket"])).wait_for()
            # Without the switches, as the display stands on its wall.
            page.wait_for_function("() => document.body.matches('.is-idle') && !document.querySelector('.is-new')", timeout=30_000)
            page.wait_for_timeout(600)
            save(page, name)
        ticket = supervisor.post(f"/v1/services/{waiting[4]['id']}/ticket-link", json={}).json()["path"]
        page = page_of(browser, ticket, 390, 760, "light")
        page.locator("dd").nth(1).wait_for()
        save(page, "ticket")
        supervisor.delete(f"/v1/queues/{QUEUE}/board-links/{link['id']}")
        supervisor.drain(QUEUE)
        browser.close()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 100)
