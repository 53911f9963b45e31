"""Access tokens by RFC 8725 and RFC 9068: what foreign libraries forge is refused, what they verify is ours; keys rotate."""

import base64
import hashlib
import hmac
import json
import time

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.command import usher
from support.environment import ENV, HTTP, until
from support.node import Node
from support.rest import forget_tokens
from support.sessions import Session, status

ORDER = 2**252 + 27742317777372353535851937790883648493


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def key_set(http: str = HTTP) -> dict[str, dict]:
    """The published keys by name."""
    return {key["kid"]: key for key in httpx.get(http + "/.well-known/jwks.json", timeout=20).json()["keys"]}


def key_of(token: str) -> str:
    return jwt.get_unverified_header(token)["kid"]


@pytest.fixture(scope="module")
def good() -> str:
    """A token of an agent."""
    return Session("agent").access


def test_a_foreign_library_verifies_ours(good):
    header = jwt.get_unverified_header(good)
    assert header == {"alg": "EdDSA", "typ": "at+jwt", "kid": header["kid"]}
    key = jwt.PyJWK(key_set()[header["kid"]])
    claims = jwt.decode(
        good, key, algorithms=["EdDSA"], issuer="usher", audience=ENV.get("USHER_SITE", "main"),
        options={"require": ["iss", "aud", "sub", "exp", "iat", "jti"]},
    )
    assert claims["level"] == "agent" and 60 <= claims["exp"] - claims["iat"] <= 86_400
    assert status(good) == 200


def forgeries(good: str) -> dict[str, str]:
    """Tokens that must be refused, by what is wrong with them."""
    header, claims = jwt.get_unverified_header(good), jwt.decode(good, options={"verify_signature": False})
    kid, (first, second, third) = header["kid"], good.split(".")
    public = key_set()[kid]
    raw = decode(public["x"])
    pem = ed25519.Ed25519PublicKey.from_public_bytes(raw).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    stranger, rsa_key = ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)
    ec_key = ec.generate_private_key(ec.SECP256R1())
    admin = {**claims, "level": "admin"}
    now = int(time.time())

    def signed(payload: dict, key=stranger, algorithm: str = "EdDSA", **more) -> str:
        return jwt.encode(payload, key, algorithm=algorithm, headers={"typ": "at+jwt", "kid": kid, **more})

    def hs256(secret: bytes) -> str:
        # PyJWT itself refuses a public key as an HMAC secret.
        hs256_header = {"alg": "HS256", "typ": "at+jwt", "kid": kid}
        text = f"{encode(json.dumps(hs256_header).encode())}.{encode(json.dumps(admin).encode())}"
        return f"{text}.{encode(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"

    def with_header(**changes) -> str:
        changed = {name: value for name, value in {**header, **changes}.items() if value is not None}
        return f"{encode(json.dumps(changed).encode())}.{second}.{third}"

    signature = decode(third)
    s = int.from_bytes(signature[32:], "little") + ORDER
    found = {
        "none": jwt.encode(admin, None, algorithm="none", headers={"kid": kid, "typ": "at+jwt"}),
        "none with our signature": with_header(alg="none"),
        "hs256 with the public key": hs256(raw),
        "hs256 with the public key in PEM": hs256(pem),
        "hs256 with the public key as text": hs256(public["x"].encode()),
        "rs256": signed(admin, rsa_key, "RS256"),
        "es256": signed(admin, ec_key, "ES256"),
        "re-signed by a stranger": signed(admin),
        "of another user, re-signed": signed({**claims, "sub": "00000000-0000-7000-8000-000000000001"}),
        "the stranger's key inside": signed(admin, jwk=json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(stranger.public_key()))),
        "a key elsewhere": signed(admin, jku="https://127.0.0.1:1/keys"),
        "a certificate elsewhere": signed(admin, x5u="https://127.0.0.1:1/keys"),
        "a certificate inside": signed(admin, x5c=["AAAA"]),
        "crit": signed(admin, crit=["exp"]),
        "typ": with_header(typ="JWT"),
        "no typ": with_header(typ=None),
        "kid: path": signed(admin, kid="../../../../dev/null"),
        "kid: SQL": signed(admin, kid="' OR 1=1 --"),
        "kid: empty": signed(admin, kid=""),
        "kid: huge": signed(admin, kid="k" * 7_000),
        "kid: none": with_header(kid=None),
        "kid: a number": with_header(kid=1),
        "not canonical S": f"{first}.{second}.{encode(signature[:32] + s.to_bytes(32, 'little'))}",
        "truncated": good[:-2],
        "truncated signature": f"{first}.{second}.{encode(signature[:-1])}",
        "no signature": f"{first}.{second}.",
        "two parts": f"{first}.{second}",
        "four parts": good + ".x",
        "parts swapped": f"{second}.{first}.{third}",
        "padded": f"{first}.{second}.{third}==",
        "raised": f"{first}.{encode(json.dumps(admin).encode())}.{third}",
        "prolonged": f"{first}.{encode(json.dumps({**claims, 'exp': now + 80_000}).encode())}.{third}",
        "huge": "A" * 8_193,
    }
    for name, changes in {
        "aud": {"aud": "another"},
        "iss": {"iss": "another"},
        "expired": {"exp": now - 1},
        "nbf": {"nbf": now + 3_600},
    }.items():
        found[name] = signed({**claims, **changes})
    return found


