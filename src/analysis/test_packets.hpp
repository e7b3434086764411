#pragma once
// Access units made by hand for tests of the analyzers that read them: no codec, no container.

#include <vector>

#include <pier/analysis/analyzer.hpp>

namespace pier::analysis::test {

struct UnitSpec {
  int64_t pts = 0, dts = 0;  // INT64_MIN: none
  int64_t duration = 1;
  bool key = false;
  media::AccessUnit unit;  // with `picture` and `parsed` set by feed()
};

/// One stream at `fps`, a tick a picture.
AnalyzerContext context_of(int fps = 50, media::Codec codec = media::Codec::kHevc);

/// Pictures in decoding order from letters: "I" IDR, "C" CRA, "i" an I picture that is no access point, "P", "B" (a
/// reference), "b", "L" RASL, "l" RADL. Each letter is followed by its presentation number in brackets: "I(0)P(4)B(2)".
std::vector<UnitSpec> units_of(const char* text);

/// Hands all of them to `analyzer` and finishes it.
Outcome feed(Analyzer& analyzer, const std::vector<UnitSpec>& units);

std::vector<Finding> of_kind(const Outcome& outcome, std::string_view kind);

}  // namespace pier::analysis::test
