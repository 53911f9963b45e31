"""The console's session: its refresh token is in a cookie, and only pages of this server get anything by it."""

import asyncio
import concurrent.futures
import uuid

import centrifuge
import httpx
import jwt
import psycopg
import pytest

from support.accounts import Account
from support.browser_session import COOKIE, SAME_ORIGIN, BrowserSession, set_cookie
from support.environment import ENV, HTTP, WEBSOCKET, until
from support.own_server import own_server
from support.problems import assert_refusal
from support.rest import Rest
from support.sessions import Session, status

# What a page of another site, or of another host of this one, comes with; and what no browser does.
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": HTTP},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": HTTP + ".evil.example"},
    {},
]


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, assert_refusal(answer)


def query(text: str, *values):
    with psycopg.connect(ENV["USHER_DATABASE_URL"], autocommit=True) as connection:
        cursor = connection.execute(text, values)
        return cursor.fetchall() if cursor.description else []


def session_id(access: str) -> str:
    return jwt.decode(access, options={"verify_signature": False})["sid"]


@pytest.fixture
def browser() -> BrowserSession:
    session = BrowserSession("agent")
    assert session.sign_in().status_code == 200
    return session


@pytest.fixture
def account():
    """A user of this test's own."""
    with Rest("admin") as admin:
        account = Account(admin, "agent")
        yield account
        account.change(disabled=True)


def test_signing_in_gives_an_access_token_and_a_cookie():
    session = BrowserSession("agent")
    answer = session.sign_in()
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}, "nothing that outlives the page"
    assert answer.headers["cache-control"] == "no-store"
    assert status(session.access) == 200
    cookie = set_cookie(answer)
    assert cookie.key == COOKIE and len(cookie.value) == 43
    assert cookie["httponly"] and cookie["secure"]
    assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Strict", "/", "")
    assert 29 * 86_400 < int(cookie["max-age"]) <= 30 * 86_400, "as long as the refresh token"
    assert cookie.value not in answer.text


def test_without_tls_the_cookie_has_another_name():
    with own_server("cookie", USHER_SESSION_COOKIE_SECURE="false") as server:
        session = BrowserSession("agent", server.passwords["agent"], server.url, "usher-session")
        cookie = set_cookie(session.sign_in())
        assert cookie.key == "usher-session"
        assert cookie["httponly"] and not cookie["secure"] and cookie["samesite"] == "Strict"
        assert session.refresh().status_code == 200
        assert session.sign_out().status_code == 204
        assert session.cookie is None


def test_refreshing_gives_the_next_cookie(browser):
    first, access = browser.cookie, browser.access
    answer = browser.refresh()
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert set_cookie(answer).value != first
    assert browser.access != access and session_id(browser.access) == session_id(access)
    assert status(browser.access) == 200


def test_two_tabs_at_once_get_the_same_pair(browser):
    first = browser.cookie

    def tab(_) -> tuple[str, str]:
        tab = BrowserSession("agent")
        answer = tab.refresh(first)
        assert answer.status_code == 200, answer.text
        return tab.cookie, tab.access

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        pairs = set(pool.map(tab, range(8)))
    assert len(pairs) == 1
    browser.cookie, browser.access = pairs.pop()
    assert browser.refresh().status_code == 200, "the session goes on"
    # What the tabs got has been used, so whoever comes with the old one now is none of them.
    assert code(BrowserSession("agent").refresh(first)) == (401, "token_invalid")
    assert code(browser.refresh()) == (401, "token_invalid")


def test_after_a_minute_the_same_cookie_ends_the_session(browser):
    first = browser.cookie
    assert browser.refresh().status_code == 200
    age = "UPDATE refresh_tokens SET used_at = used_at - interval '61 seconds' WHERE family_id = %s AND used_at IS NOT NULL"
    query(age, session_id(browser.access))
    thief = BrowserSession("agent")
    answer = thief.refresh(first)
    assert code(answer) == (401, "token_invalid")
    assert set_cookie(answer)["max-age"] == "0"
    assert code(browser.refresh()) == (401, "token_invalid")
    until(lambda: status(browser.access) == 401, timeout=10, what="the access token's refusal")


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_other_pages_get_nothing(browser, headers):
    foreign = {"Sec-Fetch-Site": "", **headers}
    cookie = browser.cookie
    for answer in [browser.sign_in(**foreign), browser.refresh(**foreign), browser.sign_out(**foreign)]:
        assert code(answer) == (403, "forbidden")
        assert set_cookie(answer) is None
        assert "access-control-allow-credentials" not in answer.headers
    assert browser.cookie == cookie
    assert browser.refresh().status_code == 200, "nothing was changed"


def test_where_the_browser_says_nothing_of_the_site_its_origin_counts(browser):
    """Plain HTTP beyond the loopback."""
    own = {"Sec-Fetch-Site": "", "Origin": HTTP}
    assert browser.refresh(**own).status_code == 200
    twice = httpx.Headers([("Origin", HTTP), ("Origin", HTTP), ("Cookie", f"{COOKIE}={browser.cookie}")])
    assert code(httpx.post(HTTP + "/v1/session/refresh", headers=twice, timeout=20)) == (403, "forbidden")
    assert browser.sign_out(**own).status_code == 204


