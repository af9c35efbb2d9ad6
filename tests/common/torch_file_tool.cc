// torch_file_tool IN OUT: weights from safetensors to torch.save's format or back, by their
// endings.
#include <iostream>

#include "common/file_system.h"
#include "common/torch_file.h"

namespace {

gvsl::Status Convert(const std::string& in, const std::string& out) {
  gvsl::FileSystem& files = gvsl::PosixFileSystem();
  if (out.ends_with(".safetensors")) {
    GVSL_ASSIGN_OR_RETURN(const std::string bytes, gvsl::ReadFile(files, in));
    GVSL_ASSIGN_OR_RETURN(const auto file, gvsl::TorchFile::Parse(bytes));
    return gvsl::WriteSafetensors(files, out, file.tensors()).status();
  }
  GVSL_ASSIGN_OR_RETURN(const auto file, gvsl::SafetensorsFile::Open(files, in));
  GVSL_ASSIGN_OR_RETURN(const auto written, files.Create(out));
  GVSL_RETURN_IF_ERROR(gvsl::WriteTorchFile({file.tensors().begin(), file.tensors().end()},
                                            [&](auto piece) { return written->Append(piece); }));
  return written->Close();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const gvsl::Status status = Convert(argv[1], argv[2]);
  if (status.ok()) return 0;
  std::cerr << status << "\n";
  return 1;
}
