"""One training step by phase, beside the released code's operations. The two sides run in turn, round by
round, so that a busy machine slows both; each round gives one ratio."""
import os

import peers

SIZE, WIDTH, THREADS, STEPS, ROUNDS = 64, 32, 1, 2, 3
# Our phase -> the yardstick's phases that do the same work.
PHASES = {"augment": ["augmentation"],
          "forward": ["forward", "ncc_forward", "other_losses"],
          "backward": ["backward"],
          "update": ["optimiser"],
          "total": ["total"]}


def own_step():
    """{"wall": {phase: seconds}, "cpu": …} of one round."""
    figures = peers.output_of([peers.BIN / "gvsl-bench-step", "--size", SIZE, "--width", WIDTH,
                               "--threads", THREADS, "--steps", STEPS, "--json"])
    return {"wall": {phase: figures["seconds"][phase]["median"] for phase in PHASES},
            "cpu": {phase: figures["cpu_seconds"][phase]["median"] for phase in PHASES}}


def released_step():
    """A function that measures one round of the yardstick."""
    script = peers.script("released_step.py")
    python, environment = peers.python("numpy", "torch")

    def measure_round():
        figures = peers.output_of([python, script, "--size", *[SIZE] * 3, "--width", WIDTH,
                                   "--threads", THREADS, "--steps", STEPS], environment)
        return {clock: {phase: sum(figures[key][name] for name in names)
                        for phase, names in PHASES.items()}
                for clock, key in (("wall", "median_s"), ("cpu", "median_cpu_s"))}
    return measure_round


def summarize(mine, others):
    """{clock: {phase: {gvsl, released, ratio}}}; the last two are None without a yardstick."""
    summary = {}
    for clock in ("wall", "cpu"):
        summary[clock] = {}
        for phase in PHASES:
            own = [round_[clock][phase] for round_ in mine]
            other = [round_[clock][phase] for round_ in others]
            summary[clock][phase] = {
                "gvsl": peers.spread(own),
                "released": peers.spread(other) if other else None,
                "ratio": peers.ratios(other, own) if other else None}
    return summary


def measure():
    """Ours is measured without a yardstick too; `not_measured` then says what is missing."""
    measure_peer, reason = None, None
    try:
        measure_peer = released_step()
    except peers.Skipped as skipped:
        reason = str(skipped)
    mine, others = [], []
    for _ in range(ROUNDS):
        mine.append(own_step())
        if measure_peer:
            others.append(measure_peer())
    return {"size": SIZE, "width": WIDTH, "threads": THREADS, "rounds": ROUNDS, "steps": STEPS,
            "load": os.getloadavg()[0], **summarize(mine, others), "not_measured": reason}


def print_table(result):
    for clock, unit in (("wall", "s"), ("cpu", "CPU s")):
        for phase, row in result[clock].items():
            peers.print_row(f"step, {phase}, {unit}", row["gvsl"], row["released"], row["ratio"],
                            "released code", 3)
    if result["not_measured"]:
        print(f"released code: skipped: {result['not_measured']}")
