"""What the rows of `make bench` share: where yardsticks are, running programs, figures with their spread.

  GVSL_PEERS          folder with the yardsticks' scripts (default ../shared/peers)
  GVSL_PEER_PYTHON    a Python with PyTorch, NumPy, MONAI and pydicom; otherwise they are installed
                      into GVSL_CACHE
  GVSL_TEST_DATA      folder with real images (default ../shared/data)
"""
import functools
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build/bin"
CACHE = pathlib.Path(os.environ.get("GVSL_CACHE", pathlib.Path.home() / ".cache/gvsl"))
PEERS = pathlib.Path(os.environ.get("GVSL_PEERS", ROOT / "../shared/peers")).resolve()
DATA = pathlib.Path(os.environ.get("GVSL_TEST_DATA") or ROOT / "../shared/data").resolve()


class Skipped(Exception):
    """Something is not there; the sentence says what."""


def script(name):
    if not (PEERS / name).exists():
        raise Skipped(f"no peers: {name} is not there (GVSL_PEERS)")
    return PEERS / name


def data(name):
    if not (DATA / name).exists():
        raise Skipped(f"no data: {name} is not there (GVSL_TEST_DATA)")
    return DATA / name


def program(name):
    """Of other people."""
    found = shutil.which(name)
    if found is None:
        raise Skipped(f"{name} is not installed")
    return found


@functools.cache
def _python():
    environment = dict(os.environ)
    if "GVSL_PEER_PYTHON" not in os.environ:
        subprocess.run([ROOT / "deploy/setup/install.sh", "peer"], check=True)
        folders = [line.split()[1] for line in (ROOT / "cmake/versions.txt").read_text().splitlines()
                   if line.startswith("peer ")]
        environment["PYTHONPATH"] = str(CACHE / folders[0])
    return os.environ.get("GVSL_PEER_PYTHON", "python3"), environment


def python(*modules):
    """(program, environment) of a Python that has the modules."""
    try:
        found, environment = _python()
        subprocess.run([found, "-c", f"import {', '.join(modules)}"], check=True, env=environment,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Skipped(f"no Python with {', '.join(modules)}: {error}") from error
    return found, environment


def output_of(command, environment=None):
    result = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, env=environment)
    return json.loads(result.stdout)


def timed(command):
    """{"wall": seconds, "cpu": user and system seconds} of a program that must succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    wall = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"wall": wall,
            "cpu": after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime}


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def ratios(numerators, denominators):
    """Of rounds, each with one of either side."""
    return spread([a / b for a, b in zip(numerators, denominators)])


def show(figure, digits):
    if figure is None:
        return "-"
    return (f"{figure['median']:.{digits}f} ({figure['min']:.{digits}f}-"
            f"{figure['max']:.{digits}f})")


def print_row(name, own, other, ratio, peer, digits=2):
    print(f"{name:<34} {show(own, digits):>24} {show(other, digits):>24} {show(ratio, 2):>20}  {peer}")
