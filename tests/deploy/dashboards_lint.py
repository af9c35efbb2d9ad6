"""Dashboards, console pages and recording rules, without a Prometheus: what can be wrong in the files themselves.
`--write` brings the dashboards into their written form (after an export from Grafana) and the runbook into its own."""
import json
import pathlib
import re
import sys

from dashboards import BOARDS, CONSOLES, LIBRARIES, ROOT, RULES, queries_of, read_boards

RUNBOOK, METRICS = "docs/runbook.md", "docs/metrics.md"
SOURCES = ("common", "coordinator", "worker")
LABELS = {"grpc_service", "grpc_method", "grpc_code", "grpc_type"}
WITHOUT_DATA = {"row", "text"}


def written(value, indent=0):
    """JSON with short things on one line, so that a change is a line or two of a diff."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value or indent + len(line) <= 110:
        return line
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [f"{json.dumps(key, ensure_ascii=False)}: {written(part, indent + 2)}" for key, part in value.items()]
    else:
        parts = [written(part, indent + 2) for part in value]
    begin, end = "{}" if isinstance(value, dict) else "[]"
    return begin + "\n" + ",\n".join(inner + part for part in parts) + "\n" + " " * indent + end


def check_form(root):
    for path in sorted((root / BOARDS).glob("*.json")):
        text = path.read_text(encoding="utf-8")
        try:
            board = json.loads(text)
        except ValueError as error:
            yield f"{path.name}: {error}"
            continue
        if text != written(board) + "\n":
            yield f"{path.name} is not in its written form: tests/deploy/dashboards_lint.py --write"


def check_board(file, board, uids):
    if board["uid"] != "gvsl-" + file.removesuffix(".json"):
        yield f"{file}: uid {board['uid']}"
    if board.get("id") is not None or "__inputs" in board:
        yield f"{file}: id and __inputs belong to one Grafana; nobody can provision them"
    declared = {variable["name"] for variable in board["templating"]["list"]}
    for where, expression in queries_of(board):
        for name in set(re.findall(r"\$\{?(\w+)", expression)) - declared - {"__rate_interval"}:
            yield f"{file}, {where}: there is no variable {name}"
    for uid in re.findall(r'"/d/([\w-]+)', json.dumps(board)):
        if uid not in uids:
            yield f"{file}: a link to the dashboard {uid}, which is not there"
    for uid in re.findall(r'"type": "prometheus", "uid": "([^"]*)"', json.dumps(board)):
        if uid != "${datasource}":
            yield f"{file}: the data source {uid} is one site's own"
    yield from check_panels(file, board["panels"])


def check_panels(file, panels):
    ids = [panel["id"] for panel in panels]
    taken = {}
    for panel in panels:
        where = f"{file}, panel {panel['id']} ({panel['title']})"
        if ids.count(panel["id"]) > 1:
            yield f"{where}: its id is another's, too"
        place = panel["gridPos"]
        for cell in ((x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])):
            if taken.setdefault(cell, panel["id"]) != panel["id"] or cell[0] >= 24:
                yield f"{where}: lies over panel {taken[cell]} or beyond the edge"
                break
        if panel["type"] == "row":
            continue
        if not panel.get("description"):
            yield f"{where}: no description"
        if panel["type"] in WITHOUT_DATA:
            continue
        defaults = panel["fieldConfig"]["defaults"]
        for key in ("unit", "thresholds"):
            if not defaults.get(key):
                yield f"{where}: no {key}"
        references = [target["refId"] for target in panel["targets"]]
        if not references or len(set(references)) < len(references):
            yield f"{where}: targets {references}"


def check_boards(root):
    boards = read_boards(root)
    uids = {board["uid"] for board in boards.values()}
    for file, board in boards.items():
        yield from check_board(file, board, uids)
    runbook = (root / RUNBOOK).read_text(encoding="utf-8")
    if boards["runbook.json"]["panels"][0]["options"]["content"] != runbook:
        yield f"runbook.json is not {RUNBOOK}: tests/deploy/dashboards_lint.py --write"


def names_used(text):
    """Metrics of ours that a text of queries names, and recorded series."""
    recorded = set(re.findall(r"\b[a-z_]+:[a-z_0-9]+:[a-z_0-9]+\b", text))
    for name in recorded:
        text = text.replace(name, "")
    metrics = {re.sub(r"_(bucket|count|sum)$", "", name)
               for name in re.findall(r"\b(?:gvsl|grpc_server)_[a-z0-9_]+", text)}
    return metrics - LABELS, recorded


def check_names(root):
    """Every metric is one that the programs have and the page of metrics explains; every recorded series has a rule."""
    explained = (root / METRICS).read_text(encoding="utf-8")
    code = "".join(path.read_text(encoding="utf-8") for room in SOURCES for path in (root / room).rglob("*.cc"))
    rules = (root / RULES).read_text(encoding="utf-8")
    texts = {RULES: re.sub(r"record: \S+|^ *#.*$", "", rules, flags=re.MULTILINE)}
    for file, board in read_boards(root).items():
        texts[file] = "\n".join(expression for _, expression in queries_of(board))
        texts[file] += "\n".join(re.findall(r"label_values\(.*?\)", json.dumps(board)))
    for path in sorted((root / CONSOLES).glob("*.html")):
        texts[path.name] = re.sub(r'template "gvsl_\w+"', "", path.read_text(encoding="utf-8"))
    records = re.findall(r"record: (\S+)", rules)
    for name in records:
        if not re.fullmatch(r"[a-z_]+:[a-z_0-9]+:[a-z_0-9]+", name):
            yield f"{RULES}: {name} is not level:metric:operations"
    for where, text in texts.items():
        metrics, recorded = names_used(text)
        for metric in sorted(metrics):
            if f'"{metric}"' not in code:
                yield f"{where}: no program has {metric}"
            if f"`{metric}`" not in explained:
                yield f"{where}: {METRICS} does not explain {metric}"
        for name in sorted(recorded - set(records)):
            yield f"{where}: no rule records {name}"


def check_consoles(root):
    library = "".join(path.read_text(encoding="utf-8") for path in (root / LIBRARIES).glob("*.lib"))
    defined = set(re.findall(r'{{-? define "(\w+)"', library))
    pages = {path.name: path.read_text(encoding="utf-8") for path in sorted((root / CONSOLES).glob("*.html"))}
    for where, text in {**pages, "gvsl.lib": library}.items():
        for name in sorted(set(re.findall(r'template "(\w+)"', text)) - defined):
            yield f"{where}: no library defines {name}"
        for address in re.findall(r'(?:src|href)="((?:https?:)?//[^"]*)"', text):
            yield f"{where}: {address} is not this Prometheus"
        for page in re.findall(r'href="(\w+\.html)', text):
            if page not in pages:
                yield f"{where}: there is no page {page}"


def problems_of(root=ROOT):
    form = list(check_form(root))
    if any("written form" not in problem for problem in form):
        return form
    return [*form, *check_boards(root), *check_names(root), *check_consoles(root)]


def write(root=ROOT):
    for file, board in read_boards(root).items():
        if file == "runbook.json":
            board["panels"][0]["options"]["content"] = (root / RUNBOOK).read_text(encoding="utf-8")
        (root / BOARDS / file).write_text(written(board) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        write()
    found = problems_of()
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)
