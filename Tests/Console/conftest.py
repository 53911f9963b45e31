"""Fixtures: a real Chromium, people with pages of their own, and what must hold on every page."""

import json
import os
import pathlib
import re
import uuid
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from support import rest
from support.accounts import Account
from support.environment import ENV, HTTP, ROOT

SOURCE = os.environ.get("USHER_CONSOLE_SOURCE")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
# Files from the working tree come from no network address: without the second word such a page may not ask one on loopback.
BROWSER = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets"]
# For `allow`, in a test that takes the server away: the browser itself says so, which is no error of the page.
UNREACHABLE = r"net::ERR_|WebSocket connection to .* failed"

expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER)
        yield chromium
        chromium.close()


class Watch:
    """What a context may not do: write errors or warnings, throw, or ask another origin."""

    def __init__(self, context: BrowserContext, origin: str, allowed: list[str]):
        self._origin, self._allowed, self.found = origin, [re.compile(text) for text in allowed], []
        context.on("console", lambda message: self._log(message))
        context.on("weberror", lambda error: self.found.append(f"thrown: {error.error}"))
        context.on("request", lambda request: self._request(request.url))

    def _log(self, message) -> None:
        if message.type in ("error", "warning") and not any(one.search(message.text) for one in self._allowed):
            self.found.append(f"{message.type}: {message.text}")

    def _request(self, url: str) -> None:
        if not url.startswith((self._origin + "/", "blob:" + self._origin, "data:")):
            self.found.append(f"request to {url}")


@pytest.fixture
def context(browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes contexts, each like a browser of its own; the test fails for what `Watch` has found in any of them.

    `allow`: patterns of console messages that belong to what is tested. Other arguments are Playwright's.
    """
    made: list[tuple[BrowserContext, Watch]] = []

    def make(server: str = HTTP, allow: list[str] = (), **options) -> BrowserContext:
        settings = {"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"}
        one = browser.new_context(base_url=server, **(settings | options))
        made.append((one, Watch(one, server, list(allow))))
        if SOURCE:
            serve_from_source(one, server)
        return one

    yield make
    found = [text for _, watch in made for text in watch.found]
    for one, _ in made:
        one.close()
    assert not found, "\n".join(found)


@pytest.fixture
def console(context) -> Callable[..., Page]:
    """Makes pages of the console, each signed in as a user: a demo user, one of `people`, or with `password` any other."""

    def make(username: str, at: str = "", password: str | None = None, server: str = HTTP, **options) -> Page:
        page = context(server, **options).new_page()
        page.goto(f"/#{at}")
        sign_in(page, username, password)
        return page

    return make


def sign_in(page: Page, username: str, password: str | None = None) -> None:
    """Fills in the form, as a user does, and waits for the page behind it."""
    page.locator("input[name=username]").fill(username)
    known = rest.passwords.get(username) or ENV.get(f"USHER_DEMO_{username.upper()}_PASSWORD")
    page.locator("input[name=password]").fill(password or known)
    page.locator("form button[type=submit]").click()
    expect(page.locator("header.topbar")).to_be_visible()
    expect(page.locator("main h1")).to_be_visible()


@pytest.fixture
def people() -> Iterator[Callable[..., Account]]:
    """Makes users of a level, limited as the test says; disabled after it. Their passwords are known to `console`."""
    with rest.Rest("admin") as admin:
        made: list[Account] = []

        def make(level: str, **properties) -> Account:
            account = Account(admin, level, **properties)
            rest.passwords[account.name] = account.password
            made.append(account)
            return account

        yield make
        for account in made:
            account.change(disabled=True)


@pytest.fixture
def admin() -> Iterator[rest.Rest]:
    with rest.Rest("admin") as client:
        yield client


@pytest.fixture
def supervisor() -> Iterator[rest.Rest]:
    with rest.Rest("supervisor") as client:
        yield client


@pytest.fixture
def new_queue(supervisor) -> Iterator[Callable[[], str]]:
    """Makes queues of the test's own; empty after it."""
    with rest.Rest("admin") as admin:
        made: list[str] = []

        def make() -> str:
            name = "c" + uuid.uuid4().hex[:10]
            answer = admin.put(f"/v1/queues/{name}", json={})
            assert answer.status_code in (200, 201), answer.text
            made.append(name)
            return name

        yield make
        for name in made:
            supervisor.drain(name)


@pytest.fixture
def queue(new_queue) -> str:
    """The name of a queue of the test's own."""
    return new_queue()


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Looks for violations of WCAG 2.2 AA and of good practice on a page as it is now."""

    def check(page: Page) -> None:
        found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        told = [
            {one["id"]: one["help"], "nodes": [f"{node['html'][:200]} -- {node['failureSummary'][:300]}" for node in one["nodes"][:4]]}
            for one in found
        ]
        assert not told, json.dumps(told, indent=1)

    return check


def no_sideways_scroll(page: Page) -> None:
    """The page is not wider than its window."""
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1], f"{widths[0]} px wide in {widths[1]}"


def serve_from_source(context: BrowserContext, server: str) -> None:
    """Files and pages of the console from the working tree, with the server's headers."""
    folder = (ROOT / SOURCE).resolve()

    def fulfil(route, path: pathlib.Path) -> None:
        headers = {"content-type": TYPES[path.suffix], "cache-control": "no-store", "x-content-type-options": "nosniff"}
        if path.suffix == ".html":
            headers |= {"content-security-policy": POLICY, "referrer-policy": "no-referrer"}
        if path.is_file():
            route.fulfill(status=200, headers=headers, body=path.read_bytes())
        else:
            route.fulfill(status=404, headers={"content-type": "text/plain"}, body="no such file")

    context.route(re.compile(re.escape(server) + r"/console/[^?#]+$"), lambda route: fulfil(route, folder / route.request.url.split("/console/")[1]))
    context.route(re.compile(re.escape(server) + r"/(#.*)?$"), lambda route: fulfil(route, folder / "app/console.html"))
    context.route(re.compile(re.escape(server) + r"/board/[^/]+$"), lambda route: fulfil(route, folder / "board/board.html"))
    context.route(re.compile(re.escape(server) + r"/ticket/[^/]+$"), lambda route: fulfil(route, folder / "ticket/ticket.html"))
