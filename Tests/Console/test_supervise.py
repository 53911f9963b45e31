"""The supervisor's page: several queues side by side; every order on a screen is the server's."""

import datetime
import json
import re

import pytest
from playwright.sync_api import Page, expect

from conftest import no_sideways_scroll
from supervise_acts import choose, column, row
from support.environment import until
from support.payloads import TEXTS
from support.rest import Rest

WAIT = 10


@pytest.fixture
def boss(console, people, new_queue):
    """A signed-in supervisor who sees three queues of the test's own: the page, and the queues' names."""
    queues = sorted(new_queue() for _ in range(3))
    account = people("supervisor", queues=queues)

    def make(shown: list[str] | None = None, **options) -> Page:
        page = console(account.name, at="/supervise", **options)
        # The last one chosen stays chosen: first those that are wanted, then the others.
        wanted = shown or queues[:2]
        for queue in sorted(queues, key=lambda name: name not in wanted):
            chip = page.locator(f".queue-picker [data-queue={queue}]")
            if (chip.get_attribute("aria-pressed") == "true") != (queue in wanted):
                chip.click()
        return page

    make.queues = queues
    return make


def tickets(page: Page, queue: str) -> list[int]:
    """The ticket numbers as they stand on the screen."""
    return page.evaluate(
        """queue => [...document.querySelectorAll(`#panel-${queue} .service-row`)]
            .map(row => [row.getAttribute("aria-posinset"), row.querySelector(".row-ticket").textContent].map(Number))
            .sort((a, b) => a[0] - b[0]).map(pair => pair[1])""",
        queue,
    )


def server_tickets(supervisor: Rest, queue: str) -> list[int]:
    return [service["ticket"] for service in supervisor.services(queue)]


def same_order(page: Page, supervisor: Rest, queue: str, expected: list[int] | None = None) -> None:
    """The screen comes to the server's order, and that is the one expected."""
    until(lambda: tickets(page, queue) == server_tickets(supervisor, queue), WAIT, "the same order on screen and server")
    if expected is not None:
        until(lambda: server_tickets(supervisor, queue) == expected, WAIT, f"the order {expected}")
        until(lambda: tickets(page, queue) == expected, WAIT, f"the order {expected} on the screen")


def settled(page: Page, queue: str) -> None:
    expect(column(page, queue).locator(".is-pending")).to_have_count(0)


def drag(page: Page, source, target_x: float, target_y: float, drop: bool = True) -> None:
    box = source.locator(".row-handle").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(target_x, target_y, steps=8)
    if drop:
        page.mouse.up()


def said(page: Page, pattern: str) -> None:
    expect(page.locator("[aria-live=assertive]")).to_have_text(re.compile(pattern))


def test_rows_are_dragged_to_another_place(boss, supervisor):
    queue = boss.queues[0]
    first = [supervisor.submit(queue, kind="passport", customer={"name": "Nina Example"})["ticket"] for _ in range(5)]
    page, other = boss(), boss()
    same_order(page, supervisor, queue, first)
    expect(row(page, queue, 1)).to_contain_text("Nina Example")
    box = row(page, queue, 4).bounding_box()
    drag(page, row(page, queue, 1), box["x"] + 40, box["y"] + box["height"] * 0.8)
    same_order(page, supervisor, queue, [2, 3, 4, 1, 5])
    said(page, "Ticket 1 dropped at place 4 of 5")
    box = row(page, queue, 2).bounding_box()
    drag(page, row(page, queue, 5), box["x"] + 40, box["y"] + 5)
    same_order(page, supervisor, queue, [5, 2, 3, 4, 1])
    same_order(other, supervisor, queue, [5, 2, 3, 4, 1])
    # Escape in the middle of it changes nothing.
    drag(page, row(page, queue, 5), box["x"] + 40, box["y"] + 200, drop=False)
    expect(page.locator(".drop-line")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".drop-line")).to_be_hidden()
    page.mouse.up()
    said(page, "stays where it was")
    same_order(page, supervisor, queue, [5, 2, 3, 4, 1])


