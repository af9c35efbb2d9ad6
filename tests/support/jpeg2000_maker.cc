#include "tests/support/jpeg2000_maker.h"

#include <openjpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace gvsl::testing {
namespace {

struct Sink {
  std::vector<std::uint8_t> bytes;
  std::size_t at = 0;
};

OPJ_SIZE_T Write(void* from, OPJ_SIZE_T count, void* user) {
  auto& sink = *static_cast<Sink*>(user);
  sink.bytes.resize(std::max(sink.bytes.size(), sink.at + count));
  std::memcpy(sink.bytes.data() + sink.at, from, count);
  sink.at += count;
  return count;
}

OPJ_BOOL Seek(OPJ_OFF_T to, void* user) {
  auto& sink = *static_cast<Sink*>(user);
  sink.at = static_cast<std::size_t>(to);
  sink.bytes.resize(std::max(sink.bytes.size(), sink.at));
  return OPJ_TRUE;
}

OPJ_OFF_T Skip(OPJ_OFF_T count, void* user) {
  Seek(static_cast<OPJ_OFF_T>(static_cast<Sink*>(user)->at) + count, user);
  return count;
}

std::shared_ptr<opj_image_t> ImageOf(const std::vector<std::int32_t>& samples, int rows,
                                     int columns, const Jpeg2000Knobs& knobs) {
  opj_image_cmptparm_t parameter = {};
  parameter.dx = parameter.dy = 1;
  parameter.w = static_cast<OPJ_UINT32>(columns);
  parameter.h = static_cast<OPJ_UINT32>(rows);
  parameter.prec = static_cast<OPJ_UINT32>(knobs.precision);
  parameter.sgnd = knobs.is_signed ? 1 : 0;
  std::vector<opj_image_cmptparm_t> parameters(static_cast<std::size_t>(knobs.components),
                                               parameter);
  std::shared_ptr<opj_image_t> image(
      opj_image_create(static_cast<OPJ_UINT32>(knobs.components), parameters.data(),
                       knobs.components == 1 ? OPJ_CLRSPC_GRAY : OPJ_CLRSPC_SRGB),
      opj_image_destroy);
  image->x1 = parameter.w;
  image->y1 = parameter.h;
  for (int i = 0; i < knobs.components; ++i) {
    std::copy(samples.begin(), samples.end(), image->comps[i].data);
  }
  return image;
}

}  // namespace

std::vector<std::uint8_t> MakeJpeg2000(const std::vector<std::int32_t>& samples, int rows,
                                       int columns, const Jpeg2000Knobs& knobs) {
  const auto image = ImageOf(samples, rows, columns, knobs);
  const std::shared_ptr<opj_codec_t> codec(
      opj_create_compress(knobs.boxed ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K), opj_destroy_codec);
  opj_cparameters_t parameters;
  opj_set_default_encoder_parameters(&parameters);
  parameters.numresolution = 2;
  parameters.tcp_numlayers = 1;
  parameters.cp_disto_alloc = 1;
  Sink sink;
  const std::shared_ptr<opj_stream_t> stream(opj_stream_default_create(OPJ_FALSE),
                                             opj_stream_destroy);
  opj_stream_set_user_data(stream.get(), &sink, nullptr);
  opj_stream_set_write_function(stream.get(), Write);
  opj_stream_set_seek_function(stream.get(), Seek);
  opj_stream_set_skip_function(stream.get(), Skip);
  if (opj_setup_encoder(codec.get(), &parameters, image.get()) != OPJ_TRUE ||
      opj_start_compress(codec.get(), image.get(), stream.get()) != OPJ_TRUE ||
      opj_encode(codec.get(), stream.get()) != OPJ_TRUE ||
      opj_end_compress(codec.get(), stream.get()) != OPJ_TRUE) {
    throw std::runtime_error("JPEG 2000");
  }
  return sink.bytes;
}

}  // namespace gvsl::testing
