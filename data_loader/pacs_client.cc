#include "data_loader/pacs_client.h"

#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dctk.h>

#include <charconv>
#include <set>
#include <utility>

#include "common/text.h"
#include "data_loader/dicom_tags.h"
#include "data_loader/pacs_association.h"
#include "data_loader/pacs_status.h"

namespace gvsl::data_loader {
namespace {

constexpr std::size_t kMostBytesOfIdentifier = 32768;
constexpr std::uint64_t kMostBytesOfObject = std::uint64_t{4} << 30;
constexpr std::size_t kMostMatches = 200000;

DcmTagKey KeyOf(DicomTag tag) {
  return {static_cast<Uint16>(tag >> 16), static_cast<Uint16>(tag & 0xffff)};
}

Status Fill(const Identifier& identifier, DcmDataset& data_set) {
  for (const auto& [tag, value] : identifier) {
    if (data_set.putAndInsertString(DcmTag(KeyOf(tag)), value.c_str()).bad()) {
      return InternalError("DCMTK does not know a key of the query; is its dictionary installed?");
    }
  }
  return OkStatus();
}

template <typename Request>
void Prepare(Request& request, const char* service) {
  request.MessageID = 1;
  OFStandard::strlcpy(request.AffectedSOPClassUID, service, sizeof request.AffectedSOPClassUID);
  request.Priority = DIMSE_PRIORITY_MEDIUM;
  request.DataSetType = DIMSE_DATASET_PRESENT;
}

std::optional<std::uint32_t> Count(const std::string& text) {
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return count;
}

bool Matches(const std::vector<ArchiveKey>& keys, DcmDataset& answer) {
  for (const ArchiveKey& key : keys) {
    if (Contradicts(key, AnyText(answer, KeyOf(key.tag)))) return false;
  }
  return true;
}

class PacsClient final : public Archive {
 public:
  explicit PacsClient(ArchiveOptions options) : options_(std::move(options)) {}

  StatusOr<std::vector<ArchiveSeries>> Find(const ArchiveQuery& query) override {
    GVSL_ASSIGN_OR_RETURN(const auto association, PacsAssociation::Open(options_, kFind, {}));
    std::set<std::string> studies;
    GVSL_RETURN_IF_ERROR(Ask(*association, StudyIdentifier(query), [&](DcmDataset& answer) {
      const std::string uid = AnyText(answer, DCM_StudyInstanceUID);
      if (IsUid(uid) && Matches(query.of_study, answer)) studies.insert(uid);
      return Within(studies.size());
    }));
    std::vector<ArchiveSeries> found;
    for (const std::string& study : studies) {
      GVSL_RETURN_IF_ERROR(
          Ask(*association, SeriesIdentifier(query, study), [&](DcmDataset& answer) {
            ArchiveSeries series{study, AnyText(answer, DCM_SeriesInstanceUID),
                                 AnyText(answer, DCM_Modality),
                                 Count(AnyText(answer, DCM_NumberOfSeriesRelatedInstances))};
            if (IsUid(series.series_uid) && Matches(query.of_series, answer)) {
              found.push_back(std::move(series));
            }
            return Within(found.size());
          }));
    }
    association->Release();
    return found;
  }

  Status Fetch(const ArchiveSeries& series, ObjectSink& sink) override {
    GVSL_ASSIGN_OR_RETURN(const auto association,
                          PacsAssociation::Open(options_, kGet, StorageContexts(series.modality)));
    T_DIMSE_Message message{};
    message.CommandField = DIMSE_C_GET_RQ;
    Prepare(message.msg.CGetRQ, kGet);
    DcmDataset identifier;
    GVSL_RETURN_IF_ERROR(Fill(RetrieveIdentifier(series.study_uid, series.series_uid), identifier));
    GVSL_RETURN_IF_ERROR(association->Request(message, identifier));
    for (std::size_t without_object = 0;; ++without_object) {
      GVSL_RETURN_IF_ERROR(Within(without_object));
      GVSL_ASSIGN_OR_RETURN(const PacsAssociation::Command command, association->ReceiveCommand());
      if (command.message.CommandField == DIMSE_C_STORE_RQ) {
        GVSL_RETURN_IF_ERROR(Receive(*association, command, sink));
        without_object = 0;
        continue;
      }
      if (command.message.CommandField != DIMSE_C_GET_RSP) return NoAnswer();
      const T_DIMSE_C_GetRSP& answer = command.message.msg.CGetRSP;
      if (answer.DataSetType != DIMSE_DATASET_NULL) {  // the UIDs that failed
        GVSL_RETURN_IF_ERROR(
            association->ReceiveDataSet(command, [](std::string_view) { return OkStatus(); }));
      }
      if (DICOM_PENDING_STATUS(answer.DimseStatus)) continue;
      association->Release();
      const bool counts = (answer.opts & O_GET_NUMBEROFFAILEDSUBOPERATIONS) != 0;
      return GetStatus(answer.DimseStatus, counts ? answer.NumberOfFailedSubOperations : 0);
    }
  }

