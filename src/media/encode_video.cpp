#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

#include "encode_video_library.hpp"

namespace pier::media {
namespace {

constexpr int64_t kMostReordered = 2;  // pictures that come before one shown earlier: a pyramid of B pictures

using impl::EncoderLibrary;
using impl::EncoderOptions;

const EncoderLibrary* library_of(Codec codec) {
  switch (codec) {
    case Codec::kHevc:
      return &impl::kX265;
    case Codec::kAvc:
      return &impl::kX264;
    case Codec::kAv1:
      return &impl::kSvtAv1;
    default:
      return nullptr;
  }
}

Result<void> check(const VideoEncoderConfig& config) {
  const auto wrong = [](std::string message) { return fail(ErrorCode::kInvalidArgument, std::move(message)); };
  if (library_of(config.codec) == nullptr) {
    return wrong("no encoder for " + std::string(to_string(config.codec)) + "; there are hevc, av1 and avc");
  }
  const PixelFormat& format = config.format;
  if (format.rgb || format.chroma != Chroma::k420 || (format.bit_depth != 8 && format.bit_depth != 10)) {
    return wrong("encoders take 4:2:0 of 8 or 10 bit, not " + format.to_string());
  }
  const int smallest = config.codec == Codec::kAv1 ? 64 : 16;
  if (config.width < smallest || config.height < smallest || config.width % 2 != 0 || config.height % 2 != 0) {
    return wrong("a raster of " + std::to_string(config.width) + "x" + std::to_string(config.height) +
                 " cannot be encoded; sides must be even and at least " + std::to_string(smallest));
  }
  if (config.time_base.num <= 0 || config.frame_rate.num <= 0)
    return wrong("an encoder needs a time base and a frame rate");
  if (config.gop_frames < 1) return wrong("an encoder needs a length of its groups of pictures");
  if (!config.crf && config.bitrate < 1000) return wrong("an encoder needs a bit rate or a crf");
  if (config.max_bitrate > 0 && config.buffer_bits <= 0) return wrong("a maximum bit rate needs a buffer size");
  if ((config.mastering_display || config.content_light) && config.colour.transfer != Transfer::kPq) {
    return wrong("mastering display and content light belong to PQ only");
  }
  return {};
}

}  // namespace

void impl::EncoderOptions::parameter(std::string_view name, const std::string& value) {
  if (!x_parameters.empty()) x_parameters += ':';
  x_parameters.append(name).append("=").append(value);
}

// The library counts pictures; the caller's time stamps are put back on what comes out, so that no rate control ever
// sees an irregular clock.
struct VideoEncoder::Impl {
  VideoEncoderConfig config;
  const EncoderLibrary* library = nullptr;
  AvCodecContext context;
  size_t run_start = 0;        // picture number that is 0 for the library
  int64_t run_coded = 0;       // pictures of this run that came out
  size_t since_key = 0;        // pictures since the last key picture was due
  std::vector<int64_t> times;  // of every picture sent
  bool ended = false;
  Picture newest;         // what was sent last
  bool has_more = false;  // pictures that nobody asked for are the last ones
  struct Coded {
    Sample sample;
    size_t number;
  };
  std::deque<Coded> coded;
  Bytes record;

