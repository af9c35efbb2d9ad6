"""A real Prometheus scrapes a real service that trains, waits, and loses a worker and some trainers: every query of
every dashboard, every console page, every recording rule and every alert's selection must find data. What finds none
is named; that the test can say so is tested too. Usage: dashboards_test.py FOLDER_OF_PROGRAMS. Exit status 77:
skipped, there is no prometheus."""
import json
import math
import pathlib
import shutil
import signal
import sys
import time

import dashboards
from service import Service, eventually

JOB, WAITING = "heads", "waiting"
FRAGILE, LOST, STEADY = "worker-0", "worker-2", "worker-1"
PAGES = [("index.html", {}), ("job.html", {}), ("job.html", {"job": JOB}), ("workers.html", {}),
         ("workers.html", {"worker": FRAGILE})]
BROKEN_PAGE = '{{ template "gvsl_head" (args "Broken" "broken") }}{{ range query "up{" }}{{ end }}\n'


PATIENCE = 90  # seconds for everything that is asked, so that many answers that are missing do not add up


class Questions:
    def __init__(self, service):
        self.service, self.begin = service, time.time()
        self.deadline = self.begin + PATIENCE

    def eventually(self, condition):
        return eventually(condition, self.deadline - time.time(), 0.5)

    def has_data(self, expression):
        """Whether there was a finite value at some moment of the test; or an error's text."""
        _, text = self.service.get("/api/v1/query_range", query=expression, start=self.begin, end=time.time(), step=1)
        try:
            answer = json.loads(text)
        except ValueError:
            return text
        if answer.get("status") != "success":
            return answer.get("error", text)
        return any(math.isfinite(float(value)) for series in answer["data"]["result"] for _, value in series["values"])

    def without_data(self, questions):
        """Those of {name: expression} that find nothing in time, as sentences."""
        left, answers = dict(questions), {}

        def ask():
            self.service.ctl("get", "nobody")  # a call that fails, for the rates of errors
            for name in list(left):
                answers[name] = self.has_data(left[name])
                if answers[name] is True:
                    del left[name]
            return not left
        self.eventually(ask)
        return [f"{name}: {answers[name] or 'no data'}: {expression}" for name, expression in left.items()]

    def page(self, name, parameters):
        """The rendered page and what is wrong with it."""
        status, text = self.service.get(f"/consoles/{name}", **parameters)
        if status != 200 or "</html>" not in text:
            return None, f"{name} {parameters}: status {status}: {text[-300:]}"
        page = dashboards.ConsolePage(text)
        return page, f"{name} {parameters}: {page.missing} numbers have no data" if page.missing else ""


def board_questions():
    for file, board in dashboards.read_boards().items():
        for worker in (FRAGILE, ".+"):
            for where, expression in dashboards.queries_of(board):
                expression = dashboards.substitute(expression, {"job": JOB, "worker": worker})
                yield f"{file}, {where}, worker {worker}", dashboards.without_fallback(expression)
        for name, metric, label in dashboards.variables_of(board):
            yield f"{file}, variable {name}", f'{metric}{{{label}!=""}}'


def rule_questions(service):
    """Recorded series, and what alerts look at; first, that Prometheus finds every rule healthy."""
    def rules():
        groups = json.loads(service.get("/api/v1/rules")[1])["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]
    if not eventually(lambda: rules() and all(rule["health"] == "ok" for rule in rules())):
        raise RuntimeError(json.dumps([rule for rule in rules() if rule["health"] != "ok"], indent=1))
    for rule in rules():
        recorded = rule["type"] == "recording"
        yield f"rule {rule['name']}", rule["name"] if recorded else dashboards.selection_of_alert(rule["query"])


def changes_seen(service):
    query = f'changes(gvsl_job_generation{{exported_job="{JOB}"}}[15m])'
    found = json.loads(service.get("/api/v1/query", query=query)[1])["data"]["result"]
    return float(found[0]["value"][1]) if found else 0


def provoke(service):
    """A worker that dies, and trainers that die often enough for GvslTrainerRestarts and GvslGangUnstable."""
    service.processes[LOST].send_signal(signal.SIGKILL)
    deaths = 0
    # Two changes between two scrapes count as one.
    while deaths < 4 or (deaths < 60 and changes_seen(service) <= 5):
        before = service.job(JOB)
        deaths += service.kill_trainer(FRAGILE)
        # One generation without the worker and one with its next trainer, or one where that is ready in time; a gang
        # that took no step would count towards the job's end.
        def goes_on(before=before):
            now = service.job(JOB)
            return now["generation"] > before["generation"] and now["step"] > before["step"]
        if not eventually(goes_on):
            raise RuntimeError("the gang did not form again\n" + service.log("coordinator"))


def prepare(service):
    """Everything up to a Prometheus that scrapes a job that trains. Answers the pages' problems before that."""
    consoles = service.folder / "consoles"
    shutil.copytree(dashboards.ROOT / dashboards.CONSOLES, consoles)
    (consoles / "broken.html").write_text(BROKEN_PAGE, encoding="utf-8")
    service.make_dataset()
    service.start_coordinator()
    for name in (FRAGILE, STEADY, LOST):
        service.start_worker(name)
    service.start_prometheus(consoles, dashboards.ROOT / dashboards.LIBRARIES)
    problems = []
    for name, parameters in PAGES:  # nothing trains yet: pages say so, and do not fail
        page, problem = Questions(service).page(name, parameters)
        if page is None:
            problems.append(problem)
    service.submit(JOB, workers=1)
    service.submit(WAITING, workers=6)
    if not eventually(lambda: service.job(JOB)["step"] >= 3):
        raise RuntimeError("the job does not train\n" + service.log("coordinator"))
    return problems


def check_pages(questions):
    for name, parameters in PAGES:
        questions.eventually(lambda name=name, parameters=parameters: not questions.page(name, parameters)[1])
        page, problem = questions.page(name, parameters)
        if problem:
            yield problem
        if page is not None:
            charts = {f"{name} {parameters}, chart {i}": query for i, query in enumerate(page.queries)}
            if not charts:
                yield f"{name} has no charts"
            yield from questions.without_data(charts)


def check_that_it_can_fail(questions):
    """Questions that have no answer, and a page that cannot be rendered."""
    questions.deadline = 0  # each is asked once
    for wrong in ("gvsl_no_such_metric", "rate(gvsl_job_step", "gvsl_job_step / 0 - gvsl_job_step / 0"):
        if not questions.without_data({"wrong": wrong}):
            yield f"{wrong} passed for data"
    if questions.page("broken.html", {})[0] is not None:
        yield "a broken page passed"
    if not questions.page("job.html", {"job": "nobody"})[1]:
        yield "a page without numbers passed"


def main():
    prometheus = shutil.which("prometheus")
    if prometheus is None:
        print("skipped: there is no prometheus")
        return 77
    with Service(pathlib.Path(sys.argv[1]), prometheus) as service:
        problems = prepare(service)
        questions = Questions(service)
        provoke(service)
        questions.deadline = time.time() + PATIENCE
        asked = dict(board_questions()) | dict(rule_questions(service))
        asked |= {f"alert {name} fires": f'ALERTS{{alertname="{name}",alertstate="firing"}}'
                  for name in ("GvslTrainerRestarts", "GvslGangUnstable")}
        problems += questions.without_data(asked)
        problems += check_pages(questions)
        problems += check_that_it_can_fail(questions)
    print(f"{len(asked)} queries and {len(PAGES)} pages")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
