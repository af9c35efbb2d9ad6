"""kubectl and helm as the test uses them, in one namespace."""
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Failure(Exception):
    """Something that should hold does not; the sentence says what."""


def say(text):
    print(f"k8s-test: {text}", file=sys.stderr, flush=True)


def expect(condition, sentence):
    if not condition:
        raise Failure(sentence)


def run(*command, stdin=None, limit=600, check=True, **more):
    """The finished process; Failure with what it said when it has another status than 0 (unless check is off)."""
    done = subprocess.run([str(part) for part in command], input=stdin, capture_output=True, timeout=limit,
                          check=False, **{"text": True, **more})
    if check and done.returncode != 0:
        raise Failure(f"{' '.join(str(part) for part in command)[:300]}: status {done.returncode}: "
                      f"{(done.stderr or done.stdout)[-2000:]}")
    return done


def eventually(condition, sentence, limit=120, pause=0.5):
    """Returns what `condition` returned once it is true, and the seconds that it took."""
    began = time.monotonic()
    while True:
        answer = condition()
        if answer:
            return answer, time.monotonic() - began
        if time.monotonic() - began > limit:
            raise Failure(f"{sentence} (waited {limit} s)")
        time.sleep(pause)


class Cluster:
    """A namespace of the cluster that KUBECONFIG names, and the chart's release in it."""

    def __init__(self, namespace, release):
        self.namespace, self.release = namespace, release
        self.kubectl = os.environ.get("KUBECTL", "kubectl")
        self.helm = os.environ.get("HELM", "helm")

    def command(self, *arguments):
        return [self.kubectl, "--namespace", self.namespace, *arguments]

    def k(self, *arguments, **more):
        return run(*self.command(*arguments), **more)

    def apply(self, *objects):
        self.k("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def get(self, kind, name=None, labels=None):
        """An object, None when it is not there; without a name the list of all (of `labels`)."""
        arguments = ["get", kind, "--output", "json"]
        if name:
            done = self.k(*arguments, name, check=False)
            if done.returncode != 0 and "NotFound" in done.stderr:
                return None
            expect(done.returncode == 0, done.stderr)
            return json.loads(done.stdout)
        if labels:
            arguments += ["--selector", labels]
        return json.loads(self.k(*arguments).stdout)["items"]

    def pods(self, component):
        return self.get("pods", labels=f"app.kubernetes.io/instance={self.release},"
                                       f"app.kubernetes.io/component={component}")

    def workers(self):
        """Name -> node of the worker pods that are not about to go."""
        return {pod["metadata"]["name"]: pod["spec"].get("nodeName") for pod in self.pods("worker")
                if "deletionTimestamp" not in pod["metadata"]}

    def ready(self, name):
        pod = self.get("pod", name)
        return pod is not None and is_ready(pod)

    def wait_ready(self, limit=240):
        """Until all pods of the release are there and ready; seconds that it took."""
        def all_ready():
            sets = self.get("statefulsets", labels=f"app.kubernetes.io/instance={self.release}")
            pods = self.pods("worker") + self.pods("coordinator")
            return (sum(one["spec"]["replicas"] for one in sets) == len(pods) and
                    all(is_ready(pod) and "deletionTimestamp" not in pod["metadata"] for pod in pods))
        return eventually(all_ready, "the release's pods are not all ready", limit)[1]

    def execute(self, pod, *command, **more):
        return self.k("exec", "--stdin", pod, "--", *command, **more)

    def evict(self, pod):
        """HTTP status of an eviction: 201 or 429 (refused by a budget)."""
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": self.namespace}}
        done = self.k("create", "--raw", f"/api/v1/namespaces/{self.namespace}/pods/{pod}/eviction", "-f", "-",
                      stdin=json.dumps(body), check=False)
        if done.returncode == 0:
            return 201
        if "TooManyRequests" in done.stderr or "disruption budget" in done.stderr:
            return 429
        raise Failure(f"eviction of {pod}: {done.stderr}")

    def upgrade(self, values, *more):
        """Installs the chart, or changes it; seconds until its pods are ready."""
        began = time.monotonic()
        run(self.helm, "upgrade", "--install", self.release, ROOT / "helm/gvsl", "--namespace", self.namespace,
            "--values", "-", "--wait", "--timeout", "10m", *more, stdin=json.dumps(values), limit=660)
        return time.monotonic() - began


def is_ready(pod):
    return any(condition["type"] == "Ready" and condition["status"] == "True"
               for condition in pod["status"].get("conditions", []))
