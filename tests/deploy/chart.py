"""Renders the chart for its tests. Run by itself it prints where Helm is (exit status 1: nowhere).

Helm is GVSL_HELM, what deploy/setup/install.sh made of cmake/versions.txt, or the one on the PATH.
"""
import copy
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "helm/gvsl"
EXAMPLES = sorted((CHART / "examples").glob("*.yaml"))
SKIPPED = 77


def pins(kind):
    lines = (ROOT / "cmake/versions.txt").read_text(encoding="utf-8").splitlines()
    return [line.split()[1:] for line in lines if line.startswith(kind + " ")]


def find_helm():
    default = pathlib.Path.home() / ".cache/gvsl"
    cache = pathlib.Path(os.environ.get("GVSL_CACHE") or default)
    pinned = [cache / folder / "bin/helm" for folder, module in pins("go") if "/helm/" in module]
    for candidate in [os.environ.get("GVSL_HELM"), *pinned, shutil.which("helm")]:
        if candidate and os.access(candidate, os.X_OK):
            return str(candidate)
    return None


def need_helm():
    """For setUpModule: without Helm the test is skipped by name, never passed."""
    if find_helm() is None:
        print("skipped: there is no helm; deploy/setup/install.sh chart gets it", flush=True)
        os._exit(SKIPPED)  # unittest would make a failure of sys.exit


def helm(*arguments, values=None, chart=CHART):
    """What `helm template` did with a map of values on standard input, as a CompletedProcess."""
    command = [find_helm(), "template", "trial", str(chart), "--namespace", "lab",
               "--kube-version", pins("kubernetes")[0][0], *arguments]
    if values is not None:
        command += ["--values", "-"]
    return subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=False)


@functools.lru_cache(maxsize=None)
def _rendered(text, arguments):
    done = helm(*arguments, values=json.loads(text))
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def render(values=None, *arguments):
    """The objects, with these values over the defaults."""
    return copy.deepcopy(_rendered(json.dumps(values or {}), arguments))


def example(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def of_kind(objects, kind, name=None):
    return [it for it in objects if it["kind"] == kind and (name is None or it["metadata"]["name"] == name)]


def pods(objects):
    """(name, labels, annotations, spec) of every pod that the objects make."""
    for it in objects:
        if it["kind"] in ("StatefulSet", "Deployment", "Job"):
            made = it["spec"]["template"]
            yield (it["metadata"]["name"], made["metadata"]["labels"],
                   made["metadata"].get("annotations", {}), made["spec"])
        elif it["kind"] == "Pod":
            yield (it["metadata"]["name"], it["metadata"]["labels"],
                   it["metadata"].get("annotations", {}), it["spec"])


def selects(selector, labels):
    """Whether a label selector takes a pod."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for rule in selector.get("matchExpressions", []):
        inside = labels.get(rule["key"]) in rule.get("values", [])
        if not {"In": inside, "NotIn": not inside, "Exists": rule["key"] in labels,
                "DoesNotExist": rule["key"] not in labels}[rule["operator"]]:
            return False
    return True


if __name__ == "__main__":
    found = find_helm()
    print(found or "there is no helm")
    sys.exit(0 if found else 1)
