// Where the vectors that a communicator adds lie, and the only arithmetic of the collectives.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace gvsl::collective {

// One memory: the host's, or a device's whose addresses the host cannot read. Work on a device is
// queued behind what the calling thread queued before. Thread-safe.
class FloatMemory {
 public:
  virtual ~FloatMemory() = default;
  virtual bool OnHost() const = 0;
  // Of undefined content; null for no floats. std::bad_alloc, or the device's own exception, when
  // there is no more.
  virtual std::shared_ptr<float> Allocate(std::size_t floats) = 0;
  // into[i] = left[i] + right[i], for equally long spans; `into` may be `left`.
  virtual void Add(std::span<const float> left, std::span<const float> right,
                   std::span<float> into) = 0;
  // Between the host's memory and this one; both spans of one length. `host` may go when they
  // return.
  virtual void Write(std::span<const float> host, std::span<float> into) = 0;
  virtual void Read(std::span<const float> from, std::span<float> host) = 0;
};

FloatMemory& HostMemory();

// A vector in such a memory.
class FloatBuffer {
 public:
  FloatBuffer() = default;
  FloatBuffer(FloatMemory& memory, std::size_t floats)
      : data_(memory.Allocate(floats)), floats_(floats) {}
  std::span<float> span() const { return {data_.get(), floats_}; }

 private:
  std::shared_ptr<float> data_;
  std::size_t floats_ = 0;
};

}  // namespace gvsl::collective
