"""The same job undisturbed and disturbed. Each returns its figures and fails unless the weights are the reference's."""
import json
import re
import subprocess
import time

import pods
from cluster import eventually, expect, run, say
from job import LIMIT, Watched, job_file, weights_of


class Scenarios:
    def __init__(self, cluster, client, dataset, checkpoints, steps, reference, drained_node):
        self.cluster, self.client = cluster, client
        self.dataset, self.checkpoints = dataset, checkpoints
        self.steps, self.reference = steps, reference
        self.drained_node = drained_node

    def train(self, name, disturb=None):
        """Submits, disturbs at a third of the steps, and looks at the end. `disturb(watched, before)` returns figures."""
        job = job_file(name, self.dataset, self.checkpoints, self.steps)
        self.cluster.execute(self.client, "bash", "-c", "cat >/tmp/job.yaml", stdin=job)
        began = time.monotonic()
        submitted = self.cluster.execute(self.client, *pods.CTL, "submit", "/tmp/job.yaml").stdout.strip()
        expect(submitted == name, f"submit said {submitted!r}")
        watched = Watched(self.cluster, self.client, name)
        figures = {}
        try:
            watched.wait_step(1)
            watched.note_nodes()
            watched.wait_step(self.steps // 3)
            watched.note_nodes()
            if disturb:
                before = watched.last
                expect(0 < before["step"] < self.steps, f"{name}: nothing left to disturb at step {before['step']}")
                figures = {"step_before": before["step"], "generation_before": before["generation"],
                           **disturb(watched, before)}
            last = watched.finish()
        finally:
            watched.stop()
        figures |= {"seconds": round(time.monotonic() - began, 1), "steps": last["step"],
                    "generation": last["generation"], "lost_seconds": last["lost_seconds"],
                    "numeric_class": last["numeric_class"], "weights_sha256": weights_of(last),
                    "nodes": {node: sorted(slots) for node, slots in sorted(watched.nodes.items())}}
        expect(last["state"] == "SUCCEEDED" and last["step"] == self.steps, f"{name} ended {last['state']}")
        expect(len(watched.nodes) >= 2, f"{name}: slots were on {watched.nodes} alone, not on two nodes")
        if self.reference:
            figures["equal"] = figures["weights_sha256"] == self.reference["weights_sha256"]
            expect(figures["equal"],
                   f"{name} ended with {figures['weights_sha256']}, the reference with {self.reference['weights_sha256']}; "
                   f"classes {last['numeric_class']} and {self.reference['numeric_class']}")
        return figures

    def went_on(self, watched, before, moment):
        """Seconds from `moment` to the next step that a new generation committed."""
        def next_step():
            return watched.first_after(moment, lambda line: line["step"] > before["step"] and
                                       line["generation"] > before["generation"])
        (when, line), _ = eventually(next_step, f"{watched.name} took no step after the disturbance", LIMIT, pause=0.1)
        watched.note_nodes()
        return {"seconds_to_next_step": round(when - moment, 2), "step_after": line["step"],
                "generation_after": line["generation"]}

    def a_worker(self, before):
        """A pod that holds slots now, on the node that will be drained where there is one."""
        places = self.cluster.workers()
        holders = [worker["name"] for worker in before["workers"] if worker["slots"] and worker["name"] in places]
        expect(len(holders) >= 2, f"the gang is {before['workers']}")
        return sorted(holders, key=lambda name: places[name] != self.drained_node)[0]

    def undisturbed(self):
        return self.train("undisturbed")

    def worker_pod_killed(self):
        def kill(watched, before):
            victim = self.a_worker(before)
            uid = self.cluster.get("pod", victim)["metadata"]["uid"]
            moment = time.monotonic()
            self.cluster.k("delete", "pod", victim, "--force", "--grace-period=0")
            figures = {"victim": victim, **self.went_on(watched, before, moment)}
            back, _ = eventually(lambda: pods.restarted(self.cluster, victim, uid), f"{victim} did not come back", 240)
            return figures | {"seconds_to_ready_again": round(back - moment, 1)}
        return self.train("worker-pod-killed", kill)

    def worker_processes_killed(self):
        def kill(watched, before):
            victim = self.a_worker(before)
            restarts = self.restarts(victim)
            moment = time.monotonic()
            pods.signal_process(self.cluster, victim, "KILL", "gvsl-trainer", "gvsl-worker")
            figures = {"victim": victim, **self.went_on(watched, before, moment)}
            eventually(lambda: self.restarts(victim) > restarts, f"{victim}'s container was not started again")
            return figures
        return self.train("worker-sigkill", kill)

    def restarts(self, name):
        return self.cluster.get("pod", name)["status"]["containerStatuses"][0]["restartCount"]

    def coordinator_deleted(self):
        def delete(watched, before):
            name = self.cluster.pods("coordinator")[0]["metadata"]["name"]
            uid = self.cluster.get("pod", name)["metadata"]["uid"]
            moment = time.monotonic()
            self.cluster.k("delete", "pod", name, "--wait=true")
            back, _ = eventually(lambda: pods.restarted(self.cluster, name, uid), f"{name} did not come back", 240)
            # Asked anew: `watch` may take longer to find the new pod. The gang has stepped while nobody coordinated.
            now, _ = eventually(lambda: self.state_beyond(watched.name, before["step"]),
                                f"{watched.name} took no step without its coordinator", LIMIT, pause=0.2)
            told = time.monotonic()
            return {"seconds_to_next_step": round(told - moment, 2), "step_after": now["step"],
                    "generation_after": now["generation"], "seconds_without_coordinator": round(back - moment, 1),
                    "steps_meanwhile": now["step"] - before["step"]}
        return self.train("coordinator-deleted", delete)

    def state_beyond(self, name, step):
        """What `get` says of a job that is beyond `step`."""
        got = self.cluster.execute(self.client, *pods.CTL, "--timeout", "3", "--json", "get", name, check=False)
        job = json.loads(got.stdout) if got.returncode == 0 else {"step": 0}
        return job["step"] > step and job

    def node_drained(self):
        def drain(watched, before):
            there = [name for name, node in self.cluster.workers().items() if node == self.drained_node]
            expect(there, f"no worker is on {self.drained_node}")
            moment = time.monotonic()
            drained = run(self.cluster.kubectl, "drain", self.drained_node, "--ignore-daemonsets",
                          "--delete-emptydir-data", "--timeout=300s", "--pod-selector",
                          f"app.kubernetes.io/instance={self.cluster.release}", limit=330)
            took = time.monotonic() - moment
            refused = len(re.findall("would violate the pod's disruption budget", drained.stderr + drained.stdout))
            say(f"drained {', '.join(there)} in {took:.0f} s; the budget refused {refused} times")
            expect(len(there) < 2 or refused, "two workers of one budget were evicted, and nothing was ever refused")
            figures = {"victim": " ".join(there), "drain_seconds": round(took, 1), "refused_by_budget": refused,
                       **self.went_on(watched, before, moment)}
            expect(self.drained_node not in self.cluster.workers().values(), f"a worker is still on {self.drained_node}")
            return figures
        try:
            return self.train("node-drained", drain)
        finally:
            subprocess.run([self.cluster.kubectl, "uncordon", self.drained_node], capture_output=True, check=False)
