// A manifest whose own hash holds, whatever else was changed in it: nobody who damages one on
// purpose leaves it.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "common/json_text.h"
#include "common/sha256.h"

namespace gvsl::fuzz {

inline std::optional<nlohmann::json> ObjectIn(std::string_view text) {
  auto json = ParseJson(text);
  if (!json.ok() || !json->is_object()) return std::nullopt;
  return *std::move(json);
}

// Nothing where it cannot be written, since some text in it is none.
inline std::optional<std::string> Mended(nlohmann::json manifest) {
  manifest.erase("manifest_sha256");
  try {
    manifest["manifest_sha256"] = Sha256Hex(manifest.dump());
    return manifest.dump(1);
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace gvsl::fuzz
