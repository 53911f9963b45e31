"""A supervisor gives a service to an employee: what all who are concerned see of it."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from supervise_acts import choose, column, row
from support import rest
from support.accounts import Account
from support.environment import until


@pytest.fixture
def chief(console, people, queue):
    """A supervisor of the test's queue alone, who looks at it: the account, and the page as `chief.page`."""
    account = people("supervisor", queues=[queue])
    account.page = console(account.name, at="/supervise")
    return account


@pytest.fixture
def at_work(console, people, queue):
    """Makes employees of the test's queue who are at work: the accounts, each with its page as `page`."""

    def make(**properties) -> Account:
        account = people("agent", queues=[queue], **properties)
        account.page = console(account.name, at="/work")
        expect(account.page.locator(".queue-panel .live-text")).to_have_text(re.compile("^Live"))
        return account

    return make


def ask(page: Page, queue: str, ticket: int, *here: Account) -> Locator:
    """Opens the question to whom a service is to be given, as soon as it lists those; the dialogue."""
    dialog = page.get_by_role("dialog")

    def lists() -> bool:
        choose(page, queue, ticket, "Assign …")
        expect(dialog.get_by_role("combobox")).to_be_focused()
        listed = [option.get_attribute("value") for option in dialog.get_by_role("option").all()]
        if {one.id for one in here} <= set(listed):
            return True
        # Who has come a moment ago may not be known of yet.
        dialog.get_by_role("button", name="Close").click()
        return False

    until(lists, 10, "who is here")
    return dialog


def give(page: Page, queue: str, ticket: int, to: Account) -> None:
    dialog = ask(page, queue, ticket, to)
    dialog.get_by_label("To whom").select_option(to.id)
    dialog.get_by_role("button", name="Assign", exact=True).click()


def told(page: Page, text: str) -> Locator:
    """A message in the live region of messages."""
    return page.locator("[role=status][aria-live=polite] .toast", has_text=text)


def card(page: Page) -> Locator:
    return page.locator(".service-card")


def keeps(page: Page) -> None:
    """The page has renewed the lease of its one service: nothing else tells it how long that holds."""
    expect(card(page).locator(".ring-time")).to_have_text(re.compile(r"^\d+:\d\d$"))


def test_a_service_is_given_to_an_employee_and_on_to_another(chief, at_work, queue, supervisor, axe):
    services = [supervisor.submit(queue) for _ in range(2)]
    anna, bert = at_work(), at_work()
    dialog = ask(chief.page, queue, 1, anna, bert, chief)
    names = {one: one.name for one in (anna, bert)} | {chief: f"{chief.name} (you)"}
    listed = [f"{names[one]} – has 0 here" for one in sorted(names, key=lambda one: one.name)]
    assert dialog.get_by_role("option").all_text_contents() == listed
    axe(chief.page)
    dialog.get_by_role("button", name="Close").click()

    give(chief.page, queue, 1, anna)
    expect(told(anna.page, f"{chief.name} gave you ticket 1")).to_be_visible()
    expect(card(anna.page)).to_have_attribute("data-state", "claimed")
    keeps(anna.page)
    expect(row(chief.page, queue, 1)).to_contain_text(f"with {anna.name}")
    expect(told(chief.page, f"Ticket 1 is with {anna.name} now.")).to_be_visible()
    card(anna.page).get_by_role("button", name="Start").click()
    expect(row(chief.page, queue, 1).locator(".row-state")).to_have_text("being served")

    dialog = ask(chief.page, queue, 2, anna)
    expect(dialog.get_by_role("option", name=f"{anna.name} – has 1 here")).to_have_count(1)
    dialog.get_by_role("button", name="Close").click()
    dialog = ask(chief.page, queue, 1, bert)
    expect(dialog.get_by_role("option", name=anna.name)).to_have_count(0)
    dialog.get_by_role("button", name="Close").click()

    give(chief.page, queue, 1, bert)
    expect(told(anna.page, f"{chief.name} gave ticket 1 to {bert.name}")).to_be_visible()
    expect(anna.page.get_by_text("You have nothing in hand.")).to_be_visible()
    expect(card(bert.page)).to_have_attribute("data-state", "claimed")
    keeps(bert.page)
    found = supervisor.get_json(f"/v1/services/{services[0]['id']}")
    assert (found["claimed_by"]["id"], found["attempts"]) == (bert.id, 0)
    # And back: what was anna's once is hers again, under another claim.
    give(chief.page, queue, 1, anna)
    expect(card(anna.page)).to_have_attribute("data-state", "claimed")
    keeps(anna.page)
    expect(card(bert.page)).to_have_count(0)
    # What one calls oneself is not told as given.
    bert.page.keyboard.press("n")
    expect(card(bert.page).locator(".card-ticket")).to_contain_text("2")
    expect(told(bert.page, "gave you ticket 2")).to_have_count(0)


