"""ArgoCD: the project allows what the overlays have, the applications are their overlays, and waves follow from what needs what."""

import pytest
from support.manifests import component, kustomize, overlay, with_component
from support.source import OPS, ROOT

WAVE = "argocd.argoproj.io/sync-wave"
ENVIRONMENTS = ["staging", "production"]


@pytest.fixture(scope="module")
def argocd():
    return kustomize(OPS / "argocd")


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_application_is_its_overlay(argocd, name):
    spec = argocd.one("Application", f"usher-{name}")["spec"]
    project = argocd.one("AppProject", spec["project"])["spec"]
    assert spec["source"]["path"] == f"ops/kubernetes/overlays/{name}"
    assert (ROOT / spec["source"]["path"] / "kustomization.yaml").exists()
    assert spec["source"]["repoURL"] in project["sourceRepos"]
    assert spec["destination"] in project["destinations"]
    assert overlay(name).names("Namespace") == {spec["destination"]["namespace"]}
    assert spec["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True, "allowEmpty": False}
    assert {"ServerSideApply=true", "PruneLast=true", "CreateNamespace=false"} <= set(spec["syncPolicy"]["syncOptions"])
    assert spec["syncPolicy"]["retry"]["limit"] > 0


def test_production_follows_a_tag(argocd):
    assert argocd.one("Application", "usher-production")["spec"]["source"]["targetRevision"].startswith("v")


@pytest.mark.parametrize("name", [*ENVIRONMENTS, "keda"])
def test_the_project_allows_every_kind_that_there_is(argocd, name):
    project = argocd.one("AppProject", "usher")["spec"]
    allowed = {(entry["group"], entry["kind"]) for entry in project["namespaceResourceWhitelist"]}
    manifests = with_component(name) if name == "keda" else overlay(name)
    for item in manifests.objects:
        group = item["apiVersion"].rpartition("/")[0]
        if item["kind"] == "Namespace":
            assert {"group": group, "kind": "Namespace"} in project["clusterResourceWhitelist"]
        else:
            assert (group, item["kind"]) in allowed
    assert ("", "Secret") not in allowed, "secrets come from the store"
    assert not any(kind.startswith(("Role", "ClusterRole")) for _, kind in allowed)


def wave(item: dict) -> int:
    return int(item["metadata"].get("annotations", {}).get(WAVE, 0))


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_waves_follow_the_needs(name):
    manifests = overlay(name)
    before = max(wave(item) for item in manifests.of("ConfigMap", "ExternalSecret", "NetworkPolicy", "ServiceAccount", "Issuer"))
    certificates = {item["metadata"]["name"]: wave(item) for item in manifests.of("Certificate")}
    authority = certificates.pop("usher-authority")
    assert wave(manifests.of("Namespace")[0]) < min(before, authority) <= authority < min(certificates.values())
    waves = {component(item): wave(item) for item in manifests.workloads()}
    assert max(before, *certificates.values()) < waves["migrate"] < waves["broker"] < waves["api"] == waves["consumer"]
    for scaler in manifests.of("HorizontalPodAutoscaler"):
        assert wave(scaler) > waves["api"]
    for role, service in (("broker", "usher-broker"), ("api", "usher-api")):
        assert wave(manifests.one("Service", service)) <= waves[role]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_migration_is_a_hook_of_the_sync(name):
    annotations = overlay(name).one("Job", "usher-migrate")["metadata"]["annotations"]
    assert annotations["argocd.argoproj.io/hook"] == "Sync"
    assert annotations["argocd.argoproj.io/hook-delete-policy"] == "BeforeHookCreation"
