// What an archive's refusals mean, as errors with a sentence for the person who asked. Pure.
#pragma once

#include <cstdint>

#include "common/status.h"

namespace gvsl::data_loader {

// An association that was refused (PS3.8, 9.3.4): permanently or for now, by whom and why.
// PERMISSION_DENIED: the archive does not know --aet; NOT_FOUND: it is not --called-aet;
// UNAVAILABLE: for now; FAILED_PRECONDITION: whatever else.
Status RefusedAssociation(bool permanently, unsigned source, unsigned reason);

// The final status of a C-FIND (PS3.4, C.4.1). RESOURCE_EXHAUSTED, UNIMPLEMENTED, ABORTED,
// PERMISSION_DENIED, INVALID_ARGUMENT (the archive does not understand the query) or UNKNOWN.
Status FindStatus(std::uint16_t status);

// As FindStatus, of a C-GET (PS3.4, C.4.3); DATA_LOSS where the archive could not send `failed`
// of the objects, or says nothing of how many.
Status GetStatus(std::uint16_t status, unsigned failed);

// An error that another try, or another moment, may not have: the network's and the archive's
// burden.
bool IsTransient(const Status& status);

// An error of a transfer after which the next series may succeed all the same.
bool IsOfOneSeries(const Status& status);

}  // namespace gvsl::data_loader
