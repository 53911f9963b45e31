"""Known answers of AES-256-GCM and scrypt, carried out by the server's own code, and both directions of Tink."""

import base64
import json
import math
import subprocess

import pytest
import tink
from tink import aead, json_proto_keyset_format, prf, secret_key_access

from support import vectors
from support.environment import binary

TOKEN = secret_key_access.TOKEN


def test_nist_encryption():
    cases = list(vectors.cavp("gcmEncryptExtIV256.rsp"))
    assert len(cases) == 375
    asked = [{"op": "seal", "key": c["Key"], "iv": c["IV"], "aad": c["AAD"], "msg": c["PT"]} for c in cases]
    for case, answer in zip(cases, vectors.answers(asked)):
        assert answer == {"ct": case["CT"], "tag": case["Tag"]}, case


def test_nist_decryption():
    cases = list(vectors.cavp("gcmDecrypt256.rsp"))
    assert len(cases) == 375
    refused = 0
    asked = [open_question(c["Key"], c["IV"], c["AAD"], c["CT"], c["Tag"]) for c in cases]
    for case, answer in zip(cases, vectors.answers(asked)):
        if "FAIL" in case:
            assert_refused(answer)
            refused += 1
        else:
            assert answer == {"msg": case["PT"]}, case
    assert 0 < refused < len(cases)


def test_wycheproof():
    fitting, others = [], []
    for group, case in vectors.wycheproof():
        fits = (group["keySize"], group["ivSize"], group["tagSize"]) == (256, 96, 128)
        (fitting if fits else others).append(case)
    assert len(fitting) == 66 and len(others) == 250
    asked = [open_question(c["key"], c["iv"], c["aad"], c["ct"], c["tag"]) for c in fitting]
    for case, answer in zip(fitting, vectors.answers(asked)):
        if case["result"] == "valid":
            assert answer == {"msg": case["msg"]}, case
        else:
            assert_refused(answer)
    valid = [case for case in fitting if case["result"] == "valid"]
    asked = [{"op": "seal", "key": c["key"], "iv": c["iv"], "aad": c["aad"], "msg": c["msg"]} for c in valid]
    for case, answer in zip(valid, vectors.answers(asked)):
        assert answer == {"ct": case["ct"], "tag": case["tag"]}, case
    # Keys and nonces of other lengths are none of ours.
    asked = [open_question(c["key"], c["iv"], c["aad"], c["ct"], c["tag"]) for c in others]
    for case, answer in zip(others, vectors.answers(asked)):
        assert answer["error"] in ("a key has 32 bytes", "a nonce has 12 bytes"), case


def test_scrypt():
    cases = list(vectors.scrypt())
    assert len(cases) == 4
    asked = [
        {
            "op": "scrypt",
            "password": c["PASSWORD"].encode().hex(),
            "salt": c["SALT"].encode().hex(),
            "logN": int(math.log2(int(c["N"]))),
            "r": int(c["r"]),
            "p": int(c["p"]),
            "length": int(c["LENGTH"]),
        }
        for c in cases
    ]
    for case, answer in zip(cases, vectors.answers(asked)):
        assert answer == {"msg": case["DERIVED_KEY"]}, case


def test_a_forked_child_draws_other_nonces():
    (answer,) = vectors.answers([{"op": "fork", "count": 200}])
    parent, child = answer["parent"], answer["child"]
    assert len(parent) == len(child) == 200
    assert len({*parent, *child}) == 400


def test_what_we_seal_tink_opens_and_the_reverse(tmp_path):
    """Under a keyset that we made and under one that Tink made."""
    aead.register()
    ours = tmp_path / "ours.json"
    keyset("create", "--file", str(ours))
    theirs = tmp_path / "theirs.json"
    handle = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    theirs.write_text(json_proto_keyset_format.serialize(handle, TOKEN))
    theirs.chmod(0o600)
    assert "ENABLED primary" in keyset("list", "--file", str(theirs))
    for file in (ours, theirs):
        primitive = json_proto_keyset_format.parse(file.read_text(), TOKEN).primitive(aead.Aead)
        key = bytes.fromhex(aes_key(file))
        key_id = json.loads(file.read_text())["primaryKeyId"].to_bytes(4, "big")
        for message in (b"", b"Nina", bytes(5000)):
            place = b"users.email.17"
            nonce = bytes(range(12))
            asked = {"op": "seal", "key": key.hex(), "iv": nonce.hex(), "aad": place.hex(), "msg": message.hex()}
            (sealed,) = vectors.answers([asked])
            value = b"\x01" + key_id + nonce + bytes.fromhex(sealed["ct"]) + bytes.fromhex(sealed["tag"])
            assert primitive.decrypt(value, place) == message
            with pytest.raises(tink.TinkError):
                primitive.decrypt(value, b"users.email.18")
            value = primitive.encrypt(message, place)
            assert value[:5] == b"\x01" + key_id
            (opened,) = vectors.answers(
                [open_question(key.hex(), value[5:17].hex(), place.hex(), value[17:-16].hex(), value[-16:].hex())]
            )
            assert opened == {"msg": message.hex()}


def test_the_index_key_is_tinks_prf_key(tmp_path):
    """Alone and enabled, it is a keyset of Tink's: anybody can compute our blind indexes with it."""
    prf.register()
    file = tmp_path / "keyset.json"
    keyset("create", "--file", str(file))
    whole = json.loads(file.read_text())
    index = [key for key in whole["key"] if "HkdfPrfKey" in key["keyData"]["typeUrl"]]
    assert len(index) == 1
    alone = {"primaryKeyId": index[0]["keyId"], "key": [{**index[0], "status": "ENABLED"}]}
    handle = json_proto_keyset_format.parse(json.dumps(alone), TOKEN)
    assert len(handle.primitive(prf.PrfSet).primary().compute(b"users.email", 32)) == 32


def open_question(key: str, iv: str, aad: str, ct: str, tag: str) -> dict:
    return {"op": "open", "key": key, "iv": iv, "aad": aad, "ct": ct, "tag": tag}


def assert_refused(answer: dict) -> None:
    assert answer.keys() == {"error"} and "authentication failed" in answer["error"], answer


def aes_key(file) -> str:
    data = json.loads(file.read_text())
    primary = next(key for key in data["key"] if key["keyId"] == data["primaryKeyId"])
    message = base64.b64decode(primary["keyData"]["value"])
    assert message[:2] == b"\x1a\x20"
    return message[2:].hex()


def keyset(*arguments: str) -> str:
    done = subprocess.run([binary(), "keyset", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout
