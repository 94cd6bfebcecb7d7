"""The manifests of packaging/kubernetes: rendered by kustomize, checked with Kubernetes' schemas,
of the Gateway API and of the Prometheus Operator, and against the real echod."""

import copy
import json
import os
import pathlib
import re
import shutil
import subprocess
import time
import urllib.request

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANIFESTS = ROOT / "packaging/kubernetes"
CHECKER = ROOT / "tests/packaging/kubernetes"
BUILD = ROOT / "build/packaging"
ECHOD = pathlib.Path(os.environ.get("ECHOD", ROOT / "build/release/echod")).absolute()

DIRECTORIES = ["base", "overlays/example"]

KUSTOMIZE_MODULE = "sigs.k8s.io/kustomize/kustomize/v5@v5.8.1"


@pytest.fixture(scope="session")
def kustomize():
    """The command before a directory: kustomize, that of kubectl, or one that Go builds."""
    if shutil.which("kustomize"):
        return ["kustomize", "build"]
    if shutil.which("kubectl"):
        return ["kubectl", "kustomize"]
    if not shutil.which("go"):
        pytest.skip("there is no kustomize, no kubectl, and no Go to build kustomize with")
    program = BUILD / "bin/kustomize"
    if not program.exists():
        subprocess.run(["go", "install", KUSTOMIZE_MODULE], check=True, timeout=1200,
                       env={**os.environ, "GOBIN": str(program.parent), "GOFLAGS": "-mod=mod"})
    return [str(program), "build"]


@pytest.fixture(scope="session")
def rendered(kustomize):
    """The resources of each directory."""
    result = {}
    for directory in DIRECTORIES:
        run = subprocess.run([*kustomize, str(MANIFESTS / directory)], check=True, timeout=300,
                             capture_output=True, text=True)
        assert "deprecated" not in run.stderr, run.stderr
        result[directory] = [resource for resource in yaml.safe_load_all(run.stdout) if resource]
    return result


@pytest.fixture(params=DIRECTORIES)
def resources(rendered, request):
    return rendered[request.param]


@pytest.fixture(scope="session")
def checker():
    """What checks resources, as a function that returns the mistakes. npm installs what the lock
    file names, by digest, into a copy of the checker."""
    if not shutil.which("npm"):
        pytest.skip("there is no npm to install the schemas with")
    directory = BUILD / "kubernetes"
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "check.mjs"):
        source, target = CHECKER / name, directory / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            if name != "check.mjs":
                (directory / "installed").unlink(missing_ok=True)
            shutil.copy(source, target)
    if not (directory / "installed").exists():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], check=True,
                       cwd=directory, timeout=300, stdin=subprocess.DEVNULL)
        (directory / "installed").touch()

    def check(resources):
        run = subprocess.run(["node", "check.mjs"], cwd=directory, input=json.dumps(resources),
                             timeout=300, capture_output=True, text=True)
        assert (run.returncode == 0) == (run.stdout == ""), run.stderr
        return run.stdout

    return check


def find(resources, kind, name="echod"):
    found = [resource for resource in resources
             if resource["kind"] == kind and resource["metadata"]["name"] == name]
    assert len(found) == 1, f"{len(found)} of {kind} {name}"
    return found[0]


def container(resources):
    [only] = find(resources, "Deployment")["spec"]["template"]["spec"]["containers"]
    return only


def environment(resources):
    """The container's variables as the kubelet would set them."""
    fields = {"metadata.name": "echod-0", "metadata.namespace": "echod", "spec.nodeName": "node-1"}
    return {entry["name"]: entry["value"] if "value" in entry
            else fields[entry["valueFrom"]["fieldRef"]["fieldPath"]]
            for entry in container(resources)["env"]}


def misspelt(value):
    """Copies of `value`, each with another key misspelt, at any depth but in maps whose keys
    are free."""
    free = {"labels", "matchLabels", "requests", "limits", "selector"}
    if isinstance(value, dict):
        for key in value:
            copied = copy.deepcopy(value)
            copied[key + "x"] = copied.pop(key)
            yield copied
            for inner in misspelt(value[key]) if key not in free else ():
                yield {**copy.deepcopy(value), key: inner}
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            for inner in misspelt(entry):
                yield value[:index] + [inner] + value[index + 1:]


