"""What no client sends by accident: each gets a clear refusal or a clean close, at once, and the next request is not touched."""

import concurrent.futures
import os
import socket
import time

import httpx
import pytest

from support.environment import ADMIN, HTTP, process_id, until
from support.raw_http import ADDRESS, PATIENCE, exchange, head
from support.rest import token

# What a smuggled request would have answered: the status of this one, which nothing else here has.
SMUGGLED = head("GET", "/console/emitter.js", "HTTP/1.1", "Connection: close")
JSON = "Content-Type: application/json"
CLOSE = "Connection: close"
CHUNKED = "Transfer-Encoding: chunked"


def post(*lines: str, body: bytes = b"", target: str = "/v1/auth/logout", version: str = "HTTP/1.1") -> bytes:
    return head("POST", target, version, JSON, *lines) + body


@pytest.fixture(autouse=True)
def alive():
    """After each of these the server answers the next client, and is the same process."""
    server = process_id("usher")
    yield
    assert httpx.get(HTTP + "/.well-known/jwks.json", timeout=5).status_code == 200
    assert httpx.get(ADMIN + "/health/live", timeout=5).status_code == 200
    assert process_id("usher") == server and os.path.exists(f"/proc/{server}")


REFUSED_HEADS = {
    "no version": b"GET /v1/queues\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "HTTP/1.2": head(version="HTTP/1.2"),
    "HTTP/3.0": head(version="HTTP/3.0"),
    "a version in letters": head(version="HTTP/x.y"),
    "no Host": head(host=None),
    "two Hosts": head("GET", "/", "HTTP/1.1", "Host: evil.example"),
    "an empty Host": head(host=""),
    "a Host with a path": head(host="a/b"),
    "a Host with blanks": head(host="a b"),
    "an unknown method": head("FOO"),
    "a method in small letters": head("get"),
    "a method with a control character": head("G\x01T"),
    "a method of 10 KB": head("A" * 10_000),
    "a blank in the target": head(target="/v1/ queues"),
    "a control character in the target": head(target="/v1/\x01"),
    "a NUL in the target": head(target="/v1/\x00"),
    "raw bytes above ASCII in the target": head(target="/v1/\xc3\xa9"),
    "a target without a slash": head(target="v1/queues"),
    "a target of 20 KB": head(target="/v1/queues?x=" + "a" * 20_000),
    "a target of 1 MB": head(target="/v1/queues?x=" + "a" * 1_000_000),
    "a header of 17 KB": head("GET", "/", "HTTP/1.1", "X-A: " + "a" * 17_000),
    "headers of 40 KB": head("GET", "/", "HTTP/1.1", *(f"X-{i}: {'a' * 1_000}" for i in range(40))),
    "101 headers": head("GET", "/", "HTTP/1.1", *(f"X-{i}: a" for i in range(101))),
    "10,000 headers": head("GET", "/", "HTTP/1.1", *(f"X-{i}: a" for i in range(10_000))),
    "a header without a colon": head("GET", "/", "HTTP/1.1", "Nonsense"),
    "a blank before the colon": head("GET", "/", "HTTP/1.1", "X-A : b"),
    "a header without a name": head("GET", "/", "HTTP/1.1", ": b"),
    "a control character in a header": head("GET", "/", "HTTP/1.1", "X-A: a\x01b"),
    "a NUL in a header": head("GET", "/", "HTTP/1.1", "X-A: a\x00b"),
    "a bare CR in a header": head("GET", "/", "HTTP/1.1", "X-A: a\rb"),
    "a folded header": head("GET", "/", "HTTP/1.1", "X-A: a", "  b"),
    "bare LF": b"GET / HTTP/1.1\nHost: a\n\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32),
    "zeros": bytes(1_000),
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
}

