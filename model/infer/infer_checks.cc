#include "model/infer/infer_checks.h"

#include <filesystem>

#include "common/text.h"
#include "data_loader/nifti_file.h"

namespace gvsl::model {
namespace {

namespace fs = std::filesystem;

Status CheckWritten(const char* flag, const std::optional<std::string>& path, const Scan& scan) {
  if (!path) return OkStatus();
  const std::string name = Concat(flag, " ", *path);
  if (data_loader::NiftiStem(*path).empty()) {
    return InvalidArgumentError(name + ": the name must end in .nii or .nii.gz");
  }
  std::error_code error;
  for (const std::string& file : scan.files) {
    if (fs::equivalent(*path, file, error)) {
      return AlreadyExistsError(name + ": it is an input; choose another name");
    }
  }
  if (fs::is_directory(*path, error)) return InvalidArgumentError(name + ": it is a directory");
  if (!fs::is_directory(ParentPath(*path), error)) {
    return NotFoundError(name + ": there is no directory " + ParentPath(*path));
  }
  return OkStatus();
}

}  // namespace

StatusOr<Work> WorkOf(const CheckpointManifest& manifest, const InferOptions& options) {
  if (manifest.task == "segment") return Work::kSegment;
  if (manifest.task == "classify") return Work::kClassify;
  if (manifest.task == "register") return Work::kRegister;
  if (manifest.task == "pretrain" && options.fixed) return Work::kRegister;
  return FailedPreconditionError(
      Concat("--checkpoint ", options.checkpoint, ": it is of task ", manifest.task, ", method ",
             manifest.method,
             "; gvsl-infer takes checkpoints of segment, classify and register, and with --fixed "
             "also what gvsl has pre-trained"));
}

Status CheckOptions(Work work, const InferOptions& options) {
  const auto refuse = [](const char* sentence) { return InvalidArgumentError(sentence); };
  if (work == Work::kRegister) {
    if (!options.fixed) return refuse("--fixed is missing: the scan that --input is laid over");
  } else {
    if (options.fixed) return refuse("--fixed: only a checkpoint of register takes a second scan");
    if (options.field) return refuse("--field: only a checkpoint of register gives a field");
  }
  if (work == Work::kClassify) {
    if (options.output) return refuse("--output: a checkpoint of classify writes no file");
  } else if (!options.output) {
    return refuse("--output is missing: the file to write, .nii or .nii.gz");
  }
  if (options.output && options.field &&
      fs::absolute(*options.output).lexically_normal() ==
          fs::absolute(*options.field).lexically_normal()) {
    return refuse("--field and --output are the same file");
  }
  return OkStatus();
}

Status CheckAllWritten(const InferOptions& options, const Scan& scan) {
  GVSL_RETURN_IF_ERROR(CheckWritten("--output", options.output, scan));
  return CheckWritten("--field", options.field, scan);
}

StatusOr<data_loader::PrepareOptions> Preparation(const CheckpointManifest& manifest,
                                                  const InferOptions& options) {
  data_loader::PrepareOptions preparation;
  preparation.spacing.reset();
  preparation.window = options.window;
  if (options.spacing) {
    GVSL_ASSIGN_OR_RETURN(preparation.spacing, data_loader::ParseSpacing(*options.spacing));
  } else if (manifest.spacing[0] > 0 && manifest.spacing[1] > 0 && manifest.spacing[2] > 0) {
    preparation.spacing = manifest.spacing;
  }
  if (!options.window && !manifest.window.empty()) {
    const auto window = data_loader::ParseWindow(manifest.window);
    if (!window.ok()) return window.status().WithContext("manifest.json");
    preparation.window = *window;
  }
  return preparation;
}

}  // namespace gvsl::model
