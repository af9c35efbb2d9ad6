// TCP or TLS below an association; for pacs_*.cc alone.
#pragma once

#include <dcmtk/dcmnet/dcmlayer.h>

#include <memory>

#include "common/status.h"
#include "data_loader/pacs_client.h"

namespace gvsl::data_loader {

// Plain TCP without options.tls_ca. `socket` becomes the connection's, and must outlive the layer.
// INVALID_ARGUMENT: the PEM files cannot be used.
StatusOr<std::unique_ptr<DcmTransportLayer>> MakePacsTransport(const ArchiveOptions& options,
                                                               int& socket);

// For the next packets: the kernel forgets it again.
void AcknowledgeAtOnce(int socket);

}  // namespace gvsl::data_loader
