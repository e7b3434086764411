#include "picture_coder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "encode_video_library.hpp"
#include "mux_file.hpp"

namespace pier::media::impl {
namespace {

constexpr int64_t kMostReordered = 2;  // as VideoEncoder
constexpr int kGroupSeconds = 2;

// RDD 9: constant rate, groups of half a second with two reordered pictures.
constexpr int64_t kXdcamRate = 50'000'000;
constexpr int kXdcamBuffer = 17'825'792;  // bits; vbv_buffer_size counts 16384 of them

/// FFmpeg's encoder of a coding and the options that make it this one.
struct Recipe {
  std::string_view coding;
  const char* encoder;
  const char* option;
  const char* value;
  int profile = FF_PROFILE_UNKNOWN;  // where the encoder does not say it and the MXF writer asks
};
constexpr std::array kRecipes = {
    Recipe{"prores-proxy", "prores_ks", "profile", "proxy", 0},
    Recipe{"prores-422-lt", "prores_ks", "profile", "lt", 1},
    Recipe{"prores-422", "prores_ks", "profile", "standard", 2},
    Recipe{"prores-422-hq", "prores_ks", "profile", "hq", 3},
    Recipe{"prores-4444", "prores_ks", "profile", "4444", 4},
    Recipe{"dnxhr-lb", "dnxhd", "profile", "dnxhr_lb"},
    Recipe{"dnxhr-sq", "dnxhd", "profile", "dnxhr_sq"},
    Recipe{"dnxhr-hq", "dnxhd", "profile", "dnxhr_hq"},
    Recipe{"dnxhr-hqx", "dnxhd", "profile", "dnxhr_hqx"},
    Recipe{"dnxhr-444", "dnxhd", "profile", "dnxhr_444"},
    Recipe{"avc-intra-100", "libx264", "avcintra-class", "100"},
    Recipe{"avc-intra-100i", "libx264", "avcintra-class", "100"},
    Recipe{"xdcam-hd422", "mpeg2video", "intra_vlc", "1", FF_PROFILE_MPEG2_422},
    Recipe{"avc-intra-200", "libx264", "avcintra-class", "200"},
    Recipe{"xavc-intra-300", "libx264", "avcintra-class", "300"},
    Recipe{"xavc-intra-480", "libx264", "avcintra-class", "480"},
    Recipe{"hevc-intra", "libx265", nullptr, nullptr},
    Recipe{"hevc", "libx265", nullptr, nullptr},
    Recipe{"avc", "libx264", nullptr, nullptr},
};

const Recipe* recipe_of(std::string_view coding) {
  for (const Recipe& recipe : kRecipes) {
    if (recipe.coding == coding) return &recipe;
  }
  return nullptr;
}

VideoEncoderConfig library_config(const WrittenPictures& pictures, const DeliveryCoding& coding) {
  VideoEncoderConfig config;
  config.codec = coding.codec;
  config.format = coding.format;
  config.width = pictures.width;
  config.height = pictures.height;
  config.sample_aspect = pictures.sample_aspect;
  config.colour = pictures.colour;
  config.mastering_display = pictures.mastering_display;
  config.content_light = pictures.content_light;
  config.time_base = pictures.frame_rate.inverse();
  config.frame_rate = pictures.frame_rate;
  config.preset = pictures.preset.empty() ? "medium" : pictures.preset;
  config.bitrate = pictures.bitrate;
  if (pictures.bitrate == 0) config.crf = pictures.quality;
  // A channel that carries the mean for a second and a half; without it a bit rate says nothing about any moment.
  config.max_bitrate = pictures.bitrate + pictures.bitrate / 2;
  config.buffer_bits = 2 * pictures.bitrate;
  const double group = (pictures.frame_rate * Rational(kGroupSeconds)).value();
  config.gop_frames = coding.intra ? 1 : std::max(1, static_cast<int>(std::lround(group)));
  return config;
}

AVPixelFormat layout_of(PixelFormat format) {
  const bool deep = format.bit_depth > 8;
  switch (format.chroma) {
    case Chroma::k422:
      return deep ? AV_PIX_FMT_YUV422P10 : AV_PIX_FMT_YUV422P;
    case Chroma::k444:
      return deep ? AV_PIX_FMT_YUV444P10 : AV_PIX_FMT_YUV444P;
    default:
      return deep ? AV_PIX_FMT_YUV420P10 : AV_PIX_FMT_YUV420P;
  }
}

Result<void> check(const WrittenPictures& pictures, const DeliveryCoding& coding, Container container) {
  const auto wrong = [&](std::string message) {
    return fail(ErrorCode::kInvalidArgument, std::string(coding.title) + " " + std::move(message));
  };
  if (std::ranges::find(coding.containers, container) == coding.containers.end()) {
    std::string names;
    for (const Container one : coding.containers) names += (names.empty() ? "" : ", ") + std::string(to_string(one));
    return wrong("does not go into ." + std::string(to_string(container)) + " here; name the file ." + names);
  }
  if (coding.width != 0 && (pictures.width != coding.width || pictures.height != coding.height)) {
    return wrong("is of " + std::to_string(coding.width) + "x" + std::to_string(coding.height) +
                 " only, and the pictures are " + std::to_string(pictures.width) + "x" +
                 std::to_string(pictures.height) + "; give --size " + std::to_string(coding.width) + "x" +
                 std::to_string(coding.height));
  }
  const int least = coding.codec == Codec::kDnxhd ? 256 : 16;
  if (pictures.width < least || pictures.width % 2 != 0 || pictures.height < 16 || pictures.height % 2 != 0 ||
      (coding.codec == Codec::kDnxhd && pictures.height < 120)) {
    return wrong("does not take " + std::to_string(pictures.width) + "x" + std::to_string(pictures.height) +
                 ": sides must be even and not so small; give --size");
  }
  if (pictures.frame_rate.num <= 0) return wrong("needs a frame rate");
  if (coding.narrow_only && pictures.colour.range == Range::kFull) return wrong("has no place for full range");
  if ((pictures.mastering_display || pictures.content_light) && pictures.colour.transfer != Transfer::kPq)
    return wrong("takes mastering display and content light with PQ only");
  return {};
}

/// SEI messages of x264, whose publications carry none.
void set_light(const WrittenPictures& pictures, EncoderOptions& options) {
  if (pictures.mastering_display)
    options.parameter("mastering-display", display_parameter(*pictures.mastering_display));
  if (pictures.content_light) {
    options.parameter("cll", std::to_string(pictures.content_light->max_cll) + "," +
                                 std::to_string(pictures.content_light->max_fall));
  }
}

/// What XDCAM HD422 has beyond a constant rate: ten bits of DC, the scale of quantisers that goes further, fields.
void set_xdcam(AVCodecContext& context, EncoderOptions& options) {
  context.profile = FF_PROFILE_MPEG2_422;
  context.level = 2;  // high, as the profile 4:2:2 counts
  context.bit_rate = context.rc_min_rate = context.rc_max_rate = kXdcamRate;
  context.rc_buffer_size = kXdcamBuffer;
  context.rc_initial_buffer_occupancy = kXdcamBuffer;
  context.gop_size = static_cast<int>(std::lround(av_q2d(context.framerate) / 2));
  context.max_b_frames = 2;
  context.intra_dc_precision = 2;  // ten bits
  context.qmin = 1;
  options.set("lmin", std::to_string(FF_QP2LAMBDA));
  context.qmax = 28;
  options.set("sc_threshold", "1000000000");  // groups are of one length, whatever is in the pictures
  options.set("non_linear_quant", "1");
  options.set("rc_max_vbv_use", "1");
  options.set("rc_min_vbv_use", "1");
}

void set_stream_colour(const ColourInfo& colour, AVCodecParameters& parameters) {
  parameters.color_primaries = static_cast<AVColorPrimaries>(colour.primaries);
  parameters.color_trc = static_cast<AVColorTransferCharacteristic>(colour.transfer);
  parameters.color_space = static_cast<AVColorSpace>(colour.matrix);
  parameters.color_range = colour.range == Range::kFull ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
}

/// FFmpeg's encoder says BT.709 in every picture's header, whatever the matrix is (ST 2019-1: colour volume, two bits
/// beside those of the sampling).
void say_colour_volume(Matrix matrix, AVPacket& packet) {
  constexpr size_t kPlace = 0x2c;
  constexpr uint8_t kBits = 0x06, kBt2020Ncl = 0x02, kUnspecified = 0x06;
  if (packet.size <= static_cast<int>(kPlace) || matrix == Matrix::kBt709) return;
  uint8_t& field = packet.data[kPlace];
  field = static_cast<uint8_t>((field & ~kBits) | (matrix == Matrix::kBt2020Ncl ? kBt2020Ncl : kUnspecified));
}

}  // namespace

Result<PictureCoder> PictureCoder::open(const WrittenPictures& pictures, Container container) {
  prepare_av_library();
  PictureCoder coder;
  PIER_TRY(coder.x_coding, picture_coding(pictures.coding));
  PIER_CHECK(check(pictures, coder.x_coding, container));
  coder.x_pictures = pictures;
  coder.x_container = container;
  PIER_CHECK(coder.configure());
  return coder;
}

Result<void> PictureCoder::configure() {
  const Recipe* recipe = recipe_of(x_coding.name);
  const AVCodec* codec = recipe != nullptr ? avcodec_find_encoder_by_name(recipe->encoder) : nullptr;
  if (codec == nullptr)
    return fail(ErrorCode::kInputUnsupported, "this FFmpeg has no encoder of " + std::string(x_coding.title));
  x_context.reset(avcodec_alloc_context3(codec));
  if (!x_context) return fail(ErrorCode::kTooLarge, "no memory for an encoder");
  AVCodecContext& context = *x_context;
  context.width = x_pictures.width;
  context.height = x_pictures.height;
  context.pix_fmt = layout_of(x_coding.format);
  context.framerate = rational_to_av(x_pictures.frame_rate);
  context.time_base = rational_to_av(x_pictures.frame_rate.inverse());
  context.sample_aspect_ratio = rational_to_av(x_pictures.sample_aspect);
  context.gop_size = 1;
  context.flags |= AV_CODEC_FLAG_BITEXACT;
  colour_to_av(x_pictures.colour, context);
  EncoderOptions options;
  if (x_coding.interlaced) {
    context.flags |= AV_CODEC_FLAG_INTERLACED_DCT | AV_CODEC_FLAG_INTERLACED_ME;
    context.field_order = AV_FIELD_TT;
  }
  if (x_coding.codec == Codec::kProres || x_coding.codec == Codec::kDnxhd) {
    context.thread_count = x_pictures.threads;  // every picture by itself: as many as there are
    context.thread_type = FF_THREAD_FRAME;
    options.set(recipe->option, recipe->value);
    if (x_coding.codec == Codec::kProres) options.set("vendor", "apl0");
    if (x_coding.codec == Codec::kDnxhd) context.bit_rate = 1;  // the profile decides
  } else if (x_coding.codec == Codec::kMpeg2) {
    context.thread_count = 1;
    options.set(recipe->option, recipe->value);
    set_xdcam(context, options);
  } else if (x_coding.fixed_rate) {
    x_annex_b = true;
    context.thread_count = 1;
    options.set(recipe->option, recipe->value);
    options.set("preset", x_pictures.preset.empty() ? "veryfast" : x_pictures.preset);  // bits are not what lacks
    options.parameter("threads", 1);
    options.parameter("cpu-independent", 1);
    if (x_coding.name.starts_with("xavc")) options.parameter("avcintra-flavor", std::string("sony"));
    set_light(x_pictures, options);
    options.set_parameters("x264-params");
  } else {
    x_library = x_coding.codec == Codec::kHevc ? &kX265 : &kX264;
    context.thread_count = 1;
    context.gop_size = library_config(x_pictures, x_coding).gop_frames;
    context.flags |= AV_CODEC_FLAG_CLOSED_GOP;
    if (with_sets_apart()) context.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    x_library->configure(library_config(x_pictures, x_coding), context, options);
    if (!with_sets_apart() && x_coding.codec == Codec::kHevc) {
      options.parameter("repeat-headers", 1);
      options.set_parameters("x265-params");
    }
    if (x_coding.codec == Codec::kAvc) {
      options.parameter("8x8dct", 1);  // High, by the fastest presets too
      set_light(x_pictures, options);
      options.set_parameters("x264-params");
    }
  }
  return open_codec(*codec, options.get());
}

Result<void> PictureCoder::open_codec(const AVCodec& codec, AVDictionary** options) {
  const int status = avcodec_open2(x_context.get(), &codec, options);
  if (status < 0) {
    Error error = av_error(status, std::string(x_coding.title) + " does not take " + std::to_string(x_pictures.width) +
                                       "x" + std::to_string(x_pictures.height) + " at " +
                                       std::to_string(x_pictures.frame_rate.value()) + " pictures a second");
    error.code = status == AVERROR(ENOMEM) ? ErrorCode::kTooLarge : ErrorCode::kInvalidArgument;
    return Failure(std::move(error));
  }
  if (av_dict_count(*options) != 0) {
    return fail(ErrorCode::kInternal, std::string(codec.name) + " does not know the option " +
                                          av_dict_get(*options, "", nullptr, AV_DICT_IGNORE_SUFFIX)->key);
  }
  return {};
}

Result<void> PictureCoder::describe(AVStream& stream) const {
  if (avcodec_parameters_from_context(stream.codecpar, x_context.get()) < 0)
    return fail(ErrorCode::kTooLarge, "no memory to write a file");
  set_stream_colour(x_pictures.colour, *stream.codecpar);
  if (x_coding.said_depth == 12) stream.codecpar->format = AV_PIX_FMT_YUV444P12;  // for the descriptor of MXF
  if (const int profile = recipe_of(x_coding.name)->profile; profile != FF_PROFILE_UNKNOWN)
    stream.codecpar->profile = profile;
  stream.time_base = x_context->time_base;
  stream.avg_frame_rate = stream.r_frame_rate = x_context->framerate;
  stream.sample_aspect_ratio = stream.codecpar->sample_aspect_ratio = x_context->sample_aspect_ratio;
  if (with_sets_apart()) {
    const auto header = std::as_bytes(std::span(x_context->extradata, static_cast<size_t>(x_context->extradata_size)));
    PIER_TRY(const Bytes record, x_library->configuration(header));
    auto* copy = static_cast<uint8_t*>(av_mallocz(record.size() + AV_INPUT_BUFFER_PADDING_SIZE));
    if (copy == nullptr) return fail(ErrorCode::kTooLarge, "no memory to write a file");
    std::memcpy(copy, record.data(), record.size());
    av_freep(static_cast<void*>(&stream.codecpar->extradata));
    stream.codecpar->extradata = copy;
    stream.codecpar->extradata_size = static_cast<int>(record.size());
    if (x_coding.codec == Codec::kHevc) stream.codecpar->codec_tag = MKTAG('h', 'v', 'c', '1');
  }
  if (!x_pictures.timecode.empty()) av_dict_set(&stream.metadata, "timecode", x_pictures.timecode.c_str(), 0);
  if (!attach_hdr(stream, x_pictures.mastering_display, x_pictures.content_light))
    return fail(ErrorCode::kTooLarge, "no memory to write a file");
  return {};
}

Result<void> PictureCoder::send(const Picture& picture) {
  if (picture.width() != x_pictures.width || picture.height() != x_pictures.height ||
      picture.format() != x_coding.format) {
    return fail(ErrorCode::kInvalidArgument, "the picture has another form than the file");
  }
  PIER_TRY(const AvFrame frame, picture_to_av(picture));
  frame->pts = x_sent++;
  frame->interlaced_frame = frame->top_field_first = x_coding.interlaced ? 1 : 0;
  frame->color_primaries = x_context->color_primaries;  // ProRes takes them from here
  frame->color_trc = x_context->color_trc;
  frame->colorspace = x_context->colorspace;
  frame->color_range = x_context->color_range;
  const int status = avcodec_send_frame(x_context.get(), frame.get());
  if (status < 0) return Failure(av_error(status, "encode a picture"));
  return {};
}

Result<void> PictureCoder::send_end() {
  const int status = avcodec_send_frame(x_context.get(), nullptr);
  if (status < 0) return Failure(av_error(status, "finish the pictures"));
  return {};
}

Result<bool> PictureCoder::receive(AVPacket& packet) {
  const int status = avcodec_receive_packet(x_context.get(), &packet);
  if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) return false;
  if (status < 0) return Failure(av_error(status, "encode a picture"));
  packet.duration = 1;
  if (x_coding.codec == Codec::kDnxhd) say_colour_volume(x_pictures.colour.matrix, packet);
  // x265 makes up decoding times in runs shorter than its delay, so they are counted here.
  packet.dts = x_coding.intra ? packet.pts : x_given - kMostReordered;
  x_given++;
  if (!with_sets_apart()) return true;
  const auto header = std::as_bytes(std::span(x_context->extradata, static_cast<size_t>(x_context->extradata_size)));
  const auto bytes = std::as_bytes(std::span(packet.data, static_cast<size_t>(packet.size)));
  const Bytes sample = x_library->sample(bytes, header, (packet.flags & AV_PKT_FLAG_KEY) != 0);
  AvPacket whole(av_packet_alloc());
  if (!whole || av_new_packet(whole.get(), static_cast<int>(sample.size())) < 0 ||
      av_packet_copy_props(whole.get(), &packet) < 0)
    return fail(ErrorCode::kTooLarge, "no memory for a coded picture");
  std::memcpy(whole->data, sample.data(), sample.size());
  av_packet_unref(&packet);
  av_packet_move_ref(&packet, whole.get());
  return true;
}

}  // namespace pier::media::impl
