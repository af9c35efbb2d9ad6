#include "worker/collective/local_communicator.h"

#include "tests/collective/communicator_conformance.h"

namespace gvsl::collective {
namespace {

GVSL_INSTANTIATE_CONFORMANCE(Local, MakeLocalCommunicators);

}  // namespace
}  // namespace gvsl::collective
