#include "tests/support/dicom_sender.h"

#include <dcmtk/dcmnet/dstorscu.h>

#include <filesystem>

#include "tests/support/dcmtk_check.h"

namespace gvsl::testing {

void SendFolder(const std::string& folder, std::uint16_t port, const std::string& called_title) {
  DcmStorageSCU sender;
  sender.setPeerHostName("127.0.0.1");
  sender.setPeerPort(port);
  sender.setPeerAETitle(called_title.c_str());
  sender.setDecompressionMode(DcmStorageSCU::DM_never);
  sender.setDIMSETimeout(20);
  sender.setDIMSEBlockingMode(DIMSE_NONBLOCKING);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    Check(sender.addDicomFile(entry.path().c_str(), ERM_autoDetect, OFFalse), "addDicomFile");
  }
  Check(sender.addPresentationContexts(), "addPresentationContexts");
  Check(sender.initNetwork(), "initNetwork");
  Check(sender.negotiateAssociation(), "negotiateAssociation");
  Check(sender.sendSOPInstances(), "sendSOPInstances");
  Check(sender.releaseAssociation(), "releaseAssociation");
  if (sender.getNumberOfSOPInstancesToBeSent() != 0) Check(EC_IllegalCall, "objects not sent");
}

}  // namespace gvsl::testing
