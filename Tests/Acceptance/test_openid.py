"""Signing in by an OpenID provider: its tokens for Usher's own, and nobody else's."""

import concurrent.futures
import hashlib
import hmac
import json
import os
import time
import uuid

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.command import usher
from support.environment import HTTP, until
from support.node import Node
from support.provider import Provider
from support.rest import Rest
from support.sessions import status
from test_tokens import encode

LEVELS = "groups:desk-admins=admin,groups:desk=agent,https://provider.example/role:board=viewer"


def settings(provider: Provider, **others) -> dict[str, str]:
    return {
        "USHER_OIDC_ISSUER": provider.issuer,
        "USHER_OIDC_AUDIENCE": provider.audience,
        "USHER_OIDC_LEVELS": LEVELS,
        "USHER_OIDC_QUEUES_CLAIM": "queues",
        "USHER_OIDC_SKILLS_CLAIM": "skills",
        "USHER_OIDC_NAME_CLAIM": "name",
        **others,
    }


def sign_in(node: Node, token: str) -> httpx.Response:
    return httpx.post(f"http://{node.http}/v1/auth/oidc", json={"id_token": token}, timeout=30)


def me(node: Node, token: str) -> dict:
    """The user that a provider's token signs in."""
    answer = sign_in(node, token)
    assert answer.status_code == 200, answer.text
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    found = httpx.get(f"http://{node.http}/v1/users/me", headers=headers, timeout=20)
    assert found.status_code == 200, found.text
    return found.json()


@pytest.fixture(scope="module")
def provider():
    with Provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def node(provider):
    with Node("openid", **settings(provider, USHER_OIDC_JWKS_URL=provider.url)) as node:
        yield node


@pytest.fixture
def subject() -> str:
    return "s" + uuid.uuid4().hex[:12]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_token_of_the_provider_signs_in(provider, node, subject, algorithm):
    token = provider.token(subject, algorithm, queues=["front-desk", "No Queue"], skills=["german", "X Y"], name="Añna")
    user = me(node, token)
    assert user["username"] == f"oidc:{subject}"
    assert (user["level"], user["queues"], user["skills"], user["display_name"]) == ("agent", ["front-desk"], ["german"], "Añna")
    answer = sign_in(node, token).json()
    assert answer["token_type"] == "Bearer" and answer["expires_in"] > 0
    # A session like any other: on every server, refreshed, signed out.
    assert status(answer["access_token"]) == 200
    refreshed = httpx.post(HTTP + "/v1/auth/refresh", json={"refresh_token": answer["refresh_token"]}, timeout=20)
    assert refreshed.status_code == 200
    out = httpx.post(HTTP + "/v1/auth/logout", json={"refresh_token": refreshed.json()["refresh_token"]}, timeout=20)
    assert out.status_code == 204
    until(lambda: status(answer["access_token"]) == 401, timeout=10, what="the end of the session")


def test_the_provider_decides_at_each_sign_in(provider, node, subject):
    first = me(node, provider.token(subject))
    assert (first["level"], first["queues"], first["skills"]) == ("agent", [], []), "no claim, no queue"
    second = me(node, provider.token(subject, groups="desk-admins", queues="*", skills=["towing"]))
    assert second["id"] == first["id"] and second["version"] == first["version"] + 1
    assert (second["level"], second["queues"], second["skills"]) == ("admin", None, ["towing"])
    third = me(node, provider.token(subject, groups="desk-admins", queues="*", skills=["towing"]))
    assert third["version"] == second["version"], "nothing changed"
    board = me(node, provider.token(subject, **{"groups": None, "https://provider.example/role": "board"}))
    assert board["level"] == "viewer"


def test_who_is_not_mapped_may_not_come_in(provider, node, subject):
    answer = sign_in(node, provider.token(subject, groups=["staff"]))
    assert (answer.status_code, answer.json()["code"]) == (403, "no_access_level")
    with Rest("admin") as admin:
        names = {user["username"] for page in admin.pages("/v1/users") for user in page["users"]}
    assert f"oidc:{subject}" not in names


def test_disabled_stays_disabled(provider, node, subject):
    user = me(node, provider.token(subject))
    with Rest("admin") as admin:
        assert admin.patch(f"/v1/users/{user['id']}", json={"disabled": True}).status_code == 200
        answer = sign_in(node, provider.token(subject, groups="desk-admins"))
        assert (answer.status_code, answer.json()["code"]) == (403, "disabled")
        found = admin.get_json(f"/v1/users/{user['id']}")
        assert (found["disabled"], found["level"]) == (True, "agent")


