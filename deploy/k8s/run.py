"""make k8s-test: the chart with our images on the cluster that KUBECONFIG names.

A job is submitted through the service, trains in pods on two nodes over mutual TLS, and must end with the weights of
the same job on this machine: undisturbed, with a worker killed, without its coordinator, and with a node drained.
Then readiness, network policy, disruption budget and TLS, each with a control. docs/k8s-test.md says what it takes.
Prints a table, writes build/k8s-test.json, and leaves nothing in the cluster."""
import base64
import datetime
import io
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

import pods
import volumes
from checks import Checks
from cluster import ROOT, Cluster, Failure, expect, run, say
from job import STEPS_DEFAULT, job_file, weights_of
from scenarios import Scenarios

RELEASE = "gvsl"
OUT = ROOT / "build/k8s-test.json"
FAILED = ROOT / "build/k8s-test-failed"
SUBJECTS = 8
INGEST = ["--spacing", "native", "--window", "minmax", "--volumes-per-shard", "2", "--json"]


class Skip(Exception):
    """Why there is nothing to test on."""


def find_programs():
    """Environment of the local programs: those of an installed tree, else of the build."""
    programs = pathlib.Path(os.environ.get("TREE", ROOT / "build")) / "bin"
    expect((programs / "gvslctl").exists(), f"{programs} has no gvslctl: make build")
    return programs


def find_nodes(cluster):
    """Two nodes that take pods: one that stays, one that will be drained."""
    kubeconfig = os.environ.get("KUBECONFIG", "")
    if not kubeconfig and not pathlib.Path("~/.kube/config").expanduser().exists():
        raise Skip("there is no cluster (KUBECONFIG)")
    if not shutil.which(cluster.kubectl):
        raise Skip(f"there is no {cluster.kubectl} (KUBECTL)")
    answer = run(cluster.kubectl, "get", "nodes", "--output", "json", "--request-timeout", "10s", check=False)
    if answer.returncode != 0:
        raise Skip(f"the cluster does not answer: {answer.stderr.strip()[-200:]}")
    nodes = [node["metadata"]["labels"]["kubernetes.io/hostname"] for node in json.loads(answer.stdout)["items"]
             if not node["spec"].get("unschedulable") and not any(
                 taint["effect"] != "PreferNoSchedule" for taint in node["spec"].get("taints", []))
             and any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"]["conditions"])]
    if len(nodes) < 2:
        raise Skip(f"two nodes that take pods are needed, there are {len(nodes)}")
    return sorted(nodes)[:2]


def find_helm():
    own = os.environ.get("HELM") or run(sys.executable, "-B", ROOT / "tests/deploy/chart.py", check=False).stdout.strip()
    helm = shutil.which(own or "helm")
    if not helm:
        raise Skip("there is no helm (HELM)")
    return helm


def tool(*command):
    return run("bash", "-c", 'source deploy/images/tool.sh; "$@"', "sh", *command, cwd=ROOT).stdout.strip()


def provide_images(work):
    """Builds the images and brings them to the nodes; names and megabytes."""
    registry = os.environ.get("IMAGE_REGISTRY", "")
    load = shlex.split(os.environ.get("IMAGE_LOAD", ""))
    expect(registry or load, "how do images get to the nodes? IMAGE_REGISTRY=… to push them, or IMAGE_LOAD=… a command "
                             "that takes archives")
    names = run(ROOT / "deploy/images/build.sh", "coordinator", "worker", limit=1800).stdout.split()
    container_tool = tool("find_container_tool")
    archives = []
    for name in names:
        if registry:
            run(container_tool, "push", name, limit=1800)
        else:
            archives.append(work / (name.split("/")[-1].replace(":", "-") + ".tar"))
            tool("image_save", container_tool, name, archives[-1])
    if archives:
        run(*load, *archives, limit=1800)
        for archive in archives:
            archive.unlink()
    return {name: round(int(tool("image_bytes", container_tool, name)) / 1e6) for name in names}


def train_here(programs, work, steps):
    """The reference: one coordinator and one worker as processes of this machine."""
    volumes.write(work / "volumes", SUBJECTS)
    dataset = work / "dataset"
    run(programs / "gvsl-dataset", "ingest", "--input", work / "volumes", "--output", dataset, *INGEST)
    (work / "job.yaml").write_text(job_file("reference", str(dataset), str(work / "checkpoints"), steps))
    local = ["local", "--dir", work / "local"]
    began = time.monotonic()
    run(programs / "gvslctl", "local", "up", "--workers", "1", "--dir", work / "local")
    try:
        status = json.loads(run(programs / "gvslctl", "--json", "local", "status", "--dir", work / "local").stdout)
        ctl = [programs / "gvslctl", "--coordinator", status["coordinator"]["address"]]
        run(*ctl, "submit", work / "job.yaml", "--wait", limit=1800)
        last = json.loads(run(*ctl, "--json", "get", "reference").stdout)
    finally:
        run(programs / "gvslctl", *local[:1], "down", *local[1:], check=False)
    return {"seconds": round(time.monotonic() - began, 1), "dataset_sha256": last["dataset_sha256"],
            "numeric_class": last["numeric_class"], "weights_sha256": weights_of(last)}


def chart_values(images, nodes, storage_class):
    """Small pods, three workers on two nodes, the claim of the data, and who may scrape."""
    registry, tag = next(iter(images)).rsplit("/", 1)[0], next(iter(images)).rsplit(":", 1)[1]
    small = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "1Gi"}}
    state = os.environ.get("STATE_STORAGE_CLASS", "")
    both = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": nodes}]}]}}}
    return {
        "image": {"registry": registry, "tag": tag},
        # On the node that stays: its volume may belong to one node.
        "coordinator": {"state": {"size": "1Gi", "storageClassName": state}, "resources": small,
                        "nodeSelector": {"kubernetes.io/hostname": nodes[0]}},
        "workerPools": [{"name": "cpu", "device": "cpu", "replicas": 3, "threads": 1, "affinity": both,
                         "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "2Gi"}},
                         "sharedMemory": "64Mi", "workDir": {"size": "256Mi"}, "tmpSize": "256Mi",
                         "drainTimeoutSeconds": 60}],
        "datasets": [{"name": "test", "existingClaim": "test-data", "mountPath": pods.DATA}],
        "checkpoints": {"size": "1Gi", "storageClassName": storage_class},
        "networkPolicy": {"monitoring": [{"podSelector": {"matchLabels": {"role": "monitoring"}}}]}}


