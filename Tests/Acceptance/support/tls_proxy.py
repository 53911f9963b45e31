"""A server that speaks TLS and forwards what is in it, as a RabbitMQ with a TLS listener would."""

import contextlib
import socket
import ssl
import threading


class TLSProxy:
    """Takes TLS connections on loopback and forwards them to `target`; with `clients`, only of clients certified by that CA."""

    def __init__(self, target: tuple[str, int], certificate: str, key: str, clients: str | None = None):
        self._target = target
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        if clients:
            self._context.verify_mode = ssl.CERT_REQUIRED
            self._context.load_verify_locations(clients)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()

    def __enter__(self) -> "TLSProxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self._listener.close()
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError), self._context.wrap_socket(near, server_side=True) as inner:
            with socket.create_connection(self._target) as far:
                self._open |= {inner, far}
                # An SSL object is not for two threads at one time: one reads with a timeout and writes what came from the far end.
                self._pump(inner, far)
                self._open -= {inner, far}

    @staticmethod
    def _pump(inner: ssl.SSLSocket, far: socket.socket) -> None:
        inner.setblocking(False)
        far.settimeout(0.005)
        while True:
            with contextlib.suppress(ssl.SSLWantReadError):
                data = inner.recv(65536)
                if not data:
                    return
                far.settimeout(20)
                far.sendall(data)
                far.settimeout(0.005)
            try:
                data = far.recv(65536)
            except TimeoutError:
                continue
            if not data:
                return
            inner.setblocking(True)
            inner.sendall(data)
            inner.setblocking(False)
