"""How long a trainer waits for its data: a real job on this machine through the CLI (`gvslctl local up`, one
worker), with the dataset dropped from the page cache before it begins, and again with it there; and
through a worker's shard cache, which is empty before the first job and filled before the second. The
shares are of whole steps, the first of which opens and verifies the shards."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.request

import peers

IMAGES = "ct_demo"
SPACING = 2  # mm
STEPS = 20
PATCH, WIDTH = 64, 16
WEIGHT = 0.2  # of the newest step in what the metrics show (worker/trainer/step_meter.cc)
LONGEST = 600  # seconds a job may take


def ingest(work):
    dataset = work / "dataset"
    subprocess.run([peers.BIN / "gvsl-dataset", "ingest", "--input", peers.data(IMAGES), "--output",
                    dataset, "--spacing", str(SPACING), "--volumes-per-shard", "1"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return dataset


def drop_from_cache(folder):
    for path in folder.iterdir():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def read_all(folder):
    for path in folder.iterdir():
        path.read_bytes()


class Cluster:
    """One coordinator and one worker, in a folder of their own, with a shard cache there or none."""

    def __init__(self, work, shard_cache=None):
        state = work / ("state" if shard_cache is None else "state-with-cache")
        self.environment = dict(os.environ, XDG_STATE_HOME=str(state))
        self.environment.pop("GVSL_SHARD_CACHE", None)
        if shard_cache is not None:
            self.environment["GVSL_SHARD_CACHE"] = str(shard_cache)
        self.environment.pop("GVSL_COORDINATOR", None)
        self.folder = state / "gvsl/local"

    def ctl(self, *arguments):
        done = subprocess.run([str(peers.BIN / "gvslctl"), *arguments], check=True,
                              env=self.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
        return done.stdout

    def __enter__(self):
        self.ctl("local", "up", "--workers", "1")
        said = (self.folder / "logs/worker-1.out").read_text()
        self.http = re.search(r"^http (\S+)$", said, re.MULTILINE)[1]
        return self

    def __exit__(self, *_):
        self.ctl("local", "down")

    def metrics(self):
        """(step, seconds a step, seconds of it waiting for data), smoothed; None without a job."""
        with urllib.request.urlopen(f"http://{self.http}/metrics", timeout=5) as answer:
            page = answer.read().decode()
        found = [re.search(rf"^{name}(?:{{[^}}]*{label}[^}}]*}})? (\S+)$", page, re.MULTILINE)
                 for name, label in (("gvsl_worker_step", ""), ("gvsl_worker_step_seconds", ""),
                                     ("gvsl_worker_phase_seconds", 'phase="data"'))]
        return tuple(float(match[1]) for match in found) if all(found) else None


def job_file(work, name, dataset):
    path = work / f"{name}.yaml"
    path.write_text(json.dumps({
        "name": name, "task": "pretrain", "method": "gvsl", "dataset": str(dataset), "steps": STEPS,
        "slots": 1, "patch": [PATCH] * 3, "model": {"width": WIDTH},
        "workers": {"min": 1, "max": 1, "device": "cpu", "threads": 1},
        "checkpoint": {"directory": str(work / "checkpoints" / name), "every_steps": STEPS}}))
    return path


def follow(cluster, name):
    """What the metrics showed after each step that was seen: {step: (seconds, data)}."""
    shown = {}
    ends = time.monotonic() + LONGEST
    while time.monotonic() < ends:
        now = cluster.metrics()
        if now and now[0] > 0:
            shown[int(now[0])] = now[1:]
        state = json.loads(cluster.ctl("--json", "get", name))["state"]
        if state == "SUCCEEDED":
            return shown
        if state in ("FAILED", "CANCELLED"):
            break
        time.sleep(0.02)
    raise peers.Skipped(f"the job of {STEPS} steps did not succeed")


def unsmoothed(shown):
    """[(seconds, data)] of each step whose predecessor was seen, and of the first."""
    steps = []
    for step, now in sorted(shown.items()):
        if step == 1:
            steps.append(now)
        elif step - 1 in shown:
            before = shown[step - 1]
            steps.append(tuple((new - (1 - WEIGHT) * old) / WEIGHT
                               for new, old in zip(now, before)))
    return steps


def wait_of(cluster, work, name, dataset):
    cluster.ctl("submit", str(job_file(work, name, dataset)))
    steps = unsmoothed(follow(cluster, name))
    if not steps:
        raise peers.Skipped("no step was seen")
    seconds, waited = (sum(values) for values in zip(*steps))
    return {"steps": len(steps), "step_seconds": seconds / len(steps),
            "data_seconds": waited / len(steps), "share": waited / seconds,
            "share_of_first": steps[0][1] / steps[0][0], "first_data_seconds": steps[0][1]}


# By cache, and by what is done to the dataset before each of its jobs.
PLAN = {"page": {"cold": drop_from_cache, "warm": read_all},
        "shard": {"cold": drop_from_cache, "warm": drop_from_cache}}


def measure():
    peers.data(IMAGES)
    result = {"spacing": SPACING, "patch": PATCH, "width": WIDTH, "waits": {}}
    with tempfile.TemporaryDirectory(prefix="gvsl-bench-") as folder:
        work = pathlib.Path(folder)
        dataset = ingest(work)
        copies = work / "copies"
        for cache, jobs in PLAN.items():
            with Cluster(work, copies if cache == "shard" else None) as cluster:
                for state, prepare in jobs.items():
                    prepare(dataset)
                    result["waits"][f"{state} {cache} cache"] = wait_of(
                        cluster, work, f"{state}-{cache}", dataset)
        if not any(copies.rglob("*")):
            raise peers.Skipped("the shard cache was not used")
    return result


def print_table(result):
    for name, figures in result["waits"].items():
        print(f"data wait, {name}: {100 * figures['share']:.2f} % of {figures['steps']} "
              f"steps of {figures['step_seconds']:.2f} s; of the first step "
              f"{100 * figures['share_of_first']:.2f} % ({1000 * figures['first_data_seconds']:.0f} ms)")
