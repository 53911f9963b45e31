"""Every page there is, in every language and theme, at three widths: nothing missing, nothing sideways, no barrier."""

import re
import uuid

import pytest
from playwright.sync_api import Page, TimeoutError, expect

WIDTHS = [320, 1280, 2560]
LANGUAGES = {"en": "en-GB", "de": "de-DE", "pt": "pt-PT"}
# What a page's address needs; a new page with a parameter gets its line here.
SAMPLES = {
    ":queue": lambda queue: queue,
    ":id": lambda queue: str(uuid.uuid4()),
    ":token": lambda queue: "x" * 43,
}
# Their subject is made up, which the server says.
MADE_UP = r"status of 404"
# A text that is missing shows its key; a parameter that is missing its braces.
ROUTES = "() => import('/console/app/router.js').then(module => module.allRoutes().map(({pattern, level}) => ({pattern, level})))"
AREAS = """() => import('/console/texts/catalogue.js').then(module => module.loadCatalogue('en'))
  .then(texts => [...new Set(Object.keys(texts).map(key => key.split('.')[0]))])"""
WORDS = """() => [...document.querySelectorAll('body, [aria-label], [title], [placeholder], [alt]')].flatMap(one =>
  one === document.body ? [one.innerText] : ['aria-label', 'title', 'placeholder', 'alt'].map(name => one.getAttribute(name) ?? ''))
  .concat(document.title).join('\\n')"""


def address(pattern: str, queue: str) -> str:
    return re.sub(r":\w+", lambda name: SAMPLES[name.group()](queue), pattern)


def settle(page: Page) -> None:
    """What the page shows at first is there: its heading, and nothing that is still being fetched."""
    expect(page.locator("h1").first).not_to_be_empty()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def look(page: Page, axe, where: str, areas: list[str], turn: int) -> list[str]:
    """What is wrong with the page. Axe looks at one width and theme, at another one at the next turn."""
    found = []
    width, theme = WIDTHS[turn % len(WIDTHS)], ("light", "dark")[turn % 2]
    page.emulate_media(color_scheme=theme)
    for each in [*(one for one in WIDTHS if one != width), width]:
        page.set_viewport_size({"width": each, "height": 900})
        try:
            # What draws itself anew for another width does so a moment later.
            page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth", timeout=10_000, polling=100)
        except TimeoutError:
            found.append(f"{where} scrolls sideways at {each} px")
    try:
        axe(page)
    except AssertionError as error:
        found.append(f"{where}, {width} px, {theme}: {error}")
    words = page.evaluate(WORDS)
    missing = re.findall(rf"\b(?:{'|'.join(areas)})\.[a-z][a-z0-9_.]+|\{{\w+\}}", words)
    found += [f"{where}: the text {word} is missing" for word in missing]
    if page.title() in ("", "Usher"):
        found.append(f"{where} has no title of its own")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_console(console, axe, queue, supervisor, language):
    for _ in range(3):
        supervisor.submit(queue, customer={"name": "Nina Example"})
    page = console("admin", locale=LANGUAGES[language], allow=[MADE_UP])
    assert page.evaluate("document.documentElement.lang") == language
    areas = page.evaluate(AREAS)
    routes = [one["pattern"] for one in page.evaluate(ROUTES) if one["level"] is not None]
    assert len(routes) > 10
    found = []
    for place, pattern in enumerate(routes):
        page.evaluate("at => { location.hash = at; }", "#" + address(pattern, queue))
        settle(page)
        found += look(page, axe, pattern, areas, place + list(LANGUAGES).index(language))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_without_signing_in(context, axe, queue, supervisor, language):
    service = supervisor.submit(queue)
    link = supervisor.post(f"/v1/queues/{queue}/board-links", json={}).json()["path"]
    ticket = supervisor.post(f"/v1/services/{service['id']}/ticket-link", json={}).json()["path"]
    page = context(locale=LANGUAGES[language]).new_page()
    page.goto("/")
    settle(page)
    areas = page.evaluate(AREAS)
    open_pages = [one["pattern"] for one in page.evaluate(ROUTES) if one["level"] is None]
    found = []
    for place, at in enumerate(["/", link, ticket, *["/#" + address(pattern, queue) for pattern in open_pages]]):
        # From one hash to another the page would not be opened anew.
        page.goto("about:blank")
        page.goto(at)
        settle(page)
        assert page.evaluate("document.documentElement.lang") == language
        found += look(page, axe, at.split("#")[0], areas, place + list(LANGUAGES).index(language))
    assert not found, "\n".join(found)
