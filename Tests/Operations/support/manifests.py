"""Manifests as kustomize renders them, and questions to ask of them."""

import dataclasses
import functools
import pathlib
import shutil
import subprocess
import sysconfig
import tempfile

import yaml

from .source import OPS

KUBECTL = pathlib.Path(sysconfig.get_path("scripts")) / "kubectl"
OVERLAYS = ["staging", "production", "trial"]
WORKLOADS = {"Deployment", "StatefulSet", "Job"}
ROLES = {"api", "broker", "consumer", "migrate"}
_FOLDER = tempfile.TemporaryDirectory(prefix="usher-manifests-")


@dataclasses.dataclass
class Manifests:
    """All objects of one rendering."""

    objects: list[dict]

    def of(self, *kinds: str) -> list[dict]:
        return [item for item in self.objects if item["kind"] in kinds]

    def one(self, kind: str, name: str) -> dict:
        found = [item for item in self.of(kind) if item["metadata"]["name"] == name]
        assert len(found) == 1, f"{kind} {name}: {len(found)} of them"
        return found[0]

    def names(self, kind: str) -> set[str]:
        return {item["metadata"]["name"] for item in self.of(kind)}

    def workloads(self) -> list[dict]:
        return self.of(*WORKLOADS)

    def selected(self, selector: dict) -> list[dict]:
        """The workloads whose pods a selector takes."""
        return [item for item in self.workloads() if matches(selector, item["spec"]["template"]["metadata"]["labels"])]

    def environment(self, workload: dict) -> dict[str, str]:
        """What its container gets, ConfigMaps included."""
        found: dict[str, str] = {}
        for container in containers(workload):
            for source in container.get("envFrom", []):
                found |= self.one("ConfigMap", source["configMapRef"]["name"])["data"]
            for variable in container.get("env", []):
                assert "value" in variable, f"{variable['name']}: secrets come as files, not by the environment"
                found[variable["name"]] = variable["value"]
        return found


def component(workload: dict) -> str:
    return workload["spec"]["template"]["metadata"]["labels"].get("app.kubernetes.io/component", "")


def pod(workload: dict) -> dict:
    return workload["spec"]["template"]["spec"]


def containers(workload: dict) -> list[dict]:
    return pod(workload).get("initContainers", []) + pod(workload)["containers"]


def matches(selector: dict, labels: dict) -> bool:
    """What a label selector says of labels; an empty one takes all."""
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "In"
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    return True


def kustomize(folder: pathlib.Path) -> Manifests:
    done = subprocess.run([KUBECTL, "kustomize", folder], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, f"{folder}: {done.stderr}"
    return Manifests([item for item in yaml.safe_load_all(done.stdout) if item])


@functools.cache
def _copy() -> pathlib.Path:
    """A copy of the manifests in which the plain secrets stand, as `prepare` would have written them."""
    folder = pathlib.Path(_FOLDER.name)
    shutil.copytree(OPS / "kubernetes", folder / "kubernetes")
    plain = folder / "kubernetes/components/plain-secrets"
    for name in ("redis", "amqp", "database"):
        (plain / f"{name}.env").write_text("url=made-up\n")
    (plain / "keyset.json").write_text("{}\n")
    return folder / "kubernetes"


@functools.cache
def overlay(name: str) -> Manifests:
    return kustomize(_copy() / "overlays" / name)


@functools.cache
def state(name: str) -> Manifests:
    return kustomize(_copy() / "state" / name)


@functools.cache
def with_component(name: str) -> Manifests:
    """Staging with one more component."""
    folder = _copy() / "overlays" / f"with-{name}"
    folder.mkdir()
    file = {"resources": ["../staging"], "components": [f"../../components/{name}"]}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(file))
    return kustomize(folder)
