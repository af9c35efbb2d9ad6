#!/usr/bin/env bash
# Part of make lint: the chart with its defaults and with each example, then what it must be and must refuse. Gets
# Helm where it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
deploy/setup/install.sh chart
GVSL_HELM=$(python3 tests/deploy/chart.py)
export GVSL_HELM
kubernetes=$(awk '$1 == "kubernetes" {print $2}' cmake/versions.txt)

quietly() {
  local said
  said=$("$@" 2>&1) || { printf '%s\n' "$said" >&2; return 1; }
}
quietly "$GVSL_HELM" lint --strict --kube-version "$kubernetes" helm/gvsl
for values in helm/gvsl/examples/*.yaml; do
  quietly "$GVSL_HELM" lint --strict --kube-version "$kubernetes" --values "$values" helm/gvsl
done
cd tests/deploy
quietly python3 -B -m unittest chart_test chart_values_test chart_upgrade_test
