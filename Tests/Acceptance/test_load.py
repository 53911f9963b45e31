"""`usher-bench load` in short against the server under test, and `usher-bench compare` on what it wrote."""

import json
import os
import pathlib
import signal
import subprocess
from xml.etree import ElementTree

import httpx
import pytest

from support.command import usher
from support.environment import ADMIN, ENV, HTTP, ROOT, STATE, binary, process_id, until

LOAD = [
    "load", "--rate", "20", "--producers", "2", "--employees", "4", "--viewers", "5", "--handling", "0.1", "--warm-up", "1",
]  # fmt: skip
ACTIONS = ["publish to confirm", "publish to screen", "claim next", "start", "complete", "bare request"]


def bench(*arguments: str, code: int = 0, **variables: str) -> str:
    """Runs `usher-bench`, which is built beside the server, and returns what it printed; fails on another exit code."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("USHER_")}
    done = subprocess.run(
        [str(pathlib.Path(binary()).with_name("usher-bench")), *arguments],
        env={**own, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
    )
    said = done.stdout + done.stderr
    assert done.returncode == code, f"usher-bench {' '.join(arguments)}: {done.returncode}\n{said}"
    return said


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """The files of a run of five seconds, and what it printed."""
    folder = tmp_path_factory.mktemp("load")
    files = {"json": folder / "load.json", "svg": folder / "load.svg"}
    said = bench(
        *LOAD, "--duration", "5", "--state", str(STATE), "--json", str(files["json"]), "--svg", str(files["svg"])
    )
    return files, said


def report_of(loaded) -> dict:
    return json.loads(loaded[0]["json"].read_text())


def test_nothing_is_lost_and_everything_is_measured(loaded, supervisor):
    report = report_of(loaded)
    results = report["results"]
    assert results["failures"] == []
    assert results["errors"] == {}
    requests = results["requests"]
    # Six seconds of 20 a second on average.
    assert 60 < requests["published"] < 200
    assert requests["published"] == requests["confirmed"] == requests["seen"]
    assert (requests["refused"], requests["lost"]) == (0, 0)
    assert {name: results["screens"][name] for name in ("gaps", "wrongDigests", "resyncs", "reconnects", "missed")} == {
        "gaps": 0, "wrongDigests": 0, "resyncs": 0, "reconnects": 0, "missed": 0,
    }  # fmt: skip
    # Each request is added and ends on five screens, and most are claimed and started in between.
    assert results["screens"]["events"] >= 5 * 3 * requests["published"]
    assert [measure["action"] for measure in results["measures"]] == ACTIONS
    for measure in results["measures"]:
        latency = measure["latency"]
        assert 0 < latency["p50"] <= latency["p99"] <= latency["max"], measure
        assert measure["done"] == measure["offered"] > 0, measure
    # The queue is as it was found.
    assert supervisor.queue("load")["total"] == 0


def test_the_report_says_where_and_what_it_is_of(loaded):
    report = report_of(loaded)
    assert report["benchmark"] == "load"
    assert report["machine"]["cores"] >= 1
    assert report["versions"]["usher"] == usher("--version").strip()
    assert report["settings"]["server"] == ENV["USHER_HTTP_LISTEN"]
    figures = {figure["name"]: figure for figure in report["figures"]}
    for action in ACTIONS:
        for percentile in ("p50", "p99"):
            figure = figures[f"{action}, {percentile}"]
            assert 0 < figure["lowest"] <= figure["median"] <= figure["highest"]
            assert ("byBaseline" in figure) == (action != "bare request")
    # The server runs here, so what it used can be seen.
    assert report["results"]["server"]["residentMost"] > 10_000_000
    assert figures["server, CPU of a request"]["median"] > 0


def test_what_it_prints_is_for_people_and_holds_no_secrets(loaded):
    files, said = loaded
    assert "publish to screen" in said and "checked:" in said and "of 6 s  published" in said
    secrets = [value for name, value in ENV.items() if name.endswith("_PASSWORD")] + [ENV["USHER_AMQP_URL"]]
    for text in (said, files["json"].read_text(), files["svg"].read_text()):
        assert not [secret for secret in secrets if secret in text]


def test_the_drawing_has_a_line_for_each_measure_and_each_rate(loaded):
    root = ElementTree.parse(loaded[0]["svg"]).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(root.findall(".//{http://www.w3.org/2000/svg}polyline")) == len(ACTIONS) + 4


def test_a_lost_request_fails_the_run(tmp_path):
    """Rules that drop one request in ten, which to the load is as if they were lost."""
    file = pathlib.Path(ENV["USHER_INTAKE_RULES_FILE"])
    before = file.read_text()
    drop = {"name": "lose", "when": {"queue": "load", "kind": {"matches": "load-*7"}}, "then": {"drop": True}}
    written = tmp_path / "load.json"
    try:
        take(file, json.dumps({"rules": [drop]}))
        said = bench(*LOAD, "--duration", "2", "--state", str(STATE), "--json", str(written), code=1)
    finally:
        take(file, before)
    requests = json.loads(written.read_text())["results"]["requests"]
    assert requests["lost"] == requests["published"] - requests["seen"] > 0
    assert "published requests are nowhere" in said


def take(file: pathlib.Path, content: str) -> None:
    """Gives the server other rules, and returns once it has them."""
    new = file.with_suffix(".new")
    new.write_text(content)
    new.replace(file)
    expected = usher("rules", "check", str(file)).split("fingerprint ")[1].split()[0].rstrip(".,)")
    os.kill(process_id("usher"), signal.SIGHUP)
    until(
        lambda: f"usher_intake_rules_fingerprint {expected}" in httpx.get(ADMIN + "/metrics", timeout=10).text,
        what="the server's taking over of the rules",
    )


def test_a_queue_that_others_use_is_left_alone(front_desk, supervisor):
    service = supervisor.submit(front_desk)
    said = bench(*LOAD, "--duration", "1", "--queue", front_desk, "--state", str(STATE), code=1)
    assert "is not open and empty" in said
    assert supervisor.get_json(f"/v1/services/{service['id']}")["state"] == "waiting"


def test_another_machine_is_not_loaded_by_accident():
    said = bench(*LOAD, "--duration", "1", "--address", "192.0.2.1:80", "--state", str(STATE), code=1)
    assert "--allow-remote" in said


def test_passwords_come_from_the_environment_too(tmp_path):
    """Without a state folder: the address as an option, the rest from the environment, a wrong password among it."""
    variables = {**ENV, "USHER_DEMO_VIEWER_PASSWORD": "not the viewer's password"}
    said = bench(
        *LOAD, "--duration", "1", "--address", HTTP.removeprefix("http://"), "--state", str(tmp_path), code=1, **variables
    )
    assert "viewer cannot sign in" in said and "invalid_credentials" in said
    assert variables["USHER_DEMO_VIEWER_PASSWORD"] not in said


@pytest.mark.parametrize(
    "option", [("--duration", "601"), ("--rate", "0"), ("--viewers", "0"), ("--queue", "No Queue"), ("--claims", "5000")]
)
def test_what_cannot_be_is_refused(option):
    bench(*LOAD, *option, "--state", str(STATE), code=64)


def test_compare_finds_what_got_slower(loaded, tmp_path):
    report = report_of(loaded)
    path = str(loaded[0]["json"])
    assert "nothing got slower" in bench("compare", path, path)

    slow = tmp_path / "slow.json"
    for figure in report["figures"]:
        if figure["name"] == "claim next, p50":
            for member in ("median", "lowest", "highest"):
                figure[member] = figure[member] * 100
    slow.write_text(json.dumps(report))
    said = bench("compare", path, str(slow), code=1)
    assert "slower: claim next, p50\n" in said
    # The other way round it got faster.
    assert "nothing got slower" in bench("compare", str(slow), path)


def test_a_baseline_file_is_renewed(loaded, tmp_path):
    path = str(loaded[0]["json"])
    baseline = tmp_path / "baseline.json"
    baseline.write_text(json.dumps({"reports": []}))
    assert "--renew" in bench("compare", str(baseline), path, code=1)
    bench("compare", str(baseline), path, "--renew")
    assert "nothing got slower" in bench("compare", str(baseline), path)
    kept = json.loads(baseline.read_text())["reports"]
    assert [entry["benchmark"] for entry in kept] == ["load"]
    # What is kept is what is compared, and not every run.
    assert set(kept[0]) == {"benchmark", "machine", "versions", "settings", "figures"}


def test_the_stored_baseline_is_of_a_release_build():
    stored = json.loads((ROOT / "Benchmarks" / "baseline.json").read_text())
    assert [report["machine"]["build"] for report in stored["reports"] if report["machine"]["build"] != "release"] == []


def test_what_is_no_report_is_refused(loaded, tmp_path):
    file = tmp_path / "other.json"
    file.write_text("{}")
    assert "no report of usher-bench" in bench("compare", str(file), str(file), code=1)
    assert "cannot be read" in bench("compare", str(tmp_path / "none"), str(loaded[0]["json"]), code=1)
