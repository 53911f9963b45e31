"""The Centrifuge protocol as SDKs of other languages use it, spoken by hand."""

import json

import websockets

from support.environment import WEBSOCKET
from support.rest import token


def replies(frame: str) -> list[dict]:
    """The replies in a frame, without pings."""
    return [reply for reply in map(json.loads, frame.splitlines()) if reply]


def test_connect_and_subscribe_in_one_frame(run, front_desk, supervisor):
    """The JavaScript SDK does not wait for the reply to its connect command before it subscribes."""

    async def scenario():
        async with websockets.connect(WEBSOCKET, proxy=None) as socket:
            commands = [
                {"id": 1, "connect": {"token": token("agent"), "name": "js"}},
                {"id": 2, "subscribe": {"channel": f"queue:{front_desk}"}},
                {"id": 3, "rpc": {"method": "queue.list", "data": {"queue": front_desk}}},
            ]
            await socket.send("\n".join(map(json.dumps, commands)))
            answers = {}
            while len(answers) < len(commands):
                for reply in replies(await socket.recv()):
                    answers[reply["id"]] = reply
            assert answers[1]["connect"]["client"]
            assert answers[2]["subscribe"]["recoverable"] is True
            assert answers[3]["rpc"]["data"]["queue"] == front_desk

    run(scenario())
