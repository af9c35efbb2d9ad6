#include "data_loader/json_text.h"

#include <exception>
#include <nlohmann/json.hpp>

namespace gvsl::data_loader {
namespace {

constexpr int kDeepest = 32;

}  // namespace

StatusOr<nlohmann::json> ParseJson(std::string_view text) {
  bool too_deep = false;
  const auto watch = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    too_deep = too_deep || depth > kDeepest;
    return !too_deep;
  };
  try {
    nlohmann::json json = nlohmann::json::parse(text, watch);
    if (too_deep) return DataLossError("it is nested too deeply to be ours");
    return json;
  } catch (const std::exception& error) {
    return DataLossError(error.what());
  }
}

}  // namespace gvsl::data_loader
