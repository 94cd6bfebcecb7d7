"""packaging/Dockerfile, built by buildah from a bare Debian: minutes, so in a full run alone."""

import json
import os
import subprocess

import pytest

from support import FULL, ROOT, VERSION, needs_root, run

BUILD_S = 3600  # on a loaded machine


@needs_root
@pytest.mark.skipif(not FULL, reason="minutes; ECHOD_FULL=1 runs it")
def test_builds_the_image(tmp_path):
    buildah = ["buildah", "--root", tmp_path / "root", "--runroot", tmp_path / "run",
               "--storage-driver", "vfs"]

    def slowly(*command):
        done = subprocess.run([str(part) for part in command], cwd=ROOT, timeout=BUILD_S,
                              capture_output=True, text=True, errors="replace", check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    # There is no registry here: the base is made from the machine's own package sources.
    sources = [path for path in ("/etc/apt/sources.list", "/etc/apt/sources.list.d/debian.sources")
               if os.path.exists(path) and os.path.getsize(path)]
    slowly("mmdebstrap", "--variant=apt", "bookworm", tmp_path / "base.tar", *sources)
    base = run(*buildah, "from", "scratch").strip()
    slowly(*buildah, "add", base, tmp_path / "base.tar", "/")
    slowly(*buildah, "commit", "--quiet", base, "localhost/base")
    (tmp_path / "base.tar").unlink()

    commit = run("git", "-C", ROOT, "rev-parse", "HEAD").strip()
    slowly(*buildah, "bud", "--isolation", "chroot", "--format", "docker", "--network", "host",
           "--build-arg", "BASE=localhost/base", "--build-arg", f"COMMIT={commit}",
           "--file", "packaging/Dockerfile", "--tag", "localhost/echod", ".")
    container = run(*buildah, "from", "localhost/echod").strip()
    document = json.loads(run(*buildah, "run", "--isolation", "chroot", container, "--", "/echod",
                              "version", "--json"))
    assert (document["linkage"], document["commit"], document["version"]) == (
        "static", commit, VERSION)
    settings = json.loads(run(*buildah, "inspect", container))["Docker"]["config"]
    assert settings["User"] == "65532:65532"
    assert settings["Entrypoint"] == ["/echod"]
    assert settings["Healthcheck"]["Test"] == ["CMD", "/echod", "health"]
    assert "ECHOD_LISTEN=*:8080" in settings["Env"]
    slowly(*buildah, "rm", "--all")
    slowly(*buildah, "rmi", "--all", "--force")