def test_forgeries_are_refused(good):
    for name, token in forgeries(good).items():
        answer = httpx.get(HTTP + "/v1/users/me", headers={"Authorization": f"Bearer {token}"}, timeout=20)
        # A server may find a header too long before it is read as a token.
        assert answer.status_code in ({401, 431} if "huge" in name else {401}), f"{name}: {answer.status_code}"
        if answer.status_code == 401:
            assert answer.json()["code"] == "unauthorized", name
    assert status(good) == 200


def test_a_token_of_another_site_or_issuer_is_refused(good):
    for setting in ({"USHER_SITE": "elsewhere"}, {"USHER_TOKEN_ISSUER": "https://elsewhere.example"}):
        with Node("elsewhere", **setting) as other:
            http = f"http://{other.http}"
            assert status(good, http) == 401
            theirs = Session("agent", http=http).access
            assert status(theirs, http) == 200
            assert status(theirs) == 401
            assert key_of(theirs) == key_of(good), "the keys are the same: it is the claims that tell"


def test_the_key_set_is_kept_by_its_tag(good):
    answer = httpx.get(HTTP + "/.well-known/jwks.json", timeout=20)
    tag = answer.headers["etag"]
    assert answer.headers["cache-control"].startswith("public, max-age=")
    assert not any("d" in key for key in answer.json()["keys"])
    again = httpx.get(HTTP + "/.well-known/jwks.json", headers={"If-None-Match": f'"x", {tag}'}, timeout=20)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert httpx.get(HTTP + "/.well-known/jwks.json", headers={"If-None-Match": '"x"'}, timeout=20).status_code == 200


def phases() -> dict[str, str]:
    """The phase of each key, as operators see it."""
    lines = [line.split() for line in usher("signing-key", "list").splitlines()]
    return {words[0]: words[1] for words in lines}


def test_keys_rotate_with_overlap():
    """A new key is published, and signs on both nodes from one moment on; the old one's tokens stay good."""
    overlap = {"USHER_SIGNING_KEY_OVERLAP_SECONDS": "10"}
    with Node("rotation", **overlap) as other:
        nodes = [HTTP, f"http://{other.http}"]
        before = Session("agent")
        old = key_of(before.access)
        said = usher("signing-key", "rotate", **overlap)
        new = said.split()[1].rstrip(",")
        assert phases()[new] == "published"
        assert "published already" in usher("signing-key", "rotate", code=64, **overlap)
        for http in nodes:
            until(lambda: new in key_set(http), timeout=10, what="the new key in the key set")
        assert key_of(before.advance()["access_token"]) == old, "it does not sign yet"
        seen = []

        def rotated() -> bool:
            token = before.advance()["access_token"]
            seen.append(key_of(token))
            assert [status(token, http) for http in nodes] == [200, 200], "every node knows the key of every token"
            return seen[-1] == new

        until(rotated, timeout=30, what="the new key to sign")
        assert set(seen) <= {old, new} and seen == sorted(seen, key=[old, new].index), "never back"
        assert phases()[old] == "verifying" and phases()[new] == "signing"
        assert old in key_set()


def test_in_an_emergency_a_key_ends_within_seconds():
    with Node("emergency") as other:
        nodes = [HTTP, f"http://{other.http}"]
        session = Session("agent")
        stolen = key_of(session.access)
        assert [status(session.access, http) for http in nodes] == [200, 200]
        usher("signing-key", "retire", stolen, "--now")
        began = time.monotonic()
        for http in nodes:
            until(lambda: status(session.access, http) == 401, timeout=15, what="the token's refusal")
        assert time.monotonic() - began < 10
        forget_tokens()
        assert stolen not in key_set() and phases()[stolen] == "retired"
        # The session itself goes on: a refresh gives a token of another key, once every node knows one.
        answers = []

        def refreshed() -> bool:
            answers.append(session.refresh_with(session.refresh))
            assert answers[-1].status_code in (200, 503), answers[-1].text
            return answers[-1].status_code == 200

        until(refreshed, timeout=30, what="a key that signs")
        token = answers[-1].json()["access_token"]
        assert key_of(token) != stolen
        assert [status(token, http) for http in nodes] == [200, 200]
        assert "retired already" in usher("signing-key", "retire", stolen, "--now", code=64)
