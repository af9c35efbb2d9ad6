"""Runs dashboards_lint.py on this repository and, so that it is known to be able to fail, on damaged copies."""
import json
import pathlib
import shutil
import tempfile
import unittest

import dashboards_lint
from dashboards import BOARDS, CONSOLES, ROOT, RULES, selection_of_alert, substitute


class Repository(unittest.TestCase):
    def test_dashboards_pages_and_rules_are_sound(self):
        self.assertEqual([], dashboards_lint.problems_of())


class Damage(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="gvsl-lint-"))
        self.addCleanup(shutil.rmtree, self.root)
        for folder in ("deploy/grafana", "deploy/prometheus", "docs", *dashboards_lint.SOURCES):
            shutil.copytree(ROOT / folder, self.root / folder, ignore=shutil.ignore_patterns("*.h", "adr"))

    def damage_board(self, change, file="job.json"):
        path = self.root / BOARDS / file
        board = json.loads(path.read_text(encoding="utf-8"))
        change(board)
        path.write_text(dashboards_lint.written(board) + "\n", encoding="utf-8")

    def damage_text(self, path, old, new):
        text = (self.root / path).read_text(encoding="utf-8")
        self.assertIn(old, text)
        (self.root / path).write_text(text.replace(old, new, 1), encoding="utf-8")

    def expect(self, part):
        problems = dashboards_lint.problems_of(self.root)
        self.assertTrue(any(part in problem for problem in problems), problems)

    def test_broken_json_is_named(self):
        self.damage_text(f"{BOARDS}/job.json", "{", "")
        self.expect("job.json: ")

    def test_another_form_is_named_and_can_be_mended(self):
        self.damage_text(f"{BOARDS}/job.json", '"uid": "gvsl-job"', '"uid":  "gvsl-job"')
        self.expect("--write")
        dashboards_lint.write(self.root)
        self.assertEqual([], dashboards_lint.problems_of(self.root))

    def test_a_metric_that_no_program_has_is_named(self):
        self.damage_board(lambda board: board["panels"][1]["targets"][0].update(expr="gvsl_job_stepp"))
        self.expect("no program has gvsl_job_stepp")

    def test_a_recorded_series_without_a_rule_is_named(self):
        self.damage_text(RULES, "record: job:gvsl_job_progress:ratio", "record: job:gvsl_job_progresses:ratio")
        self.expect("no rule records job:gvsl_job_progress:ratio")

    def test_a_recorded_name_of_another_form_is_named(self):
        self.damage_text(RULES, "record: job:gvsl_job_progress:ratio", "record: gvsl_job_progress_ratio")
        self.expect("is not level:metric:operations")

    def test_a_variable_that_is_not_declared_is_named(self):
        self.damage_board(lambda board: board["panels"][1]["targets"][0].update(expr='gvsl_jobs{state="$state"}'))
        self.expect("there is no variable state")

    def test_a_panel_without_unit_or_description_is_named(self):
        self.damage_board(lambda board: board["panels"][0]["fieldConfig"]["defaults"].pop("unit"))
        self.expect("no unit")
        self.damage_board(lambda board: board["panels"][0].pop("description"))
        self.expect("no description")

    def test_an_id_that_two_panels_have_is_named(self):
        self.damage_board(lambda board: board["panels"][0].update(id=2))
        self.expect("its id is another's, too")

    def test_panels_over_each_other_are_named(self):
        self.damage_board(lambda board: board["panels"][0]["gridPos"].update(x=1))
        self.expect("lies over panel")

    def test_a_data_source_of_one_site_is_named(self):
        self.damage_board(lambda board: board["panels"][0].update(datasource={"type": "prometheus", "uid": "P1"}))
        self.expect("is one site's own")

    def test_an_outdated_runbook_is_named(self):
        self.damage_text("docs/runbook.md", "# Runbook", "# The runbook")
        self.expect("runbook.json is not docs/runbook.md")

    def test_a_template_that_no_library_defines_is_named(self):
        self.damage_text(f"{CONSOLES}/index.html", 'template "gvsl_head"', 'template "gvsl_heads"')
        self.expect("no library defines gvsl_heads")

    def test_a_page_that_needs_the_network_is_named(self):
        self.damage_text(f"{CONSOLES}/index.html", "<h1>", '<img src="https://example.org/a.png"><h1>')
        self.expect("is not this Prometheus")


class Reading(unittest.TestCase):
    def test_variables_are_put_in(self):
        self.assertEqual('rate(a{b=~"x.+"}[30s])',
                         substitute('rate(a{b=~"${w}"}[$__rate_interval])', {"w": "x.+"}))

    def test_an_alert_without_its_comparisons_is_what_it_looks_at(self):
        self.assertEqual('changes(a{b!="c"}[5s]) and a offset 5s and on (u) d',
                         selection_of_alert('changes(a{b!="c"}[10m]) == 0 and a offset 10m >= 0 and on (u) d > 0'))


if __name__ == "__main__":
    unittest.main()
