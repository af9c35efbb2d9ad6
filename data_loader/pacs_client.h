// A hospital's archive through C-FIND (study root, studies first and then their series) and C-GET.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "data_loader/archive.h"

namespace gvsl::data_loader {

struct ArchiveOptions {
  ArchiveAddress address;
  std::string own_title = "GVSL";                // the calling AE title
  std::string archive_title = "ANY-SCP";         // the called one
  int timeout_seconds = 60;                      // without any answer; at most 20 to connect
  std::string tls_ca, tls_certificate, tls_key;  // PEM files; no tls_ca: plain TCP
  std::function<bool()> stop;                    // asked every second. May be empty
};

// Connects anew for each call. An identifier that comes has at most 32 KiB, an answer at most
// 200000 series (RESOURCE_EXHAUSTED), an object at most 4 GiB.
std::unique_ptr<Archive> MakePacsClient(ArchiveOptions options);

}  // namespace gvsl::data_loader
