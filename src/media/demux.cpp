#include <algorithm>
#include <utility>

#include "bitstream/avs.hpp"
#include "bitstream/nal.hpp"
#include "demux_impl.hpp"

namespace pier::media {
namespace {

// Only formats that hold pictures and sound themselves: playlists and scripts that name other files stay out.
constexpr const char* kFormats =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,mxf,avi,nut,flv,asf,gxf,dv,ivf,obu,av1,hevc,h264,mpegvideo,m4v,"
    "yuv4mpegpipe,avs2,avs3,wav,w64,aiff,caf,ogg,flac,mp3,aac,ac3,eac3";
constexpr const char* kPackageFormats = "imf,mxf,mov,wav";
constexpr int64_t kProbeBytes = 64 << 20;
constexpr int64_t kAnalyzeMicroseconds = 7'000'000;  // a multi-programme stream repeats its tables within 5 s
constexpr auto kOpenDeadline = std::chrono::seconds(120);
constexpr int kMaxConfiguration = 1 << 20;
constexpr int kMaxStreams = 512;
constexpr int kMaxRetries = 64;
constexpr size_t kHeaderBytes = size_t{256} << 10U;

int is_interrupted(void* opaque) {
  const auto* impl = static_cast<const Demuxer::Impl*>(opaque);
  return impl->has_deadline && std::chrono::steady_clock::now() > impl->deadline ? 1 : 0;
}

StreamKind kind_of(AVMediaType type) {
  switch (type) {
    case AVMEDIA_TYPE_VIDEO:
      return StreamKind::kVideo;
    case AVMEDIA_TYPE_AUDIO:
      return StreamKind::kAudio;
    case AVMEDIA_TYPE_SUBTITLE:
      return StreamKind::kText;
    default:
      return StreamKind::kData;
  }
}

int programme_of(AVFormatContext& context, int stream) {
  const AVProgram* programme = av_find_program_from_stream(&context, nullptr, stream);
  return programme == nullptr ? 0 : programme->program_num;
}

StreamInfo describe(AVFormatContext& context, const AVStream& stream) {
  const AVCodecParameters& parameters = *stream.codecpar;
  StreamInfo info;
  info.programme = programme_of(context, stream.index);
  info.index = stream.index;
  info.id = stream.id;
  info.kind = kind_of(parameters.codec_type);
  info.codec = codec_from_av(parameters.codec_id);
  info.time_base = rational_from_av(stream.time_base);
  info.start_pts = stream.start_time;
  info.duration = stream.duration > 0 ? stream.duration : 0;
  if (const auto* language = av_dict_get(stream.metadata, "language", nullptr, 0)) {
    if (std::string_view(language->value) != "und") info.language = language->value;
  }
  if (parameters.extradata_size > 0 && parameters.extradata_size <= kMaxConfiguration) {
    const ByteView record =
        std::as_bytes(std::span(parameters.extradata, static_cast<size_t>(parameters.extradata_size)));
    info.configuration.assign(record.begin(), record.end());
  }
  info.attached_picture = (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
  if (info.kind == StreamKind::kVideo) {
    info.width = parameters.width;
    info.height = parameters.height;
    info.frame_rate = rational_from_av(stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate : stream.r_frame_rate);
  } else if (info.kind == StreamKind::kAudio) {
    info.sample_rate = parameters.sample_rate;
    info.channels = parameters.ch_layout.nb_channels;
    if (parameters.ch_layout.order == AV_CHANNEL_ORDER_NATIVE) info.channel_mask = parameters.ch_layout.u.mask;
  }
  return info;
}

Packet describe(AvPacket packet) {
  Packet result;
  result.stream_index = packet->stream_index;
  result.pts = packet->pts;
  result.dts = packet->dts;
  result.duration = packet->duration;
  result.position = packet->pos;
  result.key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
  result.corrupt = (packet->flags & AV_PKT_FLAG_CORRUPT) != 0;
  result.handle = std::shared_ptr<AVPacket>(packet.release(), AvFree());
  return result;
}

}  // namespace

void CloseInput::operator()(AVFormatContext* context) const {
  AVIOContext* io = (context->flags & AVFMT_FLAG_CUSTOM_IO) != 0 ? context->pb : nullptr;
  avformat_close_input(&context);
  close_source_io(io);
}

AVStream* Demuxer::Impl::stream(int index) const {
  return index >= 0 && index < static_cast<int>(context->nb_streams) ? context->streams[index] : nullptr;
}

Result<void> Demuxer::Impl::open() {
  prepare_av_library();
  if (source->sequence) return open_sequence();
  deadline = std::chrono::steady_clock::now() + kOpenDeadline;
  has_deadline = !feed;  // that waits as long as it must
  PIER_CHECK(open_input());
  PIER_CHECK(find_streams());
  has_deadline = false;
  return {};
}

void Demuxer::Impl::prepare_io(AVFormatContext& made) {
  made.pb = feed ? open_feed_io(*feed->read) : open_source_io(source->files[source->primary]);
  made.flags |= AVFMT_FLAG_CUSTOM_IO;
  made.interrupt_callback = {is_interrupted, this};
  made.probesize = feed ? feed->probe_bytes : kProbeBytes;
  made.max_analyze_duration = kAnalyzeMicroseconds;
  made.max_streams = kMaxStreams;
  made.format_whitelist = av_strdup(source->package ? kPackageFormats : kFormats);
  if (source->package) made.strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
  names.attach(made);
}

Result<void> Demuxer::Impl::open_input() {
  if (!feed && source->files[source->primary].state.size == 0)
    return fail(ErrorCode::kTruncated, source->path + " is empty (0 bytes)");
  AVFormatContext* raw = avformat_alloc_context();
  if (raw == nullptr) return fail(ErrorCode::kTooLarge, "no memory to open " + source->path);
  prepare_io(*raw);
  AVIOContext* io = raw->pb;
  // Probing leaves experimental formats out, and IMF is one.
  const char* known = source->package ? "imf" : feed ? "mpegts" : nullptr;
  const AVInputFormat* format = known == nullptr ? nullptr : av_find_input_format(known);
  const std::string url = feed ? std::string() : names.url(source->files[source->primary].name);
  // Teletext is shown at the times it is sent with (EN 300 472, 4.2); FFmpeg would move them to the clock.
  AVDictionary* options = nullptr;
  av_dict_set(&options, "fix_teletext_pts", "0", 0);
  const int status = avformat_open_input(&raw, url.c_str(), format, &options);
  av_dict_free(&options);
  if (status < 0) {
    close_source_io(io);
    if (status == AVERROR_INVALIDDATA || status == AVERROR_EOF) {
      return fail(ErrorCode::kInputDamaged,
                  source->path + " is not a media file that can be read: unknown format or damaged header");
    }
    return Failure(av_error(status, "cannot open " + source->path));
  }
  context.reset(raw);
  container = source->package ? "imf" : context->iformat->name;
  return {};
}

Result<void> Demuxer::Impl::find_streams() {
  const int status = avformat_find_stream_info(context.get(), nullptr);
  if (status < 0) return Failure(av_error(status, "cannot read the streams of " + source->path));
  for (unsigned i = 0; i < context->nb_streams; ++i) streams.push_back(describe(*context, *context->streams[i]));
  untimed = container == "avs2" || container == "avs3";
  if (untimed) PIER_CHECK(describe_avs());
  selected.assign(streams.size(), true);
  if (streams.empty()) return fail(ErrorCode::kInputDamaged, source->path + " holds no stream");
  return {};
}

/// Rate and raster as the sequence header says; no times.
Result<void> Demuxer::Impl::describe_avs() {
  Bytes head(kHeaderBytes);
  PIER_TRY(const size_t got, read_at(source->files[source->primary].fd.get(), 0, head));
  const auto generation = container == "avs3" ? impl::AvsGeneration::kAvs3 : impl::AvsGeneration::kAvs2;
  std::optional<impl::SequenceHeader> header;
  impl::split_start_codes(ByteView(head).first(got), [&](ByteView unit) {
    const bool is_header = !unit.empty() && unit[0] == std::byte{impl::kAvsSequence};
    if (is_header && !header) header = impl::parse_avs_sequence_header(generation, unit);
  });
  if (!header || streams.empty()) return fail(ErrorCode::kInputDamaged, source->path + " has no AVS sequence header");
  streams[0].start_pts = INT64_MIN;
  streams[0].width = header->width;
  streams[0].height = header->height;
  if (header->frame_rate) streams[0].frame_rate = *header->frame_rate;
  return {};
}

Result<std::optional<Packet>> Demuxer::Impl::read() {
  if (ended) return std::nullopt;
  if (source->sequence) return read_picture();
  for (int retries = 0; retries < kMaxRetries;) {
    AvPacket packet(av_packet_alloc());
    if (!packet) return fail(ErrorCode::kTooLarge, "no memory for a packet of " + source->path);
    const int status = av_read_frame(context.get(), packet.get());
    if (status == AVERROR(EAGAIN)) {
      ++retries;
      continue;
    }
    if (status == AVERROR_EOF) {
      ended = true;
      if (context->pb != nullptr && context->pb->error < 0 && context->pb->error != AVERROR_EOF) {
        return Failure(av_error(context->pb->error, "cannot read " + source->path));
      }
      return std::nullopt;
    }
    if (status < 0) return Failure(av_error(status, "cannot read on in " + source->path));
    // Streams that turn up after opening are not ours.
    if (static_cast<size_t>(packet->stream_index) >= selected.size()) continue;
    if (!selected[static_cast<size_t>(packet->stream_index)]) continue;
    if (feed) {
      const FeedClock::Stamps placed =
          feed->clock->place(packet->stream_index, {packet->pts, packet->dts}, packet->duration);
      packet->pts = placed.pts;
      packet->dts = placed.dts;
    }
    return describe(std::move(packet));
  }
  return fail(ErrorCode::kInputDamaged, source->path + " gives no data; the file may be damaged");
}

Demuxer::Demuxer(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
Demuxer::~Demuxer() = default;
Demuxer::Demuxer(Demuxer&&) noexcept = default;
Demuxer& Demuxer::operator=(Demuxer&&) noexcept = default;

Result<Demuxer> Demuxer::open(const Source& source) {
  if (!source.sequence && source.primary >= source.files.size())
    return fail(ErrorCode::kInvalidArgument, source.path + " has no file to read");
  auto impl = std::make_unique<Impl>(source);
  PIER_CHECK(impl->open());
  return Demuxer(std::move(impl));
}

Result<Demuxer> Demuxer::open_feed(const Source& name, const ReadBytes& read, int64_t probe_bytes, FeedClock& clock) {
  auto impl = std::make_unique<Impl>(name);
  impl->feed = {&read, probe_bytes, &clock};
  PIER_CHECK(impl->open());
  return Demuxer(std::move(impl));
}

std::string_view Demuxer::container() const {
  return x_impl->container;
}
const std::vector<StreamInfo>& Demuxer::streams() const {
  return x_impl->streams;
}

std::optional<int> Demuxer::main_video() const {
  const auto is_picture_stream = [](const StreamInfo& info) {
    return info.kind == StreamKind::kVideo && !info.attached_picture;
  };
  const AVFormatContext& context = *x_impl->context;
  for (unsigned p = 0; p < context.nb_programs; ++p) {
    const AVProgram& programme = *context.programs[p];
    for (unsigned i = 0; i < programme.nb_stream_indexes; ++i) {
      const unsigned index = programme.stream_index[i];
      if (index < x_impl->streams.size() && is_picture_stream(x_impl->streams[index])) return static_cast<int>(index);
    }
  }
  const auto found = std::ranges::find_if(x_impl->streams, is_picture_stream);
  return found == x_impl->streams.end() ? std::nullopt : std::optional(found->index);
}

void Demuxer::select(const std::vector<int>& stream_indices) {
  for (size_t i = 0; i < x_impl->streams.size(); ++i) {
    const bool wanted = std::ranges::find(stream_indices, static_cast<int>(i)) != stream_indices.end();
    x_impl->selected[i] = wanted;
    x_impl->context->streams[i]->discard = wanted ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  }
}

Result<std::optional<Packet>> Demuxer::read() {
  return x_impl->read();
}

Result<void> Demuxer::Impl::seek(int stream_index, int64_t pts) {
  if (stream(stream_index) == nullptr) {
    return fail(ErrorCode::kInvalidArgument, "there is no stream " + std::to_string(stream_index));
  }
  ended = false;
  if (source->sequence) {
    const auto& pictures = source->sequence->pictures;
    const auto after = [&](int64_t ticks, const auto& picture) { return ticks < picture.number - pictures[0].number; };
    const auto found = std::upper_bound(pictures.begin(), pictures.end(), pts, after);
    next_picture = found == pictures.begin() ? 0 : static_cast<size_t>(found - pictures.begin()) - 1;
    return {};
  }
  const int status = avformat_seek_file(context.get(), stream_index, INT64_MIN, pts, pts, 0);
  if (status < 0) return Failure(av_error(status, "cannot seek in " + source->path));
  return {};
}

Result<void> Demuxer::seek(int stream_index, int64_t pts) {
  return x_impl->seek(stream_index, pts);
}

}  // namespace pier::media
