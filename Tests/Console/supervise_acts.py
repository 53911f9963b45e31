"""What tests of the supervisor's page do again and again."""

from playwright.sync_api import Locator, Page


def column(page: Page, queue: str) -> Locator:
    return page.locator(f"#panel-{queue}")


def row(page: Page, queue: str, ticket: int) -> Locator:
    return column(page, queue).locator(".service-row", has=page.locator(f".row-ticket:text-is('{ticket}')"))


def choose(page: Page, queue: str, ticket: int, item: str) -> None:
    """An entry of a row's menu."""
    row(page, queue, ticket).locator(".row-menu").click()
    page.get_by_role("menuitem", name=item, exact=True).click()
