"""What the server has said of a queue to all clients of one view together: each version once, whoever heard it first."""

from .queue_copy import QueueCopy


class Ledger:
    """One queue in one view.

    While clients listen it only checks that everyone hears the same: a publication's bytes are those that the first client got
    for its version. `replay` then goes through the versions once: it keeps the ordered copy, proves it by every event's
    digest, and compares it with every snapshot at exactly the version that the snapshot names. A client that began with
    such a snapshot and heard each version after it has, at each, this copy.
    """

    def __init__(self, queue: str, view: str):
        self.queue = queue
        self.view = view
        self.events: dict[int, dict] = {}
        self.snapshots: dict[tuple[int, int], dict] = {}
        self.deliveries = 0
        self.last = 0
        self._messages: dict[tuple[str, int], bytes] = {}

    def heard(self, version: int, wire, message: bytes) -> None:
        """A client got a publication."""
        self.deliveries += 1
        key = (wire.name, version)
        known = self._messages.get(key)
        if known is None:
            self._messages[key] = message
            self.recovered(version, wire.decode(message)["push"]["pub"]["data"])
        else:
            assert known == message, f"{self} at {version}: one client got {known!r}, another {message!r}"

    def recovered(self, version: int, event: dict) -> None:
        """A client got an event by recovery, or is the first to hear of it."""
        assert event["version"] == version and event["queue"] == self.queue, event
        known = self.events.setdefault(version, event)
        assert known is event or known == event, f"{self} at {version}: {known} and {event}"
        self.last = max(self.last, version)

    def began(self, limit: int, snapshot: dict) -> None:
        """A client got a snapshot."""
        known = self.snapshots.setdefault((snapshot["version"], limit), snapshot)
        assert known is snapshot or known == snapshot, f"{self}: two snapshots of version {snapshot['version']}"
        self.last = max(self.last, snapshot["version"])

    def replay(self) -> QueueCopy:
        """The copy at the last version that anybody heard of, proved at each before."""
        pending: dict[int, list[tuple[int, dict]]] = {}
        for (version, limit), snapshot in self.snapshots.items():
            pending.setdefault(version, []).append((limit, snapshot))
        copy = QueueCopy()
        begin = min(pending)
        copy.reset(next(s for _, s in pending[begin] if len(s["services"]) == s["total"]))
        mode = pending[begin][0][1]["mode"]
        for version in range(begin, self.last + 1):
            if version > begin:
                assert version in self.events, f"{self}: nobody heard of version {version}"
                copy.apply(self.events[version])
                mode = self.events[version].get("mode", mode)
            for limit, snapshot in pending.get(version, []):
                self._compare(copy, mode, limit, snapshot)
        return copy

    def _compare(self, copy: QueueCopy, mode: str, limit: int, snapshot: dict) -> None:
        services = copy.ordered()
        assert snapshot["services"] == services[:limit], f"{self}: the snapshot of version {copy.version} is another"
        facts = {name: snapshot[name] for name in ("epoch", "version", "digest", "total", "mode", "paused")}
        assert facts == {
            "epoch": copy.epoch,
            "version": copy.version,
            "digest": copy.digest,
            "total": len(services),
            "mode": mode,
            "paused": mode == "paused",
        }

    def __str__(self) -> str:
        return f"{self.queue} for {self.view}"