def test_a_row_is_dragged_far_away_while_the_list_scrolls(boss, supervisor):
    queue = boss.queues[0]
    count = 60
    for _ in range(count):
        supervisor.submit(queue)
    page = boss()
    until(lambda: len(tickets(page, queue)) > 5, WAIT, "rows")
    box = column(page, queue).locator(".virtual-list").bounding_box()
    drag(page, row(page, queue, 2), box["x"] + 60, box["y"] + box["height"] - 4, drop=False)
    at_end = "queue => { const list = document.querySelector(`#panel-${queue} .virtual-list`); return list.scrollTop + list.clientHeight >= list.scrollHeight - 1; }"
    until(lambda: page.evaluate(at_end, queue), WAIT, "the list has scrolled to its end")
    page.mouse.up()
    expected = [1, *range(3, count + 1), 2]
    until(lambda: server_tickets(supervisor, queue) == expected, WAIT, "the service at the end")
    page.keyboard.press("Escape")
    drawn = tickets(page, queue)
    assert drawn == expected[-len(drawn) :] or 2 in drawn


def test_a_row_is_dragged_into_another_queue_after_a_question(boss, supervisor):
    one, two = boss.queues[:2]
    supervisor.submit(one)
    supervisor.submit(one)
    page = boss()
    same_order(page, supervisor, one, [1, 2])
    box = column(page, two).bounding_box()
    drag(page, row(page, one, 2), box["x"] + 60, box["y"] + 300)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(two)
    dialog.get_by_role("button", name="Cancel").click()
    same_order(page, supervisor, one, [1, 2])
    drag(page, row(page, one, 2), box["x"] + 60, box["y"] + 300)
    page.get_by_role("dialog").get_by_role("button", name="Transfer").click()
    same_order(page, supervisor, one, [1])
    same_order(page, supervisor, two, [1])


def test_rows_are_moved_by_keyboard_and_each_step_is_said(boss, supervisor):
    queue = boss.queues[0]
    for _ in range(4):
        supervisor.submit(queue)
    page = boss()
    same_order(page, supervisor, queue, [1, 2, 3, 4])
    row(page, queue, 1).focus()
    page.keyboard.press("Space")
    said(page, "Ticket 1 grabbed at place 1 of 4")
    page.keyboard.press("ArrowDown")
    said(page, "Ticket 1: place 2 of 4")
    page.keyboard.press("ArrowDown")
    said(page, "Ticket 1: place 3 of 4")
    # Shown there, but not asked for yet.
    assert tickets(page, queue) == [2, 3, 1, 4]
    assert server_tickets(supervisor, queue) == [1, 2, 3, 4]
    page.keyboard.press("Space")
    said(page, "Ticket 1 dropped at place 3 of 4")
    same_order(page, supervisor, queue, [2, 3, 1, 4])
    expect(row(page, queue, 1)).to_be_focused()
    page.keyboard.press("Space")
    said(page, "grabbed at place 3")
    page.keyboard.press("Home")
    said(page, "place 1 of 4")
    page.keyboard.press("Escape")
    said(page, "back at place 3 of 4")
    same_order(page, supervisor, queue, [2, 3, 1, 4])
    expect(row(page, queue, 1)).to_be_focused()


def test_a_grabbed_service_that_is_claimed_is_let_go(boss, supervisor):
    queue = boss.queues[0]
    services = [supervisor.submit(queue) for _ in range(3)]
    page = boss()
    same_order(page, supervisor, queue, [1, 2, 3])
    row(page, queue, 3).focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    said(page, "place 2 of 3")
    supervisor.act(services[2]["id"], "claim")
    said(page, "not waiting any more")
    page.keyboard.press("Space")
    said(page, "keeps its place")
    same_order(page, supervisor, queue, [1, 2, 3])


