// DICOM as the fuzzer first sees it: every encoding that is read, and some objects of other kinds.
#pragma once

#include <map>
#include <string>

namespace gvsl::fuzz {

std::map<std::string, std::string> DicomFileSeeds();
std::map<std::string, std::string> DicomSeriesSeeds();

}  // namespace gvsl::fuzz
