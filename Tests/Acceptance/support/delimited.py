"""Length-delimited messages, as the Centrifuge protocol has them in Protobuf: each after its length as a varint."""


def join(*messages: bytes) -> bytes:
    return b"".join(_varint(len(message)) + message for message in messages)


def split(data: bytes) -> list[bytes]:
    """The messages; fails when the last is cut off."""
    messages, at = [], 0
    while at < len(data):
        length = shift = 0
        while True:
            byte = data[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        messages.append(data[at : at + length])
        at += length
    assert at == len(data), "the last message is cut off"
    return messages


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