 private:
  static constexpr const char* kFind = UID_FINDStudyRootQueryRetrieveInformationModel;
  static constexpr const char* kGet = UID_GETStudyRootQueryRetrieveInformationModel;

  static Status NoAnswer() { return DataLossError("the archive answered what it was not asked"); }
  static Status Within(std::size_t matches) {
    return matches <= kMostMatches
               ? OkStatus()
               : ResourceExhaustedError("more than 200000 match; narrow --query");
  }

  static Status Ask(PacsAssociation& association, const Identifier& identifier,
                    const std::function<Status(DcmDataset&)>& take) {
    T_DIMSE_Message message{};
    message.CommandField = DIMSE_C_FIND_RQ;
    Prepare(message.msg.CFindRQ, kFind);
    DcmDataset asked;
    GVSL_RETURN_IF_ERROR(Fill(identifier, asked));
    GVSL_RETURN_IF_ERROR(association.Request(message, asked));
    for (std::size_t answers = 0;; ++answers) {
      GVSL_RETURN_IF_ERROR(Within(answers));
      GVSL_ASSIGN_OR_RETURN(const PacsAssociation::Command command, association.ReceiveCommand());
      if (command.message.CommandField != DIMSE_C_FIND_RSP) return NoAnswer();
      const T_DIMSE_C_FindRSP& answer = command.message.msg.CFindRSP;
      if (answer.DataSetType != DIMSE_DATASET_NULL) {
        DcmDataset match;
        GVSL_RETURN_IF_ERROR(ReceiveIdentifier(association, command, match));
        if (DICOM_PENDING_STATUS(answer.DimseStatus)) GVSL_RETURN_IF_ERROR(take(match));
      }
      if (!DICOM_PENDING_STATUS(answer.DimseStatus)) return FindStatus(answer.DimseStatus);
    }
  }

  static Status ReceiveIdentifier(PacsAssociation& association,
                                  const PacsAssociation::Command& command, DcmDataset& match) {
    std::string bytes;
    GVSL_RETURN_IF_ERROR(association.ReceiveDataSet(command, [&](std::string_view piece) {
      if (bytes.size() + piece.size() > kMostBytesOfIdentifier) return NoAnswer();
      bytes += piece;
      return OkStatus();
    }));
    GVSL_ASSIGN_OR_RETURN(const std::string syntax, association.TransferSyntax(command.context));
    DcmInputBufferStream stream;
    stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
    stream.setEos();
    match.transferInit();
    const OFCondition read = match.read(stream, DcmXfer(syntax.c_str()).getXfer());
    match.transferEnd();
    return read.good() ? OkStatus() : NoAnswer();
  }

  static Status Receive(PacsAssociation& association, const PacsAssociation::Command& command,
                        ObjectSink& sink) {
    const T_DIMSE_C_StoreRQ& request = command.message.msg.CStoreRQ;
    if (request.DataSetType == DIMSE_DATASET_NULL) return NoAnswer();
    GVSL_ASSIGN_OR_RETURN(const std::string syntax, association.TransferSyntax(command.context));
    GVSL_RETURN_IF_ERROR(
        sink.Begin({request.AffectedSOPClassUID, request.AffectedSOPInstanceUID, syntax}));
    std::uint64_t received = 0;
    GVSL_RETURN_IF_ERROR(association.ReceiveDataSet(command, [&](std::string_view piece) {
      received += piece.size();
      return received > kMostBytesOfObject
                 ? ResourceExhaustedError("the archive sends an object of more than 4 GiB")
                 : sink.Append(piece);
    }));
    GVSL_RETURN_IF_ERROR(sink.End());
    return association.Answer(command);
  }

  ArchiveOptions options_;
};

}  // namespace

std::unique_ptr<Archive> MakePacsClient(ArchiveOptions options) {
  return std::make_unique<PacsClient>(std::move(options));
}

}  // namespace gvsl::data_loader
