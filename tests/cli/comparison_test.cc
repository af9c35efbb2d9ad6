// What a comparison is made of and what it comes to, without a coordinator.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "cli/compare/comparison_page.h"
#include "cli/compare/line_chart.h"
#include "cli/compare/pictures.h"
#include "cli/spec/job_yaml.h"
#include "common/text.h"
#include "tests/support/temporary_directory.h"

namespace gvsl::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kYaml[] = R"(
name: heads
directory: /ckpt/table
methods: [gvsl, scratch, simclr]
seeds: [4, 5]
common: {dataset: /data/heads, model: {width: 16}, optimizer: {lr: 1.0e-3}, patch: [32, 32, 32]}
pretrain: {steps: 300, slots: 4}
tasks:
- {task: segment, steps: 50, labels: {1: 1}, split: {train: 10, validation: 5, test: rest}}
- {task: register, name: move, steps: 20, patch: [16, 16, 16]}
)";

v1::ComparisonSpec Spec(const std::vector<std::string>& settings = {}) {
  const auto spec = ParseComparisonYaml(kYaml, "table.yaml", settings);
  EXPECT_TRUE(spec.ok()) << spec.status();
  return *spec;
}

std::vector<PlannedJob> Plan(const v1::ComparisonSpec& spec) {
  auto planned = PlanComparison(spec);
  EXPECT_TRUE(planned.ok()) << planned.status();
  return *std::move(planned);
}

TEST(Comparison, IsAPretrainingAMethodAndAJobForEachTaskEvaluationAndSeed) {
  const auto jobs = Plan(Spec());
  ASSERT_EQ(jobs.size(), 3U + 3 * 2 * 2 * 2);
  std::set<std::string> names, ids, directories;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const v1::JobSpec& spec = jobs[i].spec;
    names.insert(spec.name());
    ids.insert(jobs[i].request_id);
    directories.insert(spec.checkpoint().directory());
    EXPECT_EQ(spec.model().width(), 16U);
    EXPECT_EQ(spec.optimizer().lr(), 1e-3);
    EXPECT_EQ(jobs[i].cell.has_value(), i >= 3);
    if (!jobs[i].cell) continue;
    const v1::JobSpec& before = jobs[*jobs[i].after].spec;
    EXPECT_EQ(before.method(), jobs[i].cell->method);
    EXPECT_EQ(spec.init().checkpoint(), before.checkpoint().directory());
    EXPECT_EQ(spec.init().frozen(), jobs[i].cell->evaluation == v1::EVALUATION_LINEAR);
    EXPECT_EQ(spec.seed(), jobs[i].cell->seed);
  }
  EXPECT_EQ(names.size(), jobs.size());
  EXPECT_EQ(ids.size(), jobs.size());
  EXPECT_EQ(directories.size(), jobs.size());
  EXPECT_TRUE(names.contains("heads-gvsl"));
  EXPECT_TRUE(names.contains("heads-move-simclr-finetune-5"));
}

TEST(Comparison, MethodsDifferInTheirNameAlone) {
  const auto jobs = Plan(Spec());
  const auto without_place = [](v1::JobSpec spec) {
    spec.clear_name();
    spec.clear_method();
    spec.clear_checkpoint();
    spec.mutable_init()->clear_checkpoint();
    return spec.DebugString();
  };
  EXPECT_EQ(without_place(jobs[0].spec), without_place(jobs[2].spec));
  EXPECT_EQ(jobs[1].spec.steps(), 1U) << "scratch trains nothing";
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(without_place(jobs[3 + i].spec), without_place(jobs[11 + i].spec));
  }
}

TEST(Comparison, ATaskGoesOverWhatIsCommon) {
  const auto jobs = Plan(Spec());
  for (const PlannedJob& job : jobs) {
    const bool moves = job.cell && job.cell->task == "move";
    EXPECT_EQ(job.spec.patch(0), moves ? 16U : 32U);
    EXPECT_EQ(job.spec.patch_size(), 3);
    EXPECT_TRUE(!moves || job.spec.method() == v1::METHOD_GVSL) << "of whose head registration is";
  }
}

