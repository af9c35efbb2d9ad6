"""The alert rules hold their own tests, name metrics that docs/metrics.md explains, and every alert has its place
in docs/runbook.md. Exit status 77: skipped, there is no promtool."""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy/prometheus/rules.yml"


def main():
    text = RULES.read_text(encoding="utf-8")
    problems = []
    runbook = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    alerts = re.findall(r"- alert: (\w+)", text)
    for alert in alerts:
        if f"\n## {alert}\n" not in runbook:
            problems.append(f"docs/runbook.md has no section {alert}")
        if f"docs/runbook.md#{alert.lower()}" not in text:
            problems.append(f"{alert} has no runbook_url of its own")
    for section in re.findall(r"^## (\w+)$", runbook, re.MULTILINE):
        if section not in alerts:
            problems.append(f"docs/runbook.md: there is no alert {section}")
    metrics = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    for metric in set(re.findall(r"(?<![:\w])((?:gvsl|grpc)_[a-z0-9_]+)", text)) - {
            "grpc_service", "grpc_method", "grpc_code"}:
        if f"`{metric}`" not in metrics:
            problems.append(f"rules.yml uses {metric}, of which docs/metrics.md knows nothing")
    for problem in problems:
        print(problem)
    if problems:
        return 1
    if shutil.which("promtool") is None:
        print("skipped: there is no promtool")
        return 77
    return subprocess.run(["promtool", "test", "rules", RULES.with_name("rules_test.yml")],
                          check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
