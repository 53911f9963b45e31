"""Every overlay as kustomize renders it: what is true of each workload, and that all that is named is there."""

import re

import kubernetes_validate
import pytest
import yaml
from support.manifests import OVERLAYS, ROLES, component, containers, matches, overlay, pod, state, with_component
from support.source import NEEDED, number, settings

KUBERNETES = kubernetes_validate.latest_version()
RENDERINGS = [*OVERLAYS, "state/staging", "state/production"]
#: Kinds of operators, of which the schemas of Kubernetes know nothing, in the version that we write.
FOREIGN = {
    "Certificate": "cert-manager.io/v1",
    "Issuer": "cert-manager.io/v1",
    "ExternalSecret": "external-secrets.io/v1",
    "PodMonitor": "monitoring.coreos.com/v1",
    "RabbitmqCluster": "rabbitmq.com/v1beta1",
    "User": "rabbitmq.com/v1beta1",
    "Permission": "rabbitmq.com/v1beta1",
    "Cluster": "postgresql.cnpg.io/v1",
    "ScheduledBackup": "postgresql.cnpg.io/v1",
    "ScaledObject": "keda.sh/v1alpha1",
    "TriggerAuthentication": "keda.sh/v1alpha1",
}


def rendering(name: str):
    return state(name.removeprefix("state/")) if name.startswith("state/") else overlay(name)


@pytest.fixture(params=RENDERINGS)
def every(request):
    return rendering(request.param)


@pytest.fixture(params=OVERLAYS)
def usher(request):
    return overlay(request.param)


def test_schemas(every):
    for item in every.objects:
        if item["kind"] in FOREIGN:
            assert item["apiVersion"] == FOREIGN[item["kind"]]
        else:
            kubernetes_validate.validate(item, KUBERNETES, strict=True)


def test_every_object_is_in_the_namespace_which_is_restricted(every):
    namespace = every.of("Namespace")
    assert len(namespace) == 1
    labels = namespace[0]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == ("baseline" if every.of("RabbitmqCluster") else "restricted")
    assert labels["pod-security.kubernetes.io/audit"] == labels["pod-security.kubernetes.io/warn"] == "restricted"
    for item in every.objects:
        if item["kind"] != "Namespace":
            assert item["metadata"]["namespace"] == namespace[0]["metadata"]["name"], item["metadata"]["name"]


