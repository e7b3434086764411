#include <algorithm>
#include <optional>
#include <thread>

#include <pier/core/concurrency.hpp>
#include <pier/deliver/make.hpp>
#include <pier/media/decode.hpp>
#include <pier/transcode/source_parts.hpp>

#include "burner.hpp"
#include "fields.hpp"
#include "programme_sound.hpp"

namespace pier::deliver {
namespace {

constexpr size_t kPicturesWaiting = 3, kBlocksWaiting = 64;
constexpr int64_t kLongestHole = 60;  // seconds without a picture

struct Shown {
  Picture picture;
  int64_t times = 1;  // how often in a row
};

/// Pictures of the source at the places of a constant rate, each so often as it is shown.
class Cadence {
 public:
  Cadence(const Plan& plan, Made& made) : x_plan(plan), x_made(made) {}

  /// What is complete now that this picture is known: the one before it.
  /// `later`: how many pictures after that of `frame`, where it is made of several.
  Result<std::optional<Shown>> next(const media::Frame& frame, Picture picture, int64_t later = 0) {
    if (!x_held) x_start = frame.pts;
    const int64_t slot = rescale(frame.pts - x_start, x_plan.time_base, x_plan.frame_rate.inverse()) + later;
    const auto most = static_cast<int64_t>(x_plan.frame_rate.value() * kLongestHole);
    if (slot - x_slot > most || slot < x_slot - most) {
      return fail(ErrorCode::kInputDamaged, "there is a hole of more than a minute after picture " +
                                                std::to_string(x_slot) + "; cut the master by --in and --out");
    }
    std::optional<Shown> done = show_until(slot);
    x_held = std::move(picture);
    return done;
  }
  std::optional<Shown> last() { return show_until(x_slot + 1); }

 private:
  std::optional<Shown> show_until(int64_t slot) {
    if (!x_held) return std::nullopt;
    const int64_t times = slot - x_slot;
    if (times <= 0) {
      x_made.dropped++;
      return std::nullopt;
    }
    x_made.repeated += times - 1;
    x_slot = slot;
    return Shown{std::move(x_held), times};
  }

  const Plan& x_plan;
  Made& x_made;
  Picture x_held;
  int64_t x_start = 0, x_slot = 0;
};

class Making {
 public:
  Making(const media::Source& source, const Plan& plan, int threads, const Progress& progress)
      : x_source(source), x_plan(plan), x_threads(threads), x_progress(progress) {}

  Result<Made> run(int output);

 private:
  Result<void> decode();
  Result<bool> show(Cadence& cadence, const media::Frame& frame, Picture picture, int64_t later = 0);
  Result<bool> show_fields(Cadence& cadence, const std::optional<FieldSeparator::Pair>& fields);
  bool has_fields() const { return x_plan.scan == Scan::kTopFirst || x_plan.scan == Scan::kBottomFirst; }
  Result<void> put(const Picture& picture);
  Result<void> write_frame(const Picture& frame);
  Result<Picture> checked(const media::Frame& frame);
  Result<void> convert();
  Result<Picture> converted(const Picture& picture);
  Result<bool> hand_on(Picture picture, int64_t times);
  Result<void> open_burner();
  Result<void> read_sound();
  Result<void> write();
  Result<void> write_sound(int64_t until);
  void in_thread(Result<void> (Making::*work)());
  void close();
  Result<void> refused() const {
    const auto error = x_error.get();
    return error ? Result<void>(Failure(*error)) : Result<void>();
  }