def test_signing_out_ends_the_session_and_clears_the_cookie(browser):
    cookie = browser.cookie
    for _ in range(2):
        answer = browser.sign_out()
        assert answer.status_code == 204 and answer.content == b""
        cleared = set_cookie(answer)
        assert (cleared.key, cleared.value, cleared["max-age"], cleared["path"]) == (COOKIE, "", "0", "/")
        assert cleared["secure"] and cleared["httponly"], "else it is not taken for the same cookie"
        browser.cookie = cookie
    assert code(browser.refresh()) == (401, "token_invalid")
    assert status(browser.access) == 401


def test_who_has_no_session(browser):
    nobody = BrowserSession("agent")
    answer = nobody.refresh()
    assert code(answer) == (401, "unauthorized")
    assert set_cookie(answer) is None
    assert nobody.sign_out().status_code == 204


@pytest.mark.parametrize("cookie", ["x", "A" * 43, "a b", "A" * 200, "", '"quoted"', "' OR 1=1 --"])
def test_what_is_no_cookie_of_ours(cookie):
    headers = {**SAME_ORIGIN, "Cookie": f"theme=dark; {COOKIE}={cookie}; a=b"}
    answer = httpx.post(HTTP + "/v1/session/refresh", headers=headers, timeout=20)
    assert code(answer) == (401, "token_invalid")
    assert set_cookie(answer)["max-age"] == "0"
    assert httpx.delete(HTTP + "/v1/session", headers=headers, timeout=20).status_code == 204


def test_a_second_cookie_of_the_name_is_refused(browser):
    """Another host of the site cannot put its session in this one's place."""
    other = BrowserSession("viewer")
    other.sign_in()
    for fields in [f"{COOKIE}={other.cookie}; {COOKIE}={browser.cookie}", f"{COOKIE.lower()}={other.cookie}"]:
        answer = httpx.post(HTTP + "/v1/session/refresh", headers={**SAME_ORIGIN, "Cookie": fields}, timeout=20)
        assert code(answer) == (401, "token_invalid")
    assert browser.refresh().status_code == 200


def test_another_sign_in_ends_the_session_before(browser):
    """On a computer that several people use one after the other."""
    before = browser.access
    browser.username, browser.password = "viewer", ENV["USHER_DEMO_VIEWER_PASSWORD"]
    assert browser.sign_in().status_code == 200
    until(lambda: status(before) == 401, timeout=10, what="the end of the session before")
    assert status(browser.access) == 200


def test_a_wrong_password_counts(account):
    session = BrowserSession(account.name, "wrong")
    codes = []
    while "too_many_requests" not in codes:
        assert len(codes) < 40, codes
        answer = session.sign_in()
        codes.append(assert_refusal(answer))
        assert set_cookie(answer) is None
    assert set(codes) == {"invalid_credentials", "too_many_requests"}
    assert int(answer.headers["retry-after"]) >= 1
    # The other way in counts the same failures.
    other = httpx.post(HTTP + "/v1/auth/token", json={"username": account.name, "password": "wrong"}, timeout=20)
    assert assert_refusal(other) == "too_many_requests"


def test_a_lost_answer_can_be_asked_for_again():
    key = uuid.uuid4().hex
    session = BrowserSession("agent")
    answers = [session.sign_in(Idempotency_Key=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert answers[0].headers["set-cookie"] == answers[1].headers["set-cookie"]


def test_a_disabled_user_gets_nothing(account):
    session = BrowserSession(account.name, account._login["password"])
    assert session.sign_in().status_code == 200
    account.change(disabled=True)
    answer = session.refresh()
    assert answer.status_code in (401, 403)
    assert set_cookie(answer)["max-age"] == "0"
    assert code(BrowserSession(account.name, account._login["password"]).sign_in()) == (403, "disabled")


def test_signing_out_ends_the_sockets(browser, run):
    ended = []

    class Events(centrifuge.ClientEventHandler):
        async def on_disconnected(self, context: centrifuge.DisconnectedContext) -> None:
            ended.append(context)

    async def get_token() -> str:
        return browser.access

    async def scenario():
        client = centrifuge.Client(WEBSOCKET, get_token=get_token, events=Events(), timeout=10, proxy=None)
        await client.connect()
        await client.ready(timeout=20)
        assert (await asyncio.to_thread(browser.sign_out)).status_code == 204
        async with asyncio.timeout(10):
            while not ended:
                await asyncio.sleep(0.01)
        assert (ended[0].code, ended[0].reason) == (3500, "session ended")

    run(scenario())


def test_the_session_is_seen_among_the_users_own(browser):
    headers = {"Authorization": f"Bearer {browser.access}"}
    sessions = httpx.get(HTTP + "/v1/users/me/sessions", headers=headers, timeout=20).json()["sessions"]
    assert [session["id"] for session in sessions if session["current"]] == [session_id(browser.access)]


def test_a_cookie_is_no_way_around_the_access_token(browser):
    """The API itself takes no cookie, so nothing of it needs to fear other pages."""
    headers = {**SAME_ORIGIN, "Cookie": f"{COOKIE}={browser.cookie}"}
    assert code(httpx.get(HTTP + "/v1/users/me", headers=headers, timeout=20)) == (401, "unauthorized")


def test_a_refresh_token_of_an_app_is_no_cookie_for_other_pages():
    """Where the token comes from does not matter, the page does."""
    token = Session("agent").refresh
    headers = {"Sec-Fetch-Site": "cross-site", "Cookie": f"{COOKIE}={token}"}
    assert code(httpx.post(HTTP + "/v1/session/refresh", headers=headers, timeout=20)) == (403, "forbidden")
