"""Users that a test makes, and that are disabled after it."""

import uuid

import httpx

from .environment import HTTP


class Account:
    """A user of the tests' own, made by `admin`, a REST client of an administrator. `token` signs in anew at each call."""

    def __init__(self, admin: httpx.Client, level: str, **properties):
        self._admin = admin
        self._login = {"username": "u" + uuid.uuid4().hex, "password": uuid.uuid4().hex}
        made = admin.post("/v1/users", json={**self._login, "level": level, **properties})
        assert made.status_code == 201, made.text
        self.id = made.json()["id"]
        self.name, self.password = self._login["username"], self._login["password"]
        self.sign_ins = 0

    def token(self, http: str = HTTP) -> str:
        answer = httpx.post(http + "/v1/auth/token", json=self._login, timeout=20)
        assert answer.status_code == 200, answer.text
        self.sign_ins += 1
        return answer.json()["access_token"]

    def change(self, **properties) -> None:
        answer = self._admin.patch(f"/v1/users/{self.id}", json=properties)
        assert answer.status_code == 200, answer.text
