#include <algorithm>
#include <array>
#include <cstring>

#include <openjpeg.h>

#include <pier/core/log.hpp>
#include <pier/imf/jpeg2000.hpp>

#include "codestream.hpp"

namespace pier::imf {
namespace {

// opj_codec_t and opj_stream_t are one type, so the function is part of the handle's.
template <auto kFree>
struct Free {
  void operator()(auto* object) const { kFree(object); }
};
using Codec = std::unique_ptr<opj_codec_t, Free<opj_destroy_codec>>;
using Stream = std::unique_ptr<opj_stream_t, Free<opj_stream_destroy>>;
using Image = std::unique_ptr<opj_image_t, Free<opj_image_destroy>>;

// T.800 Amd. 8 Table A.50: samples a second of a main level, bit/s of a sub level.
constexpr std::array<int64_t, 12> kSamplesPerSecond{
    0,
    OPJ_IMF_MAINLEVEL_1_MSAMPLESEC,
    OPJ_IMF_MAINLEVEL_2_MSAMPLESEC,
    OPJ_IMF_MAINLEVEL_3_MSAMPLESEC,
    OPJ_IMF_MAINLEVEL_4_MSAMPLESEC,
    OPJ_IMF_MAINLEVEL_5_MSAMPLESEC,
    OPJ_IMF_MAINLEVEL_6_MSAMPLESEC,
    OPJ_IMF_MAINLEVEL_7_MSAMPLESEC,
    OPJ_IMF_MAINLEVEL_8_MSAMPLESEC,
    OPJ_IMF_MAINLEVEL_9_MSAMPLESEC,
    OPJ_IMF_MAINLEVEL_10_MSAMPLESEC,
    OPJ_IMF_MAINLEVEL_11_MSAMPLESEC,
};
constexpr int64_t kMega = 1'000'000;

int64_t samples_of(const Jpeg2000Options& options) {
  int64_t samples = 0;
  for (int plane = 0; plane < options.format.plane_count(); ++plane) {
    samples += static_cast<int64_t>(options.format.plane_width(plane, options.width)) *
               options.format.plane_height(plane, options.height);
  }
  return samples;
}

Result<uint16_t> profile_of(const Jpeg2000Options& options) {
  unsigned profile = 0;
  // T.800 Amd. 8: 2048 x 1556 and 4096 x 3112.
  if (options.width <= 2048 && options.height <= 1556) {
    profile = OPJ_PROFILE_IMF_2K;
  } else if (options.width > 2048 && options.width <= 4096 && options.height <= 3112) {
    profile = OPJ_PROFILE_IMF_4K;
  } else {
    return fail(ErrorCode::kInvalidArgument,
                "Application 2E has no place for " + std::to_string(options.width) + "x" +
                    std::to_string(options.height) +
                    " (ST 2067-21 Table 3 ends at 4096x3112); scale the pictures down first");
  }
  const double samples = static_cast<double>(samples_of(options)) * options.rate.value();
  for (unsigned main = 1; main < kSamplesPerSecond.size(); ++main) {
    if (samples > static_cast<double>(kSamplesPerSecond[main] * kMega)) continue;
    const unsigned most_sub = std::max(1U, main < 2 ? 0U : main - 2);
    for (unsigned sub = 1; sub <= most_sub; ++sub) {
      if (options.bitrate <= (int64_t{OPJ_IMF_SUBLEVEL_1_MBITSSEC} << (sub - 1)) * kMega)
        return static_cast<uint16_t>(profile | sub << 4U | main);
    }
  }
  return fail(ErrorCode::kInvalidArgument, "no level of the IMF profiles holds " +
                                               std::to_string(options.bitrate / kMega) +
                                               " Mbit/s of these pictures; ask for less");
}

// ---- OpenJPEG's calls

struct Memory {
  Bytes bytes;
  size_t position = 0;
};

OPJ_SIZE_T write_memory(void* buffer, OPJ_SIZE_T count, void* user) {
  auto& memory = *static_cast<Memory*>(user);
  memory.bytes.resize(std::max(memory.bytes.size(), memory.position + count));
  std::memcpy(memory.bytes.data() + memory.position, buffer, count);
  memory.position += count;
  return count;
}

OPJ_OFF_T skip_memory(OPJ_OFF_T count, void* user) {
  auto& memory = *static_cast<Memory*>(user);
  memory.position += static_cast<size_t>(count);
  memory.bytes.resize(std::max(memory.bytes.size(), memory.position));
  return count;
}

OPJ_BOOL seek_memory(OPJ_OFF_T position, void* user) {
  static_cast<Memory*>(user)->position = static_cast<size_t>(position);
  return OPJ_TRUE;
}

void log_message(const char* message, void*) {
  log::debug("openjpeg", {{"message", std::string(message)}});
}

template <typename Sample>
void copy_plane(const Plane& plane, OPJ_INT32* out) {
  for (int y = 0; y < plane.height; ++y) out = std::copy_n(plane.row<Sample>(y), plane.width, out);
}

Image image_of(const Picture& picture) {
  const PictureView& view = picture.view();
  std::array<opj_image_cmptparm_t, 3> parts{};
  for (size_t i = 0; i < parts.size(); ++i) {
    parts[i].prec = view.format.bit_depth;
    parts[i].dx = static_cast<OPJ_UINT32>(view.planes[i].width < view.width ? 2 : 1);
    parts[i].dy = 1;
    parts[i].w = static_cast<OPJ_UINT32>(view.planes[i].width);
    parts[i].h = static_cast<OPJ_UINT32>(view.planes[i].height);
  }
  Image image(opj_image_create(parts.size(), parts.data(), view.format.rgb ? OPJ_CLRSPC_SRGB : OPJ_CLRSPC_SYCC));
  if (!image) return image;
  image->x1 = static_cast<OPJ_UINT32>(view.width);
  image->y1 = static_cast<OPJ_UINT32>(view.height);
  for (size_t i = 0; i < parts.size(); ++i) {
    if (view.format.bytes_per_sample() == 1) {
      copy_plane<uint8_t>(view.planes[i], image->comps[i].data);
    } else {
      copy_plane<uint16_t>(view.planes[i], image->comps[i].data);
    }
  }
  return image;
}

opj_cparameters_t parameters_of(const Jpeg2000Options& options, uint16_t rsiz, int64_t most_bytes) {
  opj_cparameters_t parameters;
  opj_set_default_encoder_parameters(&parameters);
  parameters.rsiz = rsiz;  // OpenJPEG sets code blocks, precincts, levels and progression of the profile
  parameters.irreversible = 1;
  parameters.tcp_mct = options.format.rgb ? 1 : 0;
  parameters.tcp_numlayers = 1;
  parameters.cp_disto_alloc = 1;
  // OpenJPEG counts every component as large as the first.
  const double raw = static_cast<double>(options.width) * options.height * 3 * options.format.bit_depth / 8;
  parameters.tcp_rates[0] = static_cast<float>(std::max(1.0, raw / static_cast<double>(most_bytes)));
  parameters.max_cs_size = static_cast<int>(std::min<int64_t>(most_bytes, INT32_MAX));
  return parameters;
}

Result<void> compress(const opj_cparameters_t& wanted, opj_image_t& image, Memory& memory) {
  const auto failed = [](const char* where) {
    return fail(ErrorCode::kInternal, "a picture could not be coded as JPEG 2000", where);
  };
  const Codec codec(opj_create_compress(OPJ_CODEC_J2K));
  if (!codec) return failed("opj_create_compress");
  opj_set_info_handler(codec.get(), nullptr, nullptr);
  opj_set_warning_handler(codec.get(), log_message, nullptr);
  opj_set_error_handler(codec.get(), log_message, nullptr);
  opj_cparameters_t parameters = wanted;
  if (!opj_setup_encoder(codec.get(), &parameters, &image)) return failed("opj_setup_encoder");
  const Stream stream(opj_stream_create(1U << 20U, OPJ_FALSE));
  if (!stream) return failed("opj_stream_create");
  opj_stream_set_user_data(stream.get(), &memory, nullptr);
  opj_stream_set_write_function(stream.get(), write_memory);
  opj_stream_set_skip_function(stream.get(), skip_memory);
  opj_stream_set_seek_function(stream.get(), seek_memory);
  if (!opj_start_compress(codec.get(), &image, stream.get())) return failed("opj_start_compress");
  if (!opj_encode(codec.get(), stream.get())) return failed("opj_encode");
  if (!opj_end_compress(codec.get(), stream.get())) return failed("opj_end_compress");
  return {};
}

}  // namespace

Result<Jpeg2000Encoder> Jpeg2000Encoder::make(const Jpeg2000Options& options) {
  if (options.width <= 0 || options.height <= 0 || options.rate.num <= 0 || options.bitrate <= 0)
    return fail(ErrorCode::kInvalidArgument, "coding as JPEG 2000 wants raster, rate and bit rate");
  if (options.format.chroma != (options.format.rgb ? Chroma::k444 : Chroma::k422))
    return fail(ErrorCode::kInvalidArgument, "JPEG 2000 of IMF is RGB or 4:2:2");
  Jpeg2000Encoder encoder;
  encoder.x_options = options;
  PIER_TRY(encoder.x_rsiz, profile_of(options));
  encoder.x_most_bytes = static_cast<int64_t>(static_cast<double>(options.bitrate) / options.rate.value() / 8);
  constexpr int64_t kLeast = 4096;  // what headers and packets of an empty picture need
  if (encoder.x_most_bytes < kLeast)
    return fail(ErrorCode::kInvalidArgument, "the bit rate leaves no room for a picture; ask for more");
  return encoder;
}

Result<Bytes> Jpeg2000Encoder::encode(const Picture& picture) const {
  PIER_TRY(Coded coded, code(picture));
  return std::move(coded.bytes);
}

Result<void> Jpeg2000Encoder::tune(const Picture& picture) {
  PIER_TRY(const Coded coded, code(picture));
  x_first_share = coded.share;
  return {};
}

Result<Jpeg2000Encoder::Coded> Jpeg2000Encoder::code(const Picture& picture) const {
  if (!picture || picture.format() != x_options.format || picture.width() != x_options.width ||
      picture.height() != x_options.height)
    return fail(ErrorCode::kInvalidArgument, "the picture is not as the encoder was made for");
  // These profiles give each component its own tile part, and OpenJPEG 2.5 bounds each of them by what was meant for
  // all: the bound is lowered until the whole keeps the rate.
  constexpr int kMostAttempts = 8;
  constexpr double kMargin = 0.98;
  double share = x_first_share;
  size_t size = 0;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const Image image = image_of(picture);  // coding takes its samples away
    if (!image) return fail(ErrorCode::kTooLarge, "no memory for a picture to code");
    Memory memory;
    const auto bound = static_cast<int64_t>(share * static_cast<double>(x_most_bytes));
    PIER_CHECK(compress(parameters_of(x_options, x_rsiz, bound), *image, memory));
    PIER_TRY(const impl::CodestreamHeader header, impl::read_codestream_header(memory.bytes));
    // OpenJPEG only warns when settings leave the profile, and drops it.
    if (header.rsiz != x_rsiz)
      return fail(ErrorCode::kInternal, "a picture left its JPEG 2000 profile", "Rsiz " + std::to_string(header.rsiz));
    size = memory.bytes.size();
    if (static_cast<int64_t>(size) <= x_most_bytes) return Coded{std::move(memory.bytes), share};
    share *= kMargin * static_cast<double>(x_most_bytes) / static_cast<double>(size);
  }
  return fail(ErrorCode::kInternal, "a picture could not be coded at its bit rate; ask for a higher one",
              std::to_string(size) + " bytes");
}

}  // namespace pier::imf
