"""The Debian package on a bare Debian with systemd: installed, used, reconfigured, removed, purged.

One machine, and the tests use it in the order of this file, as an administrator would:
ECHOD_FULL=1 python3 -m pytest tests/packaging/test_debian.py
"""

import os
import pathlib
import re
import resource
import shutil
import subprocess
import tempfile

import pytest

import machine as machines

ROOT = pathlib.Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.skipif(os.environ.get("ECHOD_FULL", "") != "1",
                       reason="over a minute, with the bare Debian to make first: ECHOD_FULL=1"),
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mmdebstrap"),
                       reason="a bare Debian takes root and mmdebstrap"),
]

# What apt, dpkg, systemd and the journal keep of any package.
OF_THE_SYSTEM = (
    "/var/lib/dpkg", "/var/lib/apt", "/var/cache", "/var/log/apt", "/var/log/dpkg.log",
    "/var/log/journal", "/var/log/alternatives.log", "/var/log/private", "/var/lib/systemd",
    "/var/lib/private", "/var/cache/private", "/var/lib/logrotate", "/etc/machine-id",
    "/etc/resolv.conf", "/mnt", "/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp",
    "/etc/.pwd.lock", "/etc/ld.so.cache")


def curl(machine, url, *options):
    return subprocess.run(machine.on_network("curl", "-sS", "--max-time", "30", *options, url),
                          check=True, capture_output=True, text=True, timeout=60).stdout


def main_pid(machine):
    """The service's process, with the number that the host knows it by."""
    inside = machine.show("echod", "MainPID")
    namespace = os.readlink(f"/proc/{machine.init}/ns/pid")
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "ns/pid") == namespace and \
                    status_of(entry.name)["NSpid"].split()[-1] == inside:
                return int(entry.name)
        except OSError:
            continue
    raise AssertionError("echod does not run")


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def configure(machine, text):
    (machine.root / "etc/echod/echod.toml").write_text(text)


@pytest.fixture(scope="module")
def machine(package):
    directory = tempfile.mkdtemp(prefix="debian-", dir=ROOT / "build")
    root = pathlib.Path(directory) / "root"
    root.mkdir()
    machine = machines.Machine(root)
    try:
        shutil.copy(package, root / "srv")
        # The dependencies come from Debian; the machine itself has no network but its loopback.
        machine.chroot("apt-get", "install", "-y", "--no-install-recommends", "--download-only",
                       f"/srv/{package.name}", stdout=subprocess.DEVNULL)
        machine.before = machine.files()
        machine.boot()
        yield machine
    finally:
        machine.close()
        shutil.rmtree(directory)


@pytest.fixture(autouse=True)
def in_order(machine, request):
    """After a step that failed, the next ones have nothing to say."""
    if machine.failed_before is None:
        machine.failed_before = request.session.testsfailed
    if request.session.testsfailed > machine.failed_before:
        pytest.skip("an earlier step failed")


def test_install_starts_the_service(machine, package):
    done = machine.run("apt-get", "install", "-y", "--no-install-recommends",
                       f"/srv/{package.name}")
    assert "warning" not in done.stderr.lower(), done.stderr
    assert machine.run("echod", "--version").stdout.startswith("echod ")
    assert machine.show("echod", "ActiveState") == "active", machine.log()
    assert machine.show("echod", "UnitFileState") == "enabled"
    assert machine.show("echod.socket", "UnitFileState") == "disabled"
    assert curl(machine, "http://127.0.0.1:8080/", "-d", "hello") == "hello"
    # Ready was said, and the loops are watched.
    assert machine.show("echod", "Type") == "notify"
    assert machine.show("echod", "WatchdogTimestampMonotonic") != "0"


