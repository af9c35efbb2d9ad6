// How long work asks whether it is still wanted.
#pragma once

#include <functional>

namespace gvsl::model {

// Called every second or so; false: return early, with what means nothing.
using GoesOn = std::function<bool()>;

}  // namespace gvsl::model
