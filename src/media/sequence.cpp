#include <algorithm>
#include <map>
#include <optional>

#include <pier/media/sequence.hpp>

#include "container/byte_source.hpp"
#include "container/image_header.hpp"

namespace pier::media {

using namespace impl;

namespace {

constexpr size_t kMaxKinds = 64;
constexpr int kRateWhenUnknown = 25;

class Scan {
 public:
  Scan(SequenceReport& report, const PictureSequence& sequence) : x_report(report), x_sequence(sequence) {}
  Result<void> run(const std::function<bool(double)>& on_progress);

 private:
  struct Kind {
    int64_t count = 0;
    ImageHeader header;
  };
  struct Seen {
    int64_t number = 0;
    std::string found;  // header, or what is wrong
    bool cut = false;
  };
  void take_number(int64_t number);
  Seen look(size_t index);
  void finish();

  SequenceReport& x_report;
  const PictureSequence& x_sequence;
  std::optional<int64_t> x_last;
  std::map<std::string, Kind> x_kinds;  // by printed header
  std::map<std::string, std::vector<int64_t>> x_numbers;
};

void Scan::take_number(int64_t number) {
  if (x_last && number > *x_last + 1) {
    x_report.missing += number - *x_last - 1;
    if (x_report.gaps.size() < kMaxSequenceItems) x_report.gaps.push_back({*x_last + 1, number - 1});
  }
  x_last = number;
}

Scan::Seen Scan::look(size_t index) {
  const auto& [number, size] = x_sequence.pictures[index];
  x_report.bytes += size;
  if (size == 0) return {number, "empty", true};
  std::optional<Error> refused;
  const auto read = [&](uint64_t offset, std::span<std::byte> out) -> size_t {
    auto got = x_sequence.files->read(index, offset, out);
    if (!got) refused = got.error();
    return got ? *got : 0;
  };
  const auto header = read_image_header(ByteSource(read, size));
  if (refused) return {number, "cannot be read: " + refused->message, true};
  if (!header) return {number, "no picture of its kind", true};
  if (header->least_bytes > size) return {number, "cut off", true};
  constexpr size_t kMostKinds = 1024;
  const std::string text = header->print();
  if (x_kinds.size() >= kMostKinds && !x_kinds.contains(text)) return {number, text, true};
  Kind& kind = x_kinds[text];
  if (kind.count++ == 0) kind.header = *header;
  return {number, text, false};
}

Result<void> Scan::run(const std::function<bool(double)>& on_progress) {
  const size_t count = x_sequence.pictures.size();
  for (size_t i = 0; i < count; ++i) {
    const int64_t number = x_sequence.pictures[i].number;
    take_number(number);
    Seen seen = look(i);
    if (seen.cut) {
      ++x_report.odd_count;
      if (x_report.odd.size() < kMaxSequenceItems) x_report.odd.push_back({number, std::move(seen.found)});
    } else if (x_numbers.contains(seen.found) || x_numbers.size() < kMaxKinds) {
      auto& numbers = x_numbers[seen.found];
      if (numbers.size() < kMaxSequenceItems) numbers.push_back(number);
    }
    if (on_progress && i % 64 == 0 && !on_progress(static_cast<double>(i) / static_cast<double>(count)))
      return fail(ErrorCode::kCancelled, "reading the sequence was cancelled");
  }
  finish();
  return {};
}

// What most pictures are is right; the others are odd.
void Scan::finish() {
  std::string most;
  int64_t count = 0;
  for (const auto& [text, kind] : x_kinds) {
    if (kind.count <= count) continue;
    most = text;
    count = kind.count;
    x_report.header = kind.header;
  }
  for (const auto& [text, kind] : x_kinds) {
    if (text == most) continue;
    x_report.odd_count += kind.count;
    for (const int64_t number : x_numbers[text]) {
      if (x_report.odd.size() < kMaxSequenceItems) x_report.odd.push_back({number, text});
    }
  }
  std::sort(x_report.odd.begin(), x_report.odd.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
}

}  // namespace

std::string ImageHeader::print() const {
  return std::to_string(width) + "x" + std::to_string(height) + " " + (layout.empty() ? "samples" : layout) + " " +
         std::to_string(depth) + " bit" + (floating ? " float" : "") + " " + kind;
}

Result<SequenceReport> scan_sequence(const Source& source, const std::function<bool(double)>& on_progress) {
  if (!source.sequence) return fail(ErrorCode::kInvalidArgument, display_text(source.path) + " is no image sequence");
  const PictureSequence& sequence = *source.sequence;
  SequenceReport report;
  report.folder = sequence.folder;
  report.prefix = sequence.prefix;
  report.extension = sequence.extension;
  report.digits = sequence.digits;
  report.others = sequence.others;
  report.frames = static_cast<int64_t>(sequence.pictures.size());
  report.first = sequence.pictures.front().number;
  report.last = sequence.pictures.back().number;
  PIER_CHECK(Scan(report, sequence).run(on_progress));
  if (report.header.kind.empty()) {
    return fail(ErrorCode::kInputDamaged, "none of the " + std::to_string(report.frames) + " pictures " +
                                              display_text(sequence.pattern()) + " is a whole DPX, EXR or TIFF file");
  }
  return report;
}

std::string not_judged_because(const ImageHeader& header) {
  if (header.floating) return "they are floating point, of light without a stated reference";
  if (header.transfer == Transfer::kLinear) return "their light is linear, without a stated reference";
  if (header.logarithmic) return "their codes are logarithmic (film density)";
  if (header.depth < 8 || header.depth > 16) return "nothing here decodes " + header.print();
  return {};
}

Facts sequence_facts(const SequenceReport& report, Rational frame_rate) {
  Facts facts;
  const PictureSequence names{report.folder, report.prefix, report.extension, report.digits, {}, {}, {}, {}};
  facts.path = names.pattern();
  const ImageHeader& header = report.header;
  facts.container = kSequenceContainer;
  facts.bytes = report.bytes;
  VideoFacts video;
  video.codec = Codec::kOther;
  video.codec_name = header.kind;
  video.decodable = not_judged_because(header).empty();
  video.width = header.width;
  video.height = header.height;
  video.format.bit_depth = static_cast<uint8_t>(std::clamp(header.depth, 1, 64));
  video.format.rgb = header.layout.starts_with("rgb");
  video.format.chroma = header.layout == "gray"     ? Chroma::k400
                        : header.layout == "yuv422" ? Chroma::k422
                                                    : Chroma::k444;
  video.colour.transfer = header.transfer;
  video.colour.range = header.range;
  if (video.format.rgb) video.colour.matrix = Matrix::kRgb;
  video.frame_rate = frame_rate.num > 0 ? frame_rate : header.frame_rate;
  video.time_base = video.frame_rate.num > 0 ? video.frame_rate.inverse() : Rational(1, kRateWhenUnknown);
  video.frames = report.frames;
  const int64_t numbers = report.last - report.first + 1;
  if (video.frame_rate.num > 0) video.duration = facts.duration = Rational(numbers) / video.frame_rate;
  if (facts.duration.num > 0)
    video.bitrate = static_cast<int64_t>(static_cast<double>(facts.bytes) * 8 / facts.duration.value());
  const auto carry = [&](std::string key, std::string value) {
    video.carriers.push_back({header.kind + ".header", std::move(key), std::move(value), report.frames, 0});
  };
  carry("raster", std::to_string(header.width) + "x" + std::to_string(header.height));
  if (header.frame_rate.num > 0) carry("frame_rate", header.frame_rate.to_string());
  if (const std::string why = not_judged_because(header); !why.empty()) {
    facts.warnings.push_back("the pixels of the pictures are not judged: " + why);
  } else if (header.transfer == Transfer::kUnspecified) {
    facts.warnings.push_back("the headers do not say what light the codes mean: taken for SDR of BT.709, " +
                             std::string(header.range == Range::kFull ? "full" : "narrow") + " range");
  }
  facts.video.push_back(std::move(video));
  facts.main_video = 0;
  if (!report.others.empty()) {
    std::string others;
    for (const std::string& other : report.others) others += (others.empty() ? "" : ", ") + other;
    facts.warnings.push_back("other sequences in the folder were not read: " + others);
  }
  return facts;
}

}  // namespace pier::media
