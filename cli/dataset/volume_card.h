// One volume on the page that shows a dataset. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <iomanip>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include "common/status.h"
#include "data_loader/dataset.h"
#include "data_loader/suspicion.h"

namespace gvsl::cli::dataset {

// Paths by the hash that names them, where the page may name them; else empty.
using Sources = std::map<std::string, std::string>;

struct CardContent {
  const data_loader::VolumeEntry& volume;
  const data_loader::Suspicion& suspicion;
  std::uint32_t number = 0;  // in the manifest
  std::uint32_t place = 0;   // among the most suspicious
  const Sources& sources;
};

// An <article>, with the volume's thumbnail. A volume that cannot be read says so, before all
// others. INTERNAL when the picture cannot be encoded.
StatusOr<std::string> VolumeCard(const CardContent& content,
                                 const StatusOr<data_loader::VolumeView>& view);

// "1×2×3", numbers to four digits.
template <typename T>
std::string Times(const std::array<T, 3>& values) {
  std::ostringstream text;
  text << std::setprecision(4) << values[0] << "×" << values[1] << "×" << values[2];
  return std::move(text).str();
}

// A source by its hash and, where it may be named, its path; escaped.
std::string SourceText(const std::string& name, const Sources& sources);

}  // namespace gvsl::cli::dataset
