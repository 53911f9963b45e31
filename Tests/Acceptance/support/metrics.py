"""What a server tells at `/metrics`, read as Prometheus reads it."""

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families


class Metrics:
    """One look at the page."""

    def __init__(self, text: str):
        self.text = text
        # The parser takes the end off the names of counters.
        self.families: dict[str, Metric] = {
            family.name + ("_total" if family.type == "counter" else ""): family
            for family in text_string_to_metric_families(text)
        }
        self._samples = [sample for family in self.families.values() for sample in family.samples]

    def value(self, name: str, **labels: str) -> float:
        """The sum of the samples with that name and at least those labels; 0 where there is none."""
        return sum(
            sample.value
            for sample in self._samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def labels(self, family: str) -> set[str]:
        """The labels of a family's samples, without the one of buckets."""
        return {label for sample in self.families[family].samples for label in sample.labels} - {"le"}