def test_a_refused_move_is_taken_back_in_sight(boss, supervisor):
    """Somebody claims the service while the supervisor's screen hears nothing: the move is refused."""
    queue = boss.queues[0]
    services = [supervisor.submit(queue) for _ in range(3)]
    held = {"is": False, "frames": []}

    page = boss()

    def relay(socket):
        server = socket.connect_to_server()
        socket.on_message(lambda message: server.send(message))

        def from_server(message):
            if held["is"] and '"push"' in message:
                held["frames"].append(message)
            else:
                socket.send(message)

        server.on_message(from_server)

    page.route_web_socket(re.compile("/connection/websocket"), relay)
    page.reload()
    same_order(page, supervisor, queue, [1, 2, 3])
    held["is"] = True
    supervisor.act(services[0]["id"], "claim")
    row(page, queue, 1).focus()
    for key in ("Space", "End", "Space"):
        page.keyboard.press(key)
    expect(page.locator(".toast-error")).to_contain_text("not possible any more")
    expect(row(page, queue, 1)).to_have_class(re.compile("was-refused"))
    assert tickets(page, queue) == [1, 2, 3]
    settled(page, queue)


def test_removing_waits_and_can_be_undone(boss, supervisor):
    queue = boss.queues[0]
    services = [supervisor.submit(queue) for _ in range(5)]
    page = boss()
    same_order(page, supervisor, queue, [1, 2, 3, 4, 5])
    row(page, queue, 1).focus()
    page.keyboard.press("Delete")
    expect(row(page, queue, 1)).to_have_class(re.compile("is-leaving"))
    page.keyboard.press("Control+z")
    expect(row(page, queue, 1)).not_to_have_class(re.compile("is-leaving"))
    said(page, "Ticket 1 stays")
    choose(page, queue, 2, "Remove")
    row(page, queue, 2).get_by_role("button", name="Undo").click()
    expect(row(page, queue, 2)).not_to_have_class(re.compile("is-leaving"))
    choose(page, queue, 3, "Remove")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(row(page, queue, 3)).not_to_have_class(re.compile("is-leaving"))
    choose(page, queue, 4, "Remove")
    choose(page, queue, 5, "Remove")
    assert server_tickets(supervisor, queue) == [1, 2, 3, 4, 5]
    # What somebody claims while it could be undone is not removed from under the hand.
    supervisor.act(services[4]["id"], "claim")
    same_order(page, supervisor, queue, [1, 2, 3, 5])
    expect(page.locator(".toast-error")).to_contain_text("changed this meanwhile")
    expect(row(page, queue, 5)).to_contain_text("called")
    expect(row(page, queue, 5)).not_to_have_class(re.compile("is-leaving"))
    # Whoever goes to another page, or leaves the document, sends what waits at once.
    choose(page, queue, 1, "Remove")
    page.evaluate("location.hash = '#/history'")
    until(lambda: server_tickets(supervisor, queue) == [2, 3, 5], 3, "the removal at leaving the page")
    page.evaluate("location.hash = '#/supervise'")
    same_order(page, supervisor, queue, [2, 3, 5])
    choose(page, queue, 2, "Remove")
    page.goto("about:blank")
    until(lambda: server_tickets(supervisor, queue) == [3, 5], 4, "the removal at leaving the document")


def test_the_menu_does_what_it_says(boss, supervisor, axe):
    one, two, _ = boss.queues
    services = [supervisor.submit(one) for _ in range(4)]
    page = boss()
    same_order(page, supervisor, one, [1, 2, 3, 4])
    choose(page, one, 4, "Move to the front")
    same_order(page, supervisor, one, [4, 1, 2, 3])
    choose(page, one, 4, "Move to the end")
    same_order(page, supervisor, one, [1, 2, 3, 4])
    choose(page, one, 1, "Move down")
    same_order(page, supervisor, one, [2, 1, 3, 4])
    choose(page, one, 4, "Move up")
    same_order(page, supervisor, one, [2, 1, 4, 3])
    # By keyboard: Enter opens, the first letter chooses, Escape gives the focus back.
    row(page, one, 3).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    axe(page)
    page.keyboard.press("Escape")
    expect(row(page, one, 3)).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("p")
    page.keyboard.press("Enter")
    page.get_by_label("Priority", exact=True).select_option("9")
    page.get_by_role("button", name="Set the priority").click()
    same_order(page, supervisor, one, [3, 2, 1, 4])
    expect(row(page, one, 3)).to_contain_text("Priority 9")
    choose(page, one, 1, "Transfer …")
    page.get_by_label(re.compile("To which queue")).select_option(two)
    page.get_by_role("dialog").get_by_role("button", name="Transfer").click()
    same_order(page, supervisor, one, [3, 2, 4])
    same_order(page, supervisor, two, [1])
    supervisor.act(services[1]["id"], "claim")
    expect(row(page, one, 2)).to_contain_text("with supervisor")
    choose(page, one, 2, "Take back into the line")
    until(lambda: {service["state"] for service in supervisor.services(one)} == {"waiting"}, WAIT, "all waiting")
    expect(row(page, one, 2).locator(".row-state")).to_be_hidden()


