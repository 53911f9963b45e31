"""The customer's ticket in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from conftest import UNREACHABLE, no_sideways_scroll
from support.environment import HTTP, until
from support.own_server import own_server
from support.rest import Rest

GONE = r"status of 404"


def ticket_path(client, service: dict) -> str:
    answer = client.post(f"/v1/services/{service['id']}/ticket-link", json={})
    assert answer.status_code == 200, answer.text
    return answer.json()["path"]


@pytest.fixture
def ticket(context, supervisor):
    """Opens the page of a service's ticket, under a clock that stands still until the test turns it."""

    def make(service: dict, server: str = HTTP, client=None, **options) -> Page:
        page = context(server, **options).new_page()
        page.clock.install(time="2027-01-04T08:00:00Z")
        page.clock.pause_at("2027-01-04T08:00:01Z")
        page.goto(ticket_path(client or supervisor, service))
        return page

    return make


def questions(page: Page) -> list[str]:
    """Grows with every question that the page asks."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url) if "/v1/tickets/" in request.url else None)
    return found


def later(page: Page, seconds: float = 7) -> None:
    """Time passes: seven seconds are enough for another question from the front of the queue."""
    page.clock.fast_forward(int(seconds * 1000))


def asks(page: Page, asked: list[str], count: int) -> None:
    """So many questions have been asked."""
    until(lambda: (page.wait_for_timeout(20), len(asked) >= count)[1], timeout=10, what=f"question {count}")
    assert len(asked) == count


def headline(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text, timeout=15_000)


def test_from_the_end_of_the_queue_to_the_end_of_the_visit(ticket, queue, supervisor):
    first, mine = supervisor.submit(queue), supervisor.submit(queue)
    page = ticket(mine)
    headline(page, "You are in the queue")
    expect(page.locator(".ticket-number")).to_have_text(str(mine["ticket"]))
    expect(page.locator("dd").first).to_have_text("21 person before you")
    assert page.title() == f"Ticket {mine['ticket']}"
    supervisor.act(first["id"], "claim")
    later(page)
    expect(page.locator("dd").first).to_have_text("1You are next")
    fence = supervisor.act(mine["id"], "claim")["service"]["fence"]
    later(page)
    headline(page, "You are being called")
    expect(page).to_have_title(f"You are being called – ticket {mine['ticket']}")
    expect(page.get_by_role("button", name="Leave the queue")).to_be_hidden()
    supervisor.act(mine["id"], "start", fence=fence)
    later(page)
    headline(page, "You are being served")
    supervisor.act(mine["id"], "complete", fence=fence)
    later(page, 40)
    headline(page, "All done")
    expect(page.get_by_text("the page no longer changes")).to_be_visible()


def test_a_called_customer_who_is_not_there_may_be_let_back_in(ticket, queue, supervisor):
    service = supervisor.submit(queue)
    fence = supervisor.act(service["id"], "claim")["service"]["fence"]
    page = ticket(service)
    headline(page, "You are being called")
    supervisor.act(service["id"], "no-show", fence=fence)
    later(page)
    headline(page, "You were called and were not there")
    supervisor.act(service["id"], "reinstate")
    later(page, 40)
    headline(page, "You are in the queue")


def test_cancelling_is_asked_about_and_seen_by_the_staff(ticket, queue, supervisor):
    service = supervisor.submit(queue)
    page = ticket(service)
    leave = page.get_by_role("button", name="Leave the queue", exact=True)
    leave.click()
    page.get_by_role("button", name="Keep my place").click()
    expect(leave).to_be_focused()
    assert supervisor.queue(queue)["waiting"] == 1
    leave.click()
    page.get_by_role("button", name="Yes, leave the queue").click()
    headline(page, "This ticket was cancelled")
    assert supervisor.queue(queue)["waiting"] == 0
    expect(leave).to_be_hidden()


def test_who_is_called_meanwhile_cannot_cancel(ticket, queue, supervisor):
    service = supervisor.submit(queue)
    page = ticket(service, allow=["status of 409"])
    page.get_by_role("button", name="Leave the queue", exact=True).click()
    supervisor.act(service["id"], "claim")
    page.get_by_role("button", name="Yes, leave the queue").click()
    expect(page.get_by_text("can no longer be cancelled here")).to_be_visible()
    headline(page, "You are being called")


def test_an_appointment_tells_its_time(ticket, queue, supervisor):
    service = supervisor.submit(queue, scheduled_for="2027-03-04T09:30:00Z")
    page = ticket(service, timezone_id="Europe/Lisbon")
    expect(page.locator("dd").first).to_have_text("4 Mar 2027, 09:30")
    expect(page.get_by_role("button", name="Leave the queue")).to_be_visible()


def test_a_wrong_link_and_an_unknown_ticket_look_alike(context, queue, supervisor):
    service = supervisor.submit(queue)
    path = ticket_path(supervisor, service)
    for wrong in (path.split("#")[0] + "#AAAAAAAAAAAAAAAAAAAAAA", path.split("#")[0], "/ticket/nonsense#x"):
        page = context(allow=[GONE, "status of 400"]).new_page()
        asked = questions(page)
        page.goto(wrong)
        headline(page, "This link is not valid (any more)")
        expect(page.locator(".ticket-number")).to_be_hidden()
        page.wait_for_timeout(100)
        assert len(asked) == 1, "it does not go on guessing"


def test_asks_politely(ticket, queue, supervisor):
    services = [supervisor.submit(queue) for _ in range(5)]
    near, far = ticket(services[0]), ticket(services[4])
    for page in (near, far):
        headline(page, "You are in the queue")
    asked_near, asked_far = questions(near), questions(far)
    later(near, 3.5)
    later(far, 7.5)
    near.wait_for_timeout(100)
    assert (asked_near, asked_far) == ([], [])
    later(near, 3)
    later(far, 5)
    asks(near, asked_near, 1)
    # Nothing was different, which is an answer too.
    expect(near.get_by_text("Updated just now")).to_be_visible()
    asks(far, asked_far, 1)
    # Nobody looks: nobody asks. Who comes back is told at once.
    hide = """state => {
      Object.defineProperty(document, 'visibilityState', {value: state, configurable: true});
      document.dispatchEvent(new Event('visibilitychange'));
    }"""
    near.evaluate(hide, "hidden")
    for _ in range(6):
        later(near, 20)
    near.wait_for_timeout(100)
    assert len(asked_near) == 1
    near.evaluate(hide, "visible")
    asks(near, asked_near, 2)


def test_says_how_old_it_is_while_the_server_is_away(ticket):
    with own_server("ticket-away") as server:
        desk = Rest("supervisor", server.url, server.token("supervisor"))
        service = desk.submit("front-desk")
        page = ticket(service, server.url, desk, allow=[UNREACHABLE])
        headline(page, "You are in the queue")
        server.kill()
        later(page, 80)
        expect(page.locator(".notice")).to_contain_text("No connection: this is how things stood 1 min")
        headline(page, "You are in the queue")
        # To cancel now is not certain, and said so.
        page.get_by_role("button", name="Leave the queue", exact=True).click()
        page.get_by_role("button", name="Yes, leave the queue").click()
        expect(page.get_by_text("It is not certain whether that arrived")).to_be_visible()
        server.start()
        later(page, 75)
        expect(page.locator(".notice")).to_be_hidden()
        expect(page.get_by_text("Updated just now")).to_be_visible()


def test_waits_as_long_as_the_server_asks(ticket, queue, supervisor):
    service = supervisor.submit(queue)
    page = ticket(service, allow=["status of 429"])
    headline(page, "You are in the queue")
    # What a server says that has too much to do; it cannot be brought to it without disturbing the other tests.
    busy = {"status": 429, "headers": {"Retry-After": "40"}, "json": {"code": "too_many_requests"}}
    page.route("**/v1/tickets/**", lambda route: route.fulfill(**busy), times=1)
    asked = questions(page)
    later(page)
    asks(page, asked, 1)
    expect(page.get_by_text("Updated just now")).to_be_visible()
    later(page, 38)
    page.wait_for_timeout(100)
    assert len(asked) == 1
    later(page, 12)
    asks(page, asked, 2)


def test_prints_as_a_slip(ticket, queue, supervisor):
    service = supervisor.submit(queue)
    page = ticket(service)
    headline(page, "You are in the queue")
    page.emulate_media(media="print")
    expect(page.locator(".ticket-number")).to_be_visible()
    expect(page.get_by_text(re.compile("^As of "))).to_be_visible()
    for hidden in (page.get_by_role("button", name="Leave the queue"), page.locator(".ticket-foot")):
        expect(hidden).to_be_hidden()


@pytest.mark.parametrize(
    "locale, text",
    [("en-GB", "You are in the queue"), ("de-DE", "Sie stehen in der Warteschlange"), ("pt-PT", "Está na fila")],
)
def test_speaks_the_readers_language(ticket, queue, supervisor, locale, text):
    page = ticket(supervisor.submit(queue), locale=locale)
    headline(page, text)
    page.get_by_role("combobox").select_option("pt")
    headline(page, "Está na fila")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_is_for_everybody_at_every_size(ticket, queue, supervisor, axe, theme):
    service = supervisor.submit(queue)
    page = ticket(service, color_scheme=theme)
    # Axe waits by the page's own timers.
    page.clock.resume()
    headline(page, "You are in the queue")
    for width, height in ((320, 640), (3840, 2160)):
        page.set_viewport_size({"width": width, "height": height})
        axe(page)
        no_sideways_scroll(page)
    page.get_by_role("button", name="Leave the queue", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    axe(page)
    page.keyboard.press("Escape")
    supervisor.act(service["id"], "claim")
    later(page)
    headline(page, "You are being called")
    axe(page)
