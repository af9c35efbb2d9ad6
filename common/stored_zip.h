// Writing a zip archive of entries as they are, from its beginning to its end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"

namespace gvsl {

// Sizes and places are in 64 bits throughout (ZIP64), as PyTorch writes them. Equal entries give
// equal archives: all are of the beginning of 1980. Not thread-safe.
class StoredZip {
 public:
  explicit StoredZip(TakePiece take) : take_(std::move(take)) {}
  Status Add(const std::string& name, std::string_view bytes);
  // The list of entries; nothing can be added after it.
  Status Finish();

 private:
  struct Entry {
    std::string name;
    std::uint32_t crc = 0;
    std::uint64_t size = 0;
    std::uint64_t place = 0;
  };
  Status Take(std::string_view bytes);

  TakePiece take_;
  std::uint64_t written_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace gvsl
