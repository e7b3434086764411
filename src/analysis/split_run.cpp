#include "split_run.hpp"

#include <cstdio>
#include <cstdlib>

#include "pass.hpp"
#include "signal.hpp"

namespace pier::analysis::test {

namespace {

void feed(Analyzer& analyzer, const MeasuredClip& clip, size_t from, size_t to) {
  for (size_t i = from; i < to; ++i) {
    if (clip.frames[i]) {
      analyzer.observe(clip.times[i], *clip.frames[i]);
    } else {
      analyzer.observe_damaged(clip.times[i]);
    }
  }
}

}  // namespace

MeasuredClip measure_clip(const Analyzer& analyzer, int count, const std::function<Picture(int)>& picture) {
  MeasuredClip clip;
  for (int i = 0; i < count; ++i) {
    media::Frame frame;
    frame.picture = picture(i);
    const FrameTime time{.index = i, .pts = i, .duration = 1};
    clip.times.push_back(time);
    if (!frame.picture) {
      clip.frames.push_back(nullptr);
      continue;
    }
    const auto signal = Signal::make(frame.picture.format(), frame.picture.colour());
    const FrameViews views(std::move(frame), time, signal, nullptr);
    clip.frames.push_back(analyzer.measure(views));
  }
  return clip;
}

std::string text_of(Outcome outcome) {
  json::array findings;
  for (const Finding& finding : outcome.findings) findings.push_back(to_json(finding));
  json::object totals;
  for (const auto& [kind, total] : outcome.totals) totals[kind] = json::array{total.count, total.seconds};
  return json::serialize(json::object{
      {"findings", std::move(findings)}, {"totals", std::move(totals)}, {"measures", std::move(outcome.measures)}});
}

std::string run_whole(Make make, const AnalyzerContext& context, const MeasuredClip& clip) {
  const auto analyzer = make(context);
  feed(*analyzer, clip, 0, clip.frames.size());
  return text_of(analyzer->finish());
}

std::string run_split(Make make, const AnalyzerContext& context, const MeasuredClip& clip, std::mt19937& random) {
  const auto merged = make(context);
  size_t from = 0;
  bool first = true;
  while (from < clip.frames.size()) {
    const size_t longest = random() % 2 == 0 ? 12 : clip.frames.size();
    const size_t to = std::min(clip.frames.size(), from + 1 + random() % longest);
    const auto part = make(context);
    feed(*part, clip, from, to);
    const auto state = part->save();
    const auto read = state ? parse_json(json::serialize(*state)) : Result<json::value>(json::value());
    const auto done = first ? merged->load(*read) : merged->merge(*read);
    if (!state || !read || !done) {
      std::fprintf(stderr, "part was refused: %s\n", done ? "no state" : done.error().message.c_str());
      std::abort();
    }
    first = false;
    from = to;
  }
  return text_of(merged->finish());
}

std::unique_ptr<Analyzer> run_frames(Make make, const ClipSpec& spec, const Plant& plant, int from, int to) {
  auto analyzer = make(options_of(spec).context);
  std::shared_ptr<const Signal> signal;
  std::shared_ptr<FrameViews> previous;
  for (int i = std::max(0, from - 1); i < to; ++i) {
    media::Frame frame = frame_of(spec, i, plant);
    if (!signal) signal = Signal::make(frame.picture.format(), frame.picture.colour());
    const FrameTime time{.index = i, .pts = i, .duration = 1};
    auto views = std::make_shared<FrameViews>(std::move(frame), time, signal, previous);
    if (i >= from) analyzer->observe(time, *analyzer->measure(*views));
    views->release_previous();
    previous = std::move(views);
  }
  return analyzer;
}

Outcome run_clip(Make make, const ClipSpec& spec, const Plant& plant) {
  return run_frames(make, spec, plant, 0, spec.frames)->finish();
}

Outcome run_cut(Make make, const ClipSpec& spec, const Plant& plant, const std::vector<int>& cuts) {
  const auto merged = make(options_of(spec).context);
  for (size_t i = 0; i + 1 < cuts.size(); ++i) {
    const auto state = run_frames(make, spec, plant, cuts[i], cuts[i + 1])->save();
    const auto read = state ? parse_json(json::serialize(*state)) : Result<json::value>(json::value());
    const auto done = i == 0 ? merged->load(*read) : merged->merge(*read);
    if (!state || !read || !done) {
      std::fprintf(stderr, "part was refused: %s\n", done ? "no state" : done.error().message.c_str());
      std::abort();
    }
  }
  return merged->finish();
}

}  // namespace pier::analysis::test
