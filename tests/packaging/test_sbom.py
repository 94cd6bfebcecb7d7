"""The software bill of materials, and the licences: SPDX 2.3, and true."""

import hashlib
import json
import re
import subprocess
import sys

import pytest

from support import ARCHITECTURES, BUILD, FULL, NATIVE, ROOT, VERSION, run, static

# What the program is made of. A new library belongs here and in docs/decisions/0052.
LINKED = {"libbrotli-dev", "libc6-dev", "libgcc-12-dev", "libssl-dev", "libstdc++-12-dev",
          "liburing-dev", "libzstd-dev", "zlib1g-dev"}
HEADERS = {"libcli11-dev", "libfmt-dev", "nlohmann-json3-dev"}

REQUIRED = {  # SPDX 2.3, clauses 6 to 11
    "document": {"spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace",
                 "creationInfo", "packages", "relationships"},
    "package": {"SPDXID", "name", "versionInfo", "downloadLocation", "filesAnalyzed",
                "licenseConcluded", "licenseDeclared", "copyrightText", "externalRefs", "supplier"},
    "relationship": {"spdxElementId", "relationshipType", "relatedSpdxElement"},
}
LICENSE = r"[A-Za-z0-9.-]+( (OR|AND|WITH) [A-Za-z0-9.-]+)*"


@pytest.fixture(params=ARCHITECTURES)
def sbom(request, tmp_path):
    path = tmp_path / "sbom.json"
    run(ROOT / "packaging" / "sbom", request.param, path)
    return request.param, json.loads(path.read_text())


def test_is_a_document_of_spdx(sbom):
    architecture, document = sbom
    assert REQUIRED["document"] == set(document)
    assert (document["spdxVersion"], document["dataLicense"]) == ("SPDX-2.3", "CC0-1.0")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["creationInfo"]["created"])
    assert all(re.match("(Tool|Organization|Person): ", creator)
               for creator in document["creationInfo"]["creators"])
    assert document["documentNamespace"].endswith(
        hashlib.sha256(static(architecture).read_bytes()).hexdigest())
    ids = [package["SPDXID"] for package in document["packages"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", each) for each in ids)
    for package in document["packages"]:
        assert REQUIRED["package"] <= set(package), package["name"]
        assert re.fullmatch(LICENSE, package["licenseConcluded"]), package
        (reference,) = package["externalRefs"]
        assert reference["referenceType"] == "purl"
        assert re.match(r"pkg:(deb/debian|generic)/[a-z0-9.+%-]+@\S+$",
                        reference["referenceLocator"]), reference
    for relationship in document["relationships"]:
        assert REQUIRED["relationship"] == set(relationship)
        assert relationship["spdxElementId"] in [document["SPDXID"], *ids]
        assert relationship["relatedSpdxElement"] in ids


def test_names_what_is_linked(sbom):
    architecture, document = sbom
    echod, *libraries = document["packages"]
    digest = hashlib.sha256(static(architecture).read_bytes()).hexdigest()
    assert echod["checksums"] == [{"algorithm": "SHA256", "checksumValue": digest}]
    assert echod["versionInfo"] == VERSION
    versions = {library["name"]: library["versionInfo"] for library in libraries}
    assert set(versions) == LINKED | HEADERS
    if architecture == NATIVE:
        form = "${Package} ${Version}\n"
        told = run("dpkg-query", "--show", f"--showformat={form}", *sorted(versions))
        assert dict(line.split() for line in told.splitlines()) == versions


@pytest.fixture(scope="module")
def validator():
    """The reader that SPDX's own tools have, in a folder of its own."""
    folder = BUILD / "packaging" / "spdx"
    wanted = ROOT / "tests" / "packaging" / "requirements.txt"
    done = folder / "requirements.txt"
    if not done.exists() or done.read_text() != wanted.read_text():
        run(sys.executable, "-m", "venv", "--clear", folder)
        run(folder / "bin" / "pip", "--quiet", "install", "--no-deps", "-r", wanted)
        done.write_text(wanted.read_text())
    return folder / "bin" / "pyspdxtools"


@pytest.mark.skipif(not FULL, reason="installs SPDX's tools; ECHOD_FULL=1 runs it")
def test_the_tools_of_spdx_accept_it(sbom, validator, tmp_path):
    path = tmp_path / "sbom.spdx.json"
    path.write_text(json.dumps(sbom[1]))
    run(validator, "--infile", path)
    sbom[1]["packages"][1]["licenseConcluded"] = "MIT OR"
    path.write_text(json.dumps(sbom[1]))
    refused = subprocess.run([validator, "--infile", path], capture_output=True, check=False)
    assert refused.returncode == 1, "the validator accepts anything"


def test_licences_come_along():
    for architecture in ARCHITECTURES:
        text = (BUILD / "static" / architecture / "NOTICES").read_text()
        for words in ("Apache License", "Jean-loup Gailly", "Victor Zverovich", "Niels Lohmann",
                      "GNU Lesser General Public License", "GCC RUNTIME LIBRARY EXCEPTION"):
            assert words.lower() in text.lower(), (architecture, words)
