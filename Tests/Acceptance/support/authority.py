"""A certificate authority of the tests' own: certificates by name, good or not."""

import datetime
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _write(path: pathlib.Path, content: bytes) -> None:
    """All at once, as an operator's tool does."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.rename(path)


class Authority:
    """Signs certificates; its own is `authority.pem` in the folder."""

    def __init__(self, folder: pathlib.Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.UTC)
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(_name("test authority"))
            .issuer_name(_name("test authority"))
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2 * _DAY)
            .not_valid_after(now + 2 * _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.path = folder / "authority.pem"
        _write(self.path, self._certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, file: str | None = None, expired: bool = False) -> int:
        """Writes certificate and key for the DNS name under `file`, over what was there; returns the serial number."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.UTC)
        serial = x509.random_serial_number()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name("test authority"))
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(now - _DAY)
            .not_valid_after(now - _DAY / 2 if expired else now + _DAY)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        _write(self.certificate(file or name), certificate.public_bytes(serialization.Encoding.PEM))
        _write(
            self.key(file or name),
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )
        return serial

    def certificate(self, file: str) -> pathlib.Path:
        return self.folder / f"{file}.pem"

    def key(self, file: str) -> pathlib.Path:
        return self.folder / f"{file}.key"

    def settings(self, file: str) -> dict[str, str]:
        """What a server needs to use them."""
        return {
            "USHER_GRPC_CERTIFICATE_FILE": str(self.certificate(file)),
            "USHER_GRPC_KEY_FILE": str(self.key(file)),
            "USHER_GRPC_CA_FILE": str(self.path),
        }
