"""Access tokens that no server would give: signed with the site's own key, which is opened as an operator could."""

import base64
import json
import subprocess
import time

import psycopg
from tink import aead, json_proto_keyset_format, secret_key_access

from .environment import ENV

# PKCS #8 before the 32 bytes of an Ed25519 seed (RFC 8410).
_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")


def forged(claims: dict, tmp_path, **changes) -> str:
    """A valid signature over these claims, with `changes` in them."""
    kid, seed = _signing_key()
    key = tmp_path / "key.der"
    key.write_bytes(_PKCS8 + seed)
    message = tmp_path / "message"
    head = {"alg": "EdDSA", "typ": "at+jwt", "kid": kid}
    signed = ".".join(_encode(json.dumps(part).encode()) for part in (head, {**claims, **changes}))
    message.write_bytes(signed.encode())
    command = ["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", str(key), "-in", str(message)]
    signature = subprocess.run(command, check=True, capture_output=True).stdout
    return signed + "." + _encode(signature)


def claims(token: str) -> dict:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def expired(token: str, tmp_path) -> str:
    """The same token, had it been given an hour ago."""
    then = int(time.time()) - 3600
    return forged(claims(token), tmp_path, iat=then, exp=then + 600)


def _signing_key() -> tuple[str, bytes]:
    aead.register()
    with open(ENV["USHER_KEYSET_FILE"], encoding="utf-8") as file:
        keyset = json_proto_keyset_format.parse(file.read(), secret_key_access.TOKEN)
    with psycopg.connect(ENV["USHER_DATABASE_URL"]) as connection:
        kid, sealed = connection.execute(
            """SELECT kid, private_key FROM signing_keys WHERE retired_at IS NULL AND activates_at <= now()
               ORDER BY activates_at DESC, kid LIMIT 1"""
        ).fetchone()
    place = f"signing_keys.private_key.{kid}".encode()
    return kid, keyset.primitive(aead.Aead).decrypt(bytes(sealed), place)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
