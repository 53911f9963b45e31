"""The form of what is written by hand."""

import pathlib

import pytest
from support.source import OPS, ROOT
from yamllint import linter
from yamllint.config import YamlLintConfig

FILES = sorted(file for file in OPS.rglob("*") if file.suffix in (".yaml", ".yml"))
CONFIGURATION = YamlLintConfig(
    """
extends: default
rules:
  document-start: disable
  line-length: {max: 160}
  indentation: {spaces: 2, indent-sequences: true}
  comments: {min-spaces-from-content: 1}
  truthy: {check-keys: false}
  octal-values: disable
"""
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_form(file: pathlib.Path):
    problems = [str(problem) for problem in linter.run(file.read_text(), CONFIGURATION, str(file))]
    assert not problems, "\n".join(problems)


def test_every_manifest_is_in_a_kustomization():
    for folder in ("base", "components", "state/base"):
        for file in (OPS / "kubernetes" / folder).rglob("*.yaml"):
            if file.name == "kustomization.yaml":
                continue
            parents = (parent / "kustomization.yaml" for parent in file.parents)
            owner = next(parent for parent in parents if parent.exists())
            assert f"- {file.relative_to(owner.parent)}\n" in owner.read_text(), f"{file} is nowhere used"
