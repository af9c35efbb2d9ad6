// The flags of `gvsl-dataset ingest` by which it takes images from a hospital's archive.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "data_loader/ingest.h"
#include "data_loader/pacs_client.h"

namespace gvsl::cli::dataset {

struct PacsArguments {
  std::string address;  // HOST:PORT; empty: no archive
  std::string query;
  data_loader::ArchiveOptions archive;
  bool insecure = false;
  bool dry_run = false;
  bool keep_fetched = false;
  bool skip_failed = false;
};

void AddPacsOptions(CLI::App& command, PacsArguments& arguments);

// Where what is fetched lies until the dataset is made.
std::string SpoolOf(std::string output);

// Also checks the files of TLS. INVALID_ARGUMENT, ALREADY_EXISTS (the output).
StatusOr<data_loader::ArchiveQuery> CheckPacs(PacsArguments& arguments,
                                              const data_loader::IngestOptions& options);

}  // namespace gvsl::cli::dataset
