#include "cli/dataset/pacs_options.h"

#include <chrono>

#include "common/file_system.h"
#include "common/program_options.h"
#include "common/text.h"
#include "common/tls_files.h"
#include "data_loader/dataset_manifest.h"
#include "data_loader/dataset_writer.h"
#include "data_loader/ingest_work_folder.h"

namespace gvsl::cli::dataset {
namespace {

bool UsesTls(const data_loader::ArchiveOptions& archive) {
  return !archive.tls_ca.empty() || !archive.tls_certificate.empty() || !archive.tls_key.empty();
}

Status CheckSecurity(const PacsArguments& arguments) {
  const auto& archive = arguments.archive;
  const auto now = std::chrono::system_clock::now();
  if (!UsesTls(archive)) {
    if (arguments.insecure || IsLoopbackAddress(arguments.address)) return OkStatus();
    return InvalidArgumentError(
        "--pacs: images of patients would cross the network in plain; give --pacs-tls-ca, or an "
        "explicit --insecure");
  }
  if (arguments.insecure) return InvalidArgumentError("--insecure: contradicts --pacs-tls-ca");
  if (archive.tls_ca.empty()) return InvalidArgumentError("--pacs-tls-ca: is needed for TLS");
  GVSL_RETURN_IF_ERROR(CheckAuthority(archive.tls_ca, now));
  if (archive.tls_certificate.empty() != archive.tls_key.empty()) {
    return InvalidArgumentError("--pacs-tls-cert and --pacs-tls-key: need each other");
  }
  return archive.tls_certificate.empty()
             ? OkStatus()
             : CheckCertificate(archive.tls_certificate, archive.tls_key, now);
}

}  // namespace

void AddPacsOptions(CLI::App& command, PacsArguments& arguments) {
  const std::string group = "From an archive (PACS)";
  auto& archive = arguments.archive;
  CLI::Option* const pacs =
      command.add_option("--pacs", arguments.address, "an archive that offers C-FIND and C-GET")
          ->type_name("HOST:PORT")
          ->group(group);
  command
      .add_option("--query", arguments.query,
                  "which series, by keywords of DICOM: "
                  "Modality=CT,StudyDate=20200101-20201231,StudyDescription=*abdomen*")
      ->type_name("KEY=VALUE,…")
      ->group(group);
  command.add_option("--aet", archive.own_title, "what the archive knows this side as")
      ->capture_default_str()
      ->type_name("TITLE")
      ->group(group);
  command.add_option("--called-aet", archive.archive_title, "the archive's own name")
      ->capture_default_str()
      ->type_name("TITLE")
      ->group(group);
  command
      .add_option("--pacs-timeout", archive.timeout_seconds,
                  "seconds without an answer after which a connection is given up")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--pacs-tls-ca", archive.tls_ca, "authority of the archive's certificate (PEM)")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--pacs-tls-cert", archive.tls_certificate, "this side's certificate (PEM)")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--pacs-tls-key", archive.tls_key, "its private key (PEM)")
      ->type_name("FILE")
      ->group(group);
  command
      .add_flag("--insecure", arguments.insecure, "allow a plain connection beyond this machine")
      ->group(group);
  command.add_flag("--dry-run", arguments.dry_run, "say how much matches; fetch and write nothing")
      ->group(group);
  command.add_flag("--skip-failed", arguments.skip_failed, "go on without series that fail")
      ->group(group);
  command.add_flag("--keep-fetched", arguments.keep_fetched, "leave DATASET.pacs there afterwards")
      ->group(group);
  for (CLI::Option* const option : command.get_options()) {
    if (option->get_group() == group && option != pacs) option->needs(pacs);
  }
}

std::string SpoolOf(std::string output) {
  while (output.size() > 1 && output.back() == '/') output.pop_back();
  return output + ".pacs";
}

StatusOr<data_loader::ArchiveQuery> CheckPacs(PacsArguments& arguments,
                                              const data_loader::IngestOptions& options) {
  if (!options.inputs.empty()) {
    return InvalidArgumentError("--input: contradicts --pacs; make a dataset of each");
  }
  auto& archive = arguments.archive;
  GVSL_ASSIGN_OR_RETURN(archive.address, data_loader::ParseArchiveAddress(arguments.address));
  GVSL_RETURN_IF_ERROR(data_loader::CheckAeTitle(archive.own_title).WithContext("--aet"));
  GVSL_RETURN_IF_ERROR(
      data_loader::CheckAeTitle(archive.archive_title).WithContext("--called-aet"));
  GVSL_RETURN_IF_ERROR(CheckSecurity(arguments));
  if (arguments.query.empty()) {
    return InvalidArgumentError("--query: is needed with --pacs, as Modality=CT");
  }
  GVSL_RETURN_IF_ERROR(data_loader::CheckIsInNoDataset(PosixFileSystem(), options.output));
  const std::string manifest = JoinPath(options.output, data_loader::kManifestName);
  if (!arguments.dry_run && PosixFileSystem().Exists(manifest)) {
    std::string left;
    for (const std::string& path :
         {SpoolOf(options.output), data_loader::IngestWorkFolder::PathOf(options.output)}) {
      if (PosixFileSystem().Exists(path)) left += Concat("; ", path, " is left of it: remove that");
    }
    return AlreadyExistsError(Concat(options.output, " is there already", left));
  }
  return data_loader::ParseArchiveQuery(arguments.query);
}

}  // namespace gvsl::cli::dataset
