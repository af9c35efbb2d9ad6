"""make k8s-test: the chart with our images on the cluster that KUBECONFIG names.

A job is submitted through the service, trains in pods on two nodes over mutual TLS, and must end with the weights of
the same job on this machine: undisturbed, with a worker killed, without its coordinator, and with a node drained.
Then readiness, network policy, disruption budget and TLS, each with a control. docs/k8s-test.md says what it takes.
Prints a table, writes build/k8s-test.json, and leaves nothing in the cluster."""
import concurrent.futures
import datetime
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

import pods
from checks import Checks, another_authority
from cluster import ROOT, Cluster, Failure, expect, run, say
from environment import Skip, chart_values, find_helm, find_nodes, find_programs, provide_images
from job import STEPS_DEFAULT
from reference import copy_in, train_here, write_volumes
from report import attempt, keep_evidence, print_table
from scenarios import Scenarios

RELEASE = "gvsl"
OUT = ROOT / "build/k8s-test.json"


def on_cluster(cluster, nodes, work, report, reference):
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
    report["reference"] = reference.result()
    expect(dataset == report["reference"]["dataset_sha256"], f"the dataset is {dataset} here and "
           f"{report['reference']['dataset_sha256']} there")

    jobs, checks = report["jobs"], report["checks"]
    scenarios = Scenarios(cluster, "client", f"{pods.DATA}/heads", "/checkpoints", steps, report["reference"], nodes[1])
    only = set(os.environ.get("ONLY", "").split())
    for action in (scenarios.undisturbed, scenarios.worker_pod_killed, scenarios.worker_processes_killed,
                   scenarios.coordinator_deleted, scenarios.node_drained):
        if not only or action.__name__ in only:
            attempt(jobs, cluster, action.__name__, action)
    promises = Checks(cluster, values, another_authority(work), "client", "scraper", "stranger")
    for action in (promises.mutual_tls, promises.network_policy, promises.disruption_budget, promises.readiness,
                   promises.helm_test):
        if not only or action.__name__ in only:
            attempt(checks, cluster, action.__name__, action)


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
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gvsl-k8s-") as folder:
        work = pathlib.Path(folder)
        try:
            programs = find_programs()
            write_volumes(work)
            # Here it trains while the cluster gets ready.
            stop = threading.Event()
            with concurrent.futures.ThreadPoolExecutor(1) as here:
                try:
                    on_cluster(cluster, nodes, work, report, here.submit(train_here, programs, work, steps, stop))
                finally:
                    stop.set()
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