  const media::Source& x_source;
  const Plan& x_plan;
  const int x_threads;
  const Progress& x_progress;
  Made x_made;
  std::optional<colour::Converter> x_converter;
  colour::PictureSpec x_from;
  std::optional<Burner> x_burner;
  std::optional<media::FileWriter> x_writer;
  std::optional<FieldSeparator> x_separator;
  media::Frame x_frame;  // that the separator holds, without its picture
  FieldWeaver x_weaver{false};
  int64_t x_put = 0;  // pictures, of which two make a frame where they are woven
  BoundedQueue<Shown> x_decoded{kPicturesWaiting}, x_converted{kPicturesWaiting};
  BoundedQueue<std::vector<media::AudioBlock>> x_blocks{kBlocksWaiting};
  std::vector<media::AudioBlock> x_block;  // of all tracks, partly written
  Levels x_levels;
  int64_t x_samples = 0;  // of sound written
  FirstError x_error;
};

Result<Picture> Making::checked(const media::Frame& frame) {
  Picture picture = frame.picture;
  picture.set_colour(x_plan.source_colour);
  PIER_TRY(picture, transcode::turned(picture, x_plan.rotation));
  const bool first = x_from.width == 0;
  if (first) x_from = {picture.format(), picture.width(), picture.height(), x_plan.source_colour};
  if (picture.width() != x_from.width || picture.height() != x_from.height || picture.format() != x_from.format) {
    return fail(ErrorCode::kInputUnsupported, "the picture changes to " + std::to_string(picture.width()) + "x" +
                                                  std::to_string(picture.height()) + " " +
                                                  picture.format().to_string() +
                                                  " inside the programme; cut the master there and convert its parts");
  }
  return picture;
}

/// False when nobody takes pictures any more.
Result<bool> Making::show(Cadence& cadence, const media::Frame& frame, Picture picture, int64_t later) {
  PIER_TRY(std::optional<Shown> shown, cadence.next(frame, std::move(picture), later));
  return !shown || x_decoded.push(std::move(*shown));
}

Result<bool> Making::show_fields(Cadence& cadence, const std::optional<FieldSeparator::Pair>& fields) {
  for (size_t i = 0; fields && i < fields->size(); ++i) {
    if (!(*fields)[i]) return fail(ErrorCode::kTooLarge, "no memory for a picture");
    PIER_TRY(const bool wanted, show(cadence, x_frame, (*fields)[i], static_cast<int64_t>(i)));
    if (!wanted) return false;
  }
  return true;
}

Result<void> Making::decode() {
  PIER_TRY(media::FrameRange range,
           media::FrameRange::open(x_source, x_plan.stream_index, x_plan.first_pts, x_plan.end_pts, {}, x_threads));
  Cadence cadence(x_plan, x_made);
  if (has_fields()) x_separator.emplace(x_plan.scan == Scan::kTopFirst);
  for (;;) {
    PIER_TRY(const std::optional<media::Frame> frame, range.next());
    if (!frame) break;
    if (frame->damaged) x_made.damaged++;
    PIER_TRY(Picture picture, checked(*frame));
    PIER_TRY(const bool wanted, x_separator ? show_fields(cadence, x_separator->push(std::move(picture)))
                                            : show(cadence, *frame, std::move(picture)));
    if (!wanted) return {};
    x_frame.pts = frame->pts;
  }
  if (x_separator) PIER_CHECK(show_fields(cadence, x_separator->last()));
  if (std::optional<Shown> last = cadence.last()) x_decoded.push(std::move(*last));
  x_decoded.close();
  return {};
}

Result<Picture> Making::converted(const Picture& picture) {
  if (!x_converter) {
    const media::WrittenPictures& wanted = *x_plan.file.pictures;
    PIER_TRY(const media::DeliveryCoding coding, media::picture_coding(wanted.coding));
    const colour::PictureSpec from{picture.format(), picture.width(), picture.height(), x_plan.source_colour};
    const colour::PictureSpec to{coding.format, wanted.width, wanted.height, wanted.colour};
    PIER_TRY(x_converter, colour::Converter::make(from, to, x_plan.conversion));
  }
  return x_converter->run(picture);
}

/// False when nobody takes pictures any more.
Result<bool> Making::hand_on(Picture picture, int64_t times) {
  if (!x_burner) return x_converted.push({std::move(picture), times});
  while (times > 0) {
    PIER_TRY(auto drawn, x_burner->next(picture, times));
    times -= drawn.second;
    if (!x_converted.push({std::move(drawn.first), drawn.second})) return false;
  }
  return true;
}

/// Before the first picture is decoded, so that a character that cannot be drawn is told at once.
Result<void> Making::open_burner() {
  if (!x_plan.burn) return {};
  const media::WrittenPictures& wanted = *x_plan.file.pictures;
  PIER_TRY(const media::DeliveryCoding coding, media::picture_coding(wanted.coding));
  PIER_TRY(x_burner, Burner::make(*x_plan.burn, {coding.format, wanted.colour}, {wanted.width, wanted.height},
                                  x_plan.into, x_plan.frame_rate));
  return {};
}

Result<void> Making::convert() {
  while (std::optional<Shown> shown = x_decoded.pop()) {
    PIER_TRY(Picture picture, converted(shown->picture));
    PIER_TRY(const bool wanted, hand_on(std::move(picture), shown->times));
    if (!wanted) return {};
  }
  x_converted.close();
  return {};
}

Result<void> Making::read_sound() {
  if (x_plan.sounds.empty()) return {};
  // As long as the pictures may turn out to be; what lies after the last one is not written.
  const Rational length = Rational(x_plan.pictures) / x_plan.frame_rate + Rational(2 * kLongestHole);
  PIER_TRY(ProgrammeSound sound, ProgrammeSound::open(x_source, x_plan, x_levels.levels, length));
  for (;;) {
    PIER_TRY(auto blocks, sound.next());
    if (!blocks || !x_blocks.push(std::move(*blocks))) break;
    x_made.silence_samples = sound.silence_samples();
  }
  x_blocks.close();
  return {};
}

media::AudioBlock front(const media::AudioBlock& block, size_t count) {
  media::AudioBlock some;
  some.sample_rate = block.sample_rate;
  for (const auto& samples : block.channels)
    some.channels.emplace_back(samples.begin(), samples.begin() + static_cast<ptrdiff_t>(count));
  return some;
}

/// Up to so many samples from the beginning.
Result<void> Making::write_sound(int64_t until) {
  while (x_samples < until) {
    if (x_block.empty() || x_block.front().samples() == 0) {
      std::optional<std::vector<media::AudioBlock>> next = x_blocks.pop();
      if (!next) return refused();
      x_block = std::move(*next);
      continue;
    }
    const int64_t there = static_cast<int64_t>(x_block.front().samples());
    const auto count = static_cast<size_t>(std::min(until - x_samples, there));
    for (size_t i = 0; i < x_block.size(); ++i) {
      PIER_CHECK(x_writer->add(i, front(x_block[i], count)));
      for (auto& samples : x_block[i].channels)
        samples.erase(samples.begin(), samples.begin() + static_cast<ptrdiff_t>(count));
    }
    x_samples += static_cast<int64_t>(count);
  }
  return {};
}

/// A frame of the file, and the sound to its end.
Result<void> Making::write_frame(const Picture& frame) {
  if (!frame) return fail(ErrorCode::kTooLarge, "no memory for a picture");
  PIER_CHECK(x_writer->add(frame));
  x_made.pictures++;
  if (x_plan.sounds.empty()) return {};
  const Rational time = Rational(x_made.pictures) / x_plan.file.pictures->frame_rate;
  return write_sound(rescale(1, time, Rational(1, x_plan.file.sounds.front().sample_rate)));
}

Result<void> Making::put(const Picture& picture) {
  x_put++;
  if (!x_plan.weave) return write_frame(picture);
  const std::optional<Picture> frame = x_weaver.push(picture);
  return frame ? write_frame(*frame) : Result<void>();
}

Result<void> Making::write() {
  while (const std::optional<Shown> shown = x_converted.pop()) {
    for (int64_t i = 0; i < shown->times; ++i) PIER_CHECK(put(shown->picture));
    const double done = static_cast<double>(x_put) / static_cast<double>(x_plan.pictures);
    if (x_progress && !x_progress(std::min(done, 1.0), x_made.pictures)) return fail(ErrorCode::kCancelled, "stopped");
  }
  PIER_CHECK(refused());
  if (const std::optional<Picture> frame = x_weaver.last()) PIER_CHECK(write_frame(*frame));
  if (x_made.pictures == 0) return fail(ErrorCode::kInputDamaged, "not one picture could be decoded");
  return x_writer->finish();
}

void Making::in_thread(Result<void> (Making::*work)()) {
  const Result<void> done = (this->*work)();
  if (done) return;
  x_error.set(done.error());
  close();
}

void Making::close() {
  x_decoded.close();
  x_converted.close();
  x_blocks.close();
}

Result<Made> Making::run(int output) {
  media::FileConfig config = x_plan.file;
  x_weaver = FieldWeaver(x_plan.smooth);
  config.pictures->threads = x_threads;
  PIER_CHECK(open_burner());
  PIER_TRY(x_writer, media::FileWriter::open(output, config));
  if (x_plan.loudness && !x_plan.sounds.empty()) {
    PIER_TRY(x_levels, find_levels(x_source, x_plan, x_progress));
    x_made.loudness = x_levels.made;
  }
  {
    std::vector<std::jthread> threads;
    threads.emplace_back([this] { in_thread(&Making::decode); });
    threads.emplace_back([this] { in_thread(&Making::convert); });
    threads.emplace_back([this] { in_thread(&Making::read_sound); });
    in_thread(&Making::write);
    close();
  }
  PIER_CHECK(refused());
  if (x_burner) x_made.burned = x_burner->burned();
  if (x_converter) x_made.conversion = x_converter->describe();
  return std::move(x_made);
}

}  // namespace

Result<Made> make_file(const media::Source& source, const Plan& plan, int output, int threads,
                       const Progress& progress) {
  if (!plan.file.pictures) return fail(ErrorCode::kInvalidArgument, "a delivery needs pictures");
  return Making(source, plan, std::max(1, threads), progress).run(output);
}

}  // namespace pier::deliver
