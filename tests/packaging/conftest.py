"""What several files of tests share, made once."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ECHOD = pathlib.Path(os.environ.get("ECHOD", ROOT / "build/release/echod")).absolute()


@pytest.fixture(scope="session")
def make_package():
    """Makes the Debian package of echod in a directory, and returns its path."""

    def make(directory):
        made = subprocess.run([ROOT / "packaging/deb", ECHOD, directory], check=True, timeout=600,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return pathlib.Path(made.stdout.strip())

    return make


@pytest.fixture(scope="session")
def package(make_package, tmp_path_factory):
    return make_package(tmp_path_factory.mktemp("package"))
