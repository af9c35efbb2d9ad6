"""Checks the tree against fences.toml, its links, its ADRs, and that it names no machine's paths.

  fences.py [ROOT]     prints one line a violation; exit status 1 when there is one
"""
import datetime
import fnmatch
import pathlib
import re
import sys
import tomllib

SOURCE_SUFFIXES = (".h", ".cc", ".cu", ".cuh")
SKIPPED_FOLDERS = re.compile(r"^(\.git|build[^/]*|\.venv|demo-output|__pycache__)$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]*[./#][^)\s]*)\)")
# A home, a mount: what is true on one machine alone.
MACHINE_PATH = re.compile(r"(?<![\w.$}~/-])/(?:root|home|Users|mnt|media|scratch)/[\w.-]")
METRIC = re.compile(r"[\"`](gvsl_[a-z0-9_]+)[\"`]")
ADR_NAME = re.compile(r"^(\d{4}-\d{2}-\d{2})-[a-z0-9]+(-[a-z0-9]+)*\.md$")


def files_of(root):
    """Every file of the repository, as paths relative to root with forward slashes."""
    found = []
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if path.is_file() and not any(SKIPPED_FOLDERS.match(part) for part in relative.parts):
            found.append(relative.as_posix())
    return found


def matches(path, patterns):
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def room_of(path, rooms):
    inside = [room for room in rooms if path.startswith(room + "/")]
    return max(inside, key=len, default=None)


def check_include(table, known_files, path, name):
    """The sentence that says what is wrong with `path` including `name`; None when nothing is."""
    rooms = table["rooms"]
    if name in known_files:
        room, target = room_of(path, rooms), room_of(name, rooms)
        if room is None or target is None:
            return f"{path}: {name}: one of them stands in no room"
        if room == target or target in rooms[room] or "*" in rooms[room]:
            return None
        for exception in table.get("exceptions", []):
            if matches(path, [exception["from"]]) and matches(name, [exception["to"]]):
                return None
        return f"{path}: room {room} may not include {name}"
    # The narrower pattern counts: gvsl/v1/x.grpc.pb.h is gRPC's although it ends in .pb.h.
    owners = [(max(len(p) for p in library["headers"] if matches(name, [p])), library_name)
              for library_name, library in table["libraries"].items()
              if matches(name, library["headers"])]
    if owners:
        library = max(owners)[1]
        if matches(path, table["libraries"][library]["files"]):
            return None
        return f"{path}: {library} ({name}) may not be included here"
    if re.fullmatch(r"[a-z_0-9]+", name) or matches(name, table["system"]["headers"]):
        return None
    return f"{path}: {name} belongs to no room and no library of fences.toml"


def check_includes(root, table, files):
    known = set(files)
    for path in files:
        if not path.endswith(SOURCE_SUFFIXES):
            continue
        for _, name in INCLUDE.findall((root / path).read_text(encoding="utf-8")):
            problem = check_include(table, known, path, name)
            if problem:
                yield problem


def check_exceptions(root, table, files):
    """An exception that nothing needs any more is taken away."""
    includes = {(path, name) for path in files if path.endswith(SOURCE_SUFFIXES)
                for _, name in INCLUDE.findall((root / path).read_text(encoding="utf-8"))}
    for exception in table["exceptions"]:
        if not any(matches(path, [exception["from"]]) and matches(name, [exception["to"]])
                   for path, name in includes):
            yield f"fences.toml: nothing needs the exception {exception['from']} -> {exception['to']}"


def check_links(root, files):
    for path in files:
        if not path.endswith(".md"):
            continue
        for link in LINK.findall((root / path).read_text(encoding="utf-8")):
            target = link.split("#")[0]
            if re.match(r"[a-z]+:", link) or not target:
                continue
            if not (root / path).parent.joinpath(target).exists():
                yield f"{path}: link to {link}, which is not there"


def check_machine_paths(root, files):
    for path in files:
        try:
            text = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE_PATH.search(line):
                yield f"{path}:{number}: names a path of one machine"


def check_adrs(root, files):
    index_path = root / "docs/adr/README.md"
    index = index_path.read_text(encoding="utf-8") if index_path.exists() else ""
    for path in files:
        name = path.removeprefix("docs/adr/")
        if name == path or name == "README.md":
            continue
        match = ADR_NAME.match(name)
        if not match:
            yield f"{path}: an ADR is called YYYY-MM-DD-what-was-decided.md"
            continue
        try:
            datetime.date.fromisoformat(match.group(1))
        except ValueError:
            yield f"{path}: {match.group(1)} is no date"
        if f"({name})" not in index:
            yield f"{path}: docs/adr/README.md does not list it"


def check_metrics(root, files):
    """docs/metrics.md and the code name the same metrics."""
    page = root / "docs/metrics.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    documented, used = set(METRIC.findall(text)), set()
    for path in files:
        if path.endswith("metrics.cc") and not path.startswith("tests/"):
            used |= set(METRIC.findall((root / path).read_text(encoding="utf-8")))
    for name in sorted(used - documented):
        yield f"docs/metrics.md: {name} is missing"
    for name in sorted(documented - used):
        yield f"docs/metrics.md: {name} is in no *metrics.cc"


def violations(root):
    table = tomllib.loads((root / "tests/architecture/fences.toml").read_text(encoding="utf-8"))
    files = files_of(root)
    yield from check_includes(root, table, files)
    yield from check_exceptions(root, table, files)
    yield from check_links(root, files)
    yield from check_machine_paths(root, files)
    yield from check_adrs(root, files)
    yield from check_metrics(root, files)


def main():
    default = pathlib.Path(__file__).resolve().parents[2]
    root = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else default
    found = list(violations(root))
    print("\n".join(found) if found else "no fence is broken")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
