"""The Debian package as a file, and the units: what needs no machine to install them on."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ECHOD = pathlib.Path(os.environ.get("ECHOD", ROOT / "build/release/echod")).absolute()

EXPOSURE_MAX = 1.5  # of 10, in `systemd-analyze security`


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, timeout=600,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          **options).stdout


@pytest.fixture(scope="module")
def unpacked(package, tmp_path_factory):
    directory = tmp_path_factory.mktemp("unpacked")
    run("dpkg-deb", "-R", package, directory)
    return directory


def test_lintian(package):
    # Root is what CI is.
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", str(package)],
                          capture_output=True, text=True, timeout=600)
    assert done.returncode == 0 and done.stdout == "", done.stdout + done.stderr


def test_fields(package):
    fields = dict(re.findall(r"^([A-Z][\w-]+): (.*)$", run("dpkg-deb", "-f", package), re.M))
    version = run(ECHOD, "--version").split()[1]
    changelog = run("dpkg-parsechangelog", "-l", ROOT / "packaging/debian/changelog",
                    "-S", "Version").strip()
    assert fields["Version"] == changelog and changelog.startswith(version + "-")
    assert fields["Architecture"] == run("dpkg", "--print-architecture").strip()
    # dpkg-shlibdeps has looked.
    for library in ("libc6", "libssl3", "libstdc++6", "liburing2"):
        assert re.search(rf"(^|, ){re.escape(library)} \(>= ", fields["Depends"]), library


def test_contents(package, unpacked):
    listing = run("dpkg-deb", "-c", package)
    assert all(line.split()[1] == "root/root" for line in listing.splitlines())
    files = {f"/{path.relative_to(unpacked)}" for path in unpacked.rglob("*") if path.is_file()
             and "DEBIAN" not in path.parts}
    assert {"/usr/bin/echod", "/etc/echod/echod.toml", "/etc/logrotate.d/echod",
            "/usr/lib/systemd/system/echod.service", "/usr/lib/systemd/system/echod.socket",
            "/usr/share/man/man1/echod.1.gz",
            "/usr/share/bash-completion/completions/echod",
            "/usr/share/zsh/vendor-completions/_echod",
            "/usr/share/fish/vendor_completions.d/echod.fish",
            "/usr/share/doc/echod/examples/echod.rules.yml",
            "/usr/share/doc/echod/copyright", "/usr/share/doc/echod/changelog.gz",
            "/usr/share/doc/echod/changelog.Debian.gz"} <= files
    conffiles = (unpacked / "DEBIAN/conffiles").read_text().split()
    assert sorted(conffiles) == sorted(path for path in files if path.startswith("/etc"))
    assert (unpacked / "etc/echod/echod.toml").read_text() == run(ECHOD, "config", "example")
    run(unpacked / "usr/bin/echod", "config", "check", unpacked / "etc/echod/echod.toml")
    assert run(unpacked / "usr/bin/echod", "config", "dump", "--config",
               unpacked / "etc/echod/echod.toml").count("127.0.0.1:8080") >= 1


def test_same_sources_make_the_same_package(package, make_package, tmp_path):
    """In another folder."""
    other = make_package(tmp_path / "elsewhere")
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (package, other)}
    assert len(digests) == 1


def test_refuses_without_its_tools(tmp_path):
    """CPack would make a package without dependencies, and report no error."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("bash", "dirname", "cmake", "realpath", "sed", "git", "dpkg-parsechangelog"):
        (tools / tool).symlink_to(shutil.which(tool))
    done = subprocess.run([ROOT / "packaging/deb", ECHOD, tmp_path / "out"], timeout=60,
                          env={"PATH": str(tools)}, capture_output=True, text=True)
    assert done.returncode == 1 and "apt-get install dpkg-dev file" in done.stderr


@pytest.fixture
def units(unpacked, tmp_path):
    """The units with a program that exists here."""
    for unit in ("echod.service", "echod.socket"):
        text = (unpacked / "usr/lib/systemd/system" / unit).read_text()
        assert text == (ROOT / "packaging/systemd" / unit).read_text()
        (tmp_path / unit).write_text(text.replace("/usr/bin/echod", str(ECHOD)))
    return tmp_path


def test_units_are_valid(units):
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", units / "echod.service",
                           units / "echod.socket"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_exposure(units):
    report = run("systemd-analyze", "security", "--offline=true", "--no-pager",
                 units / "echod.service")
    exposure = re.search(r"Overall exposure level for echod.service: ([\d.]+)", report)
    assert float(exposure.group(1)) <= EXPOSURE_MAX, report


def test_stop_timeout_covers_drain(unpacked):
    """What systemd allows is longer than the drain takes unless it is configured."""
    unit = (unpacked / "usr/lib/systemd/system/echod.service").read_text()
    allowed = int(re.search(r"^TimeoutStopSec=(\d+)s$", unit, re.M).group(1))
    settings = run(ECHOD, "config", "dump")
    drain = sum(int(re.search(rf'^{name} = "?(\d+)s?"?', settings, re.M).group(1))
                for name in ("drain-delay", "drain-timeout"))
    assert allowed > drain


def test_cmake_install(tmp_path):
    """`cmake --install` has the same files, under the prefix, and leaves a configuration alone."""
    build = ECHOD.parent
    if not (build / "cmake_install.cmake").exists():
        pytest.skip("echod is not in its build directory")
    environment = {**os.environ, "DESTDIR": str(tmp_path)}
    run("cmake", "--install", build, "--prefix", "/opt/echod", env=environment)
    unit = (tmp_path / "opt/echod/lib/systemd/system/echod.service").read_text()
    assert "ExecStart=/opt/echod/bin/echod serve --config /opt/echod/etc/echod/echod.toml" in unit
    configuration = tmp_path / "opt/echod/etc/echod/echod.toml"
    assert configuration.read_text() == run(ECHOD, "config", "example")
    configuration.write_text("# mine\n")
    run("cmake", "--install", build, "--prefix", "/opt/echod", env=environment)
    assert configuration.read_text() == "# mine\n"
    assert os.access(tmp_path / "opt/echod/bin/echod", os.X_OK)
