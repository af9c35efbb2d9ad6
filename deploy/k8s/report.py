"""What the test leaves behind: rows, a table, and evidence where something failed."""
import json
import shutil
import subprocess

from cluster import ROOT, Failure, say

FAILED = ROOT / "build/k8s-test-failed"


def keep_evidence(cluster):
    """What was there when something failed."""
    shutil.rmtree(FAILED, ignore_errors=True)
    FAILED.mkdir(parents=True)
    for name, command in {"pods": ["get", "pods", "-o", "wide"], "events": ["get", "events"],
                          "describe": ["describe", "pods"]}.items():
        (FAILED / name).write_text(cluster.k(*command, check=False).stdout)
    for pod in cluster.get("pods"):
        name = pod["metadata"]["name"]
        for previous in ([], ["--previous"]):
            log = cluster.k("logs", name, *previous, check=False)
            if log.returncode == 0:
                (FAILED / f"{name}{'-before' if previous else ''}.log").write_text(log.stdout)
    say(f"logs are in {FAILED.relative_to(ROOT)}")


def print_table(report):
    print(f"\nKubernetes {report['kubernetes']}, nodes {', '.join(report['nodes'])}, {report['steps']} steps; "
          f"installed and ready in {report['install_seconds']} s")
    for name, size in report["images"].items():
        print(f"  {name:<44} {size:>6} MB")
    print(f"\n  {'job':<24} {'weights':<14} {'same':<5} {'took':>7} {'at step':>8} {'on at':>6} {'generation':>11} "
          f"{'to next step':>13}")
    reference = report["reference"]
    print(f"  {'on this machine':<24} {reference['weights_sha256'][:12]:<14} {'':<5} {reference['seconds']:>5} s")
    for name, row in report["jobs"].items():
        if "failed" in row:
            print(f"  {name:<24} FAILED: {row['failed'][:150]}")
            continue
        change = f"{row.get('generation_before', row['generation'])} to {row['generation']}"
        wait = f"{row['seconds_to_next_step']} s" if "seconds_to_next_step" in row else ""
        print(f"  {name:<24} {row['weights_sha256'][:12]:<14} {'yes' if row.get('equal') else 'NO':<5} "
              f"{row['seconds']:>5} s {row.get('step_before', ''):>8} {row.get('step_after', ''):>6} {change:>11} {wait:>13}")
    print()
    for name, row in report["checks"].items():
        print(f"  {name:<24} {'FAILED: ' + row['failed'][:150] if 'failed' in row else 'ok ' + json.dumps(row)[:180]}")


def attempt(rows, cluster, name, action):
    """One row of the report; a failure does not keep the rest from being looked at."""
    say(name)
    try:
        rows[name] = action()
    except (Failure, subprocess.SubprocessError) as failure:
        say(f"{name} FAILED: {failure}")
        rows[name] = {"failed": str(failure)}
        keep_evidence(cluster)
