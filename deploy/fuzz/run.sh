#!/usr/bin/env bash
# make fuzz: every target for its share of the time, then a table of what was run and found. Fails where
# anything was found.
#   MINUTES=60       for all targets together, on one processor each
#   TARGETS="a b"    instead of all; those of DICOM get a double share
#   JOBS=2           targets at a time
#   SEED=1           of libFuzzer's; another one takes another way
# A finding is a crash, a leak, more than 10 s for one input, or more than 2 GB (rss_limit_mb). It lies in
# build-fuzz/findings/TARGET; `fuzz_TARGET -minimize_crash=1 -runs=100000 FILE` makes it small, and
# tests/fuzz/corpus/TARGET keeps it as a test. What gave new coverage stays in build-fuzz/corpus, from
# which the next run goes on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=${BUILD:-build-fuzz}
minutes=${MINUTES:-60} jobs=${JOBS:-2} seed=${SEED:-1}
seconds_each=10 megabytes=2048 longest=65536 most_findings=10

known() { ls "$build"/fuzzers | sed -n 's/^fuzz_//p'; }
targets=${TARGETS:-$(known | paste -sd ' ')}

share_of() { case $1 in dicom*) echo 2 ;; *) echo 1 ;; esac; }

found_of() { find "$build/findings/$1" -type f -newer "$build/logs/begin" | wc -l; }

# Of the logs of a target: executions, a second, edges, peak MB; then what was found.
row() {
  awk -v target="$1" -v found="$(found_of "$1")" '
    {for (i = 1; i < NF; ++i) if ($i == "cov:" && $(i + 1) > edges) edges = $(i + 1)}
    /^stat::number_of_executed_units:/ {runs += $2}
    /^stat::average_exec_per_sec:/ {rate = $2}
    /^stat::peak_rss_mb:/ && $2 > peak {peak = $2}
    END {printf "%-20s %12d %9d %8d %8d %9d\n", target, runs, rate, edges, peak, found}' "$build/logs/$1.log"
}

# libfuzzer TARGET SECONDS argument...
libfuzzer() {
  local target=$1 seconds=$2
  shift 2
  TMPDIR=$scratch/$target ASAN_OPTIONS=quarantine_size_mb=32:allocator_may_return_null=1 \
    timeout --foreground -k 10 $((seconds + 120)) nice -n 10 "$build/fuzzers/fuzz_$target" \
    -timeout="$seconds_each" -rss_limit_mb="$megabytes" -malloc_limit_mb="$megabytes" "$@" \
    >>"$build/logs/$target.log" 2>&1
}

# libFuzzer's clock goes on while others have the processors: what takes no 10 s of a processor's time
# is none.
forget_false_alarms() {
  local file
  for file in "$build/findings/$1"/timeout-*; do
    [[ -f $file ]] || continue
    if (ulimit -t "$seconds_each" && libfuzzer "$1" 300 -timeout=300 "$file"); then rm "$file"; fi
  done
}

# A finding ends a run of libFuzzer: it goes on with another seed.
fuzz() {
  local target=$1 end=$((SECONDS + $2)) round=0
  local corpus=$build/corpus/$target merged=$build/corpus/$target.merged kept=tests/fuzz/corpus/$target
  mkdir -p "$corpus" "$build/findings/$target" "$scratch/$target"
  : >"$build/logs/$target.log"
  local from=("$build/seeds/$target")
  [[ ! -d $kept ]] || from+=("$kept")
  while ((SECONDS < end && $(found_of "$target") < most_findings)); do
    libfuzzer "$target" $((end - SECONDS)) -max_total_time=$((end - SECONDS)) \
      -seed=$((seed + 1000 * round++)) -max_len="$longest" -print_final_stats=1 -use_value_profile=1 \
      -artifact_prefix="$build/findings/$target/" "$corpus" "${from[@]}" && break
    forget_false_alarms "$target"
    (($(found_of "$target") == 0)) || echo "fuzz: $target found something: $build/logs/$target.log" >&2
  done
  rm -rf "$merged" && mkdir "$merged"
  if libfuzzer "$target" 60 -merge=1 "$merged" "$corpus"; then rm -rf "$corpus" && mv "$merged" "$corpus"; fi
}

scratch=$(mktemp -d "$([[ -w /dev/shm ]] && echo /dev/shm || echo "${TMPDIR:-/tmp}")/gvsl-fuzz.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'trap - INT TERM; kill $(jobs -rp) 2>/dev/null; wait; exit 130' INT TERM
mkdir -p "$build/logs"
touch "$build/logs/begin"
rm -rf "$build/seeds" && "$build/bin/gvsl-fuzz-seeds" "$build/seeds"
shares=0
for target in $targets; do
  [[ -x $build/fuzzers/fuzz_$target ]] ||
    { echo "fuzz: no target $target; there are: $(known | paste -sd ' ')" >&2; exit 2; }
  shares=$((shares + $(share_of "$target")))
done
for target in $targets; do
  while (($(jobs -rp | wc -l) >= jobs)); do wait -n || true; done
  fuzz "$target" $((minutes * 60 * jobs * $(share_of "$target") / shares)) &
done
wait
printf '%-20s %12s %9s %8s %8s %9s\n' target executions a-second edges peak-MB findings
for target in $targets; do row "$target"; done | tee "$build/fuzz.txt"
awk '{found += $6} END {exit found > 0}' "$build/fuzz.txt"
