// Of a build without CUDA.
#include <c10/util/Exception.h>

#include "model/cuda/device_kernels.h"

namespace gvsl::model::cuda {
namespace {

[[noreturn]] void Refuse() { C10_THROW_ERROR(NotImplementedError, "this build has no CUDA"); }

}  // namespace

template <typename T>
void WarpForward(const T*, const T*, const WarpShape&, T*) {
  Refuse();
}
template <typename T>
void WarpSourceGradient(const T*, const T*, const T*, const WarpShape&, std::int64_t*, T*) {
  Refuse();
}
template <typename T>
void WarpFieldGradient(const T*, const T*, const T*, const WarpShape&, T*) {
  Refuse();
}
void SumAlong(const double*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, double*) {
  Refuse();
}
template <typename T>
void PlaceByIndex(const T*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, T*) {
  Refuse();
}

template void WarpForward(const float*, const float*, const WarpShape&, float*);
template void WarpForward(const double*, const double*, const WarpShape&, double*);
template void WarpSourceGradient(const float*, const float*, const float*, const WarpShape&,
                                 std::int64_t*, float*);
template void WarpSourceGradient(const double*, const double*, const double*, const WarpShape&,
                                 std::int64_t*, double*);
template void WarpFieldGradient(const float*, const float*, const float*, const WarpShape&, float*);
template void WarpFieldGradient(const double*, const double*, const double*, const WarpShape&,
                                double*);
template void PlaceByIndex(const float*, const std::int64_t*, std::int64_t, std::int64_t,
                           std::int64_t, float*);
template void PlaceByIndex(const double*, const std::int64_t*, std::int64_t, std::int64_t,
                           std::int64_t, double*);

}  // namespace gvsl::model::cuda
