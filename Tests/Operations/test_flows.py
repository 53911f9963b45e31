"""Network policies: every flow that is needed is allowed once, and no other."""

import pytest
from support.flows import flows
from support.manifests import OVERLAYS, component, overlay, state

DNS = "kube-system/kube-dns"


def pods(manifests) -> dict[str, dict]:
    return {component(item): item["spec"]["template"]["metadata"]["labels"] for item in manifests.workloads()}


def expected(namespace: str, amqp: str) -> list[tuple[str, str, str, str]]:
    found = [("out", role, DNS, port) for role in ("api", "broker", "consumer", "migrate") for port in ("53/UDP", "53/TCP")]
    for role in ("api", "consumer"):
        found += [("out", role, "broker", "8082/TCP"), ("in", "broker", role, "8082/TCP")]
        found += [("out", role, f"{namespace}/rabbitmq", amqp)]
    found += [("out", "broker", f"{namespace}/redis", "6379/TCP")]
    found += [("out", role, f"{namespace}/postgres", "5432/TCP") for role in ("api", "migrate")]
    found += [("in", "api", "ingress-nginx", "8080/TCP")]
    found += [("in", role, "monitoring", "8081/TCP") for role in ("api", "broker", "consumer")]
    return sorted(found)


@pytest.mark.parametrize("name", OVERLAYS)
def test_exactly_the_flows_that_are_needed(name):
    manifests = overlay(name)
    if name == "trial":
        assert sorted(flows(manifests, pods(manifests))) == expected("usher-state", "5672/TCP")
    else:
        assert sorted(flows(manifests, pods(manifests))) == expected(f"usher-{name}-state", "5671/TCP")


@pytest.mark.parametrize("manifests", [*map(overlay, OVERLAYS), *map(state, ("staging", "production"))])
def test_everything_else_is_denied(manifests):
    denied = [item["spec"] for item in manifests.of("NetworkPolicy") if item["spec"]["podSelector"] == {}]
    assert len(denied) == 1 and not {"ingress", "egress"} & denied[0].keys()
    # Where the state lives operators' agents call the API server, whose address nobody knows here.
    assert denied[0]["policyTypes"] == (["Ingress"] if manifests.of("StatefulSet") else ["Ingress", "Egress"])


@pytest.mark.parametrize("name", ["staging", "production"])
def test_the_state_lets_usher_in_where_usher_goes_out(name):
    parts = {
        "redis": {"app.kubernetes.io/name": "redis"},
        "rabbitmq": {"app.kubernetes.io/name": "rabbitmq"},
        "postgres": {"cnpg.io/cluster": "postgres"},
    }
    ours = f"usher-{name}"
    let_in = set()
    for direction, part, other, port in flows(state(name), parts):
        assert direction == "in"
        if other.startswith(ours + "/"):
            let_in.add((other.removeprefix(ours + "/usher/"), part, port))
    manifests = overlay(name)
    going = {
        (role, other.removeprefix(f"{ours}-state/"), port)
        for direction, role, other, port in flows(manifests, pods(manifests))
        if direction == "out" and other.startswith(f"{ours}-state/")
    }
    assert let_in == going