def test_schemas(rendered, checker):
    assert checker([resource for resources in rendered.values() for resource in resources]) == ""


def test_checker_finds_misspelt_keys(rendered, checker):
    """Each key of each resource, misspelt: the check would notice."""
    wrong = []
    for resource in rendered["overlays/example"]:
        for spec in misspelt(resource.get("spec", {})):
            changed = copy.deepcopy(resource)
            changed["spec"] = spec
            changed["metadata"]["name"] = f"wrong-{len(wrong)}"
            wrong.append(changed)
    assert len(wrong) > 100
    problems = checker(wrong)
    unnoticed = [resource for resource in wrong
                 if not re.search(rf"\b{resource['metadata']['name']}:", problems)]
    assert unnoticed == []


def test_checker_finds_wrong_values(rendered, checker):
    resources = copy.deepcopy(rendered["overlays/example"])
    find(resources, "Deployment")["spec"]["strategy"]["rollingUpdate"]["maxSurge"] = {"of": 1}
    find(resources, "HTTPRoute")["spec"]["rules"][0]["matches"][0]["path"]["type"] = "Prefixed"
    find(resources, "ServiceMonitor")["spec"]["endpoints"][0]["interval"] = "15 seconds"
    problems = checker(resources)
    for kind in ("Deployment", "HTTPRoute", "ServiceMonitor"):
        assert f"{kind} echod: " in problems


def test_names_and_labels_meet(resources):
    """What a resource says of another is true."""
    deployment = find(resources, "Deployment")["spec"]
    pod_labels = deployment["template"]["metadata"]["labels"].items()
    ports = {port["name"]: port["containerPort"] for port in container(resources)["ports"]}
    assert deployment["selector"]["matchLabels"].items() <= pod_labels
    for spread in deployment["template"]["spec"]["topologySpreadConstraints"]:
        assert spread["labelSelector"]["matchLabels"].items() <= pod_labels

    services = [resource for resource in resources if resource["kind"] == "Service"]
    for service in services:
        assert service["spec"]["selector"].items() <= pod_labels
        assert all(port["targetPort"] in ports for port in service["spec"]["ports"])
    for probe in ("livenessProbe", "readinessProbe"):
        assert container(resources)[probe]["httpGet"]["port"] in ports

    budget = find(resources, "PodDisruptionBudget")["spec"]
    assert budget["selector"]["matchLabels"].items() <= pod_labels
    assert budget["maxUnavailable"] == 1  # minAvailable would forbid to drain a node of one replica
    scaler = find(resources, "HorizontalPodAutoscaler")["spec"]
    assert scaler["scaleTargetRef"]["name"] == "echod" and "replicas" not in deployment
    assert scaler["minReplicas"] >= 2
    policy = find(resources, "NetworkPolicy")["spec"]
    assert policy["podSelector"]["matchLabels"].items() <= pod_labels
    for rule in policy["ingress"]:
        assert all(port["port"] in ports for port in rule["ports"])


def test_components_refer_to_services(rendered):
    resources = rendered["overlays/example"]
    monitor = find(resources, "ServiceMonitor")["spec"]
    admin = find(resources, "Service", "echod-admin")
    assert monitor["selector"]["matchLabels"].items() <= admin["metadata"]["labels"].items()
    other = find(resources, "Service")["metadata"]["labels"]
    assert not monitor["selector"]["matchLabels"].items() <= other.items()  # one scrape a pod
    assert monitor["endpoints"][0]["port"] in [port["name"] for port in admin["spec"]["ports"]]
    [backend] = find(resources, "HTTPRoute")["spec"]["rules"][0]["backendRefs"]
    service = find(resources, "Service", backend["name"])
    assert backend["port"] in [port["port"] for port in service["spec"]["ports"]]