  Result<void> open_library();
  Result<void> choose_level();
  Result<void> send(const AVFrame* frame);
  Result<bool> fetch();
  Result<void> restart();
  int64_t nominal_duration() const {
    return std::max<int64_t>(1, rescale(1, config.frame_rate.inverse(), config.time_base));
  }
  int64_t time_of(int64_t number) const;
  ByteView header() const {
    return std::as_bytes(std::span(context->extradata, static_cast<size_t>(context->extradata_size)));
  }
};

Result<void> VideoEncoder::Impl::open_library() {
  const AVCodec* codec = avcodec_find_encoder_by_name(library->name);
  if (codec == nullptr) return fail(ErrorCode::kInputUnsupported, std::string("this FFmpeg has no ") + library->name);
  context.reset(avcodec_alloc_context3(codec));
  if (!context) return fail(ErrorCode::kTooLarge, "no memory for an encoder");
  context->width = config.width;
  context->height = config.height;
  context->pix_fmt = config.format.bit_depth > 8 ? AV_PIX_FMT_YUV420P10 : AV_PIX_FMT_YUV420P;
  context->framerate = rational_to_av(config.frame_rate);
  context->time_base = rational_to_av(config.frame_rate.inverse());
  context->sample_aspect_ratio = rational_to_av(config.sample_aspect);
  context->gop_size = config.gop_frames;
  context->thread_count = 1;
  context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_CLOSED_GOP;
  EncoderOptions options;
  library->configure(config, *context, options);
  const int status = avcodec_open2(context.get(), codec, options.get());
  if (status < 0) {
    Error error = av_error(status, std::string("cannot open the encoder ") + library->name + " with these settings");
    error.code = status == AVERROR(ENOMEM) ? ErrorCode::kTooLarge : ErrorCode::kInvalidArgument;
    return Failure(std::move(error));
  }
  if (av_dict_count(*options.get()) != 0) {
    return fail(ErrorCode::kInternal, std::string(library->name) + " does not know the option " +
                                          av_dict_get(*options.get(), "", nullptr, AV_DICT_IGNORE_SUFFIX)->key);
  }
  run_start = times.size();
  run_coded = 0;
  return {};
}

// The libraries choose a level by raster, references and bucket, but by a bucket only that they keep to themselves: one
// that is opened for a moment says which it would be.
Result<void> VideoEncoder::Impl::choose_level() {
  if (config.limits_rate || config.max_bitrate <= 0 || !config.level.empty() || library->level == nullptr) return {};
  config.limits_rate = true;
  const Result<void> opened = open_library();
  config.limits_rate = false;
  PIER_CHECK(opened);
  PIER_TRY(const Bytes configuration, library->configuration(header()));
  config.level = library->level(configuration);
  return {};
}

int64_t VideoEncoder::Impl::time_of(int64_t number) const {
  if (times.empty()) return 0;
  if (number < 0) return times.front() + number * nominal_duration();
  const auto last = static_cast<int64_t>(times.size()) - 1;
  return number <= last ? times[static_cast<size_t>(number)] : times.back() + (number - last) * nominal_duration();
}

Result<void> VideoEncoder::Impl::send(const AVFrame* frame) {
  // Asking for a packet may give none and yet hand the library the picture that waited before this one.
  for (bool gave = true;;) {
    const int status = avcodec_send_frame(context.get(), frame);
    if (status == 0 || status == AVERROR_EOF) return {};
    if (status != AVERROR(EAGAIN)) return Failure(av_error(status, "cannot encode a picture"));
    const bool gave_before = std::exchange(gave, false);
    PIER_TRY(gave, fetch());
    if (!gave && !gave_before) {
      return fail(ErrorCode::kInternal, std::string(library->name) + " takes no picture and gives none");
    }
  }
}

Result<bool> VideoEncoder::Impl::fetch() {
  AvPacket packet(av_packet_alloc());
  if (!packet) return fail(ErrorCode::kTooLarge, "no memory for a coded picture");
  const int status = avcodec_receive_packet(context.get(), packet.get());
  if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) return false;
  if (status < 0) return Failure(av_error(status, "cannot encode a picture"));
  if (record.empty()) {
    PIER_TRY(record, library->configuration(header()));
  }
  const int64_t number = packet->pts + static_cast<int64_t>(run_start);
  if (has_more && number >= static_cast<int64_t>(times.size())) return true;
  if (number < 0 || number >= static_cast<int64_t>(times.size())) {
    return fail(ErrorCode::kInternal, std::string(library->name) + " gives a picture that was not sent");
  }
  Coded out;
  out.number = static_cast<size_t>(number);
  out.sample.key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
  out.sample.pts = time_of(number);
  // x265 makes up decoding times in runs shorter than its delay, so they are counted here.
  out.sample.dts = time_of(static_cast<int64_t>(run_start) + run_coded++ - kMostReordered);
  const auto bytes = std::as_bytes(std::span(packet->data, static_cast<size_t>(packet->size)));
  out.sample.data = library->sample(bytes, header(), out.sample.key);
  coded.push_back(std::move(out));
  return true;
}

Result<void> VideoEncoder::Impl::restart() {
  PIER_CHECK(send(nullptr));
  for (bool more = true; more;) {
    PIER_TRY(more, fetch());
  }
  return open_library();
}