TEST(Comparison, ALinearPartGoesOverItsTaskWhereTheBackboneIsFrozen) {
  const auto jobs = Plan(Spec({"linear=[{name: move, steps: 700}]"}));
  for (const PlannedJob& job : jobs) {
    if (!job.cell || job.cell->task != "move") continue;
    const bool linear = job.cell->evaluation == v1::EVALUATION_LINEAR;
    EXPECT_EQ(job.spec.steps(), linear ? 700U : 20U) << job.spec.name();
    EXPECT_EQ(job.spec.patch(0), 16U);
  }
}

TEST(Comparison, ALinearPartOfNoTaskIsRefused) {
  const auto wrong = [](const std::string& part) {
    const Status status = PlanComparison(Spec({"linear=[" + part + "]"})).status();
    return status.violations().empty() ? std::string() : status.violations()[0].field;
  };
  EXPECT_EQ(wrong("{steps: 7}"), "linear[0].name");
  EXPECT_EQ(wrong("{name: moves}"), "linear[0].name");
  EXPECT_EQ(wrong("{name: move}, {name: move}"), "linear[1].name");
  EXPECT_EQ(wrong("{name: move, seed: 1}"), "linear[0].seed");
  EXPECT_EQ(wrong("{name: move, optimizer: {lr: 1}}"), "linear[0].optimizer.lr");
}

TEST(Comparison, BegunAgainItsJobsAreTheSameAndOtherwiseOthers) {
  const auto jobs = Plan(Spec()), again = Plan(Spec());
  const auto others = Plan(Spec({"common.model.width=8"}));
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    EXPECT_EQ(jobs[i].request_id, again[i].request_id);
    EXPECT_NE(jobs[i].request_id, others[i].request_id);
  }
}

TEST(Comparison, APretrainingHasNothingOfWhatIsCommonToTheTasks) {
  v1::ComparisonSpec spec = Spec();
  spec.mutable_common()->mutable_split()->set_train("10");
  (*spec.mutable_common()->mutable_labels())[35] = 1;
  spec.mutable_common()->mutable_optimizer()->set_weight_decay(1e-5);
  const auto jobs = Plan(spec);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(jobs[i].spec.has_split());
    EXPECT_TRUE(jobs[i].spec.labels().empty());
    EXPECT_EQ(jobs[i].spec.optimizer().has_weight_decay(),
              jobs[i].spec.method() != v1::METHOD_SCRATCH);
  }
  // Of the task `segment`, which has labels of its own.
  EXPECT_FALSE(jobs[3].spec.labels().contains(35));
  EXPECT_TRUE(jobs[5].spec.labels().contains(35) || jobs[7].spec.labels().contains(35));
}

TEST(Comparison, WhatIsMissingOrDoesNotBelongIsNamed) {
  v1::ComparisonSpec spec = Spec();
  spec.clear_directory();
  spec.mutable_pretrain()->mutable_optimizer()->set_lr(1);
  spec.mutable_tasks(0)->set_method(v1::METHOD_GVSL);
  spec.mutable_tasks(0)->set_seed(1);
  spec.mutable_tasks(1)->set_name("segment");
  spec.add_methods(v1::METHOD_GVSL);
  spec.add_evaluate(v1::EVALUATION_LINEAR);
  spec.add_evaluate(v1::EVALUATION_LINEAR);
  spec.mutable_common()->mutable_init()->set_frozen(true);
  const Status status = PlanComparison(spec).status();
  std::vector<std::string> fields;
  for (const auto& violation : status.violations()) fields.push_back(violation.field);
  EXPECT_THAT(fields,
              ::testing::UnorderedElementsAre("directory", "methods", "evaluate", "common.init",
                                              "pretrain.optimizer.lr", "tasks[0].method",
                                              "tasks[0].seed", "tasks[1].name"));
}

TEST(Comparison, AnUnknownKeyInATaskIsNamedWithItsLine) {
  const auto spec = ParseComparisonYaml("tasks:\n- {task: segment, stepz: 3}\n", "t.yaml");
  ASSERT_EQ(spec.status().violations().size(), 1U);
  EXPECT_EQ(spec.status().violations()[0].field, "tasks[0].stepz");
  EXPECT_THAT(spec.status().violations()[0].reason, HasSubstr("line 2"));
}

