"""Frames of the Centrifuge protocol by hand, for what no SDK sends, in both of its forms."""

import base64
import json

import websockets
from centrifuge.protocol import client_pb2
from google.protobuf.json_format import MessageToDict, ParseDict

from . import delimited
from .environment import WEBSOCKET

# Fields that hold JSON, which Protobuf carries as bytes.
DATA = {"data", "conn_info"}


class Frames:
    """A WebSocket whose frames are lists of commands and replies, as dictionaries of the protocol's JSON form."""

    def __init__(self, protobuf: bool):
        self._protobuf = protobuf
        self._replies: list[dict] = []

    async def __aenter__(self) -> "Frames":
        self.socket = await websockets.connect(
            WEBSOCKET + ("?cf_protocol=protobuf" if self._protobuf else ""), proxy=None, max_size=None
        )
        return self

    async def __aexit__(self, *_) -> None:
        await self.socket.close()

    async def send(self, *commands: dict) -> None:
        """All in one frame."""
        if not self._protobuf:
            return await self.socket.send("\n".join(map(json.dumps, commands)))
        messages = [ParseDict(_encoded(command), client_pb2.Command()).SerializeToString() for command in commands]
        await self.socket.send(delimited.join(*messages))

    async def receive(self) -> dict:
        """The next reply or push; the server's pings are answered and left out."""
        while True:
            while not self._replies:
                self._replies = self._decode(await self.socket.recv())
            reply = self._replies.pop(0)
            if reply:
                return reply
            await self.send({})

    async def replies(self, count: int) -> dict[int, dict]:
        """So many replies, by their ids; pushes between them are left out."""
        found = {}
        while len(found) < count:
            reply = await self.receive()
            if "id" in reply:
                found[reply["id"]] = reply
        return found

    async def call(self, command: dict) -> dict:
        await self.send(command)
        return (await self.replies(1))[command["id"]]

    async def close_code(self) -> int:
        """Reads on until the server closes."""
        try:
            while True:
                await self.receive()
        except websockets.ConnectionClosed as closed:
            return closed.rcvd.code

    def _decode(self, frame: str | bytes) -> list[dict]:
        if not self._protobuf:
            assert isinstance(frame, str), "JSON comes in text frames"
            return [json.loads(line) for line in frame.splitlines()]
        assert isinstance(frame, bytes), "Protobuf comes in binary frames"
        replies = map(client_pb2.Reply.FromString, delimited.split(frame))
        return [_decoded(MessageToDict(reply, preserving_proto_field_name=True)) for reply in replies]


def _encoded(value):
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(json.dumps(item).encode()).decode() if key in DATA else _encoded(item)
        for key, item in value.items()
    }


def _decoded(value):
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _decoded_field(key, item) for key, item in value.items()}


def _decoded_field(key: str, item):
    if key in DATA:
        return json.loads(base64.b64decode(item))
    # 64-bit numbers are texts in Protobuf's JSON form.
    return int(item) if key in ("offset", "time") else _decoded(item)
