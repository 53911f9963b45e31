"""Certificates of the tests' own, by openssl."""

import pathlib
import subprocess

HOST = "localhost"


def said(*command: str, **options) -> str:
    done = subprocess.run(
        [*command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
        **options
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def certificate(folder: pathlib.Path, name: str) -> None:
    """A CA and a certificate for `localhost` by it."""
    ca, key, request, signed = (str(folder / f"{name}-{part}") for part in ("ca", "key", "request", "signed"))
    said("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", f"/CN={name} test CA", "-keyout", ca + ".key", "-out", ca)
    said("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={HOST}",
         "-keyout", key, "-out", request)
    extension = folder / "extension"
    extension.write_text(f"subjectAltName=DNS:{HOST}\n")
    said("openssl", "x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca + ".key", "-CAcreateserial", "-days", "2",
         "-extfile", str(extension), "-out", signed)
