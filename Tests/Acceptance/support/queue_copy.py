"""What a screen keeps of a queue: a snapshot, then every event, proved by the digest."""

import hashlib

ENDED = {"completed", "cancelled", "no_show", "dead"}


class Gap(AssertionError):
    """An event did not follow on what the copy holds."""


class QueueCopy:
    """A copy of a whole queue. `versions` are those of the events it took, in the order in which they came."""

    def __init__(self) -> None:
        self.services: dict[str, dict] = {}
        self.version = 0
        self.epoch = ""
        self.versions: list[int] = []
        self._sum = 0

    def reset(self, snapshot: dict) -> None:
        """Starts from a snapshot of the whole queue."""
        assert len(snapshot["services"]) == snapshot["total"], "the snapshot holds only a part of the queue"
        self.services = {service["id"]: service for service in snapshot["services"]}
        self.version = snapshot["version"]
        self.epoch = snapshot["epoch"]
        self._sum = sum(map(digest_term, self.services.values())) % 2**48
        self.prove(snapshot["digest"])

    def apply(self, event: dict) -> None:
        """Takes one event, which must be the very next one."""
        if event["version"] != self.version + 1:
            raise Gap(f"version {event['version']} after {self.version}")
        self.version = event["version"]
        self.versions.append(self.version)
        if event["type"] == "queue.renumbered":
            for change in event["services"]:
                self._put({**self.services[change["id"]], "order": change["order"]})
        elif "service" in event:
            service = event["service"]
            if service["state"] in ENDED or service["queue"] != event["queue"]:
                self._take(service["id"])
            else:
                self._put(service)
        self.prove(event["digest"])

    @property
    def digest(self) -> str:
        return f"{self._sum:012x}"

    def prove(self, digest: str) -> None:
        assert self.digest == digest, f"at version {self.version} the copy has {self.digest}, the server {digest}"

    def ordered(self) -> list[dict]:
        """As every screen shows it."""
        return sorted(self.services.values(), key=lambda service: (service["order"], service["id"]))

    def _put(self, service: dict) -> None:
        self._take(service["id"])
        self.services[service["id"]] = service
        self._sum = (self._sum + digest_term(service)) % 2**48

    def _take(self, service_id: str) -> None:
        old = self.services.pop(service_id, None)
        if old is not None:
            self._sum = (self._sum - digest_term(old)) % 2**48


def digest_term(service: dict) -> int:
    """What a live service adds to the digest: the first 48 bits of SHA-1 over `id|order|state|version`."""
    text = f"{service['id']}|{service['order']}|{service['state']}|{service['version']}"
    return int.from_bytes(hashlib.sha1(text.encode()).digest()[:6], "big")
