"""make bench: what this service does beside what people would use instead, as one table and build/bench.json.
The sides of a row run in turn, so that a busy machine slows both; a ratio is of one round, and above 1
where ours is better. Processor seconds are the ones to trust on a shared machine. What is missing is
skipped by name. Names of rows (step, convert, crops, data_wait) measure those alone.

peers.py says which environment variables name what.
"""
import json
import os
import subprocess
import sys

import convert
import crops
import data_wait
import peers
import step

ROWS = {"step": step, "convert": convert, "crops": crops, "data_wait": data_wait}


def main(names):
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        print(f"no row is called {unknown[0]}; there are {', '.join(ROWS)}", file=sys.stderr)
        return 2
    results = {}
    print(f"{'':<34} {'gvsl (min-max)':>24} {'peer (min-max)':>24} {'ratio (min-max)':>20}  peer")
    for name in names or ROWS:
        try:
            results[name] = ROWS[name].measure()
            ROWS[name].print_table(results[name])
        except peers.Skipped as skipped:
            results[name] = {"skipped": str(skipped)}
            print(f"{name}: skipped: {skipped}")
        except (OSError, subprocess.SubprocessError) as error:
            results[name] = {"failed": str(error)}
            print(f"{name}: failed: {error}")
        sys.stdout.flush()
    load = os.getloadavg()[0]
    output = peers.ROOT / "build/bench.json"
    output.write_text(json.dumps({**results, "load": load}, indent=2) + "\n")
    print(f"load {load:.1f}; as JSON: {output.relative_to(peers.ROOT)}")
    return 1 if any("failed" in result for result in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