def test_no_password_opens_such_a_user(provider, node, subject):
    me(node, provider.token(subject))
    for password in ("", subject, "password-password"):
        answer = httpx.post(
            HTTP + "/v1/auth/token", json={"username": f"oidc:{subject}", "password": password}, timeout=30
        )
        assert answer.status_code in (400, 401)


def test_subjects_are_told_apart(provider, node, subject):
    users = [me(node, provider.token(text)) for text in (subject, subject.upper(), subject + " ", "ü" + subject, "x" * 255)]
    assert len({user["id"] for user in users}) == 5
    assert all(user["username"].startswith("oidc:") for user in users)
    assert me(node, provider.token(subject.upper()))["id"] == users[1]["id"]
    with Rest("admin") as admin:
        # Pages that begin behind such a name can be asked for.
        cursor, names = None, set()
        while True:
            page = admin.get_json("/v1/users", limit=1, **({"cursor": cursor} if cursor else {}))
            names |= {user["username"] for user in page["users"]}
            cursor = page["next_cursor"]
            if not cursor:
                break
        assert {user["username"] for user in users} <= names


def test_many_first_sign_ins_make_one_user(provider, node, subject):
    token = provider.token(subject)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sign_in(node, token), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    subjects = {
        jwt.decode(answer.json()["access_token"], options={"verify_signature": False})["sub"] for answer in answers
    }
    assert len(subjects) == 1


def forgeries(provider: Provider, subject: str) -> dict[str, str]:
    now = int(time.time())
    rsa_kid = provider.kid("RS256")
    public = provider.keys[rsa_kid][1].public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def hs256(secret: bytes) -> str:
        header = encode(json.dumps({"alg": "HS256", "typ": "JWT", "kid": rsa_kid}).encode())
        text = f"{header}.{encode(json.dumps(provider.claims(subject)).encode())}"
        return f"{text}.{encode(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"

    good = provider.token(subject)
    first, second, third = good.split(".")
    stranger = Provider()
    nameless = encode(b'{"alg":"RS256"}')
    ours = encode(json.dumps({"alg": "RS256", "kid": rsa_kid}).encode())
    return {
        "none": jwt.encode(provider.claims(subject), None, algorithm="none", headers={"kid": rsa_kid}),
        "HS256 with the public key": hs256(pem),
        "HS256 with the modulus": hs256(public.public_numbers().n.to_bytes(256, "big")),
        "RS384": jwt.encode(provider.claims(subject), provider.keys[rsa_kid][1], "RS384", headers={"kid": rsa_kid}),
        "PS256": jwt.encode(provider.claims(subject), provider.keys[rsa_kid][1], "PS256", headers={"kid": rsa_kid}),
        "RS256 by the name of an EC key": jwt.encode(
            provider.claims(subject), provider.keys[rsa_kid][1], "RS256", headers={"kid": provider.kid("ES256")}
        ),
        "a stranger's key": stranger.token(subject),
        "a stranger's key under our name": jwt.encode(
            provider.claims(subject), stranger.keys[stranger.kid("RS256")][1], "RS256", headers={"kid": rsa_kid}
        ),
        "a key inside": provider.token(subject, header={"jwk": provider.public(rsa_kid)}),
        "a key elsewhere": provider.token(subject, header={"jku": provider.url}),
        "crit": provider.token(subject, header={"crit": ["exp"]}),
        "another type": provider.token(subject, header={"typ": "logout+jwt"}),
        "no kid": f"{nameless}.{second}.{third}",
        "no signature": f"{first}.{second}.",
        "another payload": f"{first}.{provider.token('another').split('.')[1]}.{third}",
        "another header": f"{ours}.{second}.{third}",
        "iss": provider.token(subject, iss="https://elsewhere.example"),
        "aud": provider.token(subject, aud="another"),
        "aud list": provider.token(subject, aud=["another", "third"]),
        "no aud": provider.token(subject, aud=None),
        "expired": provider.token(subject, exp=now - 61),
        "no exp": provider.token(subject, exp=None),
        "nbf as text": jwt.encode(
            provider.claims(subject) | {"nbf": "soon"}, provider.keys[rsa_kid][1], "RS256", headers={"kid": rsa_kid}
        ),
        "from the future": provider.token(subject, iat=now + 120),
        "not yet": provider.token(subject, nbf=now + 120),
        "no sub": provider.token(subject, sub=None),
        "empty sub": provider.token(""),
        "huge": "A" * 40_000,
        "one of ours": Rest("agent").headers["authorization"].split()[1],
        "empty": "",
    }


