#include <algorithm>
#include <future>

#include <pier/analysis/analyzer.hpp>
#include <pier/core/concurrency.hpp>
#include <pier/quality/compare.hpp>
#include <pier/quality/measurer.hpp>

#include "common_form.hpp"
#include "pairing.hpp"
#include "worst.hpp"

namespace pier::quality {
namespace {

using namespace impl;

constexpr int kBeginning = 50;     // pictures of each that tell the offset
constexpr int64_t kTellEvery = 4;  // pictures between two words of progress

/// Shots of the reference, found as in every report.
class ShotFinder {
 public:
  explicit ShotFinder(const media::VideoFacts& video) {
    analysis::AnalyzerContext context;
    context.video = analysis::VideoContext{video.stream_index, video.time_base, video.frame_rate, video.codec};
    for (const analysis::AnalyzerEntry& entry : analysis::analyzer_registry()) {
      if (entry.name == "shots") x_analyzer = entry.make(context);
    }
  }
  /// From several threads at once.
  std::unique_ptr<analysis::Measured> measure(const Picture& picture, const analysis::FrameTime& time) const {
    media::Frame frame;
    frame.picture = picture;
    frame.pts = time.pts;
    return x_analyzer->measure(analysis::FrameViews(std::move(frame), time));
  }
  /// In order.
  void observe(const analysis::FrameTime& time, const analysis::Measured& measured) {
    x_analyzer->observe(time, measured);
  }
  /// First and last picture of each.
  std::vector<std::pair<size_t, size_t>> finish() {
    const analysis::Outcome outcome = x_analyzer->finish();
    std::vector<std::pair<size_t, size_t>> shots;
    const auto list = get_array(outcome.measures, "list");
    for (size_t i = 0; list && i < list->size(); ++i) {
      const json::array& shot = (*list)[i].as_array();
      shots.emplace_back(shot.at(0).to_number<size_t>(), shot.at(1).to_number<size_t>());
    }
    return shots;
  }

 private:
  std::unique_ptr<analysis::Analyzer> x_analyzer;
};

/// What was measured of one pair.
struct Measurement {
  Result<std::vector<double>> values;
  Picture reference, test;  // in the common form
  analysis::FrameTime time;
  std::unique_ptr<analysis::Measured> shot;
};

/// Those of the metrics that such pictures have.
Result<Measurer> make_measurer(MeasureSpec spec, const std::vector<Metric>& wanted, std::vector<std::string>& notes) {
  std::optional<Error> last;
  for (const Metric metric : wanted) {
    MeasureSpec one = spec;
    one.metrics = {metric};
    const auto tried = Measurer::make(one);
    if (tried) {
      spec.metrics.push_back(metric);
    } else {
      last = tried.error();
      notes.push_back("without " + std::string(to_string(metric)) + ": " + last->message);
    }
  }
  if (spec.metrics.empty() && last) return Failure(*last);
  return Measurer::make(spec);
}

class Comparing {
 public:
  Comparing(const CompareOptions& options, const media::VideoFacts& video, int64_t pictures)
      : x_options(options), x_video(video), x_expected(std::max<int64_t>(1, pictures)), x_shots(video) {}

  Result<Comparison> run(Pairing pairs, const media::VideoFacts& test_video) {
    const auto threads = static_cast<size_t>(std::max(1, x_options.threads));
    x_worst.emplace(x_options.worst);
    // Last of all, so that what is under way ends before anything it looks at.
    ThreadPool pool(threads, threads);
    while (true) {
      PIER_TRY(auto pair, pairs.next());
      if (!pair) break;
      if (!x_measurer) {
        PIER_CHECK(settle(*pair, test_video));
      }
      PIER_CHECK(begin(pool, *pair));
      if (x_under_way.size() > threads) {
        PIER_CHECK(take());
      }
    }
    while (!x_under_way.empty()) {
      PIER_CHECK(take());
    }
    if (x_found.pictures.empty())
      return fail(ErrorCode::kInvalidArgument, "no two pictures of one time; is --offset right?");
    PIER_TRY(x_found.alignment, pairs.finish());
    note_damage("REF", pairs.damaged_references());
    note_damage("TEST", pairs.damaged_tests());
    gather_shots();
    x_found.worst = x_worst->finish();
    return std::move(x_found);
  }

 private:
  Result<void> settle(const Pair& first, const media::VideoFacts& test_video) {
    PIER_TRY(x_form, CommonForm::make(first.reference.picture, x_video, first.test.picture, test_video));
    const colour::PictureSpec& spec = x_form->spec();
    x_found.notes = x_form->notes();
    PIER_TRY(x_measurer, make_measurer({{}, spec.format, spec.width, spec.height, spec.colour, x_video.frame_rate},
                                       x_options.metrics, x_found.notes));
    x_found.series = x_measurer->series();
    x_found.measured_at =
        std::to_string(spec.width) + "x" + std::to_string(spec.height) + " " + spec.format.to_string();
    x_found.reference_way = x_form->reference_way();
    x_found.test_way = x_form->test_way();
    x_found.other_raster = x_form->other_raster();
    return {};
  }

