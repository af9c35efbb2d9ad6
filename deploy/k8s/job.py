"""A training job through the service: submitted by gvslctl in the client's pod, watched, and disturbed."""
import json
import subprocess
import threading
import time

import pods
from cluster import Failure, eventually, expect

STEPS_DEFAULT = 60
LIMIT = 1500


def job_file(name, dataset, checkpoints, steps):
    """The same job everywhere; only names and folders differ, of which the weights know nothing."""
    return json.dumps({
        "name": name, "task": "pretrain", "method": "gvsl", "dataset": dataset, "model": {"width": 8}, "steps": steps,
        "slots": 4, "seed": 7, "optimizer": {"name": "adam", "lr": 1.0e-3},
        "workers": {"min": 1, "max": 8, "threads": 1, "device": "cpu"}, "collective": "grpc",
        "checkpoint": {"directory": f"{checkpoints}/{name}", "every_steps": 10, "keep_last": 3, "keep_every": 0}})


class Watched:
    """What `gvslctl watch` says about a job, with the time at which it came."""

    def __init__(self, cluster, client, name):
        self.cluster, self.name = cluster, name
        self.lines = []
        self.nodes = {}   # node -> slots seen there
        self.process = subprocess.Popen(
            cluster.command("exec", client, "--", *pods.CTL, "--json", "watch", name),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), json.loads(line)))

    @property
    def last(self):
        return self.lines[-1][1] if self.lines else {"state": "", "step": 0, "generation": 0, "workers": []}

    def note_nodes(self):
        """Which nodes the slots are on at this moment."""
        places = self.cluster.workers()
        for worker in self.last["workers"]:
            node = places.get(worker["name"])
            if node and worker["slots"]:
                self.nodes.setdefault(node, set()).update(worker["slots"])

    def wait_step(self, step):
        """Until the job has committed `step` steps."""
        def there():
            expect(self.last["state"] not in ("FAILED", "CANCELLED", "SUCCEEDED"),
                   f"{self.name} was {self.last['state']} before step {step}: {self.last.get('reason')}")
            return self.last["step"] >= step
        eventually(there, f"{self.name} never reached step {step}", LIMIT, pause=0.05)

    def first_after(self, moment, condition):
        """The first line later than `moment` of which `condition` holds."""
        return next(((when, line) for when, line in list(self.lines) if when > moment and condition(line)), None)

    def finish(self):
        """The last word about the job; Failure unless it succeeded."""
        try:
            self.process.wait(LIMIT)
        except subprocess.TimeoutExpired as late:
            self.process.kill()
            raise Failure(f"{self.name} did not end within {LIMIT} s") from late
        self.reader.join()
        expect(self.process.returncode == 0,
               f"watch {self.name}: status {self.process.returncode}: {self.process.stderr.read()[-1000:]}")
        return self.last

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def weights_of(line):
    return line["checkpoints"][-1]["weights_sha256"]
