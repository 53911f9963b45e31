"""The REST side: one user's session, with pages read to the end."""

import time
from collections.abc import Callable, Iterator

import httpx

from .environment import ENV, HTTP

# Of users that a test has made, by name; the demo users' are in the environment.
passwords: dict[str, str] = {}


def sign_in(user: str) -> dict:
    """A new session of a user: the server's answer, with `access_token` and `refresh_token`."""
    password = passwords.get(user) or ENV[f"USHER_DEMO_{user.upper()}_PASSWORD"]
    answer = httpx.post(HTTP + "/v1/auth/token", json={"username": user, "password": password}, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


class Tokens:
    """One access token a user, at most five minutes old: each login costs the server a deliberately slow computation."""

    def __init__(self, make: Callable[[str], str]):
        self._make = make
        self._kept: dict[str, tuple[float, str]] = {}

    def of(self, user: str) -> str:
        made, text = self._kept.get(user, (0.0, ""))
        if not text or time.monotonic() - made > 300:
            text = self._make(user)
            self._kept[user] = (time.monotonic(), text)
        return text

    def forget(self) -> None:
        self._kept.clear()


_tokens = Tokens(lambda user: sign_in(user)["access_token"])


def token(user: str) -> str:
    """An access token of a user of the server under test; the tests share it."""
    return _tokens.of(user)


def forget_tokens() -> None:
    """For a test that makes tokens void: those who come later sign in anew."""
    _tokens.forget()


class Rest(httpx.Client):
    """A client of `/v1` as one demo user; or of another server, whose `bearer` the caller brings."""

    def __init__(self, user: str, base_url: str = HTTP, bearer: str | None = None):
        super().__init__(base_url=base_url, timeout=20, headers={"Authorization": f"Bearer {bearer or token(user)}"})

    def get_json(self, path: str, **parameters) -> dict:
        answer = self.get(path, params=parameters)
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def pages(self, path: str, **parameters) -> Iterator[dict]:
        """Every page of a list, following its cursor."""
        page = self.get_json(path, limit=500, **parameters)
        yield page
        while page["next_cursor"]:
            page = self.get_json(path, limit=500, cursor=page["next_cursor"], **parameters)
            yield page

    def services(self, queue: str) -> list[dict]:
        """All live services of the queue, in order."""
        return [service for page in self.pages(f"/v1/queues/{queue}/services") for service in page["services"]]

    def history(self, **parameters) -> list[dict]:
        """All entries of the history that match."""
        return [entry["service"] for page in self.pages("/v1/history", **parameters) for entry in page["entries"]]

    def queue(self, name: str) -> dict:
        return self.get_json(f"/v1/queues/{name}")

    def submit(self, queue: str, **data) -> dict:
        """Puts a service in the queue and returns it."""
        answer = self.post(f"/v1/queues/{queue}/services", json={"kind": "test", **data})
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == f"/v1/services/{answer.json()['service']['id']}"
        return answer.json()["service"]

    def act(self, service: str, command: str, **data) -> dict:
        """`claim`, `start` and so on; fails when it is refused."""
        answer = self.post(f"/v1/services/{service}/{command}", json=data)
        assert answer.status_code == 200, f"{command}: {answer.status_code} {answer.text}"
        return answer.json()

    def drain(self, queue: str) -> None:
        """Removes every live service of the queue. One that has ended meanwhile is no matter."""
        services = self.services(queue)
        for start in range(0, len(services), 500):
            commands = [{"command": "remove", "id": service["id"]} for service in services[start : start + 500]]
            answer = self.post("/v1/services/bulk", json={"commands": commands})
            assert answer.status_code == 200, answer.text
            failed = [result["error"]["code"] for result in answer.json()["results"] if not result["ok"]]
            assert set(failed) <= {"not_found", "illegal_transition"}, failed
