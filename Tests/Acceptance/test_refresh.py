"""Refresh tokens: used once, revoked when used twice, and repeatable for a minute under an idempotency key."""

import concurrent.futures
import uuid

import httpx
import jwt
import psycopg
import pytest

from support.accounts import Account
from support.environment import ENV, until
from support.node import Node
from support.rest import Rest
from support.sessions import Session, status
from support.stores import database_dump, forms


def query(text: str, *values):
    with psycopg.connect(ENV["USHER_DATABASE_URL"], autocommit=True) as connection:
        cursor = connection.execute(text, values)
        return cursor.fetchall() if cursor.description else []


def session_id(access: str) -> str:
    return jwt.decode(access, options={"verify_signature": False})["sid"]


def pair(answer: httpx.Response) -> tuple[str, str]:
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"], answer.json()["refresh_token"]


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


def test_a_token_used_twice_revokes_its_session():
    session = Session("agent")
    first = session.refresh
    session.advance()
    assert session.refresh_with(first).status_code == 401
    assert session.refresh_with(session.refresh).status_code == 401
    until(lambda: status(session.access) == 401, timeout=10, what="the access token's refusal")


def test_a_lost_answer_can_be_asked_for_again(key):
    session = Session("agent")
    first = session.refresh
    answers = [pair(session.refresh_with(first, key)) for _ in range(3)]
    assert len(set(answers)) == 1, "the same pair, to the byte"
    access, successor = answers[0]
    assert status(access) == 200
    follower = pair(session.refresh_with(successor))
    assert status(follower[0]) == 200
    # The client has its answer, so whoever asks now is somebody else.
    assert session.refresh_with(first, key).status_code == 401
    assert session.refresh_with(follower[1]).status_code == 401


@pytest.mark.parametrize("other", [None, "another-key"])
def test_another_key_is_a_reuse(key, other):
    session = Session("agent")
    first = session.refresh
    _, successor = pair(session.refresh_with(first, key))
    assert session.refresh_with(first, other).status_code == 401
    assert session.refresh_with(successor).status_code == 401
    assert session.refresh_with(first, key).status_code == 401


def test_after_a_minute_it_is_a_reuse(key):
    session = Session("agent")
    first = session.refresh
    access, successor = pair(session.refresh_with(first, key))
    age = "UPDATE refresh_tokens SET used_at = used_at - interval '61 seconds' WHERE family_id = %s AND used_at IS NOT NULL"
    query(age, session_id(access))
    assert session.refresh_with(first, key).status_code == 401
    assert session.refresh_with(successor).status_code == 401


def test_the_answer_lies_sealed_and_not_for_long(key):
    session = Session("agent")
    access, successor = pair(session.refresh_with(session.refresh, key))
    dump = database_dump()
    assert not any(form in dump for form in forms(successor))
    held = "SELECT count(*) FROM refresh_tokens WHERE family_id = %s AND successor IS NOT NULL"
    assert query(held, session_id(access)) == [(1,)]
    query("UPDATE refresh_tokens SET used_at = now() - interval '1 hour' WHERE family_id = %s AND used_at IS NOT NULL", session_id(access))
    until(lambda: query(held, session_id(access)) == [(0,)], timeout=60, what="the wiping")


@pytest.mark.parametrize("with_key", [False, True])
def test_a_race_has_one_winner_or_one_answer(key, with_key):
    """20 at once on two nodes."""
    with Node("race") as other:
        session = Session("agent")
        clients = [httpx.Client(base_url=f"http://{host}", timeout=60) for host in (ENV["USHER_HTTP_LISTEN"], other.http)]
        headers = {"Idempotency-Key": key} if with_key else {}

        def ask(number: int) -> httpx.Response:
            return clients[number % 2].post(
                "/v1/auth/refresh", json={"refresh_token": session.refresh}, headers=headers
            )

        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(ask, range(20)))
        for client in clients:
            client.close()
    won = [answer for answer in answers if answer.status_code == 200]
    if with_key:
        assert len(won) == 20
        assert len({pair(answer) for answer in won}) == 1
        assert session.refresh_with(won[0].json()["refresh_token"]).status_code == 200
    else:
        assert len(won) == 1
        assert {answer.status_code for answer in answers} == {200, 401}
        assert session.refresh_with(won[0].json()["refresh_token"]).status_code == 401


def test_another_server_goes_on(key):
    """After a restart: nothing is in one process' memory alone, the answer that was lost included."""
    session = Session("agent")
    first = session.refresh
    answer = pair(session.refresh_with(first, key))
    with Node("restart") as node:
        session.http = f"http://{node.http}"
        assert pair(session.refresh_with(first, key)) == answer
        node.terminate()
        node.start()
        assert pair(session.refresh_with(first, key)) == answer
        session.pair = {"access_token": answer[0], "refresh_token": answer[1]}
        session.advance()
        assert status(session.access) == 200


def test_a_disabled_user_gets_nothing(key):
    with Rest("admin") as admin:
        account = Account(admin, "viewer")
        session = Session(account.name, account._login["password"])
        first = session.refresh
        pair(session.refresh_with(first, key))
        account.change(disabled=True)
        assert session.refresh_with(first, key).status_code in (401, 403)
        account.change(disabled=False)
        assert session.refresh_with(first, key).status_code == 401, "its sessions are over for good"


def test_an_expired_token_gives_nothing():
    session = Session("agent")
    query("UPDATE refresh_tokens SET expires_at = now() WHERE family_id = %s", session_id(session.access))
    assert session.refresh_with(session.refresh).status_code == 401


def test_a_session_ends_however_often_it_is_refreshed():
    session = Session("agent")
    session.advance()
    age = "UPDATE refresh_families SET created_at = now() - interval '89 days 23 hours' WHERE id = %s"
    query(age, session_id(session.access))
    session.advance()
    left = "SELECT extract(epoch FROM expires_at - now()) FROM refresh_tokens WHERE family_id = %s AND used_at IS NULL"
    assert 0 < query(left, session_id(session.access))[0][0] <= 3_600, "no token outlives the session"
    query("UPDATE refresh_families SET created_at = now() - interval '90 days' WHERE id = %s", session_id(session.access))
    assert session.refresh_with(session.refresh).status_code == 401


def test_signing_out_is_idempotent(key):
    session = Session("agent")
    assert [session.log_out(key).status_code for _ in range(3)] == [204, 204, 204]
    assert session.log_out().status_code == 204
    assert session.refresh_with(session.refresh, key).status_code == 401
    until(lambda: status(session.access) == 401, timeout=10, what="the access token's refusal")


def test_a_signed_out_session_repeats_nothing(key):
    session = Session("agent")
    first = session.refresh
    _, successor = pair(session.refresh_with(first, key))
    assert session.post("logout", refresh_token=successor).status_code == 204
    assert session.refresh_with(first, key).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "' OR 1=1 --", "A" * 43, "A" * 100_000])
def test_what_is_no_token(token):
    answer = httpx.post(
        f"http://{ENV['USHER_HTTP_LISTEN']}/v1/auth/refresh", json={"refresh_token": token}, timeout=20
    )
    assert answer.status_code == 401
