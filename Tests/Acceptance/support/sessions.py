"""Sessions of one user: signing in, refreshing, signing out, each as a raw answer."""

import httpx

from .environment import ENV, HTTP


class Session:
    """One login. `refresh_with` and `log_out` answer without judging; `pair` is the newest pair of tokens."""

    def __init__(self, username: str, password: str | None = None, http: str = HTTP):
        self.http = http
        password = password or ENV[f"USHER_DEMO_{username.upper()}_PASSWORD"]
        answer = self.post("token", username=username, password=password)
        assert answer.status_code == 200, answer.text
        self.pair = answer.json()

    @property
    def refresh(self) -> str:
        return self.pair["refresh_token"]

    @property
    def access(self) -> str:
        return self.pair["access_token"]

    def post(self, path: str, key: str | None = None, **body) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return httpx.post(f"{self.http}/v1/auth/{path}", json=body, headers=headers, timeout=30)

    def refresh_with(self, token: str, key: str | None = None) -> httpx.Response:
        return self.post("refresh", key, refresh_token=token)

    def advance(self, key: str | None = None) -> dict:
        """Refreshes; the new pair becomes `pair`."""
        answer = self.refresh_with(self.refresh, key)
        assert answer.status_code == 200, answer.text
        self.pair = answer.json()
        return self.pair

    def log_out(self, key: str | None = None) -> httpx.Response:
        return self.post("logout", key, refresh_token=self.refresh)


def status(access: str, http: str = HTTP) -> int:
    """What `GET /v1/users/me` answers to the bearer of a token."""
    return httpx.get(f"{http}/v1/users/me", headers={"Authorization": f"Bearer {access}"}, timeout=20).status_code