/// The whole picture as a region with another quantiser.
Result<void> shift_quantiser(AVFrame& frame, double offset) {
  AVFrameSideData* data = av_frame_new_side_data(&frame, AV_FRAME_DATA_REGIONS_OF_INTEREST, sizeof(AVRegionOfInterest));
  if (data == nullptr) return fail(ErrorCode::kTooLarge, "no memory for a picture");
  auto* region = reinterpret_cast<AVRegionOfInterest*>(data->data);
  *region = {sizeof(AVRegionOfInterest),
             0,
             frame.height,
             0,
             frame.width,
             av_make_q(static_cast<int>(std::lround(offset * 1000)), 51 * 1000)};
  return {};
}

VideoEncoder::VideoEncoder(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
VideoEncoder::~VideoEncoder() = default;
VideoEncoder::VideoEncoder(VideoEncoder&&) noexcept = default;
VideoEncoder& VideoEncoder::operator=(VideoEncoder&&) noexcept = default;

Result<VideoEncoder> VideoEncoder::open(const VideoEncoderConfig& config) {
  PIER_CHECK(check(config));
  prepare_av_library();
  auto impl = std::make_unique<Impl>();
  impl->config = config;
  impl->library = library_of(config.codec);
  ColourInfo& colour = impl->config.colour;
  if (colour.chroma_site == ChromaSite::kUnspecified && colour.is_hdr() && colour.primaries == Primaries::kBt2020) {
    colour.chroma_site = ChromaSite::kTopLeft;
  }
  PIER_CHECK(impl->choose_level());
  PIER_CHECK(impl->open_library());
  return VideoEncoder(std::move(impl));
}

Result<void> VideoEncoder::send(const Picture& picture, int64_t pts, bool key) {
  Impl& self = *x_impl;
  if (picture.width() != self.config.width || picture.height() != self.config.height ||
      picture.format() != self.config.format) {
    return fail(ErrorCode::kInvalidArgument, "the picture does not fit the encoder's raster or format");
  }
  if (!self.times.empty() && pts <= self.times.back()) {
    return fail(ErrorCode::kInvalidArgument, "pictures to encode must go forward in time");
  }
  const auto gop = static_cast<size_t>(self.config.gop_frames);
  if (key && self.since_key % gop != 0 && !self.library->forces_keys) PIER_CHECK(self.restart());
  if (key) self.since_key = 0;
  PIER_TRY(auto frame, picture_to_av(picture));
  frame->pts = static_cast<int64_t>(self.times.size() - self.run_start);
  frame->pict_type = key && self.library->forces_keys ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
  if (frame->pts == 0 && self.library->first_offset != 0 && self.config.crf) {
    PIER_CHECK(shift_quantiser(*frame, self.library->first_offset));
  }
  if (self.library->pictures_after > 0) self.newest = picture;
  self.times.push_back(pts);
  ++self.since_key;
  return self.send(frame.get());
}

Result<void> VideoEncoder::send_end() {
  Impl& self = *x_impl;
  self.ended = true;
  // Where a library takes no key picture by force, only its own grid has one here.
  const bool at_grid = self.since_key % static_cast<size_t>(self.config.gop_frames) == 0;
  if (self.times.empty() || !(self.library->forces_keys || at_grid)) return self.send(nullptr);
  for (int i = 0; i < self.library->pictures_after; ++i) {
    PIER_TRY(auto frame, picture_to_av(self.newest));
    frame->pts = static_cast<int64_t>(self.times.size() - self.run_start) + i;
    frame->pict_type = i == 0 && self.library->forces_keys ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    self.has_more = true;
    PIER_CHECK(self.send(frame.get()));
  }
  return self.send(nullptr);
}

Result<std::optional<Sample>> VideoEncoder::receive() {
  Impl& self = *x_impl;
  if (self.coded.empty()) PIER_CHECK(self.fetch());
  if (self.coded.empty()) return std::nullopt;
  const size_t next = self.coded.front().number + 1;
  if (next >= self.times.size() && !self.ended) return std::nullopt;  // its duration is not known yet
  Sample sample = std::move(self.coded.front().sample);
  sample.duration = self.time_of(static_cast<int64_t>(next)) - sample.pts;
  self.coded.pop_front();
  return sample;
}

Bytes VideoEncoder::configuration() const {
  return x_impl->record;
}

}  // namespace pier::media
