"""The administrator's pages but those of users: each act is done in the browser and seen by REST."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from acts import go, row, said, sure
from conftest import no_sideways_scroll
from support import rest
from support.environment import until
from support.payloads import TEXTS
from support.producer import Producer

PAGES = ["users", "users/new", "queues", "skills", "dead-letters", "erasures", "keys", "audit"]


def test_the_skills_of_users_and_services(console, admin, people, queue):
    known, missing = ("s" + uuid.uuid4().hex[:10] for _ in range(2))
    account = people("agent", skills=[known])
    for skill in (known, missing):
        admin.submit(queue, requires=[skill])
    page = console("admin", "/admin/skills")
    expect(row(page, known)).to_contain_text(account.name)
    expect(row(page, missing)).to_contain_text("nobody has it")


def test_queues_are_made_paused_drained_and_opened(console, admin):
    name = "c" + uuid.uuid4().hex[:10]
    page = console("admin", "/admin/queues")
    page.get_by_label("Name").fill("Not This")
    page.get_by_role("button", name="Make the queue").click()
    expect(page.get_by_text("Small letters, digits")).to_be_visible()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Make the queue").click()
    expect(row(page, name)).to_contain_text("open")
    for button, word, mode, asks in [("Pause", "Pause", "paused", True), ("Drain", "Drain", "draining", True), ("Open", "Open", "open", False)]:
        page.get_by_role("button", name=f"{button} {name}").click()
        if asks:
            sure(page, word)
        expect(row(page, name)).to_contain_text(mode)
        assert admin.queue(name)["mode"] == mode
    admin.submit(name)
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    expect(page.locator("dl div").filter(has_text="Waiting")).to_contain_text("1")
    admin.drain(name)


def test_the_link_of_a_board_is_made_shown_once_and_revoked(console, admin, queue):
    page = console("admin", f"/admin/queues/{queue}")
    expect(page.get_by_text("There are no links for this queue.")).to_be_visible()
    page.get_by_label("Name").fill("Waiting room 1")
    page.get_by_role("button", name="Make a link").click()
    address = page.get_by_label("Address of the board", exact=True).input_value()
    assert re.fullmatch(rf"http://[^/]+/board/{queue}#[A-Za-z0-9_-]{{43}}", address)
    expect(row(page, "Waiting room 1")).to_contain_text("Not used yet")
    links = admin.get_json(f"/v1/queues/{queue}/board-links")["links"]
    assert [link["label"] for link in links] == ["Waiting room 1"]
    page.get_by_role("button", name="I have it").click()
    assert address.split("#")[1] not in page.content()
    answer = admin.post("/v1/auth/board", json={"link": address.split("#")[1]})
    assert answer.status_code == 200, answer.text
    page.get_by_role("button", name="Revoke “Waiting room 1”").click()
    sure(page, "Revoke")
    expect(page.get_by_text("There are no links for this queue.")).to_be_visible()
    assert admin.get_json(f"/v1/queues/{queue}/board-links")["links"] == []
    assert admin.post("/v1/auth/board", json={"link": address.split("#")[1]}).status_code == 401


def test_dead_letters_are_sent_again(console, admin):
    name = "c" + uuid.uuid4().hex[:10]
    with Producer() as producer:
        for _ in range(3):
            producer.publish(name, {"customer": {"name": "Nina Example"}})
    letters = lambda: admin.get_json("/v1/dead-letters", queue=name)["letters"]
    until(lambda: len(letters()) == 3, what="the dead letters")
    assert admin.put(f"/v1/queues/{name}", json={}).status_code == 201
    page = console("admin", "/admin/dead-letters")
    page.get_by_label("Queue", exact=True).select_option(name)
    page.get_by_label("Reason", exact=True).select_option("unknown_queue")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("There is no such queue")
    rows.first.get_by_role("button", name="Send again").click()
    said(page, "The letter is sent again.")
    expect(rows).to_have_count(2)
    until(lambda: len(admin.services(name)) == 1, what="the first service")
    page.get_by_role("button", name="Send all again that match").click()
    sure(page, "Send all again that match")
    said(page, "2 letters are sent again.")
    until(lambda: len(admin.services(name)) == 3, what="the services")
    assert letters() == []
    admin.drain(name)


def test_a_dead_letter_is_text_and_can_be_deleted(console, admin, queue):
    markup = "".join(f"<b>{text}</b>" for text in (TEXTS["HTML"], TEXTS["HTML, an attribute"], TEXTS["right to left"]))
    with Producer() as producer:
        for body in (f'{{"a": "{markup}', "{", "["):
            producer.publish_raw(body.encode(), f"service.{queue}.test", str(uuid.uuid4()), headers={"x-note": markup})
    letters = lambda: admin.get_json("/v1/dead-letters", queue=queue)["letters"]
    until(lambda: len(letters()) == 3, what="the dead letters")
    longest = max(letters(), key=lambda letter: letter["size"])
    page = console("admin", "/admin/dead-letters")
    page.get_by_label("Queue", exact=True).select_option(queue)
    page.get_by_role("link", name=longest["message_id"]).click()
    body = page.get_by_role("region", name="What the producer wrote")
    expect(body).to_contain_text(TEXTS["HTML"])
    expect(body).to_contain_text("\\u202e")
    expect(row(page, "x-note")).to_contain_text(TEXTS["HTML, an attribute"])
    assert page.locator("main b, main img, main script").count() == 0
    read = admin.get_json("/v1/audit", action="dead_letter.read", object=longest["id"])["entries"]
    assert len(read) == 1
    page.get_by_role("button", name="Delete").click()
    sure(page, "Delete")
    expect(page.get_by_role("heading", name="Dead letters", level=1)).to_be_visible()
    assert len(letters()) == 2
    page.get_by_label("Queue", exact=True).select_option(queue)
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Delete all that match").click()
    sure(page, "Delete all that match", typed="delete")
    said(page, "2 letters are deleted.")
    expect(page.get_by_text("No dead letters.")).to_be_visible()
    assert letters() == []


def test_a_customer_is_forgotten(console, admin, queue):
    address = f"{uuid.uuid4().hex}@example.org"
    service = admin.submit(queue, customer={"name": "Nina Example", "email": address})
    page = console("admin", "/admin/erasures")
    before = len(admin.get_json("/v1/erasures", limit=500)["erasures"])
    page.get_by_label("What you know of the customer").select_option("email")
    page.get_by_label("Exactly as the customer gives it").fill(address)
    page.get_by_role("button", name="Forget this customer").click()
    sure(page, "Forget this customer", typed=address)
    said(page, "Noted.")
    erasures = admin.get_json("/v1/erasures", limit=500)["erasures"]
    assert len(erasures) > before
    until(lambda: "customer" not in admin.get_json(f"/v1/services/{service['id']}"), timeout=90, what="the erasure")
    expect(row(page, erasures[0]["id"])).to_contain_text("done", timeout=30_000)
    assert address not in page.content()


def test_the_audit_is_filtered_and_paged(console, admin, people, queue):
    account = people("agent")
    for capacity in range(1, 4):
        account.change(capacity=capacity)
    page = console("admin", "/admin/audit")
    newest = admin.get_json("/v1/audit", limit=1)["entries"][0]
    chain = page.get_by_label("Newest entry and its hash", exact=True).input_value()
    number, digest = chain.split(":")
    assert int(number) <= newest["id"] and len(digest) == 64
    page.get_by_label("To what").fill(account.id)
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("User changed")
    page.get_by_label("Action").select_option("user.create")
    expect(rows).to_have_count(1)
    rows.locator("summary").click()
    entry = admin.get_json("/v1/audit", action="user.create", object=account.id)["entries"][0]
    expect(rows).to_contain_text(entry["hash"])
    expect(rows).to_contain_text(entry["request_id"])
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 2 and account.id in lines[1]
    # More than a page.
    while len(admin.get_json("/v1/audit", action="user.change", object=account.id, limit=500)["entries"]) < 60:
        account.change(capacity=9)
        account.change(capacity=8)
    page.get_by_label("Action").select_option("user.change")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(rows).not_to_have_count(50)
    expect(rows.nth(50).locator("summary")).to_be_focused()


def test_the_keys_are_shown(console, admin):
    keys = admin.get_json("/v1/keys")
    page = console("admin", "/admin/keys")
    primary = next(key for key in keys["keyset"]["keys"] if key["is_primary"])
    expect(row(page, str(primary["id"]))).to_contain_text("primary")
    for key in keys["signing_keys"]:
        expect(row(page, key["kid"])).to_contain_text(key["state"])
    expect(page.get_by_role("progressbar", name="Progress of the rotation")).to_have_js_property("value", 1)


@pytest.mark.parametrize("level", ["supervisor", "agent"])
def test_others_get_neither_the_pages_nor_their_data(console, people, level):
    account = people(level)
    page = console(account.name)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    expect(page.get_by_role("link", name="Audit")).to_have_count(0)
    for at in [*PAGES, f"users/{account.id}", "queues/front-desk", f"dead-letters/{uuid.uuid4()}"]:
        go(page, at)
        expect(page.get_by_role("heading", name="Page not found", level=1)).to_be_visible()
    assert not [url for url in asked if "/v1/" in url and "/v1/session" not in url]
    with rest.Rest("", bearer=account.token()) as client:
        for path in ["/v1/users", "/v1/dead-letters", "/v1/erasures", "/v1/keys", "/v1/audit"]:
            assert client.get(path).status_code == 403, path


def test_an_administrator_of_some_queues_gets_those_alone(console, people, queue):
    account = people("admin", queues=[queue])
    page = console(account.name, "/admin/queues")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(row(page, queue)).to_be_visible()
    expect(page.get_by_role("link", name="Audit")).to_have_count(0)
    for at in PAGES:
        if at != "queues":
            go(page, at)
            expect(page.get_by_role("heading", name="Page not found", level=1)).to_be_visible()


@pytest.mark.parametrize("theme, width", [("light", 1280), ("dark", 320)])
def test_every_page_is_accessible(console, admin, people, axe, queue, theme, width):
    account = people("agent", queues=[queue], skills=["german"])
    admin.submit(queue, requires=["welding"])
    page = console("admin", "/admin/users", color_scheme=theme, viewport={"width": width, "height": 800})
    for at in [*PAGES, f"users/{account.id}", f"queues/{queue}"]:
        go(page, at)
        expect(page.locator("main h1")).to_be_focused()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        no_sideways_scroll(page)
        axe(page)