class TableTest : public ::testing::Test {
 protected:
  TableTest() : spec_(Spec()), planned_(Plan(spec_)), jobs_(planned_.size()) {
    for (std::size_t i = 0; i < planned_.size(); ++i) {
      v1::Job job;
      job.set_name(planned_[i].spec.name());
      *job.mutable_spec() = planned_[i].spec;
      job.set_state(v1::JOB_STATE_SUCCEEDED);
      const auto& cell = planned_[i].cell;
      if (cell) {
        const double score = (cell->method == v1::METHOD_GVSL ? 0.8 : 0.5) + 0.01 * cell->seed;
        auto& result = *job.mutable_result();
        if (cell->task == "segment") {
          result["dsc_mean"] = score;
        } else {
          result["dsc_after"] = score;
          result["dsc_before"] = 0.4;
        }
        for (const std::uint64_t step : {10, 20}) {
          v1::CurvePoint& point = *job.mutable_curve()->add_points();
          point.set_step(step);
          point.set_score(score * static_cast<double>(step) / 20);
        }
      }
      jobs_[i] = std::move(job);
    }
  }
  std::optional<v1::Job>& JobOf(const std::string& name) {
    for (auto& job : jobs_) {
      if (job && job->name() == name) return job;
    }
    throw std::out_of_range(name);
  }
  ComparedTable Table() const { return Tabulate(spec_, planned_, jobs_); }

  v1::ComparisonSpec spec_;
  std::vector<PlannedJob> planned_;
  ComparedJobs jobs_;
};

TEST_F(TableTest, HasMeanAndSpreadOfTheSeedsAMethodARow) {
  const std::string text = FormatComparison(Table());
  EXPECT_THAT(text, HasSubstr("linear segment (dsc)"));
  EXPECT_THAT(text, HasSubstr("84.5 ± 0.7"));  // of 0.84 and 0.85
  EXPECT_THAT(text, HasSubstr("no registration"));
  EXPECT_LT(text.find("linear move"), text.find("finetune segment"));
  const Json json = ComparisonToJson(Table());
  EXPECT_NEAR(json["columns"][0]["methods"]["gvsl"]["mean"].get<double>(), 0.845, 1e-9);
  EXPECT_EQ(json["columns"][0]["methods"]["scratch"]["scores"].size(), 2U);
}

TEST_F(TableTest, AJobWithoutAResultIsNamedAndCountedOut) {
  JobOf("heads-segment-simclr-linear-4")->set_state(v1::JOB_STATE_FAILED);
  JobOf("heads-segment-simclr-linear-4")->set_reason("the disk was full");
  JobOf("heads-segment-simclr-linear-5").reset();
  JobOf("heads-segment-gvsl-linear-4")->clear_result();
  const ComparedTable table = Table();
  const std::string text = FormatComparison(table);
  EXPECT_THAT(text, HasSubstr("heads-segment-simclr-linear-4: FAILED: the disk was full"));
  EXPECT_THAT(text, HasSubstr("heads-segment-simclr-linear-5: what it begins with failed"));
  EXPECT_THAT(text, HasSubstr("85.0 (1 of 2)"));
  EXPECT_EQ(table.failures.size(), 3U);
}

TEST_F(TableTest, SaysWhetherTheOrderIsThatOfThePaper) {
  EXPECT_THAT(AgainstThePaper(Table()),
              ::testing::Contains(HasSubstr("linear segment: gvsl is ahead of all others, as in "
                                            "the paper; of scratch by 30.0 ± 0.0")));
  EXPECT_THAT(AgainstThePaper(Table()),
              ::testing::Contains(HasSubstr("gvsl registers better than no registration")));
  for (const char* seed : {"4", "5"}) {
    auto& result = *JobOf(Concat("heads-segment-scratch-linear-", seed))->mutable_result();
    result["dsc_mean"] = 0.99;
  }
  EXPECT_THAT(AgainstThePaper(Table()),
              ::testing::Contains(HasSubstr(
                  "linear segment: gvsl is not ahead, unlike in the paper; scratch is ahead")));
}

