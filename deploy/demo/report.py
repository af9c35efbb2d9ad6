"""What the demo ends with: the loss curve (gnuplot), the alignment before and after, the verdict, and
where everything is. Exit status 1 when the gain in DSC is not above its spread over held-out pairs;
people's own volumes are not judged.

  report.py OUT    reads OUT/progress.jsonl, job.json, registration.json
"""
import json
import pathlib
import statistics
import subprocess
import sys

LEAST_PAIRS = 8
FILES = [("weights.safetensors", "the pre-trained weights; load_file() of safetensors.torch reads them"),
         ("loss.png", "the loss, step by step"),
         ("pictures", "fixed, moving, warped, deformation grid and difference of each pair"),
         ("registration.json", "the numbers of each pair"),
         ("job.json", "the job as the service knows it"),
         ("progress.jsonl", "the job as it was watched"),
         ("checkpoints", "the last checkpoints and the lineage of the weights"),
         ("train.gvsl", "the dataset; its report.json says what was accepted"),
         ("state/gvsl/local/logs", "logs of coordinator and workers")]


def draw_loss(out):
    rows = [json.loads(line) for line in (out / "progress.jsonl").read_text().splitlines()]
    points = sorted({row["step"]: row["loss"] for row in rows if row["loss"] is not None}.items())
    if len(points) < 2:
        return
    lines = "\n".join(f"{step} {loss}" for step, loss in points)
    script = f"""set terminal pngcairo size 900,500
set output '{out / "loss.png"}'
set xlabel 'step'
set ylabel 'loss'
set grid
$points << END
{lines}
END
plot $points using 1:2 with lines lc rgb '#bbccee' notitle, \\
     $points using 1:2 smooth sbezier lw 2 lc rgb '#114499' title 'total loss'
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def print_table(pairs, measure):
    header = measure.upper() + " before"
    print(f"\n{'pair':<6} {header:>11} {'after':>8} {'gain':>8}")
    for number, pair in enumerate(pairs, 1):
        low, high = pair[f"{measure}_before"], pair[f"{measure}_after"]
        print(f"{number:<6} {low:11.3f} {high:8.3f} {high - low:+8.3f}")


def print_gain(pairs, which):
    """Prints the mean gain in DSC; whether it exceeds its standard deviation over the pairs."""
    gains = [pair["dsc_after"] - pair["dsc_before"] for pair in pairs]
    mean, spread = statistics.mean(gains), statistics.stdev(gains) if len(gains) > 1 else 0.0
    before = statistics.mean(pair["dsc_before"] for pair in pairs)
    after = statistics.mean(pair["dsc_after"] for pair in pairs)
    print(f"\nDSC of known labels over {len(pairs)} {which}: {before:.3f} unaligned, "
          f"{after:.3f} aligned by what was learned; gain {mean:+.3f}, spread {spread:.3f}")
    return mean > spread


def main():
    out = pathlib.Path(sys.argv[1])
    job = json.loads((out / "job.json").read_text())
    registration = json.loads((out / "registration.json").read_text())
    pairs = registration["pairs"]
    draw_loss(out)
    held_out = (out / "heldout.gvsl").exists()
    labelled = [pair for pair in pairs if pair["dsc_before"] is not None]
    good = not held_out  # the virtual subjects must prove it
    if labelled:
        print_table(labelled, "dsc")
        gained = print_gain(labelled, "held-out pairs" if held_out else "pairs")
        good = good or (gained and len(labelled) >= LEAST_PAIRS)
    else:
        print_table(pairs, "ncc")
    print(f"job {job['name']}: {job['state']}, {job['step']} of {job['steps']} steps, "
          f"weights {job['checkpoints'][-1]['weights_sha256'][:16]}…\n")
    for name, what in FILES:
        if (out / name).exists():
            print(f"  {out / name}  {what}")
    if not good:
        print(f"demo: FAILED: no gain above its spread over at least {LEAST_PAIRS} held-out pairs",
              file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
