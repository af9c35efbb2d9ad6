#include "data_loader/pacs_association.h"

#include <dcmtk/dcmnet/dcmlayer.h>
#include <dcmtk/dcmnet/dcmtrans.h>
#include <dcmtk/oflog/oflog.h>

#include <algorithm>

#include "common/text.h"
#include "common/tls_files.h"
#include "data_loader/pacs_status.h"
#include "data_loader/pacs_transport.h"

namespace gvsl::data_loader {
namespace {

constexpr long kMostBytesOfPdu = 131072;
constexpr T_ASC_PresentationContextID kServiceContext = 1;
constexpr int kMostSecondsToConnect = 20;  // nobody is asked meanwhile whether to stop

// DCMTK's log may name a patient.
void SilenceDcmtk() {
  [[maybe_unused]] static const bool done = [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    return true;
  }();
}

int SecondsToConnect(const ArchiveOptions& options) {
  return std::min(options.timeout_seconds, kMostSecondsToConnect);
}

bool SaysNothing(const OFCondition& condition) {
  return condition == DIMSE_NODATAAVAILABLE || condition == DUL_READTIMEOUT;
}

std::vector<const char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  return pointers;
}

}  // namespace

StatusOr<std::unique_ptr<PacsAssociation>> PacsAssociation::Open(
    const ArchiveOptions& options, const std::string& service,
    const std::vector<PresentationContext>& storage) {
  SilenceDcmtk();
  dcmConnectionTimeout.set(SecondsToConnect(options));
  dcmSocketReceiveTimeout.set(options.timeout_seconds);
  dcmSocketSendTimeout.set(options.timeout_seconds);
  std::unique_ptr<PacsAssociation> opened(new PacsAssociation(options));
  GVSL_RETURN_IF_ERROR(opened->Prepare(service, storage));
  GVSL_RETURN_IF_ERROR(opened->Connect(service));
  return opened;
}

PacsAssociation::~PacsAssociation() {
  if (association_ != nullptr) {
    ASC_abortAssociation(association_);
    ASC_destroyAssociation(&association_);
  } else if (parameters_ != nullptr) {
    ASC_destroyAssociationParameters(&parameters_);
  }
  if (network_ != nullptr) ASC_dropNetwork(&network_);
}

Status PacsAssociation::Prepare(const std::string& service,
                                const std::vector<PresentationContext>& storage) {
  OFCondition made = ASC_initializeNetwork(NET_REQUESTOR, 0, SecondsToConnect(options_), &network_);
  if (made.good()) made = ASC_createAssociationParameters(&parameters_, kMostBytesOfPdu);
  if (made.good()) {
    made = ASC_setAPTitles(parameters_, options_.own_title.c_str(), options_.archive_title.c_str(),
                           nullptr);
  }
  const std::string peer = Concat(options_.address.host, ":", options_.address.port);
  if (made.good()) made = ASC_setPresentationAddresses(parameters_, "localhost", peer.c_str());
  if (made.bad()) return InternalError("DCMTK's network part does not start");
  GVSL_ASSIGN_OR_RETURN(std::unique_ptr<DcmTransportLayer> transport,
                        MakePacsTransport(options_, socket_));
  if (made.good()) made = ASC_setTransportLayer(network_, transport.get(), 1);
  if (made.good()) (void)transport.release();  // the network's now
  if (made.good()) {
    made = ASC_setTransportLayerType(parameters_, options_.tls_ca.empty() ? OFFalse : OFTrue);
  }
  if (made.bad()) return InternalError("DCMTK's network part takes no transport");
  std::vector<const char*> plain{UID_LittleEndianExplicitTransferSyntax,
                                 UID_LittleEndianImplicitTransferSyntax};
  made = ASC_addPresentationContext(parameters_, kServiceContext, service.c_str(), plain.data(),
                                    static_cast<int>(plain.size()));
  int number = kServiceContext;
  for (const PresentationContext& context : storage) {
    std::vector<const char*> syntaxes = Pointers(context.transfer_syntaxes);
    if (made.bad()) break;
    made = ASC_addPresentationContext(parameters_, static_cast<std::uint8_t>(number += 2),
                                      context.abstract_syntax.c_str(), syntaxes.data(),
                                      static_cast<int>(syntaxes.size()), ASC_SC_ROLE_SCP);
  }
  return made.good() ? OkStatus() : InternalError("too many kinds of objects for an association");
}

Status PacsAssociation::Connect(const std::string& service) {
  const OFCondition connected =
      ASC_requestAssociation(network_, parameters_, &association_, nullptr, nullptr, DUL_NOBLOCK,
                             SecondsToConnect(options_));
  if (options_.stop && options_.stop()) return CancelledError("stopped");
  if (connected == DUL_ASSOCIATIONREJECTED) return Refused();
  if (SaysNothing(connected)) {
    return DeadlineExceededError("the archive is there, but does not answer as one");
  }
  if (connected.bad()) {
    return UnavailableError(Concat(options_.tls_ca.empty()
                                       ? "the archive cannot be reached"
                                       : "the archive cannot be reached, or not with this TLS",
                                   " (", connected.text(), ")"));
  }
  if (!options_.tls_ca.empty()) GVSL_RETURN_IF_ERROR(CheckItsCertificate());
  T_ASC_PresentationContext found;
  if (ASC_findAcceptedPresentationContext(parameters_, kServiceContext, &found).bad()) {
    return UnimplementedError(
        Concat("the archive does not offer ",
               service == UID_GETStudyRootQueryRetrieveInformationModel ? "C-GET" : "C-FIND",
               ", or not to this --aet"));
  }
  service_context_ = kServiceContext;
  return OkStatus();
}

