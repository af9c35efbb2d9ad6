// The pickle in such a file, without the archive around it.
#include "common/pickle.h"

#include "tests/fuzz/parts.h"

namespace gvsl::fuzz {

int RunPickle(Bytes bytes) {
  const auto pickle = ReadPickle(TextOf(bytes));
  Demand(!pickle.ok() || pickle->root != nullptr, "a pickle without an object");
  return 0;
}

}  // namespace gvsl::fuzz