def test_forgeries_are_refused(provider, node, subject):
    assert sign_in(node, provider.token(subject, aud=["another", provider.audience])).status_code == 200
    for name, token in forgeries(provider, subject).items():
        answer = sign_in(node, token)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials"), name


def test_the_provider_rotates_its_keys_and_goes_down(subject):
    with Provider() as provider:
        with Node("openid-rotation", **settings(provider, USHER_OIDC_JWKS_URL=provider.url)) as node:
            assert sign_in(node, provider.token(subject)).status_code == 200
            asked = provider.asked
            provider.stop()
            # What was loaded stays in use; an unknown key finds nobody.
            assert sign_in(node, provider.token(subject)).status_code == 200
            new = provider.add("RS256")
            for _ in range(20):
                assert sign_in(node, provider.token(subject, kid=new)).status_code == 401
            provider.serve()
            assert provider.asked == asked
            # At most one look a minute, whoever asks for unknown keys.
            until(
                lambda: sign_in(node, provider.token(subject, kid=new)).status_code == 200, timeout=100,
                what="the provider's new key",
            )
            assert provider.asked <= asked + 2


def test_a_provider_that_is_down_from_the_start(subject):
    with Provider() as provider:
        provider.stop()
        with Node("openid-down", **settings(provider, USHER_OIDC_JWKS_URL=provider.url)) as node:
            answer = sign_in(node, provider.token(subject))
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            for junk in (b"nonsense", b'{"keys": 1}', b'{"keys":[' + b" " * 300_000 + b"]}"):
                provider.answer = junk
                provider.serve()
                time.sleep(1.1)
                assert sign_in(node, provider.token(subject)).status_code == 503
                provider.stop()
            provider.answer = None
            provider.serve()
            until(lambda: sign_in(node, provider.token(subject)).status_code == 200, timeout=15, what="its return")


def test_keys_in_a_file(tmp_path, subject):
    provider, path = Provider(), tmp_path / "keys.json"
    path.write_bytes(provider.key_set())
    with Node("openid-file", **settings(provider, USHER_OIDC_JWKS_FILE=str(path))) as node:
        assert sign_in(node, provider.token(subject)).status_code == 200
        new = provider.add("ES256")
        replaced = tmp_path / "keys.new"
        replaced.write_bytes(provider.key_set())
        os.replace(replaced, path)
        until(
            lambda: sign_in(node, provider.token(subject, "ES256", kid=new)).status_code == 200, timeout=10,
            what="the file's new key",
        )
        path.unlink()
        time.sleep(1.1)
        assert sign_in(node, provider.token(subject)).status_code == 200, "what was read stays in use"


def test_without_an_issuer_there_is_none():
    answer = httpx.post(HTTP + "/v1/auth/oidc", json={"id_token": "x"}, timeout=20)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("others", "named"),
    [
        ({"USHER_OIDC_AUDIENCE": ""}, "USHER_OIDC_AUDIENCE"),
        ({"USHER_OIDC_LEVELS": ""}, "USHER_OIDC_LEVELS"),
        ({"USHER_OIDC_LEVELS": "groups:desk=boss"}, "USHER_OIDC_LEVELS"),
        ({"USHER_OIDC_JWKS_FILE": ""}, "USHER_OIDC_JWKS_FILE"),
        ({"USHER_OIDC_JWKS_URL": "https://provider.example/keys"}, "USHER_OIDC_JWKS_URL"),
        ({"USHER_OIDC_JWKS_FILE": "", "USHER_OIDC_JWKS_URL": "http://provider.example/keys"}, "USHER_OIDC_JWKS_URL"),
    ],
)
def test_bad_settings_stop_the_start(provider, others, named):
    said = usher("check", code=1, **settings(provider, USHER_OIDC_JWKS_FILE="/nowhere") | others)
    assert named in said
