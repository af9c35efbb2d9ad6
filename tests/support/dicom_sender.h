// Sends DICOM files to a server by C-STORE, as they are coded.
#pragma once

#include <cstdint>
#include <string>

namespace gvsl::testing {

// All files below the folder, on a port of loopback. Throws where one cannot be sent.
void SendFolder(const std::string& folder, std::uint16_t port, const std::string& called_title);

}  // namespace gvsl::testing
