// One association with an archive, by DCMTK's network part; for pacs_*.cc alone. Whoever waits is
// asked every second whether to stop.
#pragma once

#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dimse.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"
#include "data_loader/pacs_client.h"
#include "data_loader/storage_contexts.h"

namespace gvsl::data_loader {

// Not thread-safe. Errors: UNAVAILABLE (not reached, dropped in the middle), DEADLINE_EXCEEDED,
// CANCELLED (stopped), DATA_LOSS (what came is no answer), those of RefusedAssociation.
class PacsAssociation {
 public:
  // `service` is what this side uses; objects of `storage` may be sent to this side.
  static StatusOr<std::unique_ptr<PacsAssociation>> Open(
      const ArchiveOptions& options, const std::string& service,
      const std::vector<PresentationContext>& storage);
  // Aborts what was not released.
  ~PacsAssociation();
  PacsAssociation(const PacsAssociation&) = delete;
  PacsAssociation& operator=(const PacsAssociation&) = delete;

  // On the service's context.
  Status Request(T_DIMSE_Message& message, DcmDataset& identifier);
  struct Command {
    T_DIMSE_Message message;
    T_ASC_PresentationContextID context = 0;
  };
  StatusOr<Command> ReceiveCommand();
  // The data set behind a command, piece by piece.
  Status ReceiveDataSet(const Command& command,
                        const std::function<Status(std::string_view)>& take);
  Status Answer(const Command& store_request);
  StatusOr<std::string> TransferSyntax(T_ASC_PresentationContextID context) const;
  void Release();

 private:
  explicit PacsAssociation(const ArchiveOptions& options) : options_(options) {}
  Status Prepare(const std::string& service, const std::vector<PresentationContext>& storage);
  Status Connect(const std::string& service);
  Status CheckItsCertificate();
  Status Refused() const;
  StatusOr<DUL_PDV> NextFragment();
  Status WaitForData();
  Status SaidNothing() const;
  Status Dropped() const;
  Status Broken(const OFCondition& condition) const;
  Status OutcomeOf(const OFCondition& read) const;

  const ArchiveOptions& options_;
  int socket_ = -1;     // DCMTK's
  bool heard_ = false;  // an answer, after the association itself
  T_ASC_Network* network_ = nullptr;
  T_ASC_Parameters* parameters_ = nullptr;  // the association's, once there is one
  T_ASC_Association* association_ = nullptr;
  T_ASC_PresentationContextID service_context_ = 0;
};

}  // namespace gvsl::data_loader
