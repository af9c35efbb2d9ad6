"""A coordinator, workers and a Prometheus as real processes on loopback, in one temporary folder. All of it is gone
when the `with` block ends."""
import ctypes
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
JOB = """name: {name}
task: pretrain
method: gvsl
dataset: {folder}/dataset
model: {{width: 8}}
steps: 100000
slots: {slots}
seed: 7
workers: {{min: {workers}, max: 8, threads: 1}}
checkpoint: {{directory: {folder}/checkpoints-{name}, every_steps: 5, keep_last: 2}}
"""


PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def end_with_parent():
    """In a child before its program: it dies with this process, also when that is killed."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def eventually(condition, seconds=90, interval=0.1):
    """The first true answer of `condition`, or its last one at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer or time.monotonic() > deadline:
            return answer
        time.sleep(interval)


def write_volume(path, seed):
    """A small NIfTI-1 volume of smooth values."""
    size = (16, 16, 16)
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *size, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 4, 16)  # int16
    struct.pack_into("<8f", header, 76, 1, 1, 1, 1, 1, 1, 1, 1)
    struct.pack_into("<2f", header, 108, 352, 1)  # offset of the voxels, slope
    struct.pack_into("<2h", header, 252, 0, 1)  # the affine below
    struct.pack_into("<12f", header, 280, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0)
    header[344:348] = b"n+1\0"
    voxels = [(x * (3 + seed) + y * y + z * seed) % 900 for z in range(16) for y in range(16) for x in range(16)]
    path.write_bytes(bytes(header) + struct.pack(f"<{len(voxels)}h", *voxels))


class Service:
    def __init__(self, programs, prometheus="/usr/bin/prometheus"):
        self.programs, self.prometheus = pathlib.Path(programs), prometheus
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gvsl-dashboards-"))
        self.processes, self.addresses, self.http = {}, {}, {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
        for process in self.processes.values():
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self, name):
        return (self.folder / f"{name}.err").read_text(encoding="utf-8", errors="replace")

    def start(self, name, command):
        with open(self.folder / f"{name}.out", "wb") as out, open(self.folder / f"{name}.err", "wb") as err:
            self.processes[name] = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                                                    stdout=out, stderr=err, cwd=self.folder,
                                                    preexec_fn=end_with_parent)

    def start_server(self, name, command):
        self.start(name, command)

        def addresses():
            lines = (self.folder / f"{name}.out").read_text(encoding="utf-8").splitlines()
            return dict(line.split(" ", 1) for line in lines) if len(lines) >= 2 else None
        said = eventually(addresses)
        if not said:
            raise RuntimeError(f"{name} does not listen\n{self.log(name)}")
        self.addresses[name], self.http[name] = said["listening"], said["http"]

    def start_coordinator(self):
        self.start_server("coordinator", [self.programs / "gvsl-coordinator", "--listen", "127.0.0.1:0", "--http",
                                          "127.0.0.1:0", "--state", self.folder / "state"])

    def start_worker(self, name):
        self.start_server(name, [self.programs / "gvsl-worker", "--coordinator", self.addresses["coordinator"],
                                 "--work-dir", self.folder / name, "--name", name, "--threads", "1"])

    def ctl(self, *arguments):
        return subprocess.run([self.programs / "gvslctl", "--coordinator", self.addresses["coordinator"], *arguments],
                              capture_output=True, text=True, check=False, timeout=60)

    def make_dataset(self):
        (self.folder / "volumes").mkdir()
        for seed in range(6):
            write_volume(self.folder / "volumes" / f"subject{seed}.nii", seed)
        subprocess.run([self.programs / "gvsl-dataset", "ingest", "--input", self.folder / "volumes", "--output",
                        self.folder / "dataset", "--spacing", "native", "--window", "minmax", "--volumes-per-shard", "2"],
                       check=True, capture_output=True, timeout=60)

    def submit(self, name, workers):
        path = self.folder / f"{name}.yaml"
        path.write_text(JOB.format(name=name, workers=workers, slots=max(3, workers),
                                   folder=self.folder), encoding="utf-8")
        submitted = self.ctl("submit", path)
        if submitted.returncode != 0:
            raise RuntimeError(submitted.stderr)

    def job(self, name):
        return json.loads(self.ctl("get", name, "--json").stdout)

    def kill_trainer(self, worker):
        """As the kernel does that runs out of memory. False while there is none."""
        agent = self.processes[worker].pid
        for task in pathlib.Path(f"/proc/{agent}/task").iterdir():
            children = (task / "children").read_text().split()
            if children:
                os.kill(int(children[0]), signal.SIGKILL)
                return True
        return False

    def start_prometheus(self, consoles, libraries):
        """On the scrape configuration that is shipped, with the addresses and intervals of this test."""
        source = ROOT / "deploy/prometheus"
        config = (source / "prometheus.yml").read_text(encoding="utf-8")
        config = config.replace("15s", "1s").replace("127.0.0.1:7601", self.http["coordinator"])
        (self.folder / "prometheus.yml").write_text(config, encoding="utf-8")
        shutil.copy(source / "rules.yml", self.folder)
        (self.folder / "workers").mkdir()
        (self.folder / "workers/all.json").write_text(json.dumps(
            [{"targets": [address for name, address in self.http.items() if name != "coordinator"]}]))
        self.start("prometheus", [self.prometheus, "--config.file=prometheus.yml", "--web.listen-address=127.0.0.1:0",
                                  "--storage.tsdb.path=tsdb", f"--web.console.templates={consoles}",
                                  f"--web.console.libraries={libraries}"])
        mark = 'msg="Listening on" address='
        if not eventually(lambda: mark in self.log("prometheus")):
            raise RuntimeError(self.log("prometheus"))
        self.http["prometheus"] = self.log("prometheus").split(mark)[1].split()[0]
        if not eventually(lambda: self.get("/-/ready")[0] == 200):
            raise RuntimeError(self.log("prometheus"))

    def get(self, path, **parameters):
        """(status, text) of Prometheus' answer."""
        url = f"http://{self.http['prometheus']}{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)
