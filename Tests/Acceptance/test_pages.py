"""The console's pages and files, as any client sees them: types, what browsers are told to forbid, and that nothing else is there."""

import re

import httpx
import pytest

from support.environment import HTTP, ROOT
from support.problems import assert_refusal

FOLDER = ROOT / "Sources/Gateway/Console"
FILES = sorted(
    str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file() and path.name not in ("README.md", "package.json")
)
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
PAGES = {"/": "app/console.html", "/board/front-desk": "board/board.html", "/ticket/some-ticket": "ticket/ticket.html"}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}


@pytest.fixture(scope="module")
def client():
    with httpx.Client(base_url=HTTP, timeout=20) as client:
        yield client


def policy(answer: httpx.Response) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))


def test_each_file_is_there_with_its_type(client):
    assert FILES
    for path in FILES:
        answer = client.get(f"/console/{path}")
        assert answer.status_code == 200, path
        assert answer.content == (FOLDER / path).read_bytes(), f"{path} is not what was built in"
        assert answer.headers["content-type"].split(";")[0] == TYPES["." + path.rsplit(".", 1)[1]], path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-cache"
        again = client.get(f"/console/{path}", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path


@pytest.mark.parametrize("path, file", PAGES.items())
def test_pages(client, path, file):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.content == (FOLDER / file).read_bytes()
    assert policy(answer) == POLICY
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "set-cookie" not in answer.headers
    # The page is for everyone, with or without a session; a browser asks each time whether it is still the one.
    assert answer.headers["cache-control"] == "no-cache" and answer.headers["etag"]
    for target in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
        assert target.startswith("/console/"), target
        assert client.get(target).status_code == 200, target


def test_a_picture_by_itself_may_do_no_more_than_a_page(client):
    for path in FILES:
        if path.endswith((".svg", ".html")):
            assert policy(client.get(f"/console/{path}")) == POLICY, path


@pytest.mark.parametrize(
    "path",
    [
        *["/console/README.md", "/console/package.json", "/console/app", "/console/app/", "/console/app/nothing.js"],
        *["/console/nothing/console.html", "/console/app/..%2fusher-client.js", "/console/app%2fconsole.html"],
        *["/console/app/console.html/more", "/console/", "/board", "/ticket", "/board/a/b", "/index.html", "/favicon.ico"],
    ],
)
def test_nothing_else_is_there(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert assert_refusal(answer) == "not_found"
