"""The display board in a real browser: what is called, and a day of trouble in a minute."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from conftest import UNREACHABLE, no_sideways_scroll
from support.environment import until
from support.own_server import own_server
from support.rest import Rest

SIZES = [(320, 640), (1280, 720), (1080, 1920), (3840, 2160)]
# The browser itself says that an answer was a refusal.
REFUSED = r"status of 401"


def make_link(client, queue: str) -> dict:
    answer = client.post(f"/v1/queues/{queue}/board-links", json={"label": "Waiting room"})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def board(context, supervisor):
    """Opens displays of a queue, each by a link of its own."""

    def make(queue: str, clock: str | None = None, **options) -> Page:
        page = context(**options).new_page()
        if clock:
            page.clock.install(time=clock)
        page.goto(make_link(supervisor, queue)["path"])
        return page

    return make


def calls(page: Page):
    return page.locator(".board-calls li:visible .board-ticket")


def next_up(page: Page):
    return page.locator(".board-next li:visible .board-ticket")


def claim(client, service: dict) -> int:
    return client.act(service["id"], "claim")["service"]["fence"]


def finish(client, service: dict, fence: int) -> None:
    client.act(service["id"], "start", fence=fence)
    client.act(service["id"], "complete", fence=fence)


def tickets(*services: dict) -> list[str]:
    return [str(service["ticket"]) for service in services]


def is_shown_within(page: Page, seconds: float, service: dict) -> None:
    """The newest call is this ticket before the time is over, as the page itself sees it."""
    page.wait_for_function(
        "ticket => document.querySelector('.board-calls li .board-ticket')?.textContent === ticket",
        arg=str(service["ticket"]), timeout=seconds * 1000, polling="raf",
    )


def test_a_call_is_on_the_wall_within_a_second(board, queue, supervisor):
    waiting = [supervisor.submit(queue) for _ in range(3)]
    page = board(queue)
    expect(next_up(page)).to_have_text(tickets(*waiting))
    expect(page.get_by_text("Nobody is being called right now.")).to_be_visible()
    for place, service in enumerate(waiting):
        fence = claim(supervisor, service)
        is_shown_within(page, 1, service)
        expect(page.locator(".board-calls li").first).to_have_class(re.compile("is-new"))
        expect(page.get_by_text(f"Ticket {service['ticket']}, please.")).to_be_attached()
        expect(next_up(page)).to_have_text(tickets(*waiting[place + 1 :]))
        if place == 0:
            supervisor.act(service["id"], "start", fence=fence)
    expect(calls(page)).to_have_text(tickets(*reversed(waiting)))
    expect(page.locator(".board-numbers dd")).to_have_text(["0", "No wait"])


def test_after_a_reload_the_newest_call_comes_first(board, queue, supervisor):
    first, second, third = [supervisor.submit(queue) for _ in range(3)]
    for service in (second, third, first):
        claim(supervisor, service)
    page = board(queue)
    expect(calls(page)).to_have_text(tickets(first, third, second))
    expect(page.locator(".board-calls li.is-new")).to_have_count(0)
    page.reload()
    expect(calls(page)).to_have_text(tickets(first, third, second))


def test_who_returns_or_ends_leaves_the_wall(board, queue, supervisor):
    first, second = supervisor.submit(queue), supervisor.submit(queue)
    fences = [claim(supervisor, service) for service in (first, second)]
    page = board(queue)
    expect(calls(page)).to_have_count(2)
    supervisor.act(first["id"], "release", fence=fences[0])
    finish(supervisor, second, fences[1])
    expect(next_up(page)).to_have_text(tickets(first))
    expect(calls(page)).to_have_count(0)


def test_nothing_personal_reaches_the_display(board, queue, supervisor, context):
    name = "Wilhelmina Findme"
    service = supervisor.submit(queue, customer={"name": name, "phone": "+44 20 7946 0999"}, details={"note": "Findme too"})
    claim(supervisor, service)
    seen = []
    page = context().new_page()
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: seen.append(str(frame))))
    page.on("response", lambda answer: seen.append(answer.text()) if "/v1/queues/" in answer.url else None)
    page.goto(make_link(supervisor, queue)["path"])
    is_shown_within(page, 10, service)
    until(lambda: any(f"queue:{queue}" in text or '"services"' in text for text in seen), what="the snapshot")
    everything = "\n".join([page.content(), *seen])
    for word in ("Findme", "7946", "supervisor"):
        assert word not in everything


def test_modes_and_numbers(board, queue, supervisor):
    page = board(queue)
    expect(page.locator(".board-numbers dd").first).to_have_text("0")
    supervisor.submit(queue)
    expect(page.locator(".board-numbers dd")).to_have_text(["1", "No estimate yet"])
    for command, text in (("pause", "This queue is paused"), ("drain", "No new tickets"), ("resume", "")):
        assert supervisor.post(f"/v1/queues/{queue}/{command}", json={}).status_code == 200
        expect(page.locator(".board-notice")).to_contain_text(text) if text else expect(page.locator(".board-notice")).to_be_empty()


def test_an_estimate_is_a_range(board, queue, people):
    # Only who works gives the server something to go by.
    agent = people("agent", queues=[queue])
    with Rest(agent.name) as employee, Rest("supervisor") as supervisor:
        for _ in range(6):
            service = supervisor.submit(queue)
            finish(employee, service, claim(employee, service))
        for _ in range(3):
            supervisor.submit(queue)
        page = board(queue)
        expect(page.locator(".board-numbers dd").nth(1)).to_have_text(re.compile(r"min|less than a minute"))


def test_a_server_that_is_killed_and_a_token_that_ends(context):
    with own_server("board-trouble", USHER_ACCESS_TOKEN_SECONDS="60") as server:
        desk = Rest("supervisor", server.url, server.token("supervisor"))
        first, second, third = [desk.submit("front-desk") for _ in range(3)]
        claim(desk, first)
        page = context(server.url, allow=[UNREACHABLE]).new_page()
        exchanges, closed = [], []
        page.on("request", lambda request: exchanges.append(request.url) if request.url.endswith("/v1/auth/board") else None)
        page.on("websocket", lambda socket: socket.on("close", lambda _: closed.append(socket)))
        page.goto(make_link(desk, "front-desk")["path"])
        is_shown_within(page, 10, first)
        server.kill()
        # Not hidden, but honest: from when it is.
        expect(page.locator(".board-notice")).to_contain_text("This is how things stood at")
        expect(calls(page)).to_have_text(tickets(first))
        server.start()
        claim(desk, second)
        expect(calls(page)).to_have_text(tickets(second, first), timeout=30_000)
        expect(page.locator(".board-notice")).to_be_empty()
        # The token that it began with is over by then; the connection is the same all the time.
        closed.clear()
        page.wait_for_function("() => performance.now() > 62000", timeout=70_000)
        desk = Rest("supervisor", server.url, server.token("supervisor"))
        claim(desk, third)
        is_shown_within(page, 1, third)
        assert len(exchanges) >= 2 and not closed


def test_a_revoked_link_takes_the_queue_away_and_is_tried_every_minute(context, queue, supervisor):
    service = supervisor.submit(queue)
    claim(supervisor, service)
    link = make_link(supervisor, queue)
    page = context(allow=[REFUSED]).new_page()
    page.clock.install()
    attempts = []
    page.on("request", lambda request: attempts.append(time.monotonic()) if request.url.endswith("/v1/auth/board") else None)
    page.goto(link["path"])
    is_shown_within(page, 10, service)
    assert supervisor.delete(f"/v1/queues/{queue}/board-links/{link['id']}").status_code == 204
    expect(page.get_by_text("This display is not authorised")).to_be_visible()
    expect(page.locator(".board-calls")).to_be_hidden()
    assert len(attempts) == 2
    page.clock.fast_forward(50_000)
    assert len(attempts) == 2
    page.clock.fast_forward(15_000)
    until(lambda: (page.wait_for_timeout(50), len(attempts) == 3)[1], what="another attempt")
    expect(page.get_by_text("This display is not authorised")).to_be_visible()


def test_a_machine_whose_clock_is_wrong_shows_the_servers_time(board, queue, supervisor):
    page = board(queue, clock="2001-02-03T04:05:06Z", timezone_id="Europe/Lisbon")
    expect(page.locator(".board-queue")).to_be_visible()
    now = page.evaluate("fetch('/openapi.json').then(answer => answer.headers.get('date'))")
    shown = page.evaluate(
        "date => [0, 60000].map(more => new Date(Date.parse(date) + more)"
        ".toLocaleTimeString('en-GB', {hour: '2-digit', minute: '2-digit'}))", now,
    )
    expect(page.locator(".board-clock")).to_have_text(re.compile("|".join(shown)))
    service = supervisor.submit(queue)
    claim(supervisor, service)
    is_shown_within(page, 1, service)
    expect(page.locator(".board-calls li.is-new")).to_have_count(1)


def test_memory_stays_flat(board, queue, supervisor):
    page = board(queue)
    expect(page.locator(".board-queue")).to_be_visible()
    devtools = page.context.new_cdp_session(page)

    def busy(rounds: int) -> tuple[int, int]:
        for _ in range(rounds):
            services = [supervisor.submit(queue) for _ in range(10)]
            for service in services:
                finish(supervisor, service, claim(supervisor, service))
        expect(page.locator(".board-numbers dd").first).to_have_text("0")
        devtools.send("HeapProfiler.collectGarbage")
        heap = devtools.send("Runtime.getHeapUsage")["usedSize"]
        return page.evaluate("document.querySelectorAll('*').length"), heap

    busy(1)
    (nodes, heap), (nodes_later, heap_later) = busy(1), busy(6)
    assert nodes_later == nodes
    assert heap_later - heap < 400_000, f"{heap_later - heap} bytes more after 240 changes"


def test_sound_is_a_choice_that_is_remembered(board, queue):
    page = board(queue)
    page.get_by_role("button", name="Turn the sound on").click()
    expect(page.get_by_role("button", name="Turn the sound off")).to_be_visible()
    assert page.evaluate("localStorage.getItem('usher.board.sound')") == "on"
    page.get_by_role("button", name="Turn the sound off").click()
    expect(page.get_by_role("button", name="Turn the sound on")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).join() + Object.keys(sessionStorage).join()") == ""


def test_an_address_without_its_secret_says_so(context, queue):
    page = context().new_page()
    page.goto(f"/board/{queue}")
    expect(page.get_by_role("heading", name="This address is incomplete")).to_be_visible()


@pytest.mark.parametrize("locale, serving", [("en-GB", "Now serving"), ("de-DE", "Jetzt an der Reihe"), ("pt-PT", "Em atendimento")])
def test_speaks_the_readers_language(board, queue, locale, serving):
    page = board(queue, locale=locale)
    expect(page.get_by_role("heading", name=serving)).to_be_visible()
    page.get_by_role("combobox").select_option("de")
    expect(page.get_by_role("heading", name="Jetzt an der Reihe")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Jetzt an der Reihe")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "de"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_is_for_everybody_at_every_size(board, queue, supervisor, axe, theme):
    services = [supervisor.submit(queue) for _ in range(12)]
    for service in services[:5]:
        claim(supervisor, service)
    page = board(queue, color_scheme=theme)
    expect(calls(page)).to_have_count(5)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        if width in (SIZES[0][0], SIZES[-1][0]):
            axe(page)
        no_sideways_scroll(page)
        # Every number stands within its place.
        outside = page.evaluate(
            """[...document.querySelectorAll('.board-ticket')].filter(one => one.offsetParent && (() => {
                const [inner, outer] = [one.getBoundingClientRect(), one.parentElement.getBoundingClientRect()];
                return inner.left < outer.left - 1 || inner.right > outer.right + 1;
            })()).map(one => one.textContent)"""
        )
        assert outside == [], f"{width} px"
        if width >= 1080:
            assert page.evaluate("document.documentElement.scrollHeight") <= height, "a wall is not scrolled"
            # From across a room: a fifth of the height at least.
            assert page.locator(".board-ticket").first.bounding_box()["height"] > height / 5
