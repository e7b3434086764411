#include "fan_out.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <tuple>

#include <time.h>

#include <pier/analysis/frame_table.hpp>
#include <pier/core/concurrency.hpp>
#include <pier/media/decode.hpp>
#include <pier/transcode/source_parts.hpp>

#include "dynamic_hdr.hpp"

namespace pier::transcode::impl {
namespace {

constexpr size_t kQueueDepth = 2;

struct Item {
  Picture picture;
  PlannedFrame frame;
  size_t place = 0;  // in the chunk
  bool thumbnail = false;
  std::shared_ptr<const std::vector<media::DynamicPayload>> dynamic;
};

double thread_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct SinkLane {
  explicit SinkLane(RungSink& target) : sink(target), queue(kQueueDepth) {}
  RungSink& sink;
  BoundedQueue<Item> queue;
};

/// Rungs that want the same picture: it is converted once.
struct FormLane {
  FormLane(colour::Converter made, const PlannedRung& rung)
      : converter(std::move(made)), wish(rung), queue(kQueueDepth) {}
  bool images() const { return wish.rung.kind == RungKind::kImage; }
  colour::Converter converter;
  PlannedRung wish;      // of the first of them
  size_t next_peak = 1;  // of wish.peaks; the converter is for the one before
  std::vector<SinkLane*> sinks;
  BoundedQueue<Item> queue;
};

bool same_form(const PlannedRung& one, const PlannedRung& other) {
  const colour::PictureSpec &a = one.picture, &b = other.picture;
  return a.width == b.width && a.height == b.height && a.format == b.format && a.colour == b.colour &&
         one.source_peak_nits == other.source_peak_nits && one.peaks == other.peaks && one.inside == other.inside &&
         (one.rung.kind == RungKind::kImage) == (other.rung.kind == RungKind::kImage);
}

class FanOut {
 public:
  FanOut(const ChunkSpec& chunk, const Progress& progress) : x_chunk(chunk), x_progress(progress) {}
  FanOut(const FanOut&) = delete;
  FanOut& operator=(const FanOut&) = delete;
  ~FanOut() { close_all(); }

  Result<void> prepare(std::span<const std::unique_ptr<RungSink>> sinks);
  Result<FanOutTimes> run(const media::Source& source);

 private:
  Result<void> decode(const media::Source& source);
  Result<Item> check(media::Frame frame, size_t position) const;
  Result<colour::Converter> converter_for(const PlannedRung& rung, double peak_nits) const;
  Result<Picture> convert(FormLane& lane, const Item& item) const;
  void convert_lane(FormLane& lane);
  void sink_lane(SinkLane& lane);
  void close_all();

