"""The work page: what employees see is the server's order, and what they do is done once."""

import re

import pytest
from playwright.sync_api import Page, expect

from conftest import UNREACHABLE, no_sideways_scroll
from support.environment import until
from support.own_server import own_server


def order_on(page: Page) -> list[int]:
    """The tickets of the list, in the order in which they stand on the screen."""
    return page.locator(".queue-list .row[data-key]").evaluate_all(
        "rows => rows.map((row) => [Number(row.getAttribute('aria-posinset')), Number(row.querySelector('.row-ticket').textContent)])"
        ".sort((a, b) => a[0] - b[0]).map((pair) => pair[1])"
    )


def states_on(page: Page) -> dict[int, str]:
    return dict(
        page.locator(".queue-list .row[data-key]").evaluate_all(
            "rows => rows.map((row) => [Number(row.querySelector('.row-ticket').textContent), row.querySelector('.row-state .badge').textContent])"
        )
    )


WORDS = {"waiting": "waiting", "claimed": "called", "serving": "being served", "on_hold": "on hold", "scheduled": "scheduled"}


def expect_the_server_on(pages: list[Page], client, queue: str) -> None:
    """Each page comes to show what the server says, in its order."""
    for page in pages:

        def same() -> bool:
            services = client.get(f"/v1/queues/{queue}/services", params={"limit": 500}).json()["services"]
            wanted = [service["ticket"] for service in services]
            return order_on(page) == wanted and states_on(page) == {one["ticket"]: WORDS[one["state"]] for one in services}

        until(same, timeout=10, what="the server's order on the page")


def card(page: Page):
    return page.locator(".service-card").first


def press(page: Page, name: str) -> None:
    card(page).get_by_role("button", name=name, exact=True).click()


def test_two_employees_and_a_supervisor_see_the_servers_order_after_every_step(console, people, queue, supervisor):
    anna, bert, chief = people("agent", queues=[queue]), people("agent", queues=[queue]), people("supervisor", queues=[queue])
    pages = [console(one.name, at="/work") for one in (anna, bert, chief)]
    first, second, third = pages
    for page in pages:
        expect(page.get_by_text("Nobody is in this queue.")).to_be_visible()

    made = [supervisor.submit(queue, priority=level) for level in (4, 4, 9, 4, 2, 6)]
    expect_the_server_on(pages, supervisor, queue)
    assert order_on(first)[0] == made[2]["ticket"]

    first.get_by_role("button", name="Call next").click()
    expect(card(first).locator(".card-ticket")).to_contain_text(str(made[2]["ticket"]))
    expect_the_server_on(pages, supervisor, queue)
    second.keyboard.press("n")
    expect(card(second).locator(".card-ticket")).to_contain_text(str(made[5]["ticket"]))
    expect_the_server_on(pages, supervisor, queue)

    press(first, "Start")
    expect(card(first)).to_have_attribute("data-state", "serving")
    expect_the_server_on(pages, supervisor, queue)
    press(second, "Return")
    expect(second.get_by_text("You have nothing in hand.")).to_be_visible()
    expect_the_server_on(pages, supervisor, queue)
    supervisor.act(made[4]["id"], "move", first=True)
    expect_the_server_on(pages, supervisor, queue)
    third.keyboard.press("n")
    expect(card(third).locator(".card-ticket")).to_contain_text(str(made[4]["ticket"]))
    press(third, "Hold")
    expect(card(third)).to_have_attribute("data-state", "on_hold")
    expect_the_server_on(pages, supervisor, queue)
    press(third, "Resume")
    expect(card(third)).to_have_attribute("data-state", "claimed")
    press(third, "No-show")
    expect(third.get_by_text("You have nothing in hand.")).to_be_visible()
    expect_the_server_on(pages, supervisor, queue)
    third.get_by_role("button", name="Came after all").click()
    expect_the_server_on(pages, supervisor, queue)
    press(first, "Complete")
    expect(first.get_by_text("You have nothing in hand.")).to_be_visible()
    expect_the_server_on(pages, supervisor, queue)
    assert len(order_on(first)) == 5


