// A trained network on one scan of somebody's own.
#pragma once

#include <optional>
#include <string>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/intensity_window.h"
#include "model/infer/infer_report.h"

namespace gvsl::model {

struct InferOptions {
  std::string checkpoint;  // directory
  std::string input;       // the scan; of a registration the moving one
  std::optional<std::string> fixed;
  std::optional<std::string> output;  // NIfTI, on the input's own grid, or on the fixed scan's
  std::optional<std::string> field;   // NIfTI, displacements in mm, LPS
  // Absent: as the checkpoint says.
  std::optional<data_loader::WindowChoice> window;
  std::optional<std::string> spacing;  // as ParseSpacing takes it
  std::string device = "cpu";
};

// Does what the checkpoint's job was trained for: segment, classify or register. Errors name the
// option, or the file.
StatusOr<InferReport> Infer(FileSystem& files, const InferOptions& options);

}  // namespace gvsl::model
