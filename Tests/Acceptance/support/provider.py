"""An OpenID provider of the tests' own: keys of three kinds, their JWK set on the loopback, and tokens of any content."""

import http.server
import json
import threading
import time
import uuid

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ALGORITHMS = {
    "RS256": (lambda: rsa.generate_private_key(65537, 2048), jwt.algorithms.RSAAlgorithm),
    "ES256": (lambda: ec.generate_private_key(ec.SECP256R1()), jwt.algorithms.ECAlgorithm),
    "EdDSA": (ed25519.Ed25519PrivateKey.generate, jwt.algorithms.OKPAlgorithm),
}


class Provider:
    """Use as a context manager, which serves the key set; `stop` and `serve` take it down and up again on one port."""

    def __init__(self):
        self.issuer, self.audience = "https://provider.example", "usher-desk"
        self.keys: dict[str, tuple] = {}
        self.asked = 0
        self.port = 0
        self.answer: bytes | None = None
        self._server: http.server.ThreadingHTTPServer | None = None
        for algorithm in ALGORITHMS:
            self.add(algorithm)

    def __enter__(self) -> "Provider":
        self.serve()
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def add(self, algorithm: str) -> str:
        """A new key; its name."""
        kid = f"{algorithm}-{uuid.uuid4().hex[:8]}"
        self.keys[kid] = (algorithm, ALGORITHMS[algorithm][0]())
        return kid

    def kid(self, algorithm: str) -> str:
        """The newest key of a kind."""
        return [kid for kid, (found, _) in self.keys.items() if found == algorithm][-1]

    def public(self, kid: str) -> dict:
        algorithm, key = self.keys[kid]
        return json.loads(ALGORITHMS[algorithm][1].to_jwk(key.public_key())) | {"kid": kid, "use": "sig"}

    def key_set(self) -> bytes:
        return self.answer or json.dumps({"keys": [self.public(kid) for kid in self.keys]}).encode()

    def claims(self, subject: str, **changes) -> dict:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": self.audience, "sub": subject, "iat": now, "exp": now + 300,
            "groups": ["staff", "desk"],
        }
        return {name: value for name, value in (claims | changes).items() if value is not None}

    def token(self, subject: str, algorithm: str = "RS256", kid: str | None = None, header: dict | None = None, **changes) -> str:
        kid = kid or self.kid(algorithm)
        return jwt.encode(
            self.claims(subject, **changes), self.keys[kid][1], algorithm=algorithm, headers={"kid": kid} | (header or {})
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/keys"

    def serve(self) -> None:
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                body = provider.key_set()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
