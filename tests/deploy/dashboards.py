"""What the dashboards, the console pages and the rules ask Prometheus: read from their files."""
import html.parser
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
BOARDS = "deploy/grafana/dashboards"
CONSOLES = "deploy/prometheus/consoles"
LIBRARIES = "deploy/prometheus/console_libraries"
RULES = "deploy/prometheus/rules.yml"


def read_boards(root=ROOT):
    """File name -> dashboard."""
    return {path.name: json.loads(path.read_text(encoding="utf-8"))
            for path in sorted((root / BOARDS).glob("*.json"))}


def queries_of(board):
    """(where, expression) of every panel and annotation."""
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield f"panel {panel['id']} ({panel['title']}) {target['refId']}", target["expr"]
    for annotation in board["annotations"]["list"]:
        yield f"annotation {annotation['name']}", annotation["expr"]


def variables_of(board):
    """(name, metric, label) of every variable that Prometheus fills."""
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            metric, label = re.fullmatch(r"label_values\((\w+), *(\w+)\)",
                                         variable["query"]["query"]).groups()
            yield variable["name"], metric, label


def substitute(expression, values):
    """Grafana's own variables, and those of `values`, as Grafana would put them in."""
    for name, value in {"__rate_interval": "30s", **values}.items():
        expression = re.sub(rf"\${name}\b|\${{{name}}}", lambda _, value=value: value, expression)
    return expression


def without_fallback(expression):
    """`or vector(0)` gives data whatever stands before it."""
    return re.sub(r" or vector\(0\)$", "", expression)


def selection_of_alert(expression):
    """An alert without its comparisons, and with ranges of seconds: what it looks at. That the comparisons are
    right is what rules_test.yml proves."""
    expression = re.sub(r" (?:==|!=|>=|<=|>|<) [-\d.]+", "", expression)
    return re.sub(r"\b\d+[mh]\b", "5s", expression)


class ConsolePage(html.parser.HTMLParser):
    """A page as Prometheus rendered it: the charts' queries, and how many numbers are missing."""

    def __init__(self, text):
        super().__init__()
        self.queries, self.links, self.missing = [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if "data-query" in attributes:
            self.queries.append(attributes["data-query"])
        if tag == "a":
            self.links.append(attributes["href"])
        self.missing += "none" in attributes.get("class", "").split()