TEST_F(TableTest, SaysNothingOfTheOrderWhereAJobIsMissing) {
  JobOf("heads-segment-gvsl-linear-4")->set_state(v1::JOB_STATE_FAILED);
  JobOf("heads-segment-scratch-finetune-4")->set_state(v1::JOB_STATE_FAILED);
  JobOf("heads-segment-simclr-finetune-4")->set_state(v1::JOB_STATE_FAILED);
  for (const std::string& sentence : AgainstThePaper(Table())) {
    EXPECT_THAT(sentence, HasSubstr("registers better"));
  }
}

TEST_F(TableTest, JobsThatSawDifferentDatasetsAreAFailure) {
  for (auto& job : jobs_) job->set_dataset_sha256("aa");
  EXPECT_EQ(Table().dataset_sha256, "aa");
  EXPECT_TRUE(Table().failures.empty());
  jobs_[2]->set_dataset_sha256("bb");
  EXPECT_THAT(Table().failures, ::testing::ElementsAre(HasSubstr("2 different datasets")));
}

TEST_F(TableTest, ThePageHasTableAndCurvesAndNeedsNothingElse) {
  const std::string page = ComparisonPage(Table());
  EXPECT_THAT(page, HasSubstr("<td class=\"best\">84.5 ± 0.7</td>"));
  EXPECT_THAT(page, HasSubstr("<tr><td>no registration</td><td></td><td>40.0</td>"));
  EXPECT_THAT(page, HasSubstr("<polyline"));
  EXPECT_THAT(page, Not(HasSubstr("http")));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
}

TEST(LineChart, LeavesOutWhatIsNoNumberAndEscapesNames) {
  const std::string chart =
      LineChart("a<b", {{"one", {{0, 0.25}, {10, std::nan("")}, {20, 0.75}}}, {"none", {}}});
  EXPECT_THAT(chart, HasSubstr("a&lt;b"));
  EXPECT_THAT(chart, Not(HasSubstr("nan")));
  EXPECT_THAT(LineChart("y", {{"one", {{1, 0.5}, {2, std::nan("")}}}}), Not(HasSubstr("nan")));
  EXPECT_EQ(LineChart("y", {{"one", {{1, std::nan("")}}}}), "");
  EXPECT_THAT(LineChart("y", {{"one", {{1, 0.5}}}}), HasSubstr("<polyline"));
}

TEST(LineChart, EndsWhereValuesAreAlmostTheSame) {
  const double value = 0.8;
  EXPECT_THAT(LineChart("y", {{"one", {{1, value}, {2, std::nextafter(value, 1)}}}}),
              HasSubstr("<polyline"));
}

class PicturesOf : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& content) {
    ASSERT_TRUE(WriteFileDurably(files_, directory_ / name, content).ok());
  }
  StatusOr<std::vector<Picture>> Read() { return ReadPictures(files_, directory_.path()); }

  testing::TemporaryDirectory directory_;
  FileSystem& files_ = PosixFileSystem();
};

constexpr char kPng[] = "\x89PNG\r\n\x1a\n";

TEST_F(PicturesOf, AComparisonStandInItsPage) {
  Write("a.png", kPng);
  Write("pictures.json", R"([{"file": "a.png", "title": "Tissue \"1\"", "caption": "of <A>"}])");
  const auto pictures = Read();
  ASSERT_TRUE(pictures.ok()) << pictures.status();
  const std::string page = ComparisonPage({}, *pictures);
  EXPECT_THAT(page, HasSubstr("<h2>Tissue &quot;1&quot;</h2>"));
  EXPECT_THAT(page, HasSubstr("of &lt;A&gt;"));
  EXPECT_THAT(page, HasSubstr("src=\"data:image/png;base64,iVBORw0KGgo=\""));
}

TEST_F(PicturesOf, AComparisonAreRefusedWhereTheListOrAFileIsNone) {
  EXPECT_EQ(Read().status().code(), StatusCode::kNotFound);
  Write("a.png", "GIF89a");
  for (const char* list : {"{", "{}", "[1]", R"([{"title": "x"}])", R"([{"file": "../a.png"}])",
                           R"([{"file": "a.png"}])"}) {
    Write("pictures.json", list);
    EXPECT_EQ(Read().status().code(), StatusCode::kDataLoss) << list;
  }
  Write("pictures.json", R"([{"file": "b.png"}])");
  EXPECT_THAT(Read().status().message(), HasSubstr("b.png"));
}

}  // namespace
}  // namespace gvsl::cli