  Result<void> begin(ThreadPool& pool, const Pair& pair) {
    PIER_TRY(const Picture reference, x_form->reference(pair.reference.picture));
    const int64_t number = x_begun++;
    const analysis::FrameTime time{number, rescale(1, pair.reference.time, x_video.time_base), 1};
    x_found.pictures.push_back({pair.reference.index, pair.test.index, pair.reference.time, {}});
    auto work = std::make_shared<std::packaged_task<Measurement()>>(
        [this, reference, test = pair.test.picture, before = x_before, before_that = x_before_that, time]() {
          return measured(reference, test, before, before_that, time);
        });
    x_under_way.push_back(work->get_future());
    x_before_that = std::exchange(x_before, reference);
    if (!pool.submit([work] { (*work)(); })) return fail(ErrorCode::kInternal, "the pool is closed");
    return {};
  }

  Measurement measured(const Picture& reference, const Picture& test, const Picture& before, const Picture& before_that,
                       const analysis::FrameTime& time) const {
    const Result<Picture> brought = x_form->test(test);
    if (!brought) return {Failure(brought.error()), reference, test, time, nullptr};
    return {x_measurer->measure(reference, *brought, before, before_that), reference, *brought, time,
            x_shots.measure(reference, time)};
  }

  /// The oldest of what is under way.
  Result<void> take() {
    Measurement one = x_under_way.front().get();
    x_under_way.pop_front();
    if (!one.values) return Failure(one.values.error());
    const auto number = static_cast<size_t>(one.time.index);
    x_shots.observe(one.time, *one.shot);
    PIER_CHECK(x_worst->offer(number, (*one.values)[0], x_found.series.front(), one.reference, one.test));
    x_found.pictures[number].values = std::move(*one.values);
    const double share = std::min(1.0, static_cast<double>(one.time.index) / static_cast<double>(x_expected));
    if (one.time.index % kTellEvery == 0 && x_options.on_progress && !x_options.on_progress(share, one.time.index))
      return fail(ErrorCode::kCancelled, "the comparison was cancelled");
    return {};
  }

  void note_damage(const char* name, int64_t count) {
    if (count > 0) x_found.notes.push_back(std::to_string(count) + " pictures of " + name + " are damaged");
  }

  void gather_shots() {
    for (const auto& [first, last] : x_shots.finish()) {
      ComparedShot shot{first, std::min(last, x_found.pictures.size() - 1), {}};
      for (size_t s = 0; s < x_found.series.size(); ++s) {
        double sum = 0;
        for (size_t i = shot.first; i <= shot.last; ++i) sum += x_found.pictures[i].values[s];
        shot.means.push_back(sum / static_cast<double>(shot.last - shot.first + 1));
      }
      x_found.shots.push_back(std::move(shot));
    }
  }

  const CompareOptions& x_options;
  const media::VideoFacts& x_video;
  int64_t x_expected;
  ShotFinder x_shots;
  std::optional<CommonForm> x_form;
  std::optional<Measurer> x_measurer;
  std::optional<WorstPictures> x_worst;
  Comparison x_found;
  int64_t x_begun = 0;
  Picture x_before, x_before_that;
  std::deque<std::future<Measurement>> x_under_way;
};

Result<Strip> beginning(const char* name, const media::Source& source, const media::Facts& facts, int threads) {
  PIER_TRY(PictureReader reader, PictureReader::open(name, source, facts, threads));
  Strip strip;
  if (reader.video().frame_rate.num > 0) strip.step = reader.video().frame_rate.inverse().value();
  for (int i = 0; i < kBeginning; ++i) {
    PIER_TRY(const auto picture, reader.next());
    if (!picture) break;
    strip.cells.push_back({picture->time.value(), picture->thumbnail});
  }
  return strip;
}

const media::VideoFacts& main_video(const media::Facts& facts) {
  return facts.video[static_cast<size_t>(facts.main_video)];
}

}  // namespace

Result<Comparison> compare(const media::Source& reference, const media::Facts& reference_facts,
                           const media::Source& test, const media::Facts& test_facts, const CompareOptions& options) {
  PIER_TRY(PictureReader references, PictureReader::open("REF", reference, reference_facts, options.threads));
  PIER_TRY(PictureReader tests, PictureReader::open("TEST", test, test_facts, options.threads));
  Rational offset = options.offset.value_or(Rational(0));
  if (!options.offset) {
    PIER_TRY(const Strip one, beginning("REF", reference, reference_facts, options.threads));
    PIER_TRY(const Strip other, beginning("TEST", test, test_facts, options.threads));
    const Rational rate =
        one.step < other.step ? main_video(reference_facts).frame_rate : main_video(test_facts).frame_rate;
    const double steps = find_offset(one, other) / std::min(one.step, other.step);
    offset = Rational(std::llround(steps)) * (rate.num > 0 ? rate.inverse() : Rational(1, 25));
  }
  const media::VideoFacts& video = main_video(reference_facts);
  Comparing comparing(options, video, video.frames);
  PIER_TRY(Comparison found,
           comparing.run(Pairing(std::move(references), std::move(tests), offset), main_video(test_facts)));
  found.alignment.given = options.offset.has_value();
  return found;
}

}  // namespace pier::quality
