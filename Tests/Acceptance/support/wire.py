"""The two encodings of the Centrifuge protocol, as far as the raw clients need them. Replies are dictionaries in both."""

import json

from centrifuge.protocol import client_pb2 as pb

from . import delimited
from .raw_socket import BINARY, TEXT


class JSONWire:
    """One JSON object a line."""

    name = "json"
    subprotocol = ""
    operation = TEXT
    pong = b"{}"

    def encode(self, command: dict) -> bytes:
        return json.dumps(command).encode()

    def split(self, payload: bytes) -> list[bytes]:
        """The messages of a frame. An empty object is the server's ping."""
        return payload.split(b"\n")

    def is_ping(self, message: bytes) -> bool:
        return message == b"{}"

    def decode(self, message: bytes) -> dict:
        return json.loads(message)

    def publication(self, message: bytes) -> tuple[str, int] | None:
        """The channel and the offset of a publication, without reading the rest; None for any other message."""
        head = message.find(b'","pub":{"data":', 0, 128)
        if head < 0 or not message.startswith(b'{"push":{"channel":"'):
            return None
        offset = message.rindex(b'"offset":') + 9
        return message[20:head].decode(), int(message[offset : message.index(b"}", offset)])


class ProtobufWire:
    """Length-delimited messages; what they carry as `data` is JSON."""

    name = "protobuf"
    subprotocol = "centrifuge-protobuf"
    operation = BINARY
    pong = b"\x00"

    def encode(self, command: dict) -> bytes:
        message = pb.Command(id=command["id"])
        for name, request in command.items():
            if name == "id":
                continue
            part = getattr(message, name)
            part.SetInParent()
            for key, value in request.items():
                setattr(part, key, json.dumps(value).encode() if key == "data" else value)
        return delimited.join(message.SerializeToString())

    def split(self, payload: bytes) -> list[bytes]:
        return delimited.split(payload)

    def is_ping(self, message: bytes) -> bool:
        return message == b""

    def decode(self, message: bytes) -> dict:
        reply = pb.Reply.FromString(message)
        decoded: dict = {"id": reply.id}
        if reply.HasField("error"):
            decoded["error"] = {"code": reply.error.code, "message": reply.error.message}
        elif reply.HasField("push"):
            decoded["push"] = push = {"channel": reply.push.channel}
            if reply.push.HasField("pub"):
                push["pub"] = _publication(reply.push.pub)
            elif reply.push.HasField("unsubscribe"):
                push["unsubscribe"] = {"code": reply.push.unsubscribe.code}
        elif reply.HasField("subscribe"):
            result = reply.subscribe
            decoded["subscribe"] = {
                "epoch": result.epoch,
                "offset": result.offset,
                "was_recovering": result.was_recovering,
                "recovered": result.recovered,
                "publications": [_publication(publication) for publication in result.publications],
                "data": json.loads(result.data) if result.data else None,
            }
        elif reply.HasField("rpc"):
            decoded["rpc"] = {"data": json.loads(reply.rpc.data)}
        elif reply.HasField("connect"):
            decoded["connect"] = {"client": reply.connect.client}
        return decoded

    def publication(self, message: bytes) -> tuple[str, int] | None:
        push = pb.Reply.FromString(message).push
        return (push.channel, push.pub.offset) if push.HasField("pub") else None


def _publication(publication: "pb.Publication") -> dict:
    return {"data": json.loads(publication.data), "offset": publication.offset}


WIRES = {wire.name: wire for wire in (JSONWire(), ProtobufWire())}
