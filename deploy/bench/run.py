"""make bench: one training step by phase, beside the released code's operations where that yardstick
is at hand. The two sides run in turn, round by round, so that a busy machine slows both; each round
gives one ratio, and the table shows the median and the range over the rounds. Processor seconds are the
ones to trust on a shared machine. Writes build/bench.json.

  GVSL_PEERS          folder with released_step.py (default ../shared/peers)
  GVSL_PEER_PYTHON    a Python with PyTorch and NumPy; otherwise one is installed into GVSL_CACHE
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("GVSL_CACHE", pathlib.Path.home() / ".cache/gvsl"))
SIZE, WIDTH, THREADS, STEPS, ROUNDS = 64, 32, 1, 2, 3
# Our phase -> the yardstick's phases that do the same work.
PHASES = {"augment": ["augmentation"],
          "forward": ["forward", "ncc_forward", "other_losses"],
          "backward": ["backward"],
          "update": ["optimiser"],
          "total": ["total"]}


def output_of(command, environment=None):
    result = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, env=environment)
    return json.loads(result.stdout)


def own_step():
    """{"wall": {phase: seconds}, "cpu": …} of one round."""
    figures = output_of([ROOT / "build/bin/gvsl-bench-step", "--size", SIZE, "--width", WIDTH,
                         "--threads", THREADS, "--steps", STEPS, "--json"])
    return {"wall": {phase: figures["seconds"][phase]["median"] for phase in PHASES},
            "cpu": {phase: figures["cpu_seconds"][phase]["median"] for phase in PHASES}}


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
    """A function that measures one round of the yardstick, or None and why there is none."""
    script = pathlib.Path(os.environ.get("GVSL_PEERS", ROOT / "../shared/peers")) / "released_step.py"
    if not script.exists():
        return None, "released_step.py is not there (GVSL_PEERS)"
    try:
        python, environment = peer_python()
        output_of([python, "-c", "import numpy, torch; print(0)"], environment)
    except (OSError, subprocess.CalledProcessError) as error:
        return None, f"no Python with PyTorch: {error}"

    def measure():
        figures = output_of([python, script, "--size", *[SIZE] * 3, "--width", WIDTH, "--threads",
                             THREADS, "--steps", STEPS], environment)
        return {clock: {phase: sum(figures[key][name] for name in names)
                        for phase, names in PHASES.items()}
                for clock, key in (("wall", "median_s"), ("cpu", "median_cpu_s"))}
    return measure, None


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def summarize(mine, peers):
    """{clock: {phase: {gvsl, released, ratio}}}; the last two are None without a yardstick."""
    summary = {}
    for clock in ("wall", "cpu"):
        summary[clock] = {}
        for phase in PHASES:
            own = [round_[clock][phase] for round_ in mine]
            other = [round_[clock][phase] for round_ in peers]
            summary[clock][phase] = {
                "gvsl": spread(own),
                "released": spread(other) if other else None,
                "ratio": spread([b / a for a, b in zip(own, other)]) if other else None}
    return summary


def print_table(summary, clock):
    names = {"wall": "wall seconds", "cpu": "processor seconds"}
    print(f"\n{names[clock]:<18} {'gvsl (min-max)':>24} {'released (min-max)':>24} "
          f"{'ratio (min-max)':>22}")
    for phase, row in summary[clock].items():
        cells = []
        for side, digits in (("gvsl", 3), ("released", 3), ("ratio", 2)):
            figure = row[side]
            cells.append("-" if figure is None else
                         f"{figure['median']:.{digits}f} ({figure['min']:.{digits}f}-"
                         f"{figure['max']:.{digits}f})")
        print(f"{phase:<18} {cells[0]:>24} {cells[1]:>24} {cells[2]:>22}")


def main():
    measure_peer, reason = released_step()
    mine, peers = [], []
    for _ in range(ROUNDS):
        mine.append(own_step())
        if measure_peer:
            peers.append(measure_peer())
    summary = summarize(mine, peers)
    print(f"one step, {SIZE}^3 voxels, width {WIDTH}, {THREADS} thread; medians of {ROUNDS} rounds of "
          f"{STEPS} steps; ratio = released / gvsl; load {os.getloadavg()[0]:.1f}")
    for clock in ("wall", "cpu"):
        print_table(summary, clock)
    if reason:
        print(f"released code not measured: {reason}")
    output = ROOT / "build/bench.json"
    output.write_text(json.dumps({"size": SIZE, "width": WIDTH, "threads": THREADS, "rounds": ROUNDS,
                                  "steps": STEPS, "step": summary, "not_measured": reason},
                                 indent=2) + "\n")
    print(f"as JSON: {output.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