Status PacsAssociation::CheckItsCertificate() {
  std::string certificate(ASC_getPeerCertificateLength(association_), '\0');
  const unsigned long length =
      ASC_getPeerCertificate(association_, certificate.data(), certificate.size());
  certificate.resize(std::min<std::size_t>(certificate.size(), length));
  return CheckPeer(certificate, options_.tls_ca, options_.address.host).WithContext("the archive");
}

Status PacsAssociation::Refused() const {
  T_ASC_RejectParameters why{};
  if (ASC_getRejectParameters(parameters_, &why).bad()) {
    return FailedPreconditionError("the archive refused the association");
  }
  const auto reason = static_cast<unsigned>(why.reason);
  return RefusedAssociation(why.result == ASC_RESULT_REJECTEDPERMANENT,
                            static_cast<unsigned>(why.source), reason & 0xff);
}

Status PacsAssociation::Dropped() const {
  return UnavailableError(
      Concat("the archive dropped the connection",
             heard_ ? "" : " before it answered; some do so where they do not know --aet"));
}

Status PacsAssociation::Broken(const OFCondition& condition) const {
  if (condition == DUL_PEERABORTEDASSOCIATION || condition == DUL_PEERREQUESTEDRELEASE ||
      condition == DUL_NETWORKCLOSED || condition == DIMSE_READPDVFAILED ||
      condition == DIMSE_SENDFAILED || condition.code() == DULC_TCPIOERROR) {
    return Dropped();
  }
  return DataLossError(Concat("the archive's answer makes no sense (DCMTK ", condition.module(),
                              ":", condition.code(), ")"));
}

Status PacsAssociation::Request(T_DIMSE_Message& message, DcmDataset& identifier) {
  const OFCondition sent = DIMSE_sendMessageUsingMemoryData(
      association_, service_context_, &message, nullptr, &identifier, nullptr, nullptr, nullptr);
  return sent.good() ? OkStatus() : Broken(sent);
}

// A read has the whole time, for a fragment that came in part cannot be taken up again.
Status PacsAssociation::WaitForData() {
  AcknowledgeAtOnce(socket_);
  for (int silent = 0; silent < options_.timeout_seconds; ++silent) {
    if (options_.stop && options_.stop()) return CancelledError("stopped");
    if (ASC_dataWaiting(association_, 1)) return OkStatus();
  }
  return SaidNothing();
}

Status PacsAssociation::SaidNothing() const {
  return DeadlineExceededError(
      Concat("the archive said nothing for ", Plural(options_.timeout_seconds, "second")));
}

Status PacsAssociation::OutcomeOf(const OFCondition& read) const {
  if (read == DUL_PEERREQUESTEDRELEASE) return Dropped();
  if (read.good() || read == DUL_PDATAPDUARRIVED) return OkStatus();
  return SaysNothing(read) ? SaidNothing() : Broken(read);
}

StatusOr<PacsAssociation::Command> PacsAssociation::ReceiveCommand() {
  GVSL_RETURN_IF_ERROR(WaitForData());
  Command command{};
  GVSL_RETURN_IF_ERROR(
      OutcomeOf(DIMSE_receiveCommand(association_, DIMSE_NONBLOCKING, options_.timeout_seconds,
                                     &command.context, &command.message, nullptr)));
  return command;
}

StatusOr<DUL_PDV> PacsAssociation::NextFragment() {
  DUL_PDV fragment{};
  DUL_ASSOCIATIONKEY** const key = &association_->DULassociation;
  if (DUL_NextPDV(key, &fragment).good()) return fragment;
  GVSL_RETURN_IF_ERROR(WaitForData());
  GVSL_RETURN_IF_ERROR(
      OutcomeOf(DUL_ReadPDVs(key, nullptr, DUL_NOBLOCK, options_.timeout_seconds)));
  if (const OFCondition next = DUL_NextPDV(key, &fragment); next.bad()) return Broken(next);
  return fragment;
}

Status PacsAssociation::ReceiveDataSet(const Command& command,
                                       const std::function<Status(std::string_view)>& take) {
  for (bool last = false; !last;) {
    GVSL_ASSIGN_OR_RETURN(const DUL_PDV fragment, NextFragment());
    if (fragment.pdvType != DUL_DATASETPDV || fragment.presentationContextID != command.context) {
      return DataLossError("the archive's data sets are mixed up");
    }
    if (options_.stop && options_.stop()) return CancelledError("stopped");
    GVSL_RETURN_IF_ERROR(take({static_cast<const char*>(fragment.data), fragment.fragmentLength}));
    last = fragment.lastPDV != OFFalse;
  }
  return OkStatus();
}

Status PacsAssociation::Answer(const Command& store_request) {
  const T_DIMSE_C_StoreRQ& request = store_request.message.msg.CStoreRQ;
  T_DIMSE_C_StoreRSP response{};
  response.MessageIDBeingRespondedTo = request.MessageID;
  response.DimseStatus = STATUS_STORE_Success;
  response.DataSetType = DIMSE_DATASET_NULL;
  const OFCondition sent =
      DIMSE_sendStoreResponse(association_, store_request.context, &request, &response, nullptr);
  return sent.good() ? OkStatus() : Broken(sent);
}

StatusOr<std::string> PacsAssociation::TransferSyntax(T_ASC_PresentationContextID context) const {
  T_ASC_PresentationContext found;
  if (ASC_findAcceptedPresentationContext(parameters_, context, &found).bad()) {
    return DataLossError("the archive sent an object of a kind that it was not asked for");
  }
  return std::string(found.acceptedTransferSyntax);
}

void PacsAssociation::Release() {
  if (association_ == nullptr) return;
  ASC_releaseAssociation(association_);
  ASC_destroyAssociation(&association_);
  parameters_ = nullptr;
}

}  // namespace gvsl::data_loader
