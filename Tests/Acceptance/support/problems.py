"""What every refusal must look like."""

import httpx

# The codes that go with a status; none other may come.
CODES = {
    400: {"malformed_json", "unknown_member", "invalid_argument"},
    401: {"unauthorized", "token_expired", "invalid_credentials", "token_invalid"},
    403: {"forbidden", "disabled", "not_owner", "missing_skill"},
    404: {"not_found", "unknown_queue"},
    405: {"method_not_allowed"},
    409: {
        "illegal_transition",
        "stale_fence",
        "queue_empty",
        "queue_paused",
        "queue_draining",
        "at_capacity",
        "username_taken",
    },
}


def assert_refusal(answer: httpx.Response) -> str:
    """The answer is a problem (RFC 9457) whose code goes with its status; returns the code."""
    assert answer.headers["content-type"] == "application/problem+json", answer.headers
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == "urn:usher:problem:" + problem["code"]
    assert problem["title"] and problem["detail"]
    if answer.status_code in CODES:
        assert problem["code"] in CODES[answer.status_code], problem
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
    if answer.status_code == 405:
        assert answer.headers["allow"]
    return problem["code"]


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, assert_refusal(answer)