  const ChunkSpec& x_chunk;
  const Progress& x_progress;
  std::vector<std::unique_ptr<SinkLane>> x_sinks;
  std::vector<std::unique_ptr<FormLane>> x_forms;
  FirstError x_error;
  Guarded<double> x_convert_seconds;
};

Result<colour::Converter> FanOut::converter_for(const PlannedRung& rung, double peak_nits) const {
  colour::PictureSpec upright = x_chunk.source;
  if (x_chunk.rotation == 90 || x_chunk.rotation == 270) std::swap(upright.width, upright.height);
  colour::ConversionOptions options;
  options.peak_nits = peak_nits;
  colour::PictureSpec to = rung.picture;
  if (rung.inside.width > 0) std::tie(to.width, to.height) = std::pair(rung.inside.width, rung.inside.height);
  return colour::Converter::make(upright, to, options);
}

Result<void> FanOut::prepare(std::span<const std::unique_ptr<RungSink>> sinks) {
  for (size_t i = 0; i < sinks.size(); i++) {
    if (!sinks[i]) continue;
    const PlannedRung& rung = x_chunk.rungs[i];
    FormLane* lane = nullptr;
    for (const auto& known : x_forms) {
      if (same_form(known->wish, rung)) lane = known.get();
    }
    if (lane == nullptr) {
      const double peak = rung.peaks.empty() ? rung.source_peak_nits : rung.peaks.front().nits;
      PIER_TRY(colour::Converter converter, converter_for(rung, peak));
      lane = x_forms.emplace_back(std::make_unique<FormLane>(std::move(converter), rung)).get();
    }
    lane->sinks.push_back(x_sinks.emplace_back(std::make_unique<SinkLane>(*sinks[i])).get());
  }
  return {};
}

void FanOut::close_all() {
  for (const auto& form : x_forms) form->queue.close();
  for (const auto& sink : x_sinks) sink->queue.close();
}

Result<Item> FanOut::check(media::Frame frame, size_t position) const {
  if (position >= x_chunk.frames.size()) {
    return fail(ErrorCode::kVerifyFailed, "the master gives more pictures than the analysis saw, after " +
                                              std::to_string(position) + " of this chunk");
  }
  const PlannedFrame& planned = x_chunk.frames[position];
  const PictureView& view = frame.picture.view();
  if (frame.pts != planned.source_pts) {
    return fail(ErrorCode::kVerifyFailed, "picture " + std::to_string(position) + " has time " +
                                              std::to_string(frame.pts) + ", the analysis saw it at " +
                                              std::to_string(planned.source_pts));
  }
  if (view.width != x_chunk.source.width || view.height != x_chunk.source.height ||
      view.format != x_chunk.source.format) {
    return fail(ErrorCode::kInputUnsupported, "the picture changes to " + std::to_string(view.width) + "x" +
                                                  std::to_string(view.height) + " " + view.format.to_string() +
                                                  " inside the programme; cut the master there and publish its parts");
  }
  if (planned.fingerprint != 0 && analysis::fingerprint(view) != planned.fingerprint) {
    return fail(ErrorCode::kVerifyFailed, "picture " + std::to_string(position) + " at time " +
                                              std::to_string(frame.pts) + " is not the picture the analysis saw");
  }
  frame.picture.set_colour(x_chunk.source.colour);
  if (!x_chunk.hdr10_plus.empty()) replace_hdr10_plus(x_chunk.hdr10_plus[position], frame.dynamic);
  Item item{std::move(frame.picture), planned, position, false,
            std::make_shared<const std::vector<media::DynamicPayload>>(std::move(frame.dynamic))};
  const int64_t until = position + 1 < x_chunk.frames.size() ? x_chunk.frames[position + 1].time : x_chunk.end_time;
  for (const int64_t time : x_chunk.thumbnail_times) item.thumbnail |= time >= planned.time && time < until;
  if (x_chunk.rotation != 0) {
    PIER_TRY(item.picture, turned(item.picture, x_chunk.rotation));
  }
  return item;
}

Result<void> FanOut::decode(const media::Source& source) {
  PIER_TRY(media::FrameRange range,
           media::FrameRange::open(source, x_chunk.stream_index, x_chunk.frames.front().source_pts, x_chunk.end_pts,
                                   x_chunk.key_pts, x_chunk.threads));
  size_t position = 0;
  while (!x_error.failed()) {
    PIER_TRY(std::optional<media::Frame> frame, range.next());
    if (!frame) break;
    PIER_TRY(const Item item, check(std::move(*frame), position));
    for (const auto& form : x_forms) {
      if ((!form->images() || item.thumbnail) && !form->queue.push(item)) return {};
    }
    position++;
    if (x_progress && !x_progress(static_cast<double>(position) / static_cast<double>(x_chunk.frames.size()),
                                  static_cast<int64_t>(position))) {
      return fail(ErrorCode::kCancelled, "stopped");
    }
  }
  if (!x_error.failed() && position != x_chunk.frames.size()) {
    return fail(ErrorCode::kVerifyFailed, "the master gives " + std::to_string(position) +
                                              " pictures where the analysis saw " +
                                              std::to_string(x_chunk.frames.size()));
  }
  return {};
}

/// Pictures come in the order of their times.
Result<Picture> FanOut::convert(FormLane& lane, const Item& item) const {
  const std::vector<PeakFrom>& peaks = lane.wish.peaks;
  const size_t passed = lane.next_peak;
  while (lane.next_peak < peaks.size() && peaks[lane.next_peak].pts <= item.frame.source_pts) lane.next_peak++;
  if (lane.next_peak != passed) {
    PIER_TRY(lane.converter, converter_for(lane.wish, peaks[lane.next_peak - 1].nits));
  }
  const Inside& inside = lane.wish.inside;
  if (inside.width == 0) return lane.converter.run(item.picture);
  PIER_TRY(const Picture picture, lane.converter.run(item.picture));
  Picture whole = framed(picture, lane.wish.picture.width, lane.wish.picture.height, inside.x, inside.y);
  if (!whole) return fail(ErrorCode::kNoSpace, "no memory for a picture");
  return whole;
}

void FanOut::convert_lane(FormLane& lane) {
  while (const std::optional<Item> item = lane.queue.pop()) {
    const auto needs = [&](const SinkLane* sink) { return sink->sink.needs(item->place); };
    Result<Picture> picture = Picture();
    if (std::ranges::any_of(lane.sinks, needs)) picture = convert(lane, *item);
    if (!picture) {
      x_error.set(picture.error());
      break;
    }
    for (SinkLane* sink : lane.sinks) {
      Item converted = *item;
      converted.picture = needs(sink) ? *picture : Picture();
      if (!sink->queue.push(std::move(converted))) break;
    }
  }
  for (SinkLane* sink : lane.sinks) sink->queue.close();
  lane.queue.close();
  x_convert_seconds.with([](double& sum) { sum += thread_cpu_seconds(); });
}

void FanOut::sink_lane(SinkLane& lane) {
  while (std::optional<Item> item = lane.queue.pop()) {
    if (x_error.failed()) break;
    if (Result<void> taken = lane.sink.take(item->picture, item->frame, *item->dynamic); !taken) {
      x_error.set(taken.error());
      break;
    }
  }
  lane.queue.close();
  if (x_error.failed()) return;
  if (Result<void> finished = lane.sink.finish(); !finished) x_error.set(finished.error());
}

Result<FanOutTimes> FanOut::run(const media::Source& source) {
  FanOutTimes times;
  {
    std::vector<std::jthread> threads;
    for (const auto& form : x_forms) threads.emplace_back([this, &form] { convert_lane(*form); });
    for (const auto& sink : x_sinks) threads.emplace_back([this, &sink] { sink_lane(*sink); });
    const double before = thread_cpu_seconds();
    if (Result<void> decoded = decode(source); !decoded) x_error.set(decoded.error());
    times.decode = thread_cpu_seconds() - before;
    if (x_error.failed()) close_all();
    for (const auto& form : x_forms) form->queue.close();
  }
  times.convert = x_convert_seconds.with([](double& sum) { return sum; });
  if (const std::optional<Error> error = x_error.get()) return Failure(*error);
  return times;
}

}  // namespace

Result<FanOutTimes> fan_out(const media::Source& source, const ChunkSpec& chunk,
                            std::span<const std::unique_ptr<RungSink>> sinks, const Progress& progress) {
  if (chunk.frames.empty() || sinks.size() != chunk.rungs.size()) {
    return fail(ErrorCode::kInvalidArgument, "a chunk needs frames and one sink a rung");
  }
  FanOut engine(chunk, progress);
  PIER_CHECK(engine.prepare(sinks));
  return engine.run(source);
}

}  // namespace pier::transcode::impl