def test_overlay_changes(rendered):
    resources = rendered["overlays/example"]
    assert environment(resources)["ECHOD_MAX_BODY"] == "64MiB"
    assert container(resources)["image"].startswith("registry.example/echod:")
    assert all(resource["metadata"].get("namespace", "echod") == "echod" for resource in resources)


def test_restricted_profile(resources):
    """Pod Security Standards, "Restricted", and what is customary besides."""
    pod = find(resources, "Deployment")["spec"]["template"]["spec"]
    security = container(resources)["securityContext"]
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert security["readOnlyRootFilesystem"] is True
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 65532
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    assert not {"hostNetwork", "hostPID", "hostIPC", "volumes"} & pod.keys()
    assert pod["automountServiceAccountToken"] is False
    # Else a Service named echod sets ECHOD_PORT and others.
    assert pod["enableServiceLinks"] is False


def seconds(text):
    return int(re.fullmatch(r"(\d+)s", text).group(1))


def test_grace_period_covers_drain(resources):
    pod = find(resources, "Deployment")["spec"]["template"]["spec"]
    drain = sum(seconds(environment(resources)[name])
                for name in ("ECHOD_DRAIN_DELAY", "ECHOD_DRAIN_TIMEOUT"))
    assert pod["terminationGracePeriodSeconds"] > drain
    # Taken out before accepting ends.
    probe = container(resources)["readinessProbe"]
    noticed = probe["periodSeconds"] * probe["failureThreshold"]
    assert noticed < seconds(environment(resources)["ECHOD_DRAIN_DELAY"])


def test_echod_runs_with_the_settings(rendered, tmp_path):
    """The real echod with the container's variables, and the paths that probes and Prometheus
    ask."""
    resources = rendered["overlays/example"]
    variables = environment(resources)
    # Ports that are free here.
    variables |= {"ECHOD_LISTEN": "127.0.0.1:0", "ECHOD_ADMIN": "127.0.0.1:0",
                  "ECHOD_DRAIN_DELAY": "0"}
    log = tmp_path / "log"
    with open(log, "wb") as output:
        server = subprocess.Popen([ECHOD], env=variables, stdin=subprocess.DEVNULL, stdout=output,
                                  stderr=subprocess.STDOUT)
    try:
        def events():
            return {line["event"]: line for line in map(json.loads, log.read_text().splitlines())}

        deadline = time.monotonic() + 60
        while "admin_listening" not in events():
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        # A variable that is no option, for one, is a warning.
        levels = [json.loads(line)["level"] for line in log.read_text().splitlines()]
        assert set(levels) == {"info"}, log.read_text()

        admin = events()["admin_listening"]["address"]
        paths = [container(resources)[probe]["httpGet"]["path"]
                 for probe in ("livenessProbe", "readinessProbe")]
        paths += [endpoint["path"] for endpoint in
                  find(resources, "ServiceMonitor")["spec"]["endpoints"]]
        for path in paths:
            with urllib.request.urlopen(f"http://{admin}{path}", timeout=60) as response:
                assert response.status == 200, path
        with urllib.request.urlopen(f"http://{events()['listening']['address']}/",
                                    timeout=60) as response:
            replica = response.headers["X-Echo-Environment"]
        for name in ("POD_NAME", "POD_NAMESPACE", "NODE_NAME"):
            assert f"{name}={variables[name]}" in replica
    finally:
        server.terminate()
        assert server.wait(timeout=60) == 0


def test_defaults_suit_the_container(resources):
    """Names of the real options, and ports as the manifests name them."""
    variables = environment(resources)
    dump = subprocess.run([ECHOD, "config", "dump"], env=variables, check=True, timeout=60,
                          capture_output=True, text=True)
    assert "unknown" not in dump.stderr
    ports = {port["name"]: str(port["containerPort"]) for port in container(resources)["ports"]}
    assert variables["ECHOD_LISTEN"].endswith(":" + ports["echo"])
    assert variables["ECHOD_ADMIN"].endswith(":" + ports["admin"])
