"""A dry start of the image: its commands in a bare tree with only the files that it would hold."""

import os
import signal

import pytest
from support.environment import ENV, STATE, until
from support.image_tree import CMD, ENTRYPOINT, HEALTH, ImageTree, owners, packages
from support.node import free_port
from support.own_server import own_place

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may change the root folder")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    folder = tmp_path_factory.mktemp("image") / "root"
    folder.mkdir(mode=0o755)
    # Others than root must get to it.
    for parent in list(folder.parents)[:3]:
        parent.chmod(0o755)
    return ImageTree(folder)


def test_every_library_is_of_a_package_that_the_image_installs():
    there = packages()
    for library, package in owners().items():
        assert package is None or package in there, f"{library} needs {package}"


def test_it_says_what_it_is(tree):
    code, said = tree.run([*ENTRYPOINT, "--version"])
    assert (code, said) == (0, "0.1.0\n")
    code, said = tree.run([*ENTRYPOINT, "--help"])
    assert code == 0 and "serve" in said and "health" in said


def test_without_settings_it_ends_and_says_what_it_lacks(tree):
    code, said = tree.run([*ENTRYPOINT, *CMD])
    assert code == 1
    for name in ("USHER_REDIS_URL", "USHER_AMQP_URL", "USHER_DATABASE_URL", "USHER_KEYSET_FILE"):
        assert f"{name}: is missing" in said


def test_health_without_a_server(tree):
    code, said = tree.run(HEALTH, USHER_ADMIN_LISTEN=f"0.0.0.0:{free_port()}")
    assert code == 1 and "no answer from 127.0.0.1:" in said


def test_a_bad_setting_is_told_by_health_too(tree):
    code, said = tree.run(HEALTH, USHER_ADMIN_LISTEN="nowhere")
    assert code == 1 and "USHER_ADMIN_LISTEN" in said


def test_it_serves_as_its_user_with_a_read_only_root_and_a_mounted_keyset(tree):
    with own_place("image") as place:
        settings = {name: value for name, value in ENV.items() if not name.startswith("USHER_DEMO_")} | place
        settings |= {name: f"0.0.0.0:{free_port()}" for name in ("USHER_HTTP_LISTEN", "USHER_ADMIN_LISTEN")}
        settings["USHER_KEYSET_FILE"] = tree.mount_secret("keyset.json", ENV["USHER_KEYSET_FILE"])
        del settings["USHER_INTAKE_RULES_FILE"]
        code, said = tree.run([*ENTRYPOINT, "migrate"], **settings)
        assert code == 0 and "applied" in said, said

        with (STATE / "log" / "usher-image.log").open("w") as log:
            process = tree.start([*ENTRYPOINT, *CMD], settings, log)
        try:
            until(lambda: tree.run(HEALTH, **settings)[0] == 0, what=f"readiness (see {log.name})")
            code, said = tree.run(HEALTH, **settings)
            assert '{"name":"postgres","ready":true}' in said
            assert tree.run([*HEALTH, "--live"], **settings) == (0, '{"status":"live"}\n')
            with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
                lines = dict(line.rstrip("\n").split(":\t", 1) for line in file)
            assert lines["Uid"].split("\t") == ["10001"] * 4
            assert int(lines["CapEff"], 16) == 0 and lines["NoNewPrivs"] == "1"
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=25) == 0
        finally:
            process.kill()
            process.wait()
