"""The history as one file of any length, with bounded memory; reports that take long, and clients that go away."""

import contextlib
import csv
import os
import socket
import time
import uuid

import httpx
import psycopg
import pytest

from support.environment import ADMIN, ENV, HTTP, process_id, until
from support.node import Node
from support.rest import Rest, token

ROWS = 200_000
MOST_GROWTH = 30 * 1024


@pytest.fixture(scope="module")
def large_queue():
    """The name of a queue of which the history has 200,000 services."""
    queue = "x" + uuid.uuid4().hex
    with psycopg.connect(ENV["USHER_DATABASE_URL"]) as database:
        database.execute(
            """INSERT INTO service_history (id, queue, epoch, queue_version, ticket, kind, priority, state, version, attempts,
                 submitter, assignee_id, assignee_name, order_ticks, submitted_at, claimed_at, started_at, ended_at, updated_at)
               SELECT gen_random_uuid(), %s, 'e1', n, n, 'passport', 4, 'completed', 4, 0, 'amqp', 'u1', 'ann', n, m,
                 m + interval '1 min', m + interval '2 min', m + interval '5 min', m
               FROM (SELECT n, date_trunc('second', now()) - n / 3 * interval '2 s' AS m FROM generate_series(1, %s) n) AS x""",
            [queue, ROWS],
        )
    yield queue
    with psycopg.connect(ENV["USHER_DATABASE_URL"]) as database:
        database.execute("DELETE FROM service_history WHERE queue = %s", [queue])


def peak() -> int:
    """The most memory that the server has had, in KiB."""
    with open(f"/proc/{process_id('usher')}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def forget_peak() -> None:
    with open(f"/proc/{process_id('usher')}/clear_refs", "w") as file:
        file.write("5")


def descriptors() -> int:
    return len(os.listdir(f"/proc/{process_id('usher')}/fd"))


def metric(name: str) -> float:
    lines = httpx.get(ADMIN + "/metrics", timeout=10).text.splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(name + " "))


def export(rest: Rest, **filters):
    return rest.stream("GET", "/v1/history", params=filters, headers={"Accept": "text/csv"}, timeout=300)


def test_two_hundred_thousand_rows_in_bounded_memory(large_queue, supervisor):
    with export(supervisor, queue=large_queue, limit=5_000) as answer:
        assert sum(1 for _ in answer.iter_lines()) == 5_001
    forget_peak()
    before, began = peak(), time.monotonic()
    with export(supervisor, queue=large_queue) as answer:
        assert answer.status_code == 200 and "content-length" not in answer.headers
        reader = csv.DictReader(answer.iter_lines())
        tickets = [int(row["ticket"]) for row in reader]
    growth = peak() - before
    print(f"{len(tickets)} rows in {time.monotonic() - began:.1f} s, {growth} KiB more memory at most")
    assert sorted(tickets) == list(range(1, ROWS + 1))
    assert growth < MOST_GROWTH


def request(path: str, address: str = ENV["USHER_HTTP_LISTEN"]) -> socket.socket:
    """A request whose answer nobody reads yet, over a socket with little room."""
    host, port = address.rsplit(":", 1)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    connection.connect((host, int(port)))
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: usher\r\nAccept: text/csv\r\nAuthorization: Bearer {token('supervisor')}\r\n\r\n".encode()
    )
    return connection


def test_a_client_that_stops_reading_or_vanishes_takes_nothing(large_queue, supervisor):
    open_before = descriptors()
    forget_peak()
    before = peak()
    slow = [request(f"/v1/history?queue={large_queue}") for _ in range(5)]
    for connection in slow:
        assert connection.recv(1_000).startswith(b"HTTP/1.1 200")
    # Once what a socket holds is full nobody waits in PostgreSQL for them: others have the reports' connection.
    until(lambda: metric('usher_userstore_requests_in_flight{connection="reports"}') == 0, what="the readers to be full")
    assert supervisor.get("/v1/history", params={"queue": large_queue, "limit": 1}).status_code == 200
    assert peak() - before < MOST_GROWTH
    for connection in slow:
        connection.close()
    until(lambda: descriptors() <= open_before + 1, what="the sockets to be closed")


@contextlib.contextmanager
def locked():
    """While it lasts nobody gets anything of the history."""
    with psycopg.connect(ENV["USHER_DATABASE_URL"]) as database:
        database.execute("LOCK TABLE service_history IN ACCESS EXCLUSIVE MODE")
        yield


def waiting() -> int:
    """How many queries for statistics wait for the lock."""
    with psycopg.connect(ENV["USHER_DATABASE_URL"]) as database:
        return database.execute(
            """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
               AND query LIKE 'SELECT%FROM service_history WHERE submitted_at >=%'"""
        ).fetchone()[0]


STATISTICS = "/v1/statistics?from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z"


def test_whoever_goes_away_ends_the_query(supervisor):
    with locked():
        connections = [request(STATISTICS) for _ in range(3)]
        until(lambda: waiting() == 1, what="the query")
        for connection in connections:
            connection.close()
        until(lambda: waiting() == 0, timeout=10, what="the query's end")
        until(lambda: metric('usher_userstore_requests_in_flight{connection="reports"}') == 0, timeout=5)
    assert supervisor.get(STATISTICS).status_code == 200


def test_a_report_ends_in_time_and_delays_no_login():
    with Node("reports", USHER_REPORT_SECONDS="12") as node, locked():
        with httpx.Client(base_url="http://" + node.http, timeout=60) as rest:
            slow = request(STATISTICS, node.http)
            until(lambda: waiting() == 1, what="the query")
            login = {"username": "agent", "password": ENV["USHER_DEMO_AGENT_PASSWORD"]}
            assert rest.post("/v1/auth/token", json=login).status_code == 200
            assert waiting() == 1, "the login came after the report"
            slow.close()
            until(lambda: waiting() == 0, timeout=10, what="the query's end")
            began = time.monotonic()
            answer = rest.get(STATISTICS, headers={"Authorization": f"Bearer {token('supervisor')}"})
            assert answer.status_code == 503 and "took too long" in answer.json()["detail"], answer.text
            assert 12 <= time.monotonic() - began < 20
