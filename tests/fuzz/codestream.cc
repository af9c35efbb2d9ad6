// What a compressed image says of itself, and JPEG 2000 decoded.
#include "data_loader/codestream.h"

#include "data_loader/jpeg2000_decoder.h"
#include "tests/fuzz/fuzz_target.h"

namespace gvsl::fuzz {

int RunCodestream(Bytes bytes) {
  const auto stream = data_loader::ReadCodestream(bytes);
  const Bytes bare = data_loader::BareCodestream(bytes);
  Demand(bare.empty() || (bare.data() >= bytes.data() &&
                          bare.data() + bare.size() <= bytes.data() + bytes.size()),
         "a codestream beyond its bytes");
  if (!stream || !stream->is_signed) return 0;
  // Who decodes has compared the size that is stated with that of the header.
  constexpr std::int64_t kLongest = 1024;
  if (stream->columns < 1 || stream->columns > kLongest) return 0;
  if (stream->rows < 1 || stream->rows > kLongest || stream->components != 1) return 0;
  const auto words = data_loader::DecodeJpeg2000(bare);
  Demand(!words || words->size() <= std::size_t{kLongest} * kLongest, "more than was stated");
  return 0;
}

}  // namespace gvsl::fuzz
