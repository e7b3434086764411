#include <pier/subtitles/segments.hpp>

namespace pier::subtitles {

Result<void> for_each_segment(const Document& document, std::span<const Rational> boundaries,
                              const std::function<Result<void>(size_t number, const Document& part)>& take) {
  Document part{document.language, document.title, {}};
  size_t next = 0;  // the first cue that no segment had
  for (size_t number = 0; number + 1 < boundaries.size(); ++number) {
    const Rational from = boundaries[number], until = boundaries[number + 1];
    std::erase_if(part.cues, [&](const Cue& cue) { return cue.end <= from; });
    for (; next < document.cues.size() && document.cues[next].start < until; ++next) {
      if (document.cues[next].end > from) part.cues.push_back(document.cues[next]);
    }
    PIER_CHECK(take(number, part));
  }
  return {};
}

}  // namespace pier::subtitles
