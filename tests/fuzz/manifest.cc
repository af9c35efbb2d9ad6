// The manifest of a dataset.
#include "data_loader/dataset_manifest.h"
#include "data_loader/downstream.h"
#include "tests/fuzz/mended.h"
#include "tests/fuzz/parts.h"

namespace gvsl::fuzz {
namespace {

void Use(std::string_view text) {
  const auto manifest = data_loader::ParseManifest(text);
  if (!manifest.ok()) return;
  const auto again = data_loader::ParseManifest(data_loader::ToJson(*manifest));
  Demand(again.ok() && again->sha256 == manifest->sha256, "what was read cannot be written");
  (void)manifest->LargestSize();
  (void)data_loader::PlanDownstream(*manifest, {});
  (void)data_loader::PlanDownstream(*manifest, {.truth = data_loader::Truth::kClass});
}

}  // namespace

int RunManifest(Bytes bytes) {
  Use(TextOf(bytes));
  const auto object = ObjectIn(TextOf(bytes));
  if (!object) return 0;
  if (const auto mended = Mended(*object)) Use(*mended);
  return 0;
}

}  // namespace gvsl::fuzz
