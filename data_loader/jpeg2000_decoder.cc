#include "data_loader/jpeg2000_decoder.h"

#include <openjpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "data_loader/jpeg2000_structure.h"

namespace gvsl::data_loader {
namespace {

using Bytes = std::span<const std::uint8_t>;

struct Source {
  Bytes bytes;
  std::size_t at = 0;
};

OPJ_SIZE_T Read(void* to, OPJ_SIZE_T count, void* user) {
  auto& source = *static_cast<Source*>(user);
  const std::size_t left = source.bytes.size() - source.at;
  if (left == 0) return static_cast<OPJ_SIZE_T>(-1);
  const std::size_t taken = std::min<std::size_t>(count, left);
  std::memcpy(to, source.bytes.data() + source.at, taken);
  source.at += taken;
  return taken;
}

OPJ_BOOL Seek(OPJ_OFF_T to, void* user) {
  auto& source = *static_cast<Source*>(user);
  if (to < 0 || static_cast<std::size_t>(to) > source.bytes.size()) return OPJ_FALSE;
  source.at = static_cast<std::size_t>(to);
  return OPJ_TRUE;
}

OPJ_OFF_T Skip(OPJ_OFF_T count, void* user) {
  const auto& source = *static_cast<Source*>(user);
  const OPJ_OFF_T to = static_cast<OPJ_OFF_T>(source.at) + count;
  return Seek(to, user) == OPJ_TRUE ? count : -1;
}

// The library says what is wrong in words that nobody reads.
void Ignore(const char* /*message*/, void* /*user*/) {}

// A warning is the only sign of coded data that cannot be right; but for markers that may be left
// out, and a count that the library corrects.
void Count(const char* message, void* user) {
  const std::string_view text = message;
  const bool harmless = text.find("SOP marker") != std::string_view::npos ||
                        text.find("TPsot") != std::string_view::npos;
  if (!harmless) ++*static_cast<int*>(user);
}

struct DeleteCodec {
  void operator()(opj_codec_t* codec) const { opj_destroy_codec(codec); }
};
struct DeleteStream {
  void operator()(opj_stream_t* stream) const { opj_stream_destroy(stream); }
};
struct DeleteImage {
  void operator()(opj_image_t* image) const { opj_image_destroy(image); }
};
using Codec = std::unique_ptr<opj_codec_t, DeleteCodec>;
using Stream = std::unique_ptr<opj_stream_t, DeleteStream>;
using Image = std::unique_ptr<opj_image_t, DeleteImage>;

Stream StreamOf(Source& source) {
  Stream stream(opj_stream_default_create(OPJ_TRUE));
  if (!stream) return nullptr;
  opj_stream_set_user_data(stream.get(), &source, nullptr);
  opj_stream_set_user_data_length(stream.get(), source.bytes.size());
  opj_stream_set_read_function(stream.get(), Read);
  opj_stream_set_skip_function(stream.get(), Skip);
  opj_stream_set_seek_function(stream.get(), Seek);
  return stream;
}

Codec MakeCodec(int& warnings) {
  Codec codec(opj_create_decompress(OPJ_CODEC_J2K));
  if (!codec) return nullptr;
  opj_set_info_handler(codec.get(), Ignore, nullptr);
  opj_set_error_handler(codec.get(), Ignore, nullptr);
  opj_set_warning_handler(codec.get(), Count, &warnings);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  if (opj_setup_decoder(codec.get(), &parameters) != OPJ_TRUE) return nullptr;
  opj_decoder_set_strict_mode(codec.get(), OPJ_TRUE);  // what ends early is an error
  return codec;
}

Image Decode(Bytes bytes) {
  if (!IsDividedSensibly(bytes)) return nullptr;
  Source source{bytes};
  int warnings = 0;
  const Stream stream = StreamOf(source);
  const Codec codec = MakeCodec(warnings);
  if (!stream || !codec) return nullptr;
  opj_image_t* header = nullptr;
  const bool has_header = opj_read_header(stream.get(), codec.get(), &header) == OPJ_TRUE;
  Image image(header);
  if (!has_header || !image || image->numcomps != 1 || image->comps[0].prec > 16) return nullptr;
  warnings = 0;  // those of the header are of what is not known, not of what is damaged
  const bool decoded = opj_decode(codec.get(), stream.get(), image.get()) == OPJ_TRUE;
  return decoded && warnings == 0 ? std::move(image) : nullptr;
}

}  // namespace

std::optional<std::vector<std::uint16_t>> DecodeJpeg2000(Bytes bytes) {
  const Image image = Decode(bytes);
  if (!image || image->comps[0].data == nullptr) return std::nullopt;
  const opj_image_comp_t& component = image->comps[0];
  const std::size_t count = std::size_t{component.w} * component.h;
  std::vector<std::uint16_t> words(count);
  std::transform(component.data, component.data + count, words.begin(),
                 [](OPJ_INT32 sample) { return static_cast<std::uint16_t>(sample); });
  return words;
}

}  // namespace gvsl::data_loader