def test_a_queue_is_paused_drained_and_opened(boss, supervisor):
    queue = boss.queues[0]
    page = boss()
    for item, mode in (("Pause: call nobody", "paused"), ("Drain: take in nothing new", "draining"), ("Open", "open")):
        column(page, queue).get_by_role("button", name=re.compile("Pause, open or drain")).click()
        page.get_by_role("menuitem", name=item, exact=True).click()
        expect(column(page, queue).locator(f".badge[data-mode={mode}]")).to_be_visible()
        assert supervisor.queue(queue)["mode"] == mode


def test_filters_show_what_they_say_with_their_counts(boss, supervisor):
    queue = boss.queues[0]
    services = [supervisor.submit(queue) for _ in range(3)]
    tomorrow = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)).isoformat(timespec="seconds")
    supervisor.submit(queue, scheduled_for=tomorrow)
    supervisor.act(services[1]["id"], "claim")
    held = supervisor.act(services[2]["id"], "claim")["service"]
    supervisor.act(held["id"], "hold", fence=held["fence"])
    page = boss()
    same_order(page, supervisor, queue, [1, 2, 3, 4])
    shows = {"Waiting 1": [1], "In hand 1": [2], "On hold 1": [3], "Scheduled 1": [4], "All 4": [1, 2, 3, 4]}
    for name, shown in shows.items():
        column(page, queue).get_by_role("button", name=name, exact=True).click()
        until(lambda: tickets(page, queue) == shown, WAIT, f"{name}: {shown}")


def test_the_choice_of_queues_is_remembered(boss):
    page = boss(shown=[boss.queues[2]])
    expect(page.locator(".column")).to_have_count(1)
    page.reload()
    expect(page.locator(".column")).to_have_count(1)
    expect(column(page, boss.queues[2])).to_be_visible()
    expect(page.locator(f"[data-queue={boss.queues[0]}]")).to_have_attribute("aria-pressed", "false")
    assert json.loads(page.evaluate("localStorage['usher.supervise.queues']")) == [boss.queues[2]]


def test_a_narrow_screen_shows_one_queue_behind_tabs(boss, supervisor, axe):
    one, two, _ = boss.queues
    supervisor.submit(one, customer={"name": "A very long name that has no room on a small screen " * 3})
    supervisor.submit(two)
    page = boss(viewport={"width": 320, "height": 700})
    expect(page.locator(".column:visible")).to_have_count(1)
    page.get_by_role("tab", name=one).focus()
    page.keyboard.press("ArrowRight")
    expect(column(page, two)).to_be_visible()
    expect(page.get_by_role("tab", name=two)).to_be_focused()
    expect(column(page, one)).to_be_hidden()
    no_sideways_scroll(page)
    axe(page)


def test_the_page_is_accessible_in_both_themes(boss, supervisor, axe):
    queue = boss.queues[0]
    services = [supervisor.submit(queue, priority=9) for _ in range(4)]
    supervisor.act(services[0]["id"], "claim")
    page = boss()
    same_order(page, supervisor, queue)
    for scheme, ticket in (("light", 2), ("dark", 3)):
        page.emulate_media(color_scheme=scheme)
        choose(page, queue, ticket, "Remove")
        axe(page)
        page.keyboard.press("Control+z")


def test_texts_of_customers_stay_text(boss, supervisor):
    queue = boss.queues[0]
    markup = [text for text in TEXTS.values() if "<" in text][:5]
    for text in markup:
        supervisor.submit(queue, customer={"name": text})
    page = boss()
    same_order(page, supervisor, queue)
    assert page.locator(f"#panel-{queue} .row-who").all_text_contents() == markup
    assert page.evaluate("document.querySelectorAll('.row-who *').length") == 0
