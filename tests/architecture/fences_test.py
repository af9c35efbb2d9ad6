"""Runs fences.py on this repository and, so that it is known to be able to fail, on trees with
planted violations. Each test is a ctest test of its own (CMakeLists.txt)."""
import pathlib
import shutil
import tempfile
import unittest

import fences

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = "tests/architecture/fences.toml"
EXCEPTION = 'from = "coordinator/*"\nto = "data_loader/dataset*.h"\nwhy = "the manifest"\n'


class Repository(unittest.TestCase):
    def setUp(self):
        self.files = fences.files_of(ROOT)
        self.table = fences.tomllib.loads((ROOT / TABLE).read_text())

    def test_every_include_stays_inside_its_fence(self):
        self.assertEqual([], list(fences.check_includes(ROOT, self.table, self.files)))

    def test_every_exception_is_still_needed(self):
        self.assertEqual([], list(fences.check_exceptions(ROOT, self.table, self.files)))

    def test_every_link_of_a_page_leads_somewhere(self):
        self.assertEqual([], list(fences.check_links(ROOT, self.files)))

    def test_no_file_names_a_path_of_one_machine(self):
        self.assertEqual([], list(fences.check_machine_paths(ROOT, self.files)))

    def test_every_decision_is_dated_and_listed(self):
        self.assertEqual([], list(fences.check_adrs(ROOT, self.files)))

    def test_every_metric_is_documented(self):
        self.assertEqual([], list(fences.check_metrics(ROOT, self.files)))

    def test_the_walkthrough_is_there(self):
        self.assertIn("docs/walkthrough.md", self.files)


class PlantedViolation(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        table, exceptions = (ROOT / TABLE).read_text().split("[[exceptions]]", 1)
        self.plant(TABLE, table + "[[exceptions]]\n" + EXCEPTION +
                   exceptions[exceptions.index("# Library"):])
        self.plant("coordinator/manifest.cc", '#include "data_loader/dataset.h"\n')
        self.plant("data_loader/dataset.h", "")
        self.plant("common/status.h", "#include <string>\n")
        self.plant("docs/adr/README.md", "")

    def plant(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def assert_found(self, *expected):
        found = list(fences.violations(self.root))
        self.assertEqual(len(expected), len(found), found)
        for part, violation in zip(expected, found):
            self.assertIn(part, violation)

    def test_a_clean_tree_has_none(self):
        self.plant("cli/a.cc", '#include <grpcpp/grpcpp.h>\n#include "common/status.h"\n')
        self.assert_found()

    def test_a_room_that_enters_another(self):
        self.plant("worker/agent/agent.h", "")
        self.plant("coordinator/a.cc", '#include "worker/agent/agent.h"\n')
        self.assert_found("coordinator/a.cc: room coordinator may not include worker/agent/agent.h")

    def test_a_leaf_that_looks_up(self):
        self.plant("model/method.h", "")
        self.plant("common/a.h", '  #  include "model/method.h"\n')
        self.assert_found("common/a.h: room common")

    def test_an_exception_holds_for_its_files_alone(self):
        self.plant("data_loader/shard.h", "")
        self.plant("coordinator/b.cc", '#include "data_loader/shard.h"\n')
        self.assert_found("coordinator/b.cc")

    def test_an_exception_that_nothing_needs(self):
        self.plant("coordinator/manifest.cc", "")
        self.assert_found("nothing needs the exception coordinator/* -> data_loader/dataset*.h")

    def test_a_library_outside_its_files(self):
        self.plant("data_loader/a.cc", "#include <ATen/core/Tensor.h>\n")
        self.plant("data_loader/b.cc", '#include "dcmtk/dcmdata/dctk.h"\n')
        self.plant("worker/trainer/step.cc", '#include "gvsl/v1/job_service.grpc.pb.h"\n')
        self.assert_found("libtorch", "dcmtk", "grpc")

    def test_a_library_that_nobody_named(self):
        self.plant("cli/a.cc", "#include <boost/asio.hpp>\n")
        self.assert_found("belongs to no room and no library")

    def test_a_file_outside_every_room(self):
        self.plant("helpers/a.cc", '#include "common/status.h"\n')
        self.assert_found("stands in no room")

    def test_a_dead_link(self):
        self.plant("README.md", "[here](docs/gone.md) [out](https://example.org) [top](#top)\n")
        self.assert_found("docs/gone.md")

    def test_a_path_of_one_machine(self):
        self.plant("deploy/a.sh", "DATA=/" + "home/somebody/heads\nOUT=$root/work/x\n")
        self.assert_found("deploy/a.sh:1")

    def test_an_adr_without_date_or_entry(self):
        self.plant("docs/adr/use-sqlite.md", "")
        self.plant("docs/adr/2026-02-31-philox.md", "")
        self.assert_found("2026-02-31 is no date", "does not list it", "is called YYYY-MM-DD")

    def test_a_metric_without_a_row_or_a_row_without_a_metric(self):
        self.plant("worker/agent/worker_metrics.cc", 'SetGauge("gvsl_new_bytes", 1);\n')
        self.plant("docs/metrics.md", "| `gvsl_old_bytes` |\n")
        self.assert_found("gvsl_new_bytes is missing", "gvsl_old_bytes is in no")


if __name__ == "__main__":
    unittest.main()