REFUSED_FRAMING = {
    "both lengths": post("Content-Length: 5", CHUNKED, body=b"0\r\n\r\n"),
    "both lengths, the other way round": post(CHUNKED, "Content-Length: 5", body=b"0\r\n\r\n"),
    "both lengths, of zero": post("Content-Length: 0", CHUNKED, body=b"0\r\n\r\n"),
    "the same length twice": post("Content-Length: 2", "Content-Length: 2", body=b"{}"),
    "two lengths": post("Content-Length: 2", "Content-Length: 3", body=b"{}"),
    "a list of lengths": post("Content-Length: 2, 2", body=b"{}"),
    "a negative length": post("Content-Length: -1", body=b"{}"),
    "a length with a sign": post("Content-Length: +2", body=b"{}"),
    "a length in hexadecimal": post("Content-Length: 0x2", body=b"{}"),
    "a length beyond 64 bits": post("Content-Length: 99999999999999999999999", body=b"{}"),
    "coding identity": post("Transfer-Encoding: identity", body=b"{}"),
    "coding gzip and chunked": post("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
    "coding chunked and identity": post("Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"),
    "coding in two lines": post(CHUNKED, "Transfer-Encoding: identity", body=b"0\r\n\r\n"),
    "coding chunked twice": post(CHUNKED, CHUNKED, body=b"0\r\n\r\n"),
    "an unknown coding": post("Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "a coding in quotes": post('Transfer-Encoding: "chunked"', body=b"0\r\n\r\n"),
    "a coding behind a tabulator": post("Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    "a coding in HTTP/1.0": post(CHUNKED, version="HTTP/1.0", body=b"0\r\n\r\n"),
    "a chunk's size in letters": post(CHUNKED, body=b"zz\r\n{}\r\n0\r\n\r\n"),
    "a negative chunk": post(CHUNKED, body=b"-2\r\n{}\r\n0\r\n\r\n"),
    "a chunk's size with 0x": post(CHUNKED, body=b"0x2\r\n{}\r\n0\r\n\r\n"),
    "a chunk's size beyond 64 bits": post(CHUNKED, body=b"f" * 17 + b"\r\n{}\r\n0\r\n\r\n"),
    "a chunk longer than its size": post(CHUNKED, body=b"2\r\n{}XX0\r\n\r\n"),
    "chunks that end in LF": post(CHUNKED, body=b"2\n{}\n0\n\n"),
    "10,000 trailers": post(CHUNKED, body=b"2\r\n{}\r\n0\r\n" + b"".join(b"X-%d: a\r\n" % i for i in range(10_000)) + b"\r\n"),
}


@pytest.mark.parametrize("data", REFUSED_HEADS.values(), ids=REFUSED_HEADS.keys())
def test_heads(data):
    """A connection's first request and a later one are refused alike, and what follows is not answered."""
    alone = exchange(data + SMUGGLED)
    assert alone.is_closed and alone.seconds < PATIENCE
    assert alone.statuses in ([], [400], [431]), alone.answers
    later = exchange(head() + data + SMUGGLED)
    assert later.is_closed and later.seconds < PATIENCE
    assert later.statuses in ([404], [404, 400], [404, 431]), later.answers


@pytest.mark.parametrize("data", REFUSED_FRAMING.values(), ids=REFUSED_FRAMING.keys())
def test_framing(data):
    """Nothing that two readers could cut in two places: the rest of the connection is not read as a request."""
    alone = exchange(data + SMUGGLED)
    assert alone.is_closed and alone.seconds < PATIENCE
    assert alone.statuses in ([], [400], [431]), alone.answers
    later = exchange(head() + data + SMUGGLED)
    assert later.is_closed and later.seconds < PATIENCE
    assert later.statuses in ([404], [404, 400], [404, 431]), later.answers


class TestWhatIsGood:
    """The refusals are not of everything."""

    def test_each_part_at_its_limit(self):
        for data in (
            head(target="/console/x" + "a" * 8_000),
            head("GET", "/console/x", "HTTP/1.1", "X-A: " + "a" * 15_000),
            head("GET", "/console/x", "HTTP/1.1", *(f"X-{i}: a" for i in range(90))),
            head(host="[::1]:8080"),
            head(host="usher.example"),
            b"\r\n" + head(),
        ):
            assert exchange(data.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).statuses == [404]

    def test_chunks(self):
        body = b'a;x=y\r\n{"refresh_\r\n0008\r\ntoken":"\r\n03\r\nx"}\r\n0\r\nX-Trailer: a\r\n\r\n'
        assert exchange(post(CHUNKED, body=body) + SMUGGLED).statuses == [204, 200]

    def test_a_body_where_none_is_wanted(self):
        body = SMUGGLED
        ending = exchange(head("GET", "/console/x", "HTTP/1.1", f"Content-Length: {len(body)}") + body + SMUGGLED)
        assert ending.statuses == [404, 200], "the body is no request"

    def test_http_1_0_ends_with_its_answer(self):
        for lines in ((), ("Connection: keep-alive",)):
            ending = exchange(head("GET", "/console/x", "HTTP/1.0", *lines, host=None))
            assert ending.statuses == [404] and ending.is_closed and ending.seconds < PATIENCE

    def test_targets(self):
        for target, status in (
            (f"http://{ADDRESS}/console/emitter.js", 200),
            ("http://evil.example/v1/users", 401),
            ("*", 404),
            ("/console/emitter.js#x", 404),
            ("//console/emitter.js", 200),
            ("/console/../v1/users", 404),
            ("/console/..%2f..%2f..%2fetc%2fpasswd", 404),
            ("/console/%2e%2e/%2e%2e/etc/passwd", 404),
            ("/console/emitter.js%00.html", 404),
            ("/v1/queues/%zz", 401),
            ("/v1/queues/%c0%af", 401),
        ):
            ending = exchange(head("GET", target, "HTTP/1.1", CLOSE))
            assert ending.statuses == [status], target
        # A socket is opened by a path alone.
        assert exchange(head("CONNECT", "evil.example:80", "HTTP/1.1", CLOSE)).statuses in ([400], [404], [405])
        assert exchange(head("OPTIONS", "*", "HTTP/1.1", CLOSE)).statuses in ([200], [204], [404])

    def test_expectations(self):
        ending = exchange(post("Expect: 100-continue", "Content-Length: 2", CLOSE, body=b"{}"))
        assert ending.statuses in ([400], [100, 400])
        assert exchange(post("Expect: nonsense", "Content-Length: 2", CLOSE, body=b"{}")).statuses in ([400], [417])


class TestBodies:
    LIMIT = 262_144

    @pytest.fixture
    def authorized(self) -> str:
        return "Authorization: Bearer " + token("supervisor")

    def body(self, size: int) -> bytes:
        return b'{"kind":"x","note":"' + b"x" * (size - 22) + b'"}'

    @pytest.mark.parametrize("size", [LIMIT + 1, 4 * LIMIT, 64 * LIMIT])
    def test_too_large_by_length(self, authorized, size):
        """The refusal comes from the head alone."""
        began = time.monotonic()
        ending = exchange(
            post(authorized, f"Content-Length: {size}", CLOSE, target="/v1/queues/front-desk/services"), wait=0.5
        )
        assert ending.statuses == [413] and time.monotonic() - began < PATIENCE

    @pytest.mark.parametrize("size", [LIMIT + 1, 4 * LIMIT])
    def test_too_large_in_chunks(self, authorized, size):
        body = self.body(size)
        chunks = b"".join(
            b"%x\r\n%s\r\n" % (len(part), part) for part in (body[at : at + 4096] for at in range(0, size, 4096))
        )
        ending = exchange(
            post(authorized, CHUNKED, CLOSE, target="/v1/queues/front-desk/services", body=chunks + b"0\r\n\r\n")
        )
        assert ending.statuses == [413]

    def test_chunks_without_end(self, authorized):
        """A sender that never stops is not read for ever, and costs no memory."""
        server = process_id("usher")
        before = resident(server)
        host, port = ADDRESS.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=2) as connection:
            connection.sendall(post(authorized, CHUNKED, target="/v1/queues/front-desk/services"))
            chunk = b"10000\r\n" + bytes(65_536) + b"\r\n"
            sent = 0
            try:
                while sent < 256:
                    connection.sendall(chunk)
                    sent += 1
                answer = connection.recv(65_536)
            except (OSError, TimeoutError):
                answer = connection_rest(connection)
            assert b" 413 " in answer.split(b"\r\n")[0] or sent < 256
        assert resident(server) - before < 32 * 1024 * 1024

    def test_at_the_limit(self, authorized):
        """One byte less is read: what is wrong with it is something else."""
        body = self.body(self.LIMIT)
        ending = exchange(
            post(authorized, f"Content-Length: {len(body)}", CLOSE, target="/v1/queues/front-desk/services", body=body)
        )
        assert len(body) == self.LIMIT and ending.statuses == [400]

    def test_a_bulk_may_be_larger_and_has_its_own_limit(self, authorized):
        ending = exchange(post(authorized, "Content-Length: 67108864", CLOSE, target="/v1/services/bulk"), wait=0.5)
        assert ending.statuses == [413]

    def test_a_refused_body_does_not_become_a_request(self):
        """401 comes before the body was read; the body is not taken for the next request."""
        body = SMUGGLED * 3
        ending = exchange(
            post(f"Content-Length: {len(body)}", target="/v1/queues/front-desk/services", body=body) + SMUGGLED
        )
        assert ending.statuses in ([401], [401, 200]), "never three more"


class TestMany:
    def test_pipelined(self):
        """A thousand requests at once are answered in their order."""
        requests = b"".join(
            head("GET", "/console/emitter.js" if i % 3 else "/console/nothing.js") for i in range(1_000)
        )
        ending = exchange(requests + head("GET", "/v1/users", "HTTP/1.1", CLOSE), wait=20)
        assert ending.statuses == [200 if i % 3 else 404 for i in range(1_000)] + [401]

    def test_pipelined_and_never_read(self):
        """Who sends and does not read is not answered into memory without end."""
        server = process_id("usher")
        before = resident(server)
        host, port = ADDRESS.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=1) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            request = head("GET", "/console/queue-copy.js") * 100
            sent = 0
            try:
                while sent < 64 * 1024 * 1024:
                    sent += connection.send(request)
            except (TimeoutError, OSError):
                pass
            assert sent < 64 * 1024 * 1024, "the server went on reading"
            assert resident(server) - before < 64 * 1024 * 1024

    def test_idle_connections_keep_nobody_out(self):
        host, port = ADDRESS.rsplit(":", 1)
        idle = []
        try:
            for i in range(200):
                connection = socket.create_connection((host, int(port)), timeout=5)
                # Half of them have begun a request.
                if i % 2:
                    connection.sendall(b"GET /console/emitter.js HT")
                idle.append(connection)
            began = time.monotonic()
            assert httpx.get(HTTP + "/console/emitter.js", timeout=5).status_code == 200
            assert time.monotonic() - began < PATIENCE
        finally:
            for connection in idle:
                connection.close()

    def test_hung_up_in_the_middle(self):
        """Clients that go away at each place leave nothing behind."""
        whole = post(f"Authorization: Bearer {token('supervisor')}", "Content-Length: 20", body=b'{"refresh_token":"x"')
        places = list(range(0, len(whole), 37))

        def cut(place: int) -> None:
            host, port = ADDRESS.rsplit(":", 1)
            with socket.create_connection((host, int(port)), timeout=5) as connection:
                connection.sendall(whole[:place])

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(cut, places * 3))
        until(lambda: httpx.get(HTTP + "/console/emitter.js", timeout=5).status_code == 200, what="the next client")

    def test_an_upgrade_that_is_none(self):
        """The head of a request that asks for another protocol is not lost, and what follows is not answered as another's."""
        for protocol in ("h2c", "TLS/1.0", "websocket, h2c", "\x7f"):
            ending = exchange(
                head("GET", "/console/emitter.js", "HTTP/1.1", f"Upgrade: {protocol}", "Connection: Upgrade") + SMUGGLED
            )
            assert ending.is_closed and ending.statuses in ([200], [400]), protocol


def resident(process: int) -> int:
    """Bytes of memory that a process has."""
    with open(f"/proc/{process}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def connection_rest(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except OSError:
        return b""
