"""What the test finds: programs, nodes, and the way of images to them; and the chart's values for it."""
import json
import os
import pathlib
import shlex
import shutil
import sys

import pods
from cluster import ROOT, expect, run


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


def chart_values(images, nodes, storage_class):
    """Small pods, four workers on two nodes, the claim of the data, and who may scrape."""
    registry, tag = next(iter(images)).rsplit("/", 1)[0], next(iter(images)).rsplit(":", 1)[1]
    small = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "1Gi"}}
    state = os.environ.get("STATE_STORAGE_CLASS", "")
    both = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": nodes}]}]}}}
    return {
        "image": {"registry": registry, "tag": tag},
        # On the node that stays: its volume may belong to one node.
        "coordinator": {"leaseSeconds": float(os.environ.get("LEASE_SECONDS", "1.5")),
                        "state": {"size": "1Gi", "storageClassName": state}, "resources": small,
                        "nodeSelector": {"kubernetes.io/hostname": nodes[0]}},
        "workerPools": [{"name": "cpu", "device": "cpu", "replicas": 4, "threads": 1, "affinity": both,
                         # Two on each node; one that is drained does not count.
                         "topologySpreadConstraints": [{
                             "topologyKey": "kubernetes.io/hostname", "maxSkew": 1,
                             "whenUnsatisfiable": "DoNotSchedule", "nodeTaintsPolicy": "Honor"}],
                         "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "2Gi"}},
                         "sharedMemory": "64Mi", "workDir": {"size": "256Mi"}, "tmpSize": "256Mi",
                         "drainTimeoutSeconds": 60}],
        "datasets": [{"name": "test", "existingClaim": "test-data", "mountPath": pods.DATA}],
        "checkpoints": {"size": "1Gi", "storageClassName": storage_class},
        "networkPolicy": {"monitoring": [{"podSelector": {"matchLabels": {"role": "monitoring"}}}]}}
