"""The history page: filters, pages, the life of a service, and the same as CSV."""

import csv
import io
import re

import pytest
from playwright.sync_api import Page, expect

from conftest import no_sideways_scroll
from support.environment import until
from support.rest import Rest


def ends(supervisor: Rest, queue: str, **data) -> dict:
    """A service that was served and completed."""
    service = supervisor.submit(queue, **data)
    fence = supervisor.act(service["id"], "claim")["service"]["fence"]
    supervisor.act(service["id"], "start", fence=fence)
    return supervisor.act(service["id"], "complete", fence=fence)["service"]


def recorded(supervisor: Rest, queue: str, count: int) -> None:
    """The history has caught up with the queue."""
    until(lambda: len(supervisor.history(queue=queue)) == count, 20, f"{count} in the history")


@pytest.fixture
def reader(console, people, queue):
    """A supervisor of one queue, at its history."""
    account = people("supervisor", queues=[queue])
    return lambda at="/history", **options: console(account.name, at=at, **options)


def tickets(page: Page) -> list[int]:
    return [int(text) for text in page.locator("[data-service]").all_text_contents()]


def search(page: Page) -> None:
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(".history-list")).not_to_have_attribute("aria-busy", "true")


def test_filters_pages_and_lives(reader, supervisor, queue, axe):
    done = ends(supervisor, queue, kind="passport", customer={"name": "<b>Nina</b>"})
    for _ in range(61):
        supervisor.submit(queue)
    recorded(supervisor, queue, 62)
    until(lambda: supervisor.history(queue=queue, state="completed"), 20, "the completed one")
    page = reader()
    expect(page.locator("[data-service]")).to_have_count(50)
    assert tickets(page) == list(range(62, 12, -1))
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("[data-service]")).to_have_count(62)
    assert tickets(page) == list(range(62, 0, -1))
    # Whoever asked by keyboard goes on where the new ones begin.
    expect(page.locator("[data-service]").nth(50)).to_be_focused()
    page.get_by_label("State", exact=True).select_option("completed")
    search(page)
    assert tickets(page) == [1]
    expect(page.locator("tbody")).to_contain_text("<b>Nina</b>")
    assert "state=completed" in page.url
    page.reload()
    expect(page.locator("[data-service]")).to_have_text(["1"])
    axe(page)
    page.get_by_role("button", name="Life of ticket 1").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".life-what")).to_have_text(["Came into the queue", "Called", "Handling began", "Completed"])
    expect(dialog).to_contain_text(done["id"])
    axe(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Life of ticket 1")).to_be_focused()


def test_the_file_has_what_the_filters_say(reader, supervisor, queue):
    served = [ends(supervisor, queue, kind="passport", customer={"name": "Nina Example"}) for _ in range(2)]
    supervisor.submit(queue)
    recorded(supervisor, queue, 3)
    until(lambda: len(supervisor.history(queue=queue, state="completed")) == 2, 20, "the completed ones")
    page = reader(at=f"/history?queue={queue}&state=completed")
    expect(page.locator("[data-service]")).to_have_count(2)
    with page.expect_download() as saving:
        page.get_by_role("button", name="Export as CSV").click()
    assert re.fullmatch(rf"history-{queue}-completed-\d{{4}}-\d\d-\d\d\.csv", saving.value.suggested_filename)
    text = saving.value.path().read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {row["id"] for row in rows} == {service["id"] for service in served}
    assert {row["state"] for row in rows} == {"completed"}
    assert "Nina Example" not in text, "an export is without personal data"
    expect(page.locator(".toast-success")).to_contain_text(saving.value.suggested_filename)


def test_a_wrong_time_is_told_at_its_field(reader, supervisor, queue):
    page = reader(viewport={"width": 320, "height": 700})
    expect(page.locator(".history-status")).to_have_text("Nothing matches these filters.")
    page.get_by_label("From").fill("2026-11-30T10:00")
    page.get_by_label("To", exact=True).fill("2026-11-30T09:00")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_label("To", exact=True)).to_be_focused()
    expect(page.locator(".field-error", has_text="after the beginning")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".field-error", has_text="after the beginning")).to_have_count(0)


def test_it_is_accessible_at_320_pixels_in_both_themes(reader, supervisor, queue, axe):
    ends(supervisor, queue, customer={"name": "Nina " * 30})
    recorded(supervisor, queue, 1)
    page = reader(viewport={"width": 320, "height": 700})
    expect(page.locator("[data-service]")).to_have_count(1)
    no_sideways_scroll(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        axe(page)