def test_the_server_is_killed_and_comes_back_without_a_reload(console):
    with own_server("console-work") as server:
        with server.client("supervisor") as rest:
            for _ in range(4):
                rest.post("/v1/queues/front-desk/services", json={"kind": "passport"})
        pages = [
            console(level, at="/work", password=server.passwords[level], server=server.url, allow=[UNREACHABLE])
            for level in ("agent", "supervisor")
        ]
        first, second = pages
        first.keyboard.press("n")
        expect(card(first)).to_be_visible()
        ticket = card(first).locator(".card-ticket").inner_text()
        server.kill()
        for page in pages:
            expect(page.locator(".queue-panel .live-text")).to_have_text(re.compile("^Offline since .* old"))
        # What cannot be done now says why.
        expect(first.get_by_role("button", name="Call next")).to_have_attribute("aria-disabled", "true")
        expect(first.locator(".call-notice")).to_contain_text("You are offline")
        expect(card(first).get_by_role("button", name="Start")).to_have_attribute("aria-disabled", "true")
        server.start()
        for page in pages:
            expect(page.locator(".queue-panel .live-text")).to_have_text(re.compile("^Live"), timeout=30_000)
        expect(card(first).locator(".card-ticket")).to_have_text(ticket)
        press(first, "Start")
        expect(card(first)).to_have_attribute("data-state", "serving")
        second.keyboard.press("n")
        expect(card(second)).to_be_visible()
        with server.client("supervisor") as rest:
            expect_the_server_on(pages, rest, "front-desk")


def test_a_refused_action_is_shown_and_taken_back(console, people, queue, supervisor):
    page = console(people("agent", queues=[queue]).name, at="/work")
    service = supervisor.submit(queue)
    page.keyboard.press("n")
    expect(card(page)).to_be_visible()
    # What the page knows last is that it is called; on the server it is on hold already, a moment before the event.
    page.evaluate(
        """() => {
          const send = WebSocket.prototype.send;
          WebSocket.prototype.send = function (text) {
            return send.call(this, text.replace('"method":"service.start"', '"method":"service.resume"'));
          };
        }"""
    )
    press(page, "Start")
    expect(page.locator(".toast-error")).to_contain_text("That is not possible any more")
    expect(card(page)).to_have_attribute("data-state", "claimed")
    expect(card(page).locator(".card-note")).to_contain_text("Not done.")
    assert supervisor.get_json(f"/v1/services/{service['id']}")["state"] == "claimed"


def test_refusals_of_calling_are_said(console, people, queue, supervisor):
    page = console(people("agent", queues=[queue], capacity=1).name, at="/work")
    notice = page.locator(".call-notice")
    page.keyboard.press("n")
    expect(notice).to_contain_text("Nobody is waiting whom you could call.")
    for _ in range(2):
        supervisor.submit(queue)
    page.keyboard.press("n")
    expect(card(page)).to_be_visible()
    page.keyboard.press("n")
    expect(notice).to_contain_text("You have as many services as you may have at one time.")
    press(page, "Start")
    press(page, "Complete")
    supervisor.post(f"/v1/queues/{queue}/pause", json={})
    expect(notice).to_contain_text("This queue is paused")
    page.keyboard.press("n")
    expect(notice).to_contain_text("nobody is called at the moment")
    expect(page.get_by_text("You have nothing in hand.")).to_be_visible()
    supervisor.post(f"/v1/queues/{queue}/resume", json={})
    expect(page.locator(".queue-tab")).to_contain_text("1 waiting")


