"""Where the state lives: the settings that durability needs, as the server itself asks for them."""

import re

import pytest
from support.manifests import containers, matches, state
from support.source import OPS, ROOT


@pytest.fixture(params=["staging", "production"])
def parts(request):
    return state(request.param)


def wanted_of_redis() -> dict[str, str]:
    """What the server warns about at its start."""
    text = (ROOT / "Sources/RedisBroker/Broker/RedisHealth.swift").read_text()
    found = dict(re.findall(r'"([a-z-]+) is \\\(value\):[^"]*set it to ([a-z]+)"', text))
    assert found == {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
    return found


def directives(text: str) -> dict[str, str]:
    lines = (line.strip() for line in text.splitlines())
    return dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))


def test_redis_forgets_nothing(parts):
    name = next(name for name in parts.names("ConfigMap") if name.startswith("redis-"))
    configuration = directives(parts.one("ConfigMap", name)["data"]["redis.conf"])
    assert wanted_of_redis().items() <= configuration.items()
    redis = parts.one("StatefulSet", "redis")
    replicas = redis["spec"]["replicas"]
    assert 1 <= int(configuration["min-replicas-to-write"]) < replicas
    limit = int(containers(redis)[0]["resources"]["limits"]["memory"].removesuffix("Gi")) * 1024
    assert int(configuration["maxmemory"].removesuffix("mb")) <= 0.75 * limit
    assert redis["spec"]["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}


def test_one_redis_is_the_primary(parts):
    redis = parts.one("StatefulSet", "redis")
    variables = {entry["name"]: entry.get("value") for entry in containers(redis)[0]["env"]}
    selector = parts.one("Service", "redis")["spec"]["selector"]
    assert selector["statefulset.kubernetes.io/pod-name"] == f"redis-{variables['PRIMARY_ORDINAL']}"
    pods = redis["spec"]["serviceName"]
    assert pods in parts.names("Service")
    # All are asked before an empty primary starts.
    assert variables["PEERS"].split() == [f"redis-{ordinal}.{pods}" for ordinal in range(redis["spec"]["replicas"])]


def test_rabbitmq_keeps_a_majority(parts):
    cluster = parts.one("RabbitmqCluster", "rabbitmq")["spec"]
    assert cluster["replicas"] >= 3 and cluster["replicas"] % 2 == 1
    configuration = cluster["rabbitmq"]["additionalConfig"]
    assert "cluster_partition_handling = pause_minority" in configuration
    assert cluster["tls"]["disableNonTLSListeners"] is True
    certificate = parts.one("Certificate", "rabbitmq")["spec"]
    assert cluster["tls"]["secretName"] == certificate["secretName"]
    namespace = parts.of("Namespace")[0]["metadata"]["name"]
    assert f"rabbitmq.{namespace}.svc" in certificate["dnsNames"]


def test_rabbitmqs_user_may_do_what_usher_does(parts):
    permissions = parts.one("Permission", "usher")["spec"]["permissions"]
    sources = "".join(file.read_text() for file in (ROOT / "Sources/Intake").rglob("*Configuration.swift"))
    names = set(re.findall(r'(?:xchange|ueue) = "([a-z.-]+)"', sources))
    assert {"usher.services", "usher.intake", "usher.dead", "usher.dead-letters", "usher.events"} <= names
    for pattern in permissions.values():
        assert all(re.search(pattern, name) for name in names)
        assert not re.search(pattern, "amq.topic")


def test_postgres_answers_when_two_have_it(parts):
    cluster = parts.one("Cluster", "postgres")["spec"]
    assert cluster["instances"] >= 3
    assert cluster["postgresql"]["synchronous"] == {"method": "any", "number": 1, "dataDurability": "required"}
    parameters = cluster["postgresql"]["parameters"]
    assert parameters["synchronous_commit"] == parameters["fsync"] == parameters["full_page_writes"] == "on"
    backup = parts.one("ScheduledBackup", "postgres-nightly")["spec"]
    assert backup["cluster"]["name"] == "postgres" and backup["method"] in cluster["backup"]


def test_two_of_one_part_never_share_a_node(parts):
    redis = parts.one("StatefulSet", "redis")["spec"]["template"]
    host = [entry for entry in redis["spec"]["topologySpreadConstraints"] if entry["topologyKey"] == "kubernetes.io/hostname"]
    assert host[0]["whenUnsatisfiable"] == "DoNotSchedule" and matches(host[0]["labelSelector"], redis["metadata"]["labels"])
    assert parts.one("Cluster", "postgres")["spec"]["affinity"]["podAntiAffinityType"] == "required"


def test_compose_keeps_it_too():
    text = (OPS / "docker/compose.yaml").read_text()
    for name, value in wanted_of_redis().items():
        assert f"{name} {value}\n" in text
