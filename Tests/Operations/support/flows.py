"""What NetworkPolicies let through, as a set of flows."""

from .manifests import Manifests, matches

IDENTITY = "kubernetes.io/metadata.name"


def place(peer: dict, pods: dict[str, dict]) -> set[str]:
    """The ends that a peer means: a role of ours, or `namespace` and `namespace/label` elsewhere."""
    assert "ipBlock" not in peer and peer, "a peer that is anybody"
    pod_labels = peer.get("podSelector")
    if "namespaceSelector" not in peer:
        ends = {name for name, labels in pods.items() if matches(pod_labels, labels)}
        assert ends, f"{peer} selects no pod of ours"
        return ends
    labels = peer["namespaceSelector"]["matchLabels"]
    namespace = labels.get(IDENTITY) or ",".join(f"{key}={value}" for key, value in labels.items())
    if pod_labels is None:
        return {namespace}
    wanted = dict(pod_labels["matchLabels"])
    # `namespace/usher/api`: the program, then its role.
    base = [namespace, *filter(None, [wanted.pop("app.kubernetes.io/name", "")]), *wanted.values()]
    values = [value for expression in pod_labels.get("matchExpressions", []) for value in expression["values"]]
    return {"/".join([*base, value]) for value in values} or {"/".join(base)}


def flows(manifests: Manifests, pods: dict[str, dict]) -> list[tuple[str, str, str, str]]:
    """(`in` or `out`, our end, the other end, port), one for each way a policy allows; twice when two policies do."""
    found = []
    for policy in manifests.of("NetworkPolicy"):
        spec = policy["spec"]
        ours = {name for name, labels in pods.items() if matches(spec["podSelector"], labels)}
        assert ours, f"{policy['metadata']['name']} selects no pod of ours"
        types = {"Ingress": ("in", "from"), "Egress": ("out", "to")}
        for kind in spec["policyTypes"]:
            direction, ends = types[kind]
            for rule in spec.get(kind.lower(), []):
                assert rule.get(ends) and rule.get("ports"), f"{policy['metadata']['name']}: a rule for all peers or ports"
                for peer in rule[ends]:
                    for other in place(peer, pods):
                        for port in rule["ports"]:
                            found += [(direction, end, other, f"{port['port']}/{port['protocol']}") for end in ours]
    return found
