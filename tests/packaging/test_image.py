"""The container image: its contents, and that it runs as a runtime would run it."""

import io
import json
import subprocess
import tarfile
import time

import pytest

from support import (ARCHITECTURES, BUILD, NATIVE, PATIENCE_S, ROOT, VERSION, digest_of, echoes,
                     needs_root, run, serving, static, unused_port)

IMAGE = BUILD / "image" / f"echod-{VERSION}.oci.tar"
UID = 65532


class Image:
    def __init__(self, path):
        with tarfile.open(path) as archive:
            self.files = {entry.name: archive.extractfile(entry).read()
                          for entry in archive.getmembers() if entry.isfile()}
        (entry,) = json.loads(self.files["index.json"])["manifests"]
        self.name = entry["annotations"]["org.opencontainers.image.ref.name"]
        self.index = json.loads(self.blob(entry))

    def blob(self, descriptor):
        data = self.files["blobs/sha256/" + descriptor["digest"].split(":")[1]]
        assert len(data) == descriptor["size"]
        return data

    def of(self, architecture):
        """Its configuration, and its only layer as a tar."""
        (descriptor,) = [each for each in self.index["manifests"]
                         if each["platform"] == {"architecture": architecture, "os": "linux"}]
        manifest = json.loads(self.blob(descriptor))
        (layer,) = manifest["layers"]
        return json.loads(self.blob(manifest["config"])), self.blob(layer)


@pytest.fixture(scope="module")
def image():
    return Image(IMAGE)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_configuration(image, architecture):
    configuration, _ = image.of(architecture)
    assert configuration["architecture"] == architecture
    settings = configuration["config"]
    labels = settings.pop("Labels")
    assert settings.pop("Healthcheck")["Test"] == ["CMD", "/echod", "health"]
    assert settings == {"User": "65532:65532", "ExposedPorts": {"8080/tcp": {}},
                        "Env": ["ECHOD_LISTEN=*:8080"], "Entrypoint": ["/echod"],
                        "WorkingDir": "/", "StopSignal": "SIGTERM"}
    name = "org.opencontainers.image."
    assert labels[name + "version"] == VERSION
    assert labels[name + "created"] == configuration["created"]
    assert {label.removeprefix(name) for label in labels} == {
        "title", "description", "version", "revision", "created", "licenses"}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_holds_the_program_and_licences_alone(image, architecture):
    _, layer = image.of(architecture)
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        modes = {entry.name: oct(entry.mode) for entry in archive.getmembers()}
        assert archive.extractfile("echod").read() == static(architecture).read_bytes()
    assert modes == {"echod": "0o755", "licenses": "0o755", "licenses/LICENSE": "0o644",
                     "licenses/NOTICES": "0o644"}


def test_others_read_it(image, tmp_path):
    """skopeo checks each digest and size as it copies, both architectures."""
    assert image.name == f"echod:{VERSION}"
    run("skopeo", "copy", "--quiet", "--all", f"oci-archive:{IMAGE}", f"oci:{tmp_path}/copy:echod")
    copied = json.loads((tmp_path / "copy" / "index.json").read_text())
    digest = copied["manifests"][0]["digest"]
    assert digest == (BUILD / "image" / "digest").read_text().strip()


def test_made_again_it_is_the_same(image):
    before = digest_of(IMAGE)
    run(ROOT / "packaging" / "image")
    assert digest_of(IMAGE) == before


@needs_root
def test_buildah_runs_it(tmp_path):
    buildah = ["buildah", "--root", tmp_path / "root", "--runroot", tmp_path / "run",
               "--storage-driver", "vfs"]
    name = run(*buildah, "pull", "--quiet", f"oci-archive:{IMAGE}").strip()
    container = run(*buildah, "from", name).strip()
    try:
        inside = json.loads(run(*buildah, "run", "--isolation", "chroot", container, "--", "/echod",
                                "version", "--json"))
        assert inside["linkage"] == "static" and inside["version"] == VERSION
    finally:
        run(*buildah, "rm", "--all")
        run(*buildah, "rmi", "--all", "--force")


def bundle(image, directory, arguments=()):
    """What a runtime makes of the image: its files, and its settings with a read-only root."""
    configuration, layer = image.of(NATIVE)
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        archive.extractall(directory / "rootfs")
    run("runc", "spec", "--bundle", directory)
    path = directory / "config.json"
    spec = json.loads(path.read_text())
    settings = configuration["config"]
    port = str(unused_port())  # and not any, because the health check has to know it
    environment = [each.replace("8080", port) for each in settings["Env"]]
    nothing = {kind: [] for kind in spec["process"]["capabilities"]}
    spec["process"].update(terminal=False, user={"uid": UID, "gid": UID}, env=environment,
                           args=settings["Entrypoint"] + list(arguments), capabilities=nothing,
                           noNewPrivileges=True)
    spec["root"] = {"path": "rootfs", "readonly": True}
    # The tests' own network, and no control groups, which not every machine lets us make.
    spec["linux"]["namespaces"] = [each for each in spec["linux"]["namespaces"]
                                   if each["type"] not in ("network", "cgroup")]
    spec["linux"].pop("resources")
    path.write_text(json.dumps(spec))
    return directory


@needs_root
def test_serves_and_drains_as_first_process(image, tmp_path):
    """PID 1 of its own namespace, user 65532, no capabilities, read-only root."""
    runc = ["runc", "--root", tmp_path / "state"]
    name = f"echod-{tmp_path.name}-{time.monotonic_ns()}"
    settings = image.of(NATIVE)[0]["config"]
    command = [*runc, "run", "--bundle", bundle(image, tmp_path), name]
    with serving(command, tmp_path) as (process, port, log):
        echoes(port)
        state = json.loads(run(*runc, "state", name))
        status = dict(line.split(":\t", 1) for line in
                      open(f"/proc/{state['pid']}/status").read().splitlines() if ":\t" in line)
        assert status["NSpid"].split()[-1] == "1"
        assert status["Uid"].split() == status["Gid"].split() == [str(UID)] * 4
        assert int(status["CapBnd"], 16) == int(status["CapEff"], 16) == 0
        mounts = open(f"/proc/{state['pid']}/mounts").read().splitlines()
        assert any(line.split()[1] == "/" and line.split()[3].startswith("ro") for line in mounts)
        run(*runc, "exec", name, *settings["Healthcheck"]["Test"][1:])
        known = log.read_text().count("Connection established")
        # A request that is being answered is answered to its end.
        client = subprocess.Popen(["curl", "-sS", "--max-time", str(PATIENCE_S), "--data", "late",
                                   f"http://127.0.0.1:{port}/?delay=500ms"],
                                  stdout=subprocess.PIPE)
        deadline = time.monotonic() + PATIENCE_S
        while log.read_text().count("Connection established") == known:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.01)
        run(*runc, "kill", name, "TERM")
        assert process.wait(PATIENCE_S) == 0
        assert client.communicate()[0] == b"late"
