// What MPI ranks send to each other, as it lies in memory: all of a gang run the same build on the
// same kind of machine.
//
// Two lanes a pair and generation, each an MPI tag of its own: pieces of messages, and control,
// which is always read, so that neither an abort nor a sign of life waits behind data. The tags of
// generations repeat after a while; the key in each frame does not.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace gvsl::collective {

// Whom a frame is of. One of another key is dropped where it arrives (fencing).
struct FrameKey {
  std::uint64_t job = 0;  // a hash of its uid
  std::uint64_t generation = 0;
  bool operator==(const FrameKey&) const = default;
};

struct PieceHeader {
  FrameKey key;
  std::uint64_t message_bytes = 0;  // of the whole message
};

constexpr std::size_t kPieceBytes = 256 * 1024;  // a rank keeps one for every peer
constexpr std::size_t kPieceFrameBytes = sizeof(PieceHeader) + kPieceBytes;

enum class ControlKind : std::uint32_t {
  kHello,  // I have been told of this generation
  kBeat,   // I live
  kLeave,  // I need nobody any more; `pieces` were sent to you
  kHeard,  // the answer to kLeave
  kAbort,  // I gave up: `lost`, and why
};

struct ControlFrame {
  static constexpr std::size_t kMostLost = 64;
  FrameKey key;
  ControlKind kind = ControlKind::kBeat;
  std::uint32_t lost_count = 0;
  std::uint64_t pieces = 0;
  std::array<std::int32_t, kMostLost> lost{};
  std::array<char, 512> reason{};  // ends with a zero
};

}  // namespace gvsl::collective
