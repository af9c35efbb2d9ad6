"""make bench: one training step by phase, beside the released code's operations where that yardstick
is at hand. Prints a table; writes build/bench.json.

  GVSL_PEERS          folder with released_step.py (default ../shared/peers)
  GVSL_PEER_PYTHON    a Python with PyTorch and NumPy; otherwise one is installed into GVSL_CACHE
"""
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("GVSL_CACHE", pathlib.Path.home() / ".cache/gvsl"))
SIZE, WIDTH, THREADS, STEPS = 64, 32, 1, 5
# Our phase -> the yardstick's phases that do the same work.
PHASES = {"augment": ["augmentation"],
          "forward": ["forward", "ncc_forward", "other_losses"],
          "backward": ["backward"],
          "update": ["optimiser"],
          "total": ["total"]}


def ours():
    command = [ROOT / "build/bin/gvsl-bench-step", "--size", SIZE, "--width", WIDTH,
               "--threads", THREADS, "--steps", STEPS, "--json"]
    return json.loads(subprocess.run([str(part) for part in command], check=True,
                                     stdout=subprocess.PIPE).stdout)


def peer_python():
    """(program, environment) of a Python that has PyTorch."""
    environment = dict(os.environ)
    if "GVSL_PEER_PYTHON" not in os.environ:
        subprocess.run([ROOT / "deploy/setup/install.sh", "peer"], check=True)
        folders = [line.split()[1] for line in (ROOT / "cmake/versions.txt").read_text().splitlines()
                   if line.startswith("peer ")]
        environment["PYTHONPATH"] = str(CACHE / folders[0])
    return os.environ.get("GVSL_PEER_PYTHON", "python3"), environment


def released_step():
    """The yardstick's JSON, or the reason why there is none."""
    script = pathlib.Path(os.environ.get("GVSL_PEERS", ROOT / "../shared/peers")) / "released_step.py"
    if not script.exists():
        return None, "released_step.py is not there (GVSL_PEERS)"
    try:
        python, environment = peer_python()
        result = subprocess.run(
            [python, script, "--size", *[str(SIZE)] * 3, "--width", str(WIDTH), "--threads",
             str(THREADS), "--steps", str(STEPS)],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
    except (OSError, subprocess.CalledProcessError) as error:
        return None, str(error)
    return json.loads(result.stdout), None


def main():
    mine = ours()
    peer, reason = released_step()
    print(f"\none step, {SIZE}^3 voxels, width {WIDTH}, {THREADS} thread, median of {STEPS} steps,"
          " wall seconds")
    print(f"{'phase':<10} {'gvsl':>9} {'released':>9} {'ratio':>7}")
    for phase, names in PHASES.items():
        seconds = mine["seconds"][phase]["median"]
        if peer:
            other = sum(peer["median_s"][name] for name in names)
            print(f"{phase:<10} {seconds:9.3f} {other:9.3f} {other / seconds:6.2f}x")
        else:
            print(f"{phase:<10} {seconds:9.3f} {'-':>9} {'-':>7}")
    if reason:
        print(f"released code not measured: {reason}")
    output = ROOT / "build/bench.json"
    output.write_text(json.dumps({"step": mine, "released_step": peer, "not_measured": reason},
                                 indent=2) + "\n")
    print(f"as JSON: {output.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