def test_a_given_service_is_renewed_at_once_and_told_on_any_page(at_work, queue, supervisor):
    service = supervisor.submit(queue)
    anna = at_work()
    anna.page.evaluate("location.hash = '#/account'")
    expect(anna.page.locator("main h1")).to_have_text("My account")
    # Only a renewal makes more of so short a lease: it is for the server's own time.
    supervisor.act(service["id"], "assign", assignee=anna.id, lease_seconds=5)
    expect(told(anna.page, "supervisor gave you ticket 1")).to_be_visible()
    anna.page.evaluate("location.hash = '#/work'")
    keeps(anna.page)
    minutes, seconds = card(anna.page).locator(".ring-time").inner_text().split(":")
    assert int(minutes) * 60 + int(seconds) > 5
    # What was taken back into the line and comes again is as new.
    supervisor.act(service["id"], "release")
    expect(card(anna.page)).to_have_count(0)
    supervisor.act(service["id"], "assign", assignee=anna.id)
    expect(told(anna.page, "supervisor gave you ticket 1")).to_have_count(2)
    card(anna.page).get_by_role("button", name="Start").click()
    expect(card(anna.page)).to_have_attribute("data-state", "serving")


class Relay:
    """Stands between a page and the server, and lets what the server says wait. Loads the page anew."""

    def __init__(self, page: Page):
        self.waits, self._held = False, []
        page.route_web_socket(re.compile("/connection/websocket"), self._open)
        page.reload()

    def _open(self, socket) -> None:
        self._socket, server = socket, socket.connect_to_server()
        socket.on_message(lambda message: server.send(message))
        server.on_message(lambda message: self._held.append(message) if self.waits else socket.send(message))

    def go_on(self) -> None:
        self.waits = False
        while self._held:
            self._socket.send(self._held.pop(0))


def test_a_refusal_is_taken_back_in_sight(chief, at_work, queue, supervisor):
    supervisor.submit(queue, requires=["passport"])
    supervisor.submit(queue)
    page = chief.page
    anna, bert = at_work(skills=["passport"], capacity=1), at_work()
    relay = Relay(page)
    expect(column(page, queue).locator(".service-row")).to_have_count(2)
    anna.page.keyboard.press("n")
    expect(row(page, queue, 1)).to_contain_text(f"with {anna.name}")

    dialog = ask(page, queue, 2, anna)
    dialog.get_by_label("To whom").select_option(anna.id)
    relay.waits = True
    dialog.get_by_role("button", name="Assign", exact=True).click()
    expect(row(page, queue, 2)).to_have_class(re.compile("is-pending"))
    expect(row(page, queue, 2)).to_contain_text(f"being given to {anna.name} …")
    expect(row(page, queue, 2).locator(".row-state")).to_have_text("called")
    relay.go_on()
    expect(page.locator(".toast-error")).to_have_text(f"{anna.name} already has as many services as are allowed at one time.")
    expect(row(page, queue, 2)).to_have_class(re.compile("was-refused"))
    expect(row(page, queue, 2)).not_to_have_class(re.compile("is-pending"))
    expect(row(page, queue, 2).locator(".row-state")).to_be_hidden()

    give(page, queue, 1, bert)
    expect(page.locator(".toast-error").last).to_have_text(f"{bert.name} lacks a skill that ticket 1 needs.")
    expect(row(page, queue, 1)).to_contain_text(f"with {anna.name}")
    expect(card(bert.page)).to_have_count(0)

    # Another than was seen: who calls it while the question is open keeps it.
    dialog = ask(page, queue, 2, bert)
    dialog.get_by_label("To whom").select_option(bert.id)
    service = supervisor.services(queue)[1]
    supervisor.act(service["id"], "claim")
    dialog.get_by_role("button", name="Assign", exact=True).click()
    expect(page.locator(".toast-error").last).to_have_text("Somebody has changed this meanwhile.")
    expect(row(page, queue, 2)).to_contain_text("with supervisor")
    # Whoever may not handle this queue any more.
    dialog = ask(page, queue, 2, bert)
    dialog.get_by_label("To whom").select_option(bert.id)
    bert.change(queues=[])
    dialog.get_by_role("button", name="Assign", exact=True).click()
    expect(page.locator(".toast-error").last).to_have_text("That place, queue or person is not a possible target.")


def test_it_goes_without_a_pointer(chief, at_work, queue, supervisor):
    supervisor.submit(queue)
    anna = at_work()
    page = chief.page
    dialog = ask(page, queue, 1, anna)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(row(page, queue, 1)).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("To whom")).to_be_focused()
    page.keyboard.type(anna.name[:6])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(card(anna.page)).to_be_visible()
    expect(row(page, queue, 1)).to_contain_text(f"with {anna.name}")
    expect(row(page, queue, 1)).to_be_focused()


def test_nobody_is_here(chief, queue, supervisor, axe):
    service = supervisor.submit(queue)
    page = chief.page
    # Of who has it, nobody else is here, only a supervisor who is far away.
    with rest.Rest(chief.name, bearer=chief.token()) as client:
        client.act(service["id"], "claim")
    expect(row(page, queue, 1)).to_contain_text(f"with {chief.name}")
    choose(page, queue, 1, "Assign …")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("status")).to_have_text("Nobody is here to whom it could be given.")
    expect(dialog.get_by_role("combobox")).to_have_count(0)
    axe(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    # A question that is refused is told as any refusal.
    page.evaluate(
        """() => {
          const send = WebSocket.prototype.send;
          WebSocket.prototype.send = function (text) {
            return send.call(this, text.replace('"presence":{"channel":"queue:', '"presence":{"channel":"'));
          };
        }"""
    )
    choose(page, queue, 1, "Assign …")
    expect(page.locator(".toast-error")).to_contain_text("unknown channel")
    expect(dialog).to_have_count(0)