def test_a_claim_is_kept_by_one_of_two_tabs_and_survives_a_reload(console):
    with own_server("console-lease", USHER_LEASE_SECONDS="6") as server, server.client("supervisor") as rest:
        service = rest.post("/v1/queues/front-desk/services", json={"kind": "test"}).json()["service"]
        page = console("agent", at="/work", password=server.passwords["agent"], server=server.url)
        page.locator(".queue-tab", has_text="front-desk").click()
        page.keyboard.press("n")
        expect(card(page)).to_be_visible()
        other = page.context.new_page()
        sent = []
        for tab in (page, other):
            note = lambda text, tab=tab: "service.renew" in str(text) and sent.append(tab)  # noqa: E731
            tab.on("websocket", lambda socket, note=note: socket.on("framesent", note))
        other.goto("/#/work")
        expect(card(other).locator(".ring-time")).to_have_text(re.compile(r"0:0\d"))
        page.reload()
        # Longer than two leases: without renewal it would wait again.
        until(lambda: page.title() and len(sent) >= 4, timeout=30, what="four renewals")
        for tab in (page, other):
            expect(card(tab).locator(".ring-time")).to_have_text(re.compile(r"0:0\d"))
        assert rest.get(f"/v1/services/{service['id']}").json()["state"] == "claimed"
        # The page that has it is told by the server's own fence: nothing is kept.
        assert "fence" not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        other.bring_to_front()
        press(other, "Start")
        expect(card(page)).to_have_attribute("data-state", "serving")
        assert len(set(sent)) == 1, "two tabs renew"
        page.context.close()
        until(lambda: rest.get(f"/v1/services/{service['id']}").json()["state"] == "waiting", timeout=15, what="the lease's end")


def test_a_transfer_goes_to_a_queue_of_ones_own(console, people, new_queue, supervisor):
    here, there = new_queue(), new_queue()
    page = console(people("agent", queues=[here, there]).name, at="/work")
    page.locator(".queue-tab", has_text=here).click()
    service = supervisor.submit(here)
    page.keyboard.press("n")
    expect(card(page)).to_be_visible()
    page.keyboard.press("t")
    page.get_by_role("dialog").get_by_label("To queue").select_option(there)
    page.get_by_role("dialog").get_by_role("button", name="Transfer").click()
    expect(page.get_by_text("You have nothing in hand.")).to_be_visible()
    expect(page.locator(".queue-tab", has_text=there)).to_contain_text("1 waiting")
    assert supervisor.get_json(f"/v1/services/{service['id']}")["queue"] == there
    # It can be called again there.
    page.locator(".queue-tab", has_text=there).click()
    page.keyboard.press("n")
    expect(card(page)).to_contain_text(there)


def test_one_of_the_list_is_looked_at_and_called(console, people, queue, supervisor):
    supervisor.submit(queue)
    wanted = supervisor.submit(queue, kind="licence", customer={"name": "Nina Example"})
    page = console(people("agent", queues=[queue]).name, at="/work")
    rows = page.locator(".queue-list .row[data-key]")
    expect(rows).to_have_count(2)
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Nina Example")
    page.get_by_role("dialog").get_by_role("button", name="Call this one").click()
    expect(card(page).locator(".card-ticket")).to_contain_text(str(wanted["ticket"]))


def test_a_customer_is_nowhere_in_storage(console, people, queue, supervisor):
    supervisor.submit(queue, customer={"name": "Zebedee Quartz"})
    page = console(people("agent", queues=[queue]).name, at="/work")
    page.keyboard.press("n")
    expect(card(page)).to_contain_text("Zebedee Quartz")
    stores = """async () => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie,
      await indexedDB.databases(), await caches.keys()])"""
    assert "Zebedee" not in page.evaluate(stores)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_at_every_width(console, people, queue, supervisor, axe, scheme):
    for level in (4, 9, 2, 6):
        supervisor.submit(queue, priority=level, requires=None, customer={"name": "Nina Example", "phone": "1"})
    page = console(people("agent", queues=[queue]).name, at="/work", color_scheme=scheme)
    page.keyboard.press("n")
    expect(card(page)).to_be_visible()
    for width in (320, 1280, 3840):
        page.set_viewport_size({"width": width, "height": 900})
        no_sideways_scroll(page)
        if width != 3840:
            axe(page)
    for open_dialog in ("?", "t"):
        page.keyboard.press(open_dialog)
        expect(page.get_by_role("dialog")).to_be_visible()
        axe(page)
        page.keyboard.press("Escape")
    page.locator(".queue-list .row[data-key]").last.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    axe(page)