def another_authority(work):
    """A certificate that is as good as ours, of an authority that nobody here trusts."""
    def openssl(*arguments):
        run("openssl", *arguments, cwd=work)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *key, "-days", "2", "-subj", "/CN=others", "-keyout", "others.key", "-out", "ca.crt")
    openssl("req", *key, "-subj", "/CN=stranger", "-keyout", "tls.key", "-out", "tls.csr")
    openssl("x509", "-req", "-in", "tls.csr", "-CA", "ca.crt", "-CAkey", "others.key", "-CAcreateserial", "-days", "2",
            "-out", "tls.crt")
    return {name: (work / name).read_text() for name in ("ca.crt", "tls.crt", "tls.key")}


def copy_in(cluster, client, folder):
    """The volumes to the claim, by tar; ingested there. Returns the dataset's hash."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(folder, arcname="volumes")
    cluster.execute(client, "tar", "--no-same-owner", "-xf", "-", "-C", "/tmp", stdin=packed.getvalue(), text=False)
    cluster.execute(client, "rm", "-rf", f"{pods.DATA}/heads")
    cluster.execute(client, "gvsl-dataset", "ingest", "--input", "/tmp/volumes", "--output", f"{pods.DATA}/heads",
                    *INGEST)
    return json.loads(cluster.execute(client, "gvsl-dataset", "show", f"{pods.DATA}/heads", "--json").stdout)["sha256"]


def keep_evidence(cluster):
    """What was there when something failed."""
    shutil.rmtree(FAILED, ignore_errors=True)
    FAILED.mkdir(parents=True)
    for name, command in {"pods": ["get", "pods", "-o", "wide"], "events": ["get", "events"],
                          "describe": ["describe", "pods"]}.items():
        (FAILED / name).write_text(cluster.k(*command, check=False).stdout)
    for pod in cluster.get("pods"):
        name = pod["metadata"]["name"]
        for previous in ([], ["--previous"]):
            log = cluster.k("logs", name, *previous, check=False)
            if log.returncode == 0:
                (FAILED / f"{name}{'-before' if previous else ''}.log").write_text(log.stdout)
    say(f"logs are in {FAILED.relative_to(ROOT)}")


def print_table(report):
    print(f"\nKubernetes {report['kubernetes']}, nodes {', '.join(report['nodes'])}, {report['steps']} steps; "
          f"installed and ready in {report['install_seconds']} s")
    for name, size in report["images"].items():
        print(f"  {name:<44} {size:>6} MB")
    print(f"\n  {'job':<24} {'weights':<14} {'same':<5} {'took':>7} {'at step':>8} {'on at':>6} {'generation':>11} "
          f"{'to next step':>13}")
    reference = report["reference"]
    print(f"  {'on this machine':<24} {reference['weights_sha256'][:12]:<14} {'':<5} {reference['seconds']:>5} s")
    for name, row in report["jobs"].items():
        if "failed" in row:
            print(f"  {name:<24} FAILED: {row['failed'][:150]}")
            continue
        change = f"{row.get('generation_before', row['generation'])} to {row['generation']}"
        wait = f"{row['seconds_to_next_step']} s" if "seconds_to_next_step" in row else ""
        print(f"  {name:<24} {row['weights_sha256'][:12]:<14} {'yes' if row.get('equal') else 'NO':<5} "
              f"{row['seconds']:>5} s {row.get('step_before', ''):>8} {row.get('step_after', ''):>6} {change:>11} {wait:>13}")
    print()
    for name, row in report["checks"].items():
        print(f"  {name:<24} {'FAILED: ' + row['failed'][:150] if 'failed' in row else 'ok ' + json.dumps(row)[:180]}")


def attempt(rows, cluster, name, action):
    """One row of the report; a failure does not keep the rest from being looked at."""
    say(name)
    try:
        rows[name] = action()
    except (Failure, subprocess.SubprocessError) as failure:
        say(f"{name} FAILED: {failure}")
        rows[name] = {"failed": str(failure)}
        keep_evidence(cluster)


def on_cluster(cluster, nodes, work, report):
    steps = report["steps"]
    storage_class = os.environ.get("SHARED_STORAGE_CLASS", "")
    report["images"] = provide_images(work)
    coordinator_image = next(name for name in report["images"] if "gvsl-coordinator" in name)
    # The strictest of Kubernetes' own rules for pods holds for everything here.
    run(cluster.kubectl, "create", "namespace", cluster.namespace)
    run(cluster.kubectl, "label", "namespace", cluster.namespace, "pod-security.kubernetes.io/enforce=restricted")
    cluster.apply(pods.claim("test-data", storage_class))
    values = chart_values(report["images"], nodes, storage_class)
    report["install_seconds"] = round(cluster.upgrade(values), 1)
    say(f"installed and ready in {report['install_seconds']} s")
    cluster.wait_ready()

    address = f"{RELEASE}-coordinator.{cluster.namespace}.svc:7600"
    ours = {"app.kubernetes.io/name": "gvsl", "app.kubernetes.io/instance": RELEASE}
    def test_pod(name, labels, **more):
        return pods.pod(name, coordinator_image, address, labels, nodes[0], f"{RELEASE}-client-tls", **more)
    pods.start(cluster, test_pod("client", ours | {"app.kubernetes.io/component": "client"}, data="test-data"),
               test_pod("scraper", {"role": "monitoring"}), test_pod("stranger", {"role": "other"}))
    dataset = copy_in(cluster, "client", work / "volumes")
    expect(dataset == report["reference"]["dataset_sha256"], f"the dataset is {dataset} here and "
           f"{report['reference']['dataset_sha256']} there")

    jobs, checks = report["jobs"], report["checks"]
    scenarios = Scenarios(cluster, "client", f"{pods.DATA}/heads", "/checkpoints", steps, report["reference"], nodes[1])
    for action in (scenarios.undisturbed, scenarios.worker_pod_killed, scenarios.worker_processes_killed,
                   scenarios.coordinator_deleted, scenarios.node_drained):
        attempt(jobs, cluster, action.__name__, action)
    promises = Checks(cluster, values, "client", "scraper", "stranger")
    promises.others = another_authority(work)
    for action in (promises.mutual_tls, promises.network_policy, promises.disruption_budget, promises.readiness):
        attempt(checks, cluster, action.__name__, action)
    attempt(checks, cluster, "helm_test", lambda: {"status": run(
        cluster.helm, "test", RELEASE, "--namespace", cluster.namespace, "--timeout", "4m", limit=300).returncode})


def main():
    namespace = os.environ.get("K8S_NAMESPACE", f"gvsl-test-{os.getpid()}")
    cluster = Cluster(namespace, RELEASE)
    OUT.parent.mkdir(exist_ok=True)
    OUT.unlink(missing_ok=True)
    try:
        nodes = find_nodes(cluster)
        cluster.helm = find_helm()
    except Skip as why:
        print(f"k8s-test: SKIPPED: {why}")
        return 0
    steps = int(os.environ.get("STEPS", STEPS_DEFAULT))
    version = json.loads(run(cluster.kubectl, "version", "--output", "json").stdout)["serverVersion"]["gitVersion"]
    report = {"time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"), "kubernetes": version,
              "nodes": nodes, "steps": steps, "jobs": {}, "checks": {}}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gvsl-k8s-") as folder:
        work = pathlib.Path(folder)
        try:
            say("the same job on this machine")
            report["reference"] = train_here(find_programs(), work, steps)
            on_cluster(cluster, nodes, work, report)
        except (Failure, subprocess.SubprocessError) as failure:
            say(f"FAILED: {failure}")
            report["failed"] = str(failure)
            if cluster.get("namespace", namespace):
                keep_evidence(cluster)
        finally:
            if not os.environ.get("KEEP"):
                subprocess.run([cluster.helm, "uninstall", RELEASE, "--namespace", namespace, "--wait"],
                               capture_output=True, check=False)
                subprocess.run([cluster.kubectl, "delete", "namespace", namespace, "--ignore-not-found"],
                               capture_output=True, check=False)
            report["seconds"] = round(time.monotonic() - began)
            OUT.write_text(json.dumps(report, indent=1) + "\n")
    rows = [*report["jobs"].values(), *report["checks"].values()]
    if rows:
        print_table(report)
    failed = "failed" in report or any("failed" in row for row in rows)
    print(f"\nk8s-test: {'FAILED' if failed else 'passed'} in {report['seconds']} s; {OUT.relative_to(ROOT)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
