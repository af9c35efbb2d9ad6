#include "model/infer/infer_report.h"

#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

namespace gvsl::model {
namespace {

using nlohmann::ordered_json;

double Millilitres(const InferReport& report, std::size_t label) {
  return static_cast<double>(report.voxels[label]) * report.voxel_millilitres;
}

ordered_json LabelsOf(const InferReport& report) {
  ordered_json labels = ordered_json::array();
  for (std::size_t label = 0; label < report.voxels.size(); ++label) {
    labels.push_back({{"label", label},
                      {"voxels", report.voxels[label]},
                      {"millilitres", Millilitres(report, label)}});
  }
  return labels;
}

}  // namespace

std::string ToJson(const InferReport& report) {
  ordered_json json;
  if (report.output) json["output"] = *report.output;
  if (report.probability) json["probability"] = *report.probability;
  if (!report.voxels.empty()) json["labels"] = LabelsOf(report);
  if (report.alignment) {
    json["field"] = report.field ? ordered_json(*report.field) : ordered_json(nullptr);
    json["mean_displacement_mm"] = report.alignment->mean;
    json["greatest_displacement_mm"] = report.alignment->greatest;
  }
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string ToText(const InferReport& report) {
  std::ostringstream text;
  text << std::fixed;
  if (report.probability) {
    text << "probability of class 1: " << std::setprecision(4) << *report.probability << "\n";
  }
  text << std::setprecision(1);
  for (std::size_t label = 1; label < report.voxels.size(); ++label) {
    text << "label " << label << ": " << report.voxels[label] << " voxels, "
         << Millilitres(report, label) << " ml\n";
  }
  if (report.alignment) {
    text << "displacement: mean " << report.alignment->mean << " mm, greatest "
         << report.alignment->greatest << " mm\n";
  }
  if (report.output) text << "written: " << *report.output << "\n";
  if (report.field) text << "written: " << *report.field << "\n";
  return text.str();
}

}  // namespace gvsl::model
