"""The same dataset and the same job on this machine, as processes, and the dataset's way into the cluster."""
import io
import json
import tarfile
import time

import pods
import volumes
from cluster import eventually, expect, run
from job import LIMIT, job_file, weights_of

SUBJECTS = 8
INGEST = ["--spacing", "native", "--window", "minmax", "--volumes-per-shard", "2", "--json"]


def write_volumes(work):
    volumes.write(work / "volumes", SUBJECTS)


def train_here(programs, work, steps, stop):
    """The reference: one coordinator and one worker as processes of this machine."""
    dataset = work / "dataset"
    run(programs / "gvsl-dataset", "ingest", "--input", work / "volumes", "--output", dataset, *INGEST)
    (work / "job.yaml").write_text(job_file("reference", str(dataset), str(work / "checkpoints"), steps))
    began = time.monotonic()
    run(programs / "gvslctl", "local", "up", "--workers", "1", "--dir", work / "local")
    try:
        status = json.loads(run(programs / "gvslctl", "--json", "local", "status", "--dir", work / "local").stdout)
        ctl = [programs / "gvslctl", "--coordinator", status["coordinator"]["address"]]
        run(*ctl, "submit", work / "job.yaml")
        def ended():
            expect(not stop.is_set(), "the test has ended before the job on this machine")
            job = json.loads(run(*ctl, "--json", "get", "reference").stdout)
            return job["state"] in ("SUCCEEDED", "FAILED", "CANCELLED") and job
        last, _ = eventually(ended, "the job on this machine does not end", LIMIT, pause=1)
        expect(last["state"] == "SUCCEEDED", f"the job on this machine ended {last['state']}: {last['reason']}")
    finally:
        run(programs / "gvslctl", "local", "down", "--dir", work / "local", check=False)
    return {"seconds": round(time.monotonic() - began, 1), "dataset_sha256": last["dataset_sha256"],
            "numeric_class": last["numeric_class"], "weights_sha256": weights_of(last)}


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
