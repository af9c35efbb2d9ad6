// Rejections and warnings as reports and journals have them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// {"code", "reason"}; no file, which may name people.
nlohmann::json ToJsonObject(const Rejection& rejection);
nlohmann::json ToJsonArray(const std::vector<Rejection>& rejections);

// Throw what nlohmann-json throws.
Rejection RejectionFromJson(const nlohmann::json& json);
std::vector<Rejection> RejectionsFromJson(const nlohmann::json& json);

}  // namespace gvsl::data_loader
