"""clang-tidy on the torch-free rooms, over the compile commands of a finished build.

A file that passed is not looked at again until it, a header that it includes, its compile command,
.clang-tidy or clang-tidy itself changes; the stamps lie in ${GVSL_CACHE:-~/.cache/gvsl}/tidy.
LibTorch's headers are beyond clang 14, and tests are left out for time.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What of `model` and `worker` needs LibTorch has no compile command in a build without it.
ROOMS = ("common", "cli", "coordinator", "data_loader", "deploy", "model", "worker")
CACHE = pathlib.Path(os.environ.get("GVSL_CACHE", pathlib.Path.home() / ".cache/gvsl")) / "tidy"


def own_files_of_objects(build):
    """Object file -> the files of this repository that it was compiled from, as ninja knows them."""
    text = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True,
                          check=True).stdout
    files, current = {}, []
    for line in text.splitlines():
        if line.startswith("    "):
            path = (build / line.strip()).resolve()
            if path.is_relative_to(ROOT):
                current.append(path)
        elif ": #deps" in line:
            current = files.setdefault(line.split(": #deps")[0], [])
    return files


def stamp_of(command, files, version):
    digest = hashlib.sha256((version + command).encode())
    for path in [ROOT / ".clang-tidy", *sorted(set(files))]:
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes() if path.exists() else b"")
    return CACHE / digest.hexdigest()


def check(build, source):
    return subprocess.run(
        ["clang-tidy", "-p", build, "--quiet", "--warnings-as-errors=*",
         "--extra-arg=-Wthread-safety", "--extra-arg=-Wno-unknown-warning-option", source],
        capture_output=True, text=True, check=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    CACHE.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True,
                             check=True).stdout
    files = own_files_of_objects(build)
    work = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        if not source.is_relative_to(ROOT) or source.is_relative_to(build):
            continue
        if source.relative_to(ROOT).parts[0] not in ROOMS:
            continue
        output = re.search(r" -o (\S+)", entry["command"]).group(1)
        # Another clone of the same files has the same stamp.
        command = entry["command"].replace(str(ROOT), ".")
        stamp = stamp_of(command, files.get(output, []) + [source], version)
        if not stamp.exists():
            work[source] = stamp
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = {pool.submit(check, build, source): source for source in work}
        for future in concurrent.futures.as_completed(results):
            source, result = results[future], future.result()
            if result.returncode == 0:
                work[source].touch()
            else:
                failed += 1
                print(result.stdout, result.stderr, flush=True)
    print(f"tidy: {len(work)} files looked at, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
