"""The console's session as a browser has it: the refresh token in a cookie that this class keeps, the access token in hand."""

import http.cookies
import uuid

import httpx

from .environment import ENV, HTTP

COOKIE = "__Host-usher-session"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


class BrowserSession:
    """One browser. Each method answers without judging and keeps the cookie that it was given, as a browser does."""

    def __init__(self, username: str, password: str | None = None, http: str = HTTP, name: str = COOKIE):
        self.http, self.name = http, name
        self.username = username
        self.password = password or ENV[f"USHER_DEMO_{username.upper()}_PASSWORD"]
        self.cookie: str | None = None
        self.access = ""

    def sign_in(self, **headers: str) -> httpx.Response:
        body = {"username": self.username, "password": self.password}
        return self.ask("POST", "", headers, json=body)

    def refresh(self, cookie: str | None = None, **headers: str) -> httpx.Response:
        """With `cookie` in place of the one that is kept, such as an older one."""
        return self.ask("POST", "/refresh", headers, cookie=cookie)

    def sign_out(self, **headers: str) -> httpx.Response:
        return self.ask("DELETE", "", headers)

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, cookie: str | None = None, json=None):
        cookie = cookie or self.cookie
        sent = {**SAME_ORIGIN, **({"Cookie": f"{self.name}={cookie}"} if cookie else {}), **(headers or {})}
        sent = {name.replace("_", "-"): value for name, value in sent.items() if value}
        if method == "POST":
            sent.setdefault("Idempotency-Key", uuid.uuid4().hex)
        answer = httpx.request(method, f"{self.http}/v1/session{path}", headers=sent, json=json, timeout=30)
        if (found := set_cookie(answer)) is not None:
            self.cookie = found.value or None
        if answer.status_code == 200:
            self.access = answer.json()["access_token"]
        return answer


def set_cookie(answer: httpx.Response) -> http.cookies.Morsel | None:
    """The one cookie that an answer sets, with its attributes."""
    fields = answer.headers.get_list("set-cookie")
    if not fields:
        return None
    assert len(fields) == 1
    cookies = http.cookies.SimpleCookie(fields[0])
    assert len(cookies) == 1, fields
    return next(iter(cookies.values()))