def test_hardening_holds(machine):
    """What the unit says, as the kernel sees it, and echod works under it, with io_uring."""
    status = status_of(main_pid(machine))
    assert status["Uid"].split()[0] not in ("0", "65534")
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    bind = 1 << 10  # CAP_NET_BIND_SERVICE
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == bind, name
    # As far as this machine may raise it.
    limits = pathlib.Path(f"/proc/{main_pid(machine)}/limits").read_text()
    files = int(re.search(r"^Max open files +\d+ +(\d+)", limits, re.M).group(1))
    assert files >= min(1048576, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    log = machine.log()
    assert "Engine: uring" in log and "warning" not in log.lower(), log


def test_port_7_and_files(machine):
    """The echo port, an admin socket and log files, by the configuration alone."""
    configure(machine, 'listen = ["[::]:7", "localhost:8080"]\n'
                       'access-log = "/var/log/echod/access.log"\n'
                       'admin = ["unix:/run/echod/admin.sock"]\n')
    machine.run("systemctl", "restart", "echod")
    echoed = subprocess.run(machine.on_network("nc", "-N", "127.0.0.1", "7"), input=b"raw\n",
                            check=True, capture_output=True, timeout=60).stdout
    assert echoed == b"raw\n"
    curl(machine, "http://localhost:8080/first")
    ready = subprocess.run(
        ["curl", "-sS", "--max-time", "30", "--unix-socket",
         pathlib.Path("/proc", machine.init, "root", "run/echod/admin.sock"),
         "http://localhost/readyz"],
        check=True, capture_output=True, text=True, timeout=60)
    assert "ok" in ready.stdout
    log = machine.root / "var/log/private/echod/access.log"
    machine.wait(lambda: log.exists() and "/first" in log.read_text(), "the access log")


def test_logrotate(machine):
    machine.run("logrotate", "--force", "/etc/logrotate.d/echod")
    logs = machine.root / "var/log/private/echod"
    machine.wait(lambda: (logs / "access.log").exists(), "the new access log")
    curl(machine, "http://localhost:8080/second")
    machine.wait(lambda: "/second" in (logs / "access.log").read_text(), "the new access log")
    assert "/first" in (logs / "access.log.1").read_text()


def test_reload(machine):
    """A bad configuration is named, and the good one stays."""
    configure(machine, 'listen = ["[::]:7", "localhost:8080"]\nidle-timeout = "soon"\n')
    machine.run("systemctl", "reload", "echod")
    machine.wait(lambda: "echod.toml" in machine.log() and "soon" in machine.log(), "the complaint")
    assert curl(machine, "http://localhost:8080/", "-d", "still") == "still"
    configure(machine, 'listen = ["[::]:7", "localhost:8080"]\n')
    machine.run("systemctl", "reload", "echod")
    assert machine.show("echod", "ActiveState") == "active"


def test_killed_is_restarted(machine):
    before = main_pid(machine)
    os.kill(before, 9)
    machine.wait(lambda: machine.show("echod", "NRestarts") == "1", "a restart")
    machine.wait(lambda: machine.show("echod", "ActiveState") == "active", "the service")
    assert curl(machine, "http://localhost:8080/", "-d", "again") == "again"


def test_mistake_at_start_is_not_retried(machine):
    configure(machine, 'idle-timeout = "soon"\n')
    assert machine.run("systemctl", "restart", "echod", check=False).returncode != 0
    assert machine.show("echod", "ActiveState") == "failed"
    assert machine.show("echod", "ExecMainStatus") == "2"
    configure(machine, 'drain-timeout = "20s"\n')
    machine.run("systemctl", "restart", "echod")


def test_stop_drains(machine):
    """An exchange in flight ends well."""
    client = subprocess.Popen(machine.on_network(
        "curl", "-sS", "--max-time", "60", "-d", "late", "http://127.0.0.1:8080/?delay=2s"),
        stdout=subprocess.PIPE, text=True)
    machine.wait(lambda: ":8080" in subprocess.run(
        machine.on_network("ss", "-Htn", "state", "established"), check=True, capture_output=True,
        text=True).stdout, "the connection")
    machine.run("systemctl", "stop", "echod")
    assert client.communicate(timeout=60)[0] == "late"
    assert machine.show("echod", "Result") == "success"
    assert machine.show("echod", "ExecMainStatus") == "0"


def test_socket_activation(machine):
    """Port 7 by systemd: echod starts at the first connection."""
    # Administrators start it less often than these tests, which reach systemd's limit (5 in 10 s).
    machine.run("systemctl", "reset-failed", "echod")
    machine.run("systemctl", "start", "echod.socket")
    assert machine.show("echod", "ActiveState") == "inactive"
    done = subprocess.run(machine.on_network("nc", "-N", "::1", "7"), input=b"wake up\n",
                          capture_output=True, timeout=60)
    assert done.stdout == b"wake up\n", done.stderr.decode() + machine.log()
    assert machine.show("echod", "ActiveState") == "active"
    assert curl(machine, "http://127.0.0.1:7/", "-d", "http") == "http"


def test_remove_keeps_the_configuration(machine):
    machine.run("apt-get", "remove", "-y", "echod")
    assert not (machine.root / "usr/bin/echod").exists()
    assert (machine.root / "etc/echod/echod.toml").exists()
    assert (machine.root / "var/log/private/echod").exists()
    listening = subprocess.run(machine.on_network("ss", "-Htln"), check=True, capture_output=True,
                               text=True).stdout
    assert ":7 " not in listening and ":8080" not in listening


def test_purge_leaves_nothing(machine):
    machine.run("apt-get", "purge", "-y", "echod")
    machine.run("apt-get", "autoremove", "--purge", "-y")
    left = {path for path in machine.files() - machine.before
            if not path.startswith(OF_THE_SYSTEM)}
    assert left == set()
    assert [path for path in machine.files() if "echod" in path
            and not path.startswith(("/srv", "/var/log/journal", "/var/cache/apt"))] == []
