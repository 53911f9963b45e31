"""Employees who change two queues at random, through the commands that a client has."""

import asyncio
import random

from .followers import Caller

# The most services that live at a time, about.
CROWD = 300
BULK = 25
# Errors of the protocol that say: later.
BUSY = {100, 111, 503, 504}


class Board:
    """What the workers know of the services: not always what is so."""

    def __init__(self, queues: list[str]):
        self.queues = queues
        self.known: dict[str, dict] = {}
        self.refusals: dict[str | int, int] = {}

    def learn(self, service: dict) -> None:
        if service["state"] in ("completed", "cancelled", "dead"):
            self.known.pop(service["id"], None)
        else:
            self.known[service["id"]] = service

    def refused(self, error: dict, service_id: str | None = None) -> None:
        code = error["code"]
        self.refusals[code] = self.refusals.get(code, 0) + 1
        # Whatever it is, this worker's picture of it was wrong.
        if service_id:
            self.known.pop(service_id, None)

    def sample(self, count: int) -> list[dict]:
        known = list(self.known.values())
        return random.sample(known, min(count, len(known)))


class Worker:
    """One employee. `work` changes things until it is cancelled."""

    def __init__(self, caller: Caller, board: Board):
        self._caller = caller
        self._board = board
        self._may_order = caller.user != "agent"

    async def work(self) -> None:
        await self._caller.open()
        while True:
            roll = random.random()
            if len(self._board.known) < CROWD / 3 or (roll < 0.3 and len(self._board.known) < CROWD):
                await asyncio.gather(*(self._submit() for _ in range(12)))
            elif roll < 0.4:
                await asyncio.gather(*(self._claim_next() for _ in range(6)))
            elif roll < 0.5:
                await asyncio.gather(*(self._single(service) for service in self._board.sample(8)))
            elif roll < 0.52 and self._may_order:
                await self._change_mode()
            else:
                await self._bulk()

    async def _submit(self) -> None:
        queue = random.choice(self._board.queues)
        # Some with much to say, in letters that take two bytes.
        details = {"details": {"note": "ü" * random.randrange(200)}} if random.random() < 0.2 else {}
        data = {"queue": queue, "kind": "test", "priority": random.randrange(10), **details}
        await self._take(await self._caller.rpc("service.submit", **data))

    async def _claim_next(self) -> None:
        data = {"queue": random.choice(self._board.queues), "lease_seconds": random.choice([5, 60])}
        await self._take(await self._caller.rpc("queue.claim_next", **data))

    async def _single(self, service: dict) -> None:
        name, arguments = self._command(service)
        reply = await self._caller.rpc(f"service.{name}", id=service["id"], **arguments)
        await self._take(reply, service["id"])

    async def _bulk(self) -> None:
        services = self._board.sample(BULK)
        commands = []
        for service in services:
            name, arguments = self._command(service)
            commands.append({"command": name, "id": service["id"], **arguments})
        if not commands:
            return
        reply = await self._caller.rpc("service.bulk", commands=commands)
        if "error" in reply:
            return await self._refused(reply["error"])
        for service, result in zip(services, reply["rpc"]["data"]["results"], strict=True):
            if result["ok"]:
                self._board.learn(result["service"])
            else:
                self._board.refused(result["error"], service["id"])

    async def _change_mode(self) -> None:
        queue = random.choice(self._board.queues)
        await self._caller.rpc(random.choice(["queue.pause", "queue.drain"]), queue=queue)
        await asyncio.sleep(0.05)
        await self._caller.rpc("queue.resume", queue=queue)

    def _command(self, service: dict) -> tuple[str, dict]:
        """Something that may be done with a service as it was last seen."""
        fence = {"fence": service["fence"]} if "fence" in service else {}
        lease = {"lease_seconds": random.choice([5, 60])}
        other_queue = random.choice([queue for queue in self._board.queues if queue != service["queue"]])
        transfer = ("transfer", {"to": other_queue, **fence})
        choices: list[tuple[str, dict]] = []
        if service["state"] == "waiting":
            choices += [("claim", lease)] * 4
        elif service["state"] == "claimed":
            choices += [("start", {**fence, **lease})] * 4 + [("no_show", fence), ("release", fence), transfer]
            choices += [("hold", {**fence, "hold_seconds": 5})]
        elif service["state"] == "serving":
            choices += [("complete", fence)] * 4 + [("release", fence), transfer]
            choices += [("hold", {**fence, "hold_seconds": 30})]
        elif service["state"] == "on_hold":
            choices += [("resume", {**fence, **lease})] * 2
        elif service["state"] == "no_show":
            return ("reinstate", {})
        if self._may_order and service["state"] in ("waiting", "scheduled"):
            neighbour = random.choice(self._board.sample(1) or [service])["id"]
            places = [{"first": True}, {"last": True}, {"before": neighbour}, {"after": neighbour}]
            choices += [("move", random.choice(places))] * 2
            choices += [("reprioritise", {"priority": random.randrange(10)}), ("remove", {})]
            choices += [("transfer", {"to": other_queue})]
        return random.choice(choices or [("release", fence)])

    async def _take(self, reply: dict, service_id: str | None = None) -> None:
        if "error" in reply:
            await self._refused(reply["error"], service_id)
        else:
            self._board.learn(reply["rpc"]["data"]["service"])

    async def _refused(self, error: dict, service_id: str | None = None) -> None:
        self._board.refused(error, service_id)
        if error["code"] in BUSY:
            await asyncio.sleep(0.1)
