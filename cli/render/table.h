// Columns as kubectl and squeue print them. Pure.
#pragma once

#include <string>
#include <vector>

namespace gvsl::cli {

// Rows of cells below a header, columns as wide as their widest cell, two spaces between them, no
// space at a line's end; control characters are blanked. Ends without a line feed.
std::string FormatTable(const std::vector<std::string>& header,
                        const std::vector<std::vector<std::string>>& rows);

// "name:  value" a line, the values below each other.
std::string FormatFacts(const std::vector<std::pair<std::string, std::string>>& facts);

}  // namespace gvsl::cli
