// What carries messages between the ranks of a gang. One transport an implementation of
// Communicator; the algorithms over it are written once (mesh_communicator.h).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "common/status.h"

namespace gvsl::collective {

// One rank's end of all its pairs. The messages of a pair arrive whole and in the order in which
// they were sent. One thread sends, receives and flushes; Abort may come from any thread.
//
// After an error every call fails with the first error: UNAVAILABLE when peers are lost
// (LostRanks names them), ABORTED when somebody aborted.
class PeerTransport {
 public:
  virtual ~PeerTransport() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;

  // Never blocks and copies nothing: `bytes` is read until Flush or Abort has returned.
  virtual void Send(int to, std::span<const std::byte> bytes) = 0;
  // Waits for the next message of `from`; INVALID_ARGUMENT when it has another length.
  virtual Status Receive(int from, std::span<std::byte> bytes) = 0;
  // Waits until nothing that was sent is read any more.
  virtual Status Flush() = 0;
  // Ends the transport here and tells the peers why. Nothing that was sent is read afterwards. Only
  // the first reason counts.
  virtual void Abort(const Status& why) = 0;
  virtual std::vector<int> LostRanks() const = 0;
  // The first error so far, whoever found it; OK while there is none. From any thread.
  virtual Status failure() const = 0;
};

}  // namespace gvsl::collective
