#include <charconv>
#include <functional>
#include <memory>
#include <optional>

#include "cli/commands/commands.h"
#include "cli/core/aside_file.h"
#include "cli/core/idle_limit.h"
#include "cli/render/format.h"
#include "cli/render/job_json.h"
#include "common/safetensors.h"
#include "common/text.h"
#include "common/torch_file.h"

namespace gvsl::cli {
namespace {

struct Options {
  std::string source;  // JOB or JOB@STEP
  std::string output;
};

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool IsTorch(std::string_view output) { return EndsWith(output, ".pth"); }

Status CheckOutput(const std::string& output) {
  if (EndsWith(output, ".safetensors") || IsTorch(output)) return OkStatus();
  return UsageError(output, "must end with .safetensors or .pth");
}

StatusOr<v1::ReadCheckpointFileRequest> ParseSource(const std::string& source) {
  v1::ReadCheckpointFileRequest request;
  const std::size_t at = source.rfind('@');
  request.set_job(source.substr(0, at));
  if (at == std::string::npos) return request;
  const std::string_view step = std::string_view(source).substr(at + 1);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), value);
  if (error != std::errc() || end != step.data() + step.size() || request.job().empty()) {
    return UsageError(source, "must be JOB or JOB@STEP");
  }
  request.set_step(value);
  return request;
}

using Append = std::function<Status(std::string_view bytes)>;

// The bytes of the whole stream; the checkpoint that they are of.
StatusOr<v1::Checkpoint> Receive(Context& context, const v1::ReadCheckpointFileRequest& request,
                                 const Append& append) {
  grpc::ClientContext call;
  const Interrupt::Guard guard(context.interrupt(), [&call] { call.TryCancel(); });
  IdleLimit limit(call, context.Timeout());
  const auto reader = context.stubs().checkpoints->ReadCheckpointFile(&call, request);
  std::optional<v1::Checkpoint> checkpoint;
  std::uint64_t expected = 0, received = 0;
  Status written;
  v1::FileChunk chunk;
  while (written.ok() && reader->Read(&chunk)) {
    limit.Feed();
    if (!checkpoint) {
      checkpoint = chunk.checkpoint();
      expected = chunk.total_bytes();
    }
    received += chunk.data().size();
    written = append(chunk.data());
  }
  if (!written.ok()) call.TryCancel();
  const grpc::Status end = reader->Finish();
  GVSL_RETURN_IF_ERROR(written);
  if (limit.expired()) return context.ToStatus({grpc::StatusCode::DEADLINE_EXCEEDED, ""});
  GVSL_RETURN_IF_ERROR(context.ToStatus(end));
  if (!checkpoint || received != expected) {
    return DataLossError(Concat("the coordinator sent ", received, " of ", expected, " bytes"));
  }
  return *checkpoint;
}

struct Exported {
  v1::Checkpoint checkpoint;
  std::uint64_t bytes = 0;
};

StatusOr<v1::Checkpoint> ReceiveInto(Context& context, const v1::ReadCheckpointFileRequest& request,
                                     AsideFile& file) {
  return Receive(context, request, [&file](auto bytes) { return file.Append(bytes); });
}

StatusOr<Exported> ExportSafetensors(Context& context, const v1::ReadCheckpointFileRequest& request,
                                     const std::string& output) {
  GVSL_ASSIGN_OR_RETURN(AsideFile file, AsideFile::Create(context.environment().files, output));
  GVSL_ASSIGN_OR_RETURN(v1::Checkpoint checkpoint, ReceiveInto(context, request, file));
  GVSL_ASSIGN_OR_RETURN(const std::uint64_t bytes, file.Publish(checkpoint.weights_sha256()));
  return Exported{std::move(checkpoint), bytes};
}

// What torch.load(weights_only=True) reads, made of the weights once their hash is right. These lie
// on the disk beside it meanwhile, not in memory.
StatusOr<Exported> ExportTorch(Context& context, const v1::ReadCheckpointFileRequest& request,
                               const std::string& output) {
  FileSystem& files = context.environment().files;
  GVSL_ASSIGN_OR_RETURN(AsideFile file, AsideFile::Create(files, output));
  GVSL_ASSIGN_OR_RETURN(AsideFile weights, AsideFile::Create(files, output + ".safetensors"));
  GVSL_ASSIGN_OR_RETURN(v1::Checkpoint checkpoint, ReceiveInto(context, request, weights));
  GVSL_ASSIGN_OR_RETURN(auto mapped, weights.Map(checkpoint.weights_sha256()));
  GVSL_ASSIGN_OR_RETURN(const auto parsed, SafetensorsFile::Parse(std::move(mapped)));
  GVSL_RETURN_IF_ERROR(WriteTorchFile({parsed.tensors().begin(), parsed.tensors().end()},
                                      [&file](auto bytes) { return file.Append(bytes); }));
  GVSL_ASSIGN_OR_RETURN(const std::uint64_t bytes, file.Publish());
  return Exported{std::move(checkpoint), bytes};
}

StatusOr<ExitCode> Export(Context& context, const Options& options) {
  GVSL_RETURN_IF_ERROR(CheckOutput(options.output));
  GVSL_ASSIGN_OR_RETURN(const auto request, ParseSource(options.source));
  const auto run = IsTorch(options.output) ? ExportTorch : ExportSafetensors;
  GVSL_ASSIGN_OR_RETURN(const Exported exported, run(context, request, options.output));
  const auto& [checkpoint, bytes] = exported;
  const Json json = {{"job", request.job()},
                     {"step", checkpoint.step()},
                     {"path", options.output},
                     {"bytes", bytes},
                     {"weights_sha256", checkpoint.weights_sha256()}};
  GVSL_RETURN_IF_ERROR(
      context.Print(context.json() ? DumpPretty(json)
                                   : Concat(options.output, ": ", request.job(), " step ",
                                            checkpoint.step(), ", ", FormatBytes(bytes),
                                            ", weights' SHA-256 ", checkpoint.weights_sha256())));
  return kDone;
}

}  // namespace

Action ConfigureExport(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("JOB[@STEP]", options->source, "the newest checkpoint, or that of a step")
      ->required();
  app.add_option("OUT", options->output,
                 "ends with .safetensors, or with .pth for PyTorch; appears when it is whole")
      ->required();
  return [options](Context& context) { return Export(context, *options); };
}

}  // namespace gvsl::cli
