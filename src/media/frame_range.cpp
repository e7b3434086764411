#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <utility>

#include <pier/media/access_unit.hpp>
#include <pier/media/decode.hpp>

#include "access_point.hpp"
#include "demux_impl.hpp"

namespace pier::media {
namespace {

const Rational kFirstStepBack(1, 2);  // seconds
constexpr int kMaxAttempts = 40;      // each goes back twice as far as the one before

/// Payloads of the packets that are in the decoder, by presentation time.
class PayloadsUnderWay {
 public:
  void begin(const StreamInfo& stream) {
    x_reader.emplace(stream.codec, stream.configuration);
    x_waiting.clear();
  }
  void sent(const Packet& packet) {
    if (packet.pts == INT64_MIN) return;
    std::vector<DynamicPayload> found = x_reader->read(packet.data());
    if (found.empty()) return;
    auto& known = x_waiting[packet.pts];
    std::ranges::move(found, std::back_inserter(known));
    if (x_waiting.size() > kMostWaiting) x_waiting.erase(x_waiting.begin());
  }
  /// Pictures come in presentation order: what is older belongs to none.
  void came(Frame& frame) {
    if (const auto found = x_waiting.find(frame.pts); found != x_waiting.end())
      frame.dynamic = std::move(found->second);
    x_waiting.erase(x_waiting.begin(), x_waiting.upper_bound(frame.pts));
  }

 private:
  static constexpr size_t kMostWaiting = 256;  // more than any decoder holds
  std::optional<DynamicHdrReader> x_reader;
  std::map<int64_t, std::vector<DynamicPayload>> x_waiting;
};

}  // namespace

// Decoding is exact from a random access point on: pictures before it in presentation order are dropped, since a
// decoder may give leading pictures whose references it never saw.
struct FrameRange::Impl {
  const Source* source;
  int stream_index;
  int64_t first_pts, end_pts;
  std::vector<int64_t> keys;  // ascending, not beyond first_pts
  int threads;

  std::optional<Demuxer> demuxer;
  std::optional<VideoDecoder> decoder;
  StreamInfo info;
  PayloadsUnderWay payloads;
  std::deque<Frame> ready;
  int64_t valid_from = INT64_MIN;  // presentation time of the access point
  bool input_ended = false;
  bool ended = false;

