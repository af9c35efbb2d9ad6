// What gvsl-register found, for people and for machines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/status.h"
#include "data_loader/dataset.h"

namespace gvsl::model {

struct RegisteredPair {
  std::uint32_t a = 0;  // fixed, index into the dataset's volumes
  std::uint32_t b = 0;  // moving
  std::string a_id;
  std::string b_id;
  double dsc_before = 0;
  double dsc_after = 0;
};

struct RegisterSummary {
  double dsc_before = 0;
  double dsc_after = 0;
  double gain = 0;
  double gain_spread = 0;  // standard error of the mean gain; 0 for one pair
};

// Up to `count` distinct ordered pairs of labelled volumes of different subjects, drawn from
// `seed`. FAILED_PRECONDITION when there is none.
StatusOr<std::vector<RegisteredPair>> DrawPairs(const data_loader::DatasetManifest& manifest,
                                                std::size_t count, std::uint64_t seed);

RegisterSummary Summarize(const std::vector<RegisteredPair>& pairs);

// {pairs: [{a, b, a_id, b_id, dsc_before, dsc_after}], dsc_before, dsc_after, gain, gain_spread}
std::string ToJson(const std::vector<RegisteredPair>& pairs);
std::string ToTable(const std::vector<RegisteredPair>& pairs);

}  // namespace gvsl::model
