// What a person can do about an image that was not taken.
#pragma once

#include <string>

namespace gvsl::data_loader {

// For a code of docs/datasets.md, in its words; empty for one that needs none or is not known.
std::string AdviceFor(const std::string& code);

}  // namespace gvsl::data_loader
