// What is wrong with a request to gvsl-infer, before anything is computed.
#pragma once

#include "common/checkpoint_manifest.h"
#include "common/status.h"
#include "data_loader/prepare_volume.h"
#include "model/infer/infer_command.h"
#include "model/infer/scan.h"

namespace gvsl::model {

enum class Work { kSegment, kClassify, kRegister };

// What the checkpoint was trained for. FAILED_PRECONDITION: nothing that is done to one scan.
StatusOr<Work> WorkOf(const CheckpointManifest& manifest, const InferOptions& options);

// INVALID_ARGUMENT names an option that is missing, or of which nothing would come.
Status CheckOptions(Work work, const InferOptions& options);

// Whether what is to be written can be: names, directories, and that none is a file of the scan.
Status CheckAllWritten(const InferOptions& options, const Scan& scan);

// As the options say, else as the checkpoint does.
StatusOr<data_loader::PrepareOptions> Preparation(const CheckpointManifest& manifest,
                                                  const InferOptions& options);

}  // namespace gvsl::model
