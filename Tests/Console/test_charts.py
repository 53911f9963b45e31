"""The charts: their numbers are the server's, live, and to be had without seeing or pointing."""

import datetime

import pytest
from playwright.sync_api import Page, expect

from conftest import no_sideways_scroll
from support.environment import until
from support.rest import Rest


@pytest.fixture
def viewer(console, people, queue):
    """A supervisor of one queue, at its charts."""
    account = people("supervisor", queues=[queue])
    return lambda **options: console(account.name, at="/charts", **options)


def serve(supervisor: Rest, queue: str) -> None:
    service = supervisor.submit(queue)
    fence = supervisor.act(service["id"], "claim")["service"]["fence"]
    supervisor.act(service["id"], "start", fence=fence)
    supervisor.act(service["id"], "complete", fence=fence)


def completed(supervisor: Rest, queue: str) -> int:
    now = datetime.datetime.now(datetime.UTC)
    times = {"from": (now - datetime.timedelta(hours=1)).isoformat(), "to": (now + datetime.timedelta(hours=1)).isoformat()}
    groups = supervisor.get_json("/v1/statistics", queue=queue, **times)["groups"]
    return groups[0]["completed"] if groups else 0


def chart(page: Page, title: str):
    return page.get_by_role("figure", name=title)


def column(page: Page, title: str, place: int) -> list[str]:
    """A column of the chart's table, without what has no data."""
    cells = chart(page, title).locator(f"tbody td:nth-of-type({place})").all_text_contents()
    return [cell for cell in cells if cell not in ("0", "no data")]


def test_the_numbers_are_the_servers(viewer, supervisor, queue):
    for _ in range(3):
        serve(supervisor, queue)
    for _ in range(2):
        supervisor.submit(queue)
    until(lambda: completed(supervisor, queue) == 3, 20, "three completed in the statistics")
    page = viewer()
    expect(page.locator(".tile", has_text="Waiting").locator("dd")).to_have_text("2")
    for title in ("Throughput", "Waiting time", "Services in the queue"):
        chart(page, title).get_by_role("button", name="As a table").click()
    until(lambda: sum(map(int, column(page, "Throughput", 1))) == 5, 10, "five came in")
    assert sum(map(int, column(page, "Throughput", 2))) == 3
    assert column(page, "Waiting time", 1), "a median of the waiting time"
    # The depth goes back by the events: it was 1 at times, and is 2 now.
    until(lambda: column(page, "Services in the queue", 1)[-1:] == ["2"], 10, "two in the queue")
    supervisor.submit(queue)
    until(lambda: column(page, "Services in the queue", 1)[-1:] == ["3"], 5, "three in the queue, live")
    page.get_by_role("button", name="Last day").click()
    until(lambda: sum(map(int, column(page, "Throughput", 1))) in (5, 6), 10, "the same within a day")
    assert chart(page, "Throughput").locator("tbody tr").count() == 24
    page.reload()
    expect(page.get_by_role("button", name="Last day")).to_have_attribute("aria-pressed", "true")


def test_values_are_read_by_keyboard_and_by_pointer(viewer, supervisor, queue):
    supervisor.submit(queue)
    page = viewer()
    figure = chart(page, "Services in the queue")
    range_ = figure.get_by_role("slider")
    range_.focus()
    until(lambda: "Services: 1" in range_.get_attribute("aria-valuetext"), 10, "the present depth")
    expect(figure.locator(".chart-readout")).to_contain_text("Services: 1")
    page.keyboard.press("Home")
    expect(figure.locator(".chart-readout")).to_contain_text("no data")
    range_.blur()
    box = figure.locator("svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 14, box["y"] + 80)
    expect(figure.locator(".chart-readout")).to_contain_text("Services: 1")
    expect(figure.locator("svg title")).to_have_text("Services in the queue")
    expect(figure.locator("svg desc")).to_contain_text("latest 1, highest 1")


def test_the_charts_are_accessible_in_both_themes_and_at_320_pixels(viewer, supervisor, queue, axe):
    serve(supervisor, queue)
    page = viewer(viewport={"width": 320, "height": 700})
    expect(page.locator(".chart-bar").first).to_be_attached()
    no_sideways_scroll(page)
    axe(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 1280, "height": 800})
    for button in page.get_by_role("button", name="As a table").all():
        button.click()
    axe(page)
    no_sideways_scroll(page)
