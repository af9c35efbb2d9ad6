#include "data_loader/jpeg2000_structure.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/jpeg2000_maker.h"

namespace gvsl::data_loader {
namespace {

using Bytes = std::vector<std::uint8_t>;

void Put(Bytes& bytes, std::uint64_t number, int count) {
  for (int i = count; i-- > 0;) bytes.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
}

struct Knobs {
  std::uint32_t length = 4096, tile = 4096;  // along both axes
  std::uint16_t layers = 1;
  Bytes precincts;
  Bytes precincts_of_component;
};

Bytes Size(const Knobs& knobs) {
  Bytes bytes = {0xff, 0x51, 0, 41, 0, 0};
  for (int i = 0; i < 2; ++i) Put(bytes, knobs.length, 4);
  Put(bytes, 0, 8);
  for (int i = 0; i < 2; ++i) Put(bytes, knobs.tile, 4);
  Put(bytes, 0, 8);
  Put(bytes, 1, 2);
  for (const std::uint8_t byte : {7, 1, 1}) bytes.push_back(byte);
  return bytes;
}

Bytes Coding(const Knobs& knobs) {
  Bytes bytes = {0xff, 0x52};
  Put(bytes, 12 + knobs.precincts.size(), 2);
  bytes.push_back(knobs.precincts.empty() ? 0 : 1);
  bytes.push_back(0);
  Put(bytes, knobs.layers, 2);
  for (const std::uint8_t byte : {0, 1, 4, 4, 0, 1}) bytes.push_back(byte);
  bytes.insert(bytes.end(), knobs.precincts.begin(), knobs.precincts.end());
  const Bytes& own = knobs.precincts_of_component;
  if (own.empty()) return bytes;
  Put(bytes, 0xff53, 2);
  Put(bytes, 9 + own.size(), 2);
  for (const std::uint8_t byte : {0, 1, 1, 4, 4, 0, 1}) bytes.push_back(byte);
  bytes.insert(bytes.end(), own.begin(), own.end());
  return bytes;
}

Bytes operator+(Bytes one, const Bytes& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

// One part of a tile, which may bring headers of its own.
Bytes Stream(const Knobs& knobs, const Bytes& of_tile = {}) {
  Bytes part = {0xff, 0x90, 0, 10, 0, 0};
  Put(part, 14 + of_tile.size() + 3, 4);
  part.push_back(0);
  part.push_back(1);
  return Bytes{0xff, 0x4f} + Size(knobs) + Coding(knobs) + part + of_tile +
         Bytes{0xff, 0x93, 1, 2, 3, 0xff, 0xd9};
}

TEST(Jpeg2000Structure, WhatEncodersWriteIsSensible) {
  const std::vector<std::int32_t> samples(64 * 64, 3);
  EXPECT_TRUE(IsDividedSensibly(testing::MakeJpeg2000(samples, 64, 64)));
  EXPECT_TRUE(IsDividedSensibly(Stream({})));
  EXPECT_TRUE(IsDividedSensibly(Stream({.tile = 64})));
  EXPECT_TRUE(IsDividedSensibly(Stream({.layers = 256})));
  EXPECT_TRUE(IsDividedSensibly(Stream({.precincts = {0x33, 0x77}})));
  EXPECT_TRUE(IsDividedSensibly(Stream({.precincts_of_component = {0x88, 0x77}})));
}

TEST(Jpeg2000Structure, TilesLayersAndPrecinctsWithoutNumberAreNone) {
  EXPECT_FALSE(IsDividedSensibly(Stream({.tile = 63})));
  EXPECT_FALSE(IsDividedSensibly(Stream({.tile = 1})));
  EXPECT_FALSE(IsDividedSensibly(Stream({.tile = 0})));
  EXPECT_FALSE(IsDividedSensibly(Stream({.layers = 257})));
  for (const std::uint8_t least : {0x00, 0x23, 0x32, 0x80, 0x08}) {
    EXPECT_FALSE(IsDividedSensibly(Stream({.precincts = {0x77, least}}))) << int{least};
    EXPECT_FALSE(IsDividedSensibly(Stream({.precincts_of_component = {least}}))) << int{least};
  }
}

TEST(Jpeg2000Structure, APartOfATileIsHeldToItToo) {
  EXPECT_TRUE(IsDividedSensibly(Stream({}, Coding({.precincts = {0x77}}))));
  EXPECT_FALSE(IsDividedSensibly(Stream({}, Coding({.precincts = {0x11}}))));
  EXPECT_FALSE(IsDividedSensibly(Stream({}, Coding({.layers = 60'000}))));
}

TEST(Jpeg2000Structure, HeadersThatDoNotFollowEachOtherAreNotSensible) {
  const Bytes whole = Stream({});
  Bytes odd = whole;
  odd[2 + 2 + 41] = 0;  // where the marker behind the size begins
  EXPECT_FALSE(IsDividedSensibly(odd));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    (void)IsDividedSensibly(std::span(whole).first(length));  // stays within its bytes
  }
  EXPECT_FALSE(IsDividedSensibly({}));
}

}  // namespace
}  // namespace gvsl::data_loader
