"""The static programs: what they are made of, and that they run where there is nothing else."""

import json
import re
import shutil
import signal
import subprocess
import sys

import pytest

from support import (ARCHITECTURES, BUILD, NATIVE, PATIENCE_S, PRESETS, ROOT, VERSION, digest_of,
                     echoes, emulated, needs_root, run, serving, static, unused_port)

SIZE_MAX = 7_000_000  # bytes; 5.6 million when this was written
TARGETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}

each_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)


@each_architecture
def test_is_static_small_and_hardened(architecture):
    program = static(architecture)
    headers = run("readelf", "--wide", "--file-header", "--program-headers", "--dynamic", program)
    assert "INTERP" not in headers and "(NEEDED)" not in headers
    assert "DYN (Position-Independent Executable file)" in headers
    assert "GNU_RELRO" in headers and "BIND_NOW" in headers
    assert re.search(r"GNU_STACK .* RW ", headers), "the stack is executable"
    assert program.stat().st_size < SIZE_MAX


@each_architecture
def test_symbols_stand_apart(architecture):
    program = static(architecture)
    sections = run("readelf", "--wide", "--sections", program)
    assert ".symtab" not in sections and ".debug_info" not in sections
    assert "echod.debug" in run("readelf", "--string-dump=.gnu_debuglink", program)
    notes = [run("readelf", "--notes", file) for file in (program, f"{program}.debug")]
    build_ids = [re.search(r"Build ID: (\w+)", note).group(1) for note in notes]
    assert build_ids[0] == build_ids[1]
    assert ".debug_info" in run("readelf", "--wide", "--sections", f"{program}.debug")


@each_architecture
def test_holds_no_path_of_the_build(architecture):
    for file in (static(architecture), BUILD / PRESETS[architecture] / "echod_static"):
        assert str(ROOT).encode() not in file.read_bytes(), file


def test_linking_again_gives_the_same():
    built = BUILD / "release" / "echod_static"
    link = ["ninja", "-C", BUILD / "release", "echod_static"]
    run(*link)
    before = digest_of(built)
    built.unlink()
    assert "Linking CXX executable echod_static" in run(*link)
    assert digest_of(built) == before


@each_architecture
def test_says_what_it_is(architecture):
    program = [*emulated(architecture), static(architecture)]
    document = json.loads(run(*program, "version", "--json"))
    assert document["version"] == VERSION
    assert document["linkage"] == "static"
    assert document["target"] == TARGETS[architecture]
    if architecture != NATIVE:  # the emulator has no io_uring
        uring = document["engines"][-1]
        assert uring["name"] == "uring" and uring["reason"]
        assert document["default_engine"] == "epoll"


@pytest.mark.skipif("arm64" == NATIVE, reason="runs natively here")
def test_arm64_serves_under_emulation(tmp_path):
    command = ["qemu-aarch64", static("arm64"), "--listen", "127.0.0.1:0"]
    with serving(command, tmp_path) as (process, port, log):
        assert "Engine: epoll (" in log.read_text()
        echoes(port)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


@needs_root
def test_runs_in_an_empty_root(tmp_path):
    """No /etc, /proc, /dev, /tmp: as in the image, or poorer."""
    empty = tmp_path / "root"
    empty.mkdir()
    shutil.copy(static(NATIVE), empty)
    command = ["chroot", "--userspec=65532:65532", empty, "/echod", "--listen",
               f"localhost:{unused_port()}"]
    with serving(command, tmp_path) as (process, port, log):
        assert "127.0.0.1:" in log.read_text() or "[::1]:" in log.read_text()
        echoes(port, host="localhost")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


@needs_root
def test_resolves_names_without_plugins(tmp_path):
    """/etc/hosts, then DNS, whatever nsswitch.conf says; in a network of its own, for port 53."""
    etc = tmp_path / "root" / "etc"
    etc.mkdir(parents=True)
    shutil.copy(static(NATIVE), tmp_path / "root")
    (etc / "nsswitch.conf").write_text("hosts: mymachines resolve [!UNAVAIL=return] myhostname\n")
    (etc / "hosts").write_text("127.0.0.7 by-hosts.test\n")
    (etc / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:2 attempts:1\n")
    peer = ROOT / "tests" / "packaging" / "name_server.py"
    done = subprocess.run(
        ["unshare", "--net", sys.executable, peer, tmp_path / "root"],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "listening on 127.0.0.7:" in done.stdout
    assert "listening on 127.0.0.9:" in done.stdout
    assert "host not found" in done.stdout or "unknown host" in done.stdout, done.stdout
