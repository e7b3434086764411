#include "test_packets.hpp"

#include <cstdlib>

namespace pier::analysis::test {

namespace {

using media::PictureAccess;
using media::PictureCoding;

media::AccessUnit unit_of(char letter) {
  media::AccessUnit unit;
  unit.parsed = unit.picture = true;
  unit.reference = letter != 'b';
  unit.slices = 1;
  unit.bytes = 1000;
  unit.nal_bits = unit.vcl_bits = 8000;
  unit.coding = PictureCoding::kB;
  if (letter == 'I' || letter == 'C' || letter == 'i') unit.coding = PictureCoding::kI;
  if (letter == 'P') unit.coding = PictureCoding::kP;
  if (letter == 'I') unit.access = PictureAccess::kIdr;
  if (letter == 'C') unit.access = PictureAccess::kCra;
  if (letter == 'L') unit.access = PictureAccess::kRasl;
  if (letter == 'l') unit.access = PictureAccess::kRadl;
  return unit;
}

}  // namespace

AnalyzerContext context_of(int fps, media::Codec codec) {
  AnalyzerContext context;
  context.video = VideoContext{
      .stream_index = 0, .time_base = Rational(1, fps), .frame_rate = fps, .codec = codec, .configuration = {}};
  return context;
}

std::vector<UnitSpec> units_of(const char* text) {
  std::vector<UnitSpec> units;
  for (const char* at = text; *at != 0;) {
    UnitSpec spec;
    spec.unit = unit_of(*at);
    spec.key = *at == 'I' || *at == 'C';
    char* end = nullptr;
    spec.pts = std::strtoll(at + 2, &end, 10);
    spec.dts = static_cast<int64_t>(units.size()) - 2;
    units.push_back(spec);
    at = end + 1;
  }
  return units;
}

Outcome feed(Analyzer& analyzer, const std::vector<UnitSpec>& units) {
  const media::AccessUnitReader reader(media::Codec::kHevc, {});
  for (const UnitSpec& spec : units) {
    media::Packet packet;
    packet.pts = spec.pts;
    packet.dts = spec.dts;
    packet.duration = spec.duration;
    packet.key = spec.key;
    analyzer.read(packet);
    analyzer.read_unit(packet, spec.unit, reader);
  }
  return analyzer.finish();
}

std::vector<Finding> of_kind(const Outcome& outcome, std::string_view kind) {
  std::vector<Finding> found;
  for (const Finding& finding : outcome.findings) {
    if (finding.kind == kind) found.push_back(finding);
  }
  return found;
}

}  // namespace pier::analysis::test