def test_every_container_is_restricted(every):
    for workload in every.workloads():
        context = pod(workload)["securityContext"]
        assert context["runAsNonRoot"] is True and context["runAsUser"] > 0 and context["runAsGroup"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"} & pod(workload).keys()
        for volume in pod(workload)["volumes"]:
            assert volume.keys() - {"name"} <= {"projected", "configMap", "secret", "emptyDir"}
        for container in containers(workload):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert all("hostPort" not in port for port in container.get("ports", []))


def test_no_pod_gets_a_token(every):
    for workload in every.workloads():
        assert pod(workload)["automountServiceAccountToken"] is False
        assert pod(workload)["enableServiceLinks"] is False or workload["kind"] == "Job"
        account = every.one("ServiceAccount", pod(workload)["serviceAccountName"])
        assert account["automountServiceAccountToken"] is False


def test_probes_and_limits(every):
    for workload in every.workloads():
        for container in containers(workload):
            resources = container["resources"]
            assert resources["requests"].keys() == resources["limits"].keys() == {"cpu", "memory"}
            if workload["kind"] == "Job":
                continue
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                assert probe in container, f"{workload['metadata']['name']} lacks a {probe}"


def test_liveness_asks_for_no_dependency(usher):
    for workload in usher.of("Deployment"):
        container = containers(workload)[0]
        assert container["livenessProbe"]["httpGet"] == {"path": "/health/live", "port": "admin"}
        assert container["startupProbe"]["httpGet"] == {"path": "/health/live", "port": "admin"}
        assert container["readinessProbe"]["httpGet"] == {"path": "/health/ready", "port": "admin"}


def test_the_grace_period_is_longer_than_the_drain(usher):
    for workload in usher.of("Deployment"):
        environment = usher.environment(workload)
        drain = number(environment, "USHER_SHUTDOWN_SECONDS")
        asleep = containers(workload)[0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert asleep >= 5
        assert pod(workload)["terminationGracePeriodSeconds"] >= asleep + drain + 10
        assert number(environment, "USHER_SHUTDOWN_SPREAD_SECONDS") <= drain / 4
        strategy = workload["spec"]["strategy"]["rollingUpdate"]
        assert strategy["maxUnavailable"] == 0 and strategy["maxSurge"] >= 1


def own_labels(selector: dict) -> dict:
    """Without the pod's own name, which a StatefulSet puts on."""
    return {key: value for key, value in selector.items() if key != "statefulset.kubernetes.io/pod-name"}


def test_each_selector_takes_its_own_pods(every):
    for item in every.of("Service", "PodDisruptionBudget", "StatefulSet", "Deployment"):
        selector = item["spec"]["selector"]
        labels = selector if item["kind"] == "Service" else selector["matchLabels"]
        found = every.selected({"matchLabels": own_labels(labels)})
        if not found and item["metadata"]["name"] == "rabbitmq":
            continue  # The cluster operator's pods.
        assert len(found) == 1, f"{item['kind']} {item['metadata']['name']} takes {len(found)} workloads"
        if item["kind"] in ("Service", "PodDisruptionBudget"):
            assert item["metadata"]["name"].startswith(found[0]["metadata"]["name"])


def test_each_port_is_there(every):
    ports = {}
    for service in every.of("Service"):
        (workload,) = every.selected({"matchLabels": own_labels(service["spec"]["selector"])})
        named = {port["name"] for port in containers(workload)[0]["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= named
        ports[service["metadata"]["name"]] = {port["name"] for port in service["spec"]["ports"]}
    for ingress in every.of("Ingress"):
        hosts = {host for entry in ingress["spec"]["tls"] for host in entry["hosts"]}
        for rule in ingress["spec"]["rules"]:
            assert rule["host"] in hosts, "without TLS"
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                assert backend["port"]["name"] in ports[backend["name"]]


def test_the_listeners_are_the_ports(usher):
    listeners = {"USHER_HTTP_LISTEN": "http", "USHER_ADMIN_LISTEN": "admin", "USHER_GRPC_LISTEN": "grpc"}
    for workload in usher.of("Deployment"):
        environment = usher.environment(workload)
        named = {port["name"]: port["containerPort"] for port in containers(workload)[0]["ports"]}
        assert named == {
            listeners[name]: int(value.removeprefix("0.0.0.0:")) for name, value in environment.items() if name in listeners
        }
        for address in filter(None, environment.get("USHER_BROKER_ADDRESSES", "").split(",")):
            host, port = address.split(":")
            assert int(port) in [entry["port"] for entry in usher.one("Service", host)["spec"]["ports"]]


def test_every_variable_is_a_setting(usher):
    known = settings()
    for item in usher.of("ConfigMap"):
        assert set(item["data"]) <= known or set(item["data"]) == {"rules.json"}
    for workload in usher.workloads():
        environment = usher.environment(workload)
        assert set(environment) <= known
        if component(workload) in NEEDED:
            assert environment["USHER_ROLES"] == component(workload)
            given = {name.removesuffix("_FILE") if name.endswith("_URL_FILE") else name for name in environment}
            assert NEEDED[component(workload)] <= given
            assert "USHER_GRPC_INSECURE" not in environment


def test_a_role_gets_the_secrets_that_it_needs_and_no_other(usher):
    own = {"api": {"database", "amqp", "keyset"}, "broker": {"redis"}, "consumer": {"amqp", "keyset"}, "migrate": {"database", "keyset"}}
    for workload in usher.workloads():
        role = component(workload)
        certificate = set() if role == "migrate" else {f"{role}-certificate"}
        assert {re.sub(r"-[a-z0-9]{10}$", "", name) for name in mounted_secrets(workload)} == {
            f"usher-{name}" for name in own[role] | certificate
        }


def mounted_secrets(workload: dict) -> set[str]:
    sources = [source for volume in pod(workload)["volumes"] for source in volume.get("projected", {}).get("sources", [])]
    return {source["secret"]["name"] for source in sources}


def test_every_file_that_is_named_is_mounted(usher):
    brought = {}
    for item in usher.of("ExternalSecret"):
        brought[item["spec"]["target"]["name"]] = {entry["secretKey"] for entry in item["spec"]["data"]}
    for item in usher.of("Certificate"):
        brought[item["spec"]["secretName"]] = {"tls.crt", "tls.key", "ca.crt"}
    for item in usher.of("Secret"):
        brought[item["metadata"]["name"]] = set(item["data"])
    for workload in usher.workloads():
        files = set()
        mounts = {mount["name"]: mount["mountPath"] for mount in containers(workload)[0]["volumeMounts"]}
        for volume in pod(workload)["volumes"]:
            for source in volume.get("projected", {}).get("sources", []):
                for entry in source["secret"]["items"]:
                    files.add(f"{mounts[volume['name']]}/{entry['path']}")
                    if not source["secret"].get("optional"):
                        assert entry["key"] in brought[source["secret"]["name"]]
            if "configMap" in volume:
                data = usher.one("ConfigMap", volume["configMap"]["name"])["data"]
                files |= {f"{mounts[volume['name']]}/{name}" for name in data}
            assert volume.get("projected", {}).get("defaultMode", 0o440) == 0o440
        for name, value in usher.environment(workload).items():
            if name.endswith("_FILE") and value:
                assert value in files, f"{workload['metadata']['name']}: {name} is {value}, which nothing mounts"


def test_certificates_carry_the_names_that_the_broker_knows(usher):
    broker = usher.environment(usher.one("Deployment", "usher-broker"))
    clients = dict(entry.split("=") for entry in broker["USHER_GRPC_CLIENTS"].split(","))
    assert clients == {"usher-api": "api", "usher-consumer": "consumer"}
    for role in ("api", "broker", "consumer"):
        certificate = usher.one("Certificate", f"usher-{role}")["spec"]
        assert certificate["dnsNames"] == [f"usher-{role}"]
        assert certificate["usages"] == (["server auth"] if role == "broker" else ["client auth"])
        assert certificate["issuerRef"]["name"] in usher.names("Issuer")
        assert certificate["privateKey"]["encoding"] == "PKCS8"
        if role != "broker":
            assert usher.environment(usher.one("Deployment", f"usher-{role}"))["USHER_BROKER_NAME"] == "usher-broker"


def test_one_scaler_a_workload_and_no_replicas_beside_it(usher):
    targets = [item["spec"]["scaleTargetRef"]["name"] for item in usher.of("HorizontalPodAutoscaler")]
    assert sorted(targets) == ["usher-api", "usher-consumer"]
    for workload in usher.of("Deployment"):
        assert ("replicas" in workload["spec"]) == (workload["metadata"]["name"] not in targets)
    for scaler in usher.of("HorizontalPodAutoscaler"):
        assert scaler["spec"]["minReplicas"] >= 2
    assert usher.names("PodDisruptionBudget") == {f"usher-{role}" for role in ROLES - {"migrate"}}


def test_keda_takes_the_place_of_the_consumers_autoscaler():
    manifests = with_component("keda")
    assert manifests.names("HorizontalPodAutoscaler") == {"usher-api"}
    scaled = manifests.one("ScaledObject", "usher-consumer")["spec"]
    assert scaled["scaleTargetRef"]["name"] in manifests.names("Deployment")
    assert scaled["triggers"][0]["metadata"]["queueName"] == "usher.intake"
    authentication = manifests.one("TriggerAuthentication", scaled["triggers"][0]["authenticationRef"]["name"])
    secret = manifests.one("ExternalSecret", authentication["spec"]["secretTargetRef"][0]["name"])
    keys = {entry["secretKey"] for entry in secret["spec"]["data"]}
    assert {entry["key"] for entry in authentication["spec"]["secretTargetRef"]} <= keys
    assert secret["metadata"]["name"] == secret["spec"]["target"]["name"]
    # Only from there KEDA takes it.
    (tls,) = authentication["spec"]["configMapTargetRef"]
    assert tls["parameter"] == "tls" and manifests.one("ConfigMap", tls["name"])["data"] == {tls["key"]: "enable"}
    assert "tls" not in scaled["triggers"][0]["metadata"]


def test_pods_are_spread(usher):
    for workload in usher.of("Deployment"):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        spread = {entry["topologyKey"]: entry for entry in pod(workload)["topologySpreadConstraints"]}
        assert spread.keys() == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
        assert all(matches(entry["labelSelector"], labels) for entry in spread.values())


@pytest.mark.parametrize("name", ["staging", "production"])
def test_images_are_named_by_digest(name):
    for workload in overlay(name).workloads():
        assert re.fullmatch(r"[^:@]+@sha256:[0-9a-f]{64}", containers(workload)[0]["image"])


@pytest.mark.parametrize("name", ["staging", "production", "state/staging", "state/production"])
def test_no_secret_in_plain_text(name):
    manifests = rendering(name)
    assert not manifests.of("Secret")
    text = yaml.safe_dump_all(manifests.objects)
    assert not re.search(r"://[^/\s]*:[^/\s]*@", text), "a URL with a password"
    assert not re.search(r"-----BEGIN|primaryKeyId", text), "a key"
