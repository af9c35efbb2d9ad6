#include "common/json_text.h"

#include <nlohmann/json.hpp>

#include "common/text.h"

namespace gvsl {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 64;

// Reads along and keeps nothing but how deep it is.
class DepthGauge final : public nlohmann::json_sax<json> {
 public:
  bool too_deep() const { return depth_ > kMaxDepth; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool key(string_t&) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ <= kMaxDepth; }
  bool start_array(std::size_t) override { return ++depth_ <= kMaxDepth; }
  bool end_object() override { return --depth_ >= 0; }
  bool end_array() override { return --depth_ >= 0; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  int depth_ = 0;
};

}  // namespace

StatusOr<json> ParseJson(std::string_view text) {
  DepthGauge gauge;
  if (!json::sax_parse(text, &gauge)) {
    return DataLossError(gauge.too_deep() ? Concat("JSON nested deeper than ", kMaxDepth, " levels")
                                          : "not JSON");
  }
  return json::parse(text, nullptr, /*allow_exceptions=*/false);
}

}  // namespace gvsl
