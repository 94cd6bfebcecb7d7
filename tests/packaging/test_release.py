"""What packaging/release leaves to be published."""

import tarfile

from support import ARCHITECTURES, BUILD, VERSION, run, static

OUT = BUILD / "release-artifacts"


def test_everything_is_there_with_its_checksum():
    names = {path.name for path in OUT.iterdir()}
    for architecture in ARCHITECTURES:
        name = f"echod-{VERSION}-linux-{architecture}"
        assert {f"{name}.tar.gz", f"{name}.debug", f"{name}.spdx.json"} <= names
    assert f"echod-{VERSION}.oci.tar" in names
    listed = {line.split("  ")[1] for line in (OUT / "SHA256SUMS").read_text().splitlines()}
    assert listed == names - {"SHA256SUMS"}
    run("sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS", cwd=OUT)


def test_archives_hold_what_was_tested():
    for architecture in ARCHITECTURES:
        name = f"echod-{VERSION}-linux-{architecture}"
        with tarfile.open(OUT / f"{name}.tar.gz") as archive:
            members = {entry.name: (oct(entry.mode), entry.uid, entry.gid)
                       for entry in archive.getmembers()}
            packed = archive.extractfile(f"{name}/echod").read()
        assert packed == static(architecture).read_bytes()
        assert members == {name: ("0o755", 0, 0), f"{name}/echod": ("0o755", 0, 0),
                           f"{name}/LICENSE": ("0o644", 0, 0), f"{name}/NOTICES": ("0o644", 0, 0)}
