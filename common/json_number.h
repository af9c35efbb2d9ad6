// Whole numbers in JSON. nlohmann-json converts any number to any type: beyond its range to another
// number, and of a fraction to anything.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace gvsl {

// Throws std::out_of_range where it is none, or none of this type.
template <std::integral T>
T WholeNumber(const nlohmann::json& json) {
  if (json.is_number_unsigned()) {
    const auto value = json.get<std::uint64_t>();
    if (std::in_range<T>(value)) return static_cast<T>(value);
  } else if (json.is_number_integer()) {
    const auto value = json.get<std::int64_t>();
    if (std::in_range<T>(value)) return static_cast<T>(value);
  }
  throw std::out_of_range("what should be a whole number is none, or out of its range");
}

// As many of an array; throws too where there are fewer.
template <std::integral T, std::size_t N>
std::array<T, N> WholeNumbers(const nlohmann::json& json) {
  std::array<T, N> values{};
  for (std::size_t i = 0; i < N; ++i) values[i] = WholeNumber<T>(json.at(i));
  return values;
}

}  // namespace gvsl
