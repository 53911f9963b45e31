"""Hostile text in every field that others fill in stays text, wherever the work page shows it."""

from playwright.sync_api import expect

from support.payloads import TEXTS

# What the server takes as a member's text: see the bounds of `Customer`.
PAYLOADS = {name: text for name, text in TEXTS.items() if 0 < len(text.encode()) <= 1_024 and "\x00" not in text}
MARKUP = [
    "<script>window.hit = 1</script>",
    '"><img src=x onerror="window.hit=1">',
    "<svg onload=window.hit=1>",
    "<style>*{display:none}</style>",
    "<a href=javascript:window.hit=1>x</a>",
    "</dd></dl><h1>injected</h1>",
]


def shown(page, root: str) -> str:
    return page.locator(root).evaluate("node => node.textContent")


def test_payloads_stay_text_in_card_dialog_and_list(console, people, queue, supervisor):
    texts = [*PAYLOADS.values(), *MARKUP]
    chunks = [texts[start : start + 20] for start in range(0, len(texts), 20)]
    for chunk in chunks:
        customer = {f"f{number}": text for number, text in enumerate(chunk)}
        supervisor.submit(queue, kind="xss", customer=customer, details={"deep": {text[:60]: text for text in MARKUP}})
    page = console(people("agent", queues=[queue]).name, at="/work")
    for chunk in chunks:
        page.locator(".queue-list .row[data-key]", has_text="waiting").first.click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        said = shown(page, "dialog")
        assert all(text in said for text in chunk), [text for text in chunk if text not in said]
        page.keyboard.press("Escape")
        page.keyboard.press("n")
        card = page.locator(".service-card").first
        expect(card).to_be_visible()
        said = shown(page, ".service-card")
        assert all(text in said for text in [*chunk, *MARKUP]), [text for text in chunk if text not in said]
        card.get_by_role("button", name="Start").click()
        card.get_by_role("button", name="Complete").click()
        expect(page.locator(".service-card")).to_have_count(0)
    assert page.evaluate("window.hit") is None
    assert page.locator("main :is(script, iframe, style, img, a[href^='javascript'])").count() == 0
    assert page.locator("h1").count() == 1


def test_names_of_employees_stay_text(console, people, queue):
    name = "<img src=x onerror=window.hit=1>"
    page = console(people("agent", queues=[queue], display_name=name).name, at="/work")
    expect(page.locator(".nav-user")).to_have_text(name)
    assert page.evaluate("window.hit") is None


def test_the_policy_stops_what_would_get_in(console, people):
    page = console(people("agent").name, at="/work", allow=["Content Security Policy", "requires 'TrustedHTML'", "Trusted"])
    assert page.evaluate(
        """() => {
          const script = document.createElement("script");
          try {
            script.text = "window.hit = 1";
          } catch {
            return "refused";
          }
          document.body.append(script);
          return window.hit ?? "stopped";
        }"""
    ) in ("refused", "stopped")
    markup = "() => { try { document.body.innerHTML = '<b>x</b>'; return 'taken'; } catch { return 'refused'; } }"
    assert page.evaluate(markup) == "refused"