  Result<void> open_demuxer();
  Result<void> open_decoder();
  Result<void> send(const Packet& packet);
  Result<void> position();
  Result<bool> start_at(int64_t target);
  Result<bool> find_first();
  Result<std::optional<Frame>> decode_next();
  Result<std::optional<Frame>> next();
  int64_t earlier(int64_t target, int64_t& step);
};

Result<void> FrameRange::Impl::open_demuxer() {
  PIER_TRY(auto opened, Demuxer::open(*source));
  demuxer.emplace(std::move(opened));
  if (stream_index < 0 || static_cast<size_t>(stream_index) >= demuxer->streams().size()) {
    return fail(ErrorCode::kInvalidArgument, source->path + " has no stream " + std::to_string(stream_index));
  }
  demuxer->select({stream_index});
  info = demuxer->streams()[static_cast<size_t>(stream_index)];
  return {};
}

Result<void> FrameRange::Impl::open_decoder() {
  PIER_TRY(auto fresh, VideoDecoder::open(*demuxer, stream_index, threads));
  decoder.emplace(std::move(fresh));
  payloads.begin(info);
  return {};
}

Result<void> FrameRange::Impl::send(const Packet& packet) {
  payloads.sent(packet);
  return decoder->send(packet);
}

// Seeks and reads up to the first access point. False: it cannot serve, try earlier.
Result<bool> FrameRange::Impl::start_at(int64_t target) {
  ready.clear();
  input_ended = false;
  if (!demuxer->seek(stream_index, target)) return false;
  PIER_CHECK(open_decoder());
  for (;;) {
    auto packet = demuxer->read();
    if (!packet || !*packet) return false;
    if (!(*packet)->key) continue;
    if ((*packet)->pts == INT64_MIN || (*packet)->pts > first_pts || (*packet)->corrupt) return false;
    valid_from = (*packet)->pts;
    if (!impl::starts_exactly(*demuxer->impl().stream(stream_index)->codecpar, **packet)) return false;
    PIER_CHECK(send(**packet));
    return find_first();
  }
}

// Decodes up to the first wanted picture. It must be whole, and nothing may be missing between the access point and it.
Result<bool> FrameRange::Impl::find_first() {
  bool seen = false;
  for (;;) {
    PIER_TRY(auto frame, decode_next());
    if (!frame) return seen;
    if (!seen && frame->pts > first_pts) return false;
    seen = true;
    if (frame->pts < first_pts) continue;
    if (frame->damaged) return false;
    ready.push_back(std::move(*frame));
    return true;
  }
}

int64_t FrameRange::Impl::earlier(int64_t target, int64_t& step) {
  const auto before = std::lower_bound(keys.begin(), keys.end(), std::min(target, valid_from));
  if (before != keys.begin()) return *std::prev(before);
  step *= 2;
  return std::min(target, valid_from == INT64_MIN ? target : valid_from) - step;
}

Result<void> FrameRange::Impl::position() {
  PIER_CHECK(open_demuxer());
  const bool timed = info.start_pts != INT64_MIN && info.time_base.num > 0;
  int64_t step = timed ? std::max<int64_t>(1, rescale(1, kFirstStepBack, info.time_base)) : 1;
  int64_t target = keys.empty() ? first_pts : keys.back();
  for (int attempt = 0; timed && attempt < kMaxAttempts && target > info.start_pts; ++attempt) {
    valid_from = INT64_MIN;
    PIER_TRY(const bool found, start_at(target));
    if (found) return {};
    target = earlier(target, step);
  }
  PIER_CHECK(open_demuxer());
  PIER_CHECK(open_decoder());
  ready.clear();
  valid_from = INT64_MIN;
  input_ended = false;
  return {};
}

Result<std::optional<Frame>> FrameRange::Impl::decode_next() {
  for (;;) {
    PIER_TRY(auto frame, decoder->receive());
    if (frame) payloads.came(*frame);
    if (frame && frame->pts < valid_from) continue;
    if (frame || input_ended) return frame;
    PIER_TRY(auto packet, demuxer->read());
    if (packet) {
      PIER_CHECK(send(*packet));
    } else {
      input_ended = true;
      PIER_CHECK(decoder->send_end());
    }
  }
}

Result<std::optional<Frame>> FrameRange::Impl::next() {
  while (!ended) {
    std::optional<Frame> frame;
    if (ready.empty()) {
      PIER_TRY(frame, decode_next());
    } else {
      frame = std::move(ready.front());
      ready.pop_front();
    }
    ended = !frame || frame->pts >= end_pts;
    if (!ended && frame->pts >= first_pts) return frame;
  }
  return std::nullopt;
}

FrameRange::FrameRange(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
FrameRange::~FrameRange() = default;
FrameRange::FrameRange(FrameRange&&) noexcept = default;
FrameRange& FrameRange::operator=(FrameRange&&) noexcept = default;

Result<FrameRange> FrameRange::open(const Source& source, int stream_index, int64_t first_pts, int64_t end_pts,
                                    std::span<const int64_t> key_pts, int threads) {
  auto impl = std::make_unique<Impl>();
  impl->source = &source;
  impl->stream_index = stream_index;
  impl->first_pts = first_pts;
  impl->end_pts = end_pts;
  impl->threads = threads;
  std::ranges::copy_if(key_pts, std::back_inserter(impl->keys), [&](int64_t key) { return key <= first_pts; });
  std::ranges::sort(impl->keys);
  PIER_CHECK(impl->position());
  return FrameRange(std::move(impl));
}

const StreamInfo& FrameRange::stream() const {
  return x_impl->info;
}

Result<std::optional<Frame>> FrameRange::next() {
  return x_impl->next();
}

}  // namespace pier::media
