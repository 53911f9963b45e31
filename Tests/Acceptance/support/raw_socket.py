"""A WebSocket as bare as it can be, so that hundreds of them cost a test little: no checks, no buffering, callbacks."""

import asyncio
import base64
import os
from collections.abc import Callable

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class RawSocket(asyncio.Protocol):
    """One connection.

    `on_message` gets each message's payload; `on_end` is called once, with the code of the server's close frame, or 1006
    where there was none.
    """

    def __init__(self, on_message: Callable[[bytes], None], on_end: Callable[[int], None]):
        self._on_message = on_message
        self._on_end = on_end
        self._rest = b""
        self._fragments: list[bytes] = []
        self._code = 1006
        self._is_upgraded = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(
        cls, address: str, on_message: Callable[[bytes], None], on_end: Callable[[int], None], subprotocol: str = ""
    ) -> "RawSocket":
        """Connects to `/connection/websocket` of HOST:PORT. Raises `ConnectionError`."""
        host, port = address.rsplit(":", 1)
        loop = asyncio.get_running_loop()
        _, socket = await loop.create_connection(lambda: cls(on_message, on_end), host, int(port))
        offer = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
        key = base64.b64encode(os.urandom(16)).decode()
        socket.transport.write(
            f"GET /connection/websocket HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{offer}\r\n".encode()
        )
        await socket._is_upgraded
        return socket

    def send(self, payload: bytes, operation: int = TEXT) -> None:
        if self.transport.is_closing():
            return
        length = len(payload)
        if length < 126:
            size = bytes([0x80 | length])
        elif length < 65_536:
            size = bytes([0x80 | 126]) + length.to_bytes(2, "big")
        else:
            size = bytes([0x80 | 127]) + length.to_bytes(8, "big")
        # Masked with zeros, which leaves the payload as it is.
        self.transport.write(bytes([0x80 | operation]) + size + bytes(4) + payload)

    def close(self) -> None:
        """Says good-bye; the server closes."""
        self.send((1000).to_bytes(2, "big"), CLOSE)

    def abort(self) -> None:
        """Ends it as a network does: the server gets a reset."""
        self.transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def connection_lost(self, _error: Exception | None) -> None:
        if not self._is_upgraded.done():
            self._is_upgraded.set_exception(ConnectionError("the connection ended before it was a WebSocket"))
            return
        self._on_end(self._code)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        if not self._is_upgraded.done():
            head, separator, rest = data.partition(b"\r\n\r\n")
            self._rest = data
            if not separator:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._is_upgraded.set_exception(ConnectionError(head.decode(errors="replace")))
                self.transport.abort()
                return
            self._is_upgraded.set_result(None)
            data = rest
        at, end = 0, len(data)
        while end - at >= 2:
            length, start = data[at + 1], at + 2
            if length >= 126:
                start += 2 if length == 126 else 8
                if end < start:
                    break
                length = int.from_bytes(data[at + 2 : start], "big")
            if end - start < length:
                break
            self._take(data[at], data[start : start + length])
            at = start + length
        self._rest = data[at:]

    def _take(self, first: int, payload: bytes) -> None:
        operation = first & 15
        if operation <= BINARY:
            if first & 0x80 and not self._fragments:
                self._on_message(payload)
                return
            self._fragments.append(payload)
            if first & 0x80:
                whole, self._fragments = b"".join(self._fragments), []
                self._on_message(whole)
        elif operation == CLOSE:
            self._code = int.from_bytes(payload[:2], "big") if payload else 1005
            self.send(payload, CLOSE)
            self.transport.close()
        elif operation == PING:
            self.send(payload, PONG)
