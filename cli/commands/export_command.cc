#include <charconv>
#include <memory>
#include <optional>

#include "cli/commands/commands.h"
#include "cli/core/aside_file.h"
#include "cli/core/idle_limit.h"
#include "cli/render/format.h"
#include "cli/render/job_json.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

struct Options {
  std::string source;  // JOB or JOB@STEP
  std::string output;
};

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

Status CheckOutput(const std::string& output) {
  if (EndsWith(output, ".safetensors")) return OkStatus();
  if (EndsWith(output, ".pth")) {
    return UnimplementedError("export to .pth is not part of this version; .safetensors is");
  }
  return UsageError(output, "must end with .safetensors");
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

// The bytes of the whole stream into `file`; the checkpoint that they are of.
StatusOr<v1::Checkpoint> Receive(Context& context, const v1::ReadCheckpointFileRequest& request,
                                 AsideFile& file) {
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
    written = file.Append(chunk.data());
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

StatusOr<ExitCode> Export(Context& context, const Options& options) {
  GVSL_RETURN_IF_ERROR(CheckOutput(options.output));
  GVSL_ASSIGN_OR_RETURN(const auto request, ParseSource(options.source));
  GVSL_ASSIGN_OR_RETURN(AsideFile file,
                        AsideFile::Create(context.environment().files, options.output));
  GVSL_ASSIGN_OR_RETURN(const v1::Checkpoint checkpoint, Receive(context, request, file));
  GVSL_ASSIGN_OR_RETURN(const std::uint64_t bytes, file.Publish(checkpoint.weights_sha256()));
  const Json json = {{"job", request.job()},
                     {"step", checkpoint.step()},
                     {"path", options.output},
                     {"bytes", bytes},
                     {"weights_sha256", checkpoint.weights_sha256()}};
  GVSL_RETURN_IF_ERROR(context.Print(context.json()
                                         ? DumpPretty(json)
                                         : Concat(options.output, ": ", request.job(), " step ",
                                                  checkpoint.step(), ", ", FormatBytes(bytes),
                                                  ", SHA-256 ", checkpoint.weights_sha256())));
  return kDone;
}

}  // namespace

Action ConfigureExport(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("JOB[@STEP]", options->source, "the newest checkpoint, or that of a step")
      ->required();
  app.add_option("OUT.safetensors", options->output, "appears when it is whole")->required();
  return [options](Context& context) { return Export(context, *options); };
}

}  // namespace gvsl::cli
