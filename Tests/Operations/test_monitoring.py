"""Alert rules, their tests, the dashboard and their pages hold together, and name only metrics that there are."""

import itertools
import json
import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
MONITORING = ROOT / "ops" / "monitoring"
RUNBOOKS = ROOT / "docs" / "runbooks.md"

ROW = re.compile(r"^\| `([a-z0-9_]+)` \| (counter|gauge|histogram) \| (.*?) \|", re.MULTILINE)
NAME = re.compile(r"\b(?:usher|process)_[a-z0-9_]+")
SELECTOR = re.compile(r"\b((?:usher|process)_[a-z0-9_]+)\{([^}]*)\}")
GROUPING = re.compile(r"\b(?:by|on|without|ignoring) \(([^)]*)\)")
# What collecting adds.
COLLECTED = {"job", "instance", "le"}

METRICS = {
    name: (kind, set(re.findall(r"`(\w+)`", labels)))
    for name, kind, labels in ROW.findall((ROOT / "docs" / "metrics.md").read_text())
}
RULES = [
    rule for group in yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text())
PANELS = DASHBOARD["panels"]


def promtool(*arguments: str, cwd: pathlib.Path = MONITORING) -> None:
    done = subprocess.run(["promtool", *arguments], cwd=cwd, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def documented(sample: str) -> str | None:
    """The documented metric that a sample is of; a histogram is asked by its buckets, its sum or its count."""
    if METRICS.get(sample, ("histogram",))[0] != "histogram":
        return sample
    found = re.fullmatch(r"(.+)_(bucket|sum|count)", sample)
    return found[1] if found and METRICS.get(found[1], ("",))[0] == "histogram" else None


def problems(query: str) -> list[str]:
    """Metrics and labels in a query that there are not."""
    plain = re.sub(r'"[^"]*"', '""', query)
    found = [f"{name}: no such metric" for name in NAME.findall(plain) if not documented(name)]
    labels = set().union(COLLECTED, *(METRICS[documented(name)][1] for name in NAME.findall(plain) if documented(name)))
    for name, selector in SELECTOR.findall(plain):
        own = METRICS.get(documented(name) or "", ("", set()))[1] | COLLECTED
        found += [f"{name}: no label {label}" for label in re.findall(r"(\w+)\s*[=!]", selector) if label not in own]
    for group in GROUPING.findall(plain):
        found += [f"no label {label}" for label in re.findall(r"\w+", group) if label not in labels]
    return found


def dashboard_queries() -> list[str]:
    return [target["expr"] for panel in PANELS for target in panel.get("targets", [])]


def test_the_rules_are_rules():
    promtool("check", "rules", "alerts.yaml")


def test_each_alert_fires_when_it_should_and_not_before():
    promtool("test", "rules", "alerts.test.yaml")


def test_the_operator_of_prometheus_gets_the_same_rules():
    printed = subprocess.run([MONITORING / "prometheus-rule"], check=True, capture_output=True, text=True).stdout
    resource = yaml.safe_load(printed)
    assert (resource["apiVersion"], resource["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert resource["spec"] == yaml.safe_load((MONITORING / "alerts.yaml").read_text())


def test_each_alert_has_its_test():
    tests = yaml.safe_load((MONITORING / "alerts.test.yaml").read_text())["tests"]
    assert [test["name"] for test in tests] == [rule["alert"] for rule in RULES]
    for test in tests:
        calm, firing = test["promql_expr_test"]
        assert not calm.get("exp_samples"), f"{test['name']} has no calm moment"
        assert f'"{test["name"]}"' in firing["exp_samples"][0]["labels"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_is_wrong_and_where_to_read_on(rule):
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"docs/runbooks.md#{rule['alert'].lower()}"
    assert not problems(rule["expr"])


def test_each_alert_has_its_runbook_and_no_other_has():
    text = RUNBOOKS.read_text()
    sections = re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert sorted(name for name, _ in sections) == sorted(rule["alert"] for rule in RULES)
    for name, body in sections:
        parts = re.findall(r"^- \*\*(For people|Look|Do|Over when)\*\*", body, re.MULTILINE)
        assert parts == ["For people", "Look", "Do", "Over when"], name
    anchors = {name.lower() for name, _ in sections}
    assert set(re.findall(r"\]\(#(\w+)\)", text)) <= anchors
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (RUNBOOKS.parent / link).exists(), link
    mentioned = [code for code in re.findall(r"`([^`]+)`", text) if NAME.search(code) and not code.startswith("promtool")]
    assert not [problem for code in mentioned if "(" in code for problem in problems(code)]
    assert not [name for code in mentioned if "(" not in code for name in NAME.findall(code) if name not in METRICS]


def test_each_documented_metric_is_made_by_the_code():
    sources = {path: path.read_text() for path in (ROOT / "Sources").rglob("*.swift")}
    catalogue = "".join(text for path, text in sources.items() if path.parent.name == "Metrics")
    makers = "".join(text for path, text in sources.items() if "usher/Metrics" not in str(path))
    assert not [name for name in METRICS if f'"{name}"' not in catalogue]
    assert not [name for name in METRICS if f'"{name}"' not in makers]


def test_the_dashboard_shows_only_what_there_is(tmp_path):
    queries = dashboard_queries() + [entry["expr"] for entry in DASHBOARD["annotations"]["list"]]
    assert len(queries) > 60
    assert not {query: problems(query) for query in queries if problems(query)}
    assert not [
        variable["query"]["query"]
        for variable in DASHBOARD["templating"]["list"]
        if variable["type"] == "query" and not documented(NAME.search(variable["query"]["query"])[0])
    ]
    # As rules, so that Prometheus itself reads each.
    rules = [
        {"record": f"panel:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(queries)
    ]
    (tmp_path / "panels.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    promtool("check", "rules", "panels.yaml", cwd=tmp_path)


def test_each_metric_but_a_few_is_on_the_dashboard():
    """What says nothing on a graph: constants, and counts that a better one stands for."""
    shown = {documented(name) for query in dashboard_queries() for name in NAME.findall(query)}
    assert set(METRICS) - shown == {
        "process_threads",
        "usher_broker_durability_warnings",
        "usher_broker_presence_swept_total",
        "usher_build_info",
        "usher_erasures_done_total",
        "usher_erasures_failures_total",
        "usher_gateway_presence_suppressed_total",
        "usher_history_lag_seconds",
        "usher_history_upkeep_failures_total",
        "usher_intake_batches_total",
        "usher_intake_rules",
        "usher_intake_rules_fingerprint",
        "usher_intake_rules_reloads_total",
        "usher_intake_unknown_members_total",
        "usher_keyset_failures_total",
        "usher_rewrap_failures_total",
        "usher_rewrap_resealed_total",
        "usher_telemetry_series_refused_total",
        "usher_userstore_connects_total",
        "usher_userstore_requests_total",
    }


def test_the_dashboard_is_in_form():
    ids = [panel["id"] for panel in PANELS]
    assert len(ids) == len(set(ids))
    titles = [panel["title"] for panel in PANELS]
    assert len(titles) == len(set(titles))
    for panel in PANELS:
        place = panel["gridPos"]
        assert place["x"] >= 0 and place["x"] + place["w"] <= 24 and place["h"] >= 1, panel["title"]
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}" and panel["targets"], panel["title"]
            references = [target["refId"] for target in panel["targets"]]
            assert len(references) == len(set(references)), panel["title"]
    for one, other in itertools.combinations(PANELS, 2):
        a, b = one["gridPos"], other["gridPos"]
        apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"] or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert apart, f"{one['title']} and {other['title']} overlap"
