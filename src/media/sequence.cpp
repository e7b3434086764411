#include <algorithm>
#include <charconv>
#include <map>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <pier/media/sequence.hpp>

#include "container/byte_source.hpp"
#include "container/image_header.hpp"

namespace pier::media {

using namespace impl;

namespace {

constexpr size_t kMaxFiles = 2'000'000;
constexpr size_t kMaxOthers = 20;
constexpr size_t kMaxDigits = 15;
constexpr std::string_view kExtensions[] = {"dpx", "exr", "tif", "tiff"};

/// "name.0001.dpx" without its number: what the files of a sequence share.
struct Stem {
  std::string prefix, extension;
  int digits = 0;  // of padded numbers; 0 otherwise
  auto operator<=>(const Stem&) const = default;
};

struct Numbered {
  Stem stem;
  int64_t number = 0;
  std::string digits;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool known_extension(std::string extension) {
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::find(std::begin(kExtensions), std::end(kExtensions), extension) != std::end(kExtensions);
}

// The last number before the extension counts.
std::optional<Numbered> split_name(const std::string& name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos || !known_extension(name.substr(dot + 1))) return std::nullopt;
  size_t begin = dot;
  while (begin > 0 && is_digit(name[begin - 1]) && dot - begin < kMaxDigits) --begin;
  if (begin == dot) return std::nullopt;
  Numbered file;
  file.digits = name.substr(begin, dot - begin);
  file.stem.prefix = name.substr(0, begin);
  file.stem.extension = name.substr(dot + 1);
  file.stem.digits = file.digits[0] == '0' && file.digits.size() > 1 ? static_cast<int>(file.digits.size()) : 0;
  std::from_chars(file.digits.data(), file.digits.data() + file.digits.size(), file.number);
  return file;
}

// "name.%06d.dpx", "name.%d.dpx"
std::optional<Stem> split_pattern(const std::string& name) {
  const size_t percent = name.find('%');
  if (percent == std::string::npos) return std::nullopt;
  size_t at = percent + 1;
  int digits = 0;
  for (; at < name.size() && is_digit(name[at]) && digits < 100; ++at) digits = 10 * digits + (name[at] - '0');
  if (at + 1 >= name.size() || name[at] != 'd' || name[at + 1] != '.' || !known_extension(name.substr(at + 2)))
    return std::nullopt;
  return Stem{name.substr(0, percent), name.substr(at + 2), digits};
}

struct Place {
  std::string folder, name;
};

Place place_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

/// Numbered pictures of a folder by stem, numbers in order. Padded and unpadded numbers of one sequence ("0999",
/// "1000") belong together.
using Groups = std::map<Stem, std::vector<std::pair<int64_t, std::string>>>;

Result<Groups> list_folder(const std::string& folder, const std::optional<Stem>& wanted) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), ::closedir);
  if (!directory) return Failure(errno_error(errno, "cannot list " + display_text(folder)));
  Groups padded;
  size_t count = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    auto file = split_name(entry->d_name);
    if (!file) continue;
    Stem key{file->stem.prefix, file->stem.extension, 0};
    if (wanted && (wanted->prefix != key.prefix || wanted->extension != key.extension)) continue;
    if (++count > kMaxFiles)
      return fail(ErrorCode::kTooLarge, display_text(folder) + " holds more than two million numbered pictures");
    padded[key].emplace_back(file->number, entry->d_name);
  }
  for (auto& [stem, files] : padded) std::sort(files.begin(), files.end());
  return padded;
}

bool is_regular_folder(const std::string& path) {
  struct stat state{};
  return ::stat(path.c_str(), &state) == 0 && S_ISDIR(state.st_mode);
}

class Scan {
 public:
  Scan(SequenceReport& report, int folder) : x_report(report), x_folder(folder) {}
  Result<void> run(const std::vector<std::pair<int64_t, std::string>>& files,
                   const std::function<bool(double)>& on_progress);

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
  Seen look(int64_t number, const std::string& name);
  void finish();

  SequenceReport& x_report;
  int x_folder;
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

Scan::Seen Scan::look(int64_t number, const std::string& name) {
  const UniqueFd fd(::openat(x_folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return {number, "cannot be opened", true};
  const auto state = file_state(fd.get());
  if (!state || !state->regular) return {number, "no regular file", true};
  x_report.bytes += state->size;
  const auto header = read_image_header(ByteSource(fd.get(), state->size));
  if (!header) return {number, state->size == 0 ? "empty" : "no picture of its kind", true};
  if (header->least_bytes > state->size) return {number, "cut off", true};
  constexpr size_t kMostKinds = 1024;
  const std::string text = header->print();
  if (x_kinds.size() >= kMostKinds && !x_kinds.contains(text)) return {number, text, true};
  Kind& kind = x_kinds[text];
  if (kind.count++ == 0) kind.header = *header;
  return {number, text, false};
}

Result<void> Scan::run(const std::vector<std::pair<int64_t, std::string>>& files,
                       const std::function<bool(double)>& on_progress) {
  constexpr size_t kMaxKinds = 64;
  for (size_t i = 0; i < files.size(); ++i) {
    const auto& [number, name] = files[i];
    take_number(number);
    Seen seen = look(number, name);
    if (seen.cut) {
      ++x_report.odd_count;
      if (x_report.odd.size() < kMaxSequenceItems) x_report.odd.push_back({number, std::move(seen.found)});
    } else if (x_numbers.contains(seen.found) || x_numbers.size() < kMaxKinds) {
      auto& numbers = x_numbers[seen.found];
      if (numbers.size() < kMaxSequenceItems) numbers.push_back(number);
    }
    if (on_progress && i % 64 == 0 && !on_progress(static_cast<double>(i) / static_cast<double>(files.size())))
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

bool names_sequence(const std::string& path) {
  const Place place = place_of(path);
  if (split_pattern(place.name)) return true;
  if (!is_regular_folder(path)) return split_name(place.name).has_value();
  for (const char* map : {"/ASSETMAP.xml", "/ASSETMAP"}) {
    struct stat state{};
    if (::stat((path + map).c_str(), &state) == 0) return false;
  }
  const auto groups = list_folder(path, std::nullopt);
  return groups && !groups->empty();
}

Result<SequenceReport> scan_sequence(const std::string& path, const std::function<bool(double)>& on_progress) {
  Place place = place_of(path);
  std::optional<Stem> wanted = split_pattern(place.name);
  if (!wanted && is_regular_folder(path)) {
    place = {path, ""};
  } else if (!wanted) {
    const auto file = split_name(place.name);
    if (!file) return fail(ErrorCode::kInvalidArgument, display_text(path) + " names no numbered pictures");
    wanted = file->stem;
  }
  PIER_TRY(const Groups groups, list_folder(place.folder, wanted));
  if (groups.empty())
    return fail(ErrorCode::kNotFound, "there is no numbered DPX, EXR or TIFF picture at " + display_text(path));
  const auto longest = std::max_element(groups.begin(), groups.end(),
                                        [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  SequenceReport report;
  report.folder = place.folder;
  report.prefix = longest->first.prefix;
  report.extension = longest->first.extension;
  const auto& files = longest->second;
  report.digits = split_name(files.front().second)->stem.digits;
  report.frames = static_cast<int64_t>(files.size());
  report.first = files.front().first;
  report.last = files.back().first;
  for (const auto& [stem, other] : groups) {
    if (stem == longest->first || report.others.size() >= kMaxOthers) continue;
    report.others.push_back(display_text(stem.prefix) + "[" + std::to_string(other.front().first) + "-" +
                            std::to_string(other.back().first) + "]." + stem.extension);
  }
  PIER_TRY(const UniqueFd folder, open_read(place.folder));
  PIER_CHECK(Scan(report, folder.get()).run(files, on_progress));
  return report;
}

Facts sequence_facts(const SequenceReport& report, Rational frame_rate) {
  Facts facts;
  facts.path = report.folder + "/" + report.prefix + "%" +
               (report.digits > 0 ? "0" + std::to_string(report.digits) : std::string()) + "d." + report.extension;
  const ImageHeader& header = report.header;
  facts.container = "image sequence";
  facts.bytes = report.bytes;
  VideoFacts video;
  video.codec = Codec::kOther;
  video.codec_name = header.kind;
  video.decodable = false;
  video.width = header.width;
  video.height = header.height;
  video.format.bit_depth = static_cast<uint8_t>(std::clamp(header.depth, 1, 64));
  video.format.rgb = header.layout.starts_with("rgb");
  video.format.chroma = header.layout == "gray"     ? Chroma::k400
                        : header.layout == "yuv422" ? Chroma::k422
                                                    : Chroma::k444;
  video.colour.transfer = header.transfer;
  video.frame_rate = header.frame_rate.num > 0 ? header.frame_rate : frame_rate;
  video.time_base = video.frame_rate.num > 0 ? video.frame_rate.inverse() : Rational(1, 25);
  video.frames = report.frames;
  if (video.frame_rate.num > 0) video.duration = facts.duration = Rational(report.frames) / video.frame_rate;
  video.carriers.push_back({header.kind + ".header", "raster",
                            std::to_string(header.width) + "x" + std::to_string(header.height), report.frames, 0});
  facts.video.push_back(std::move(video));
  facts.main_video = 0;
  if (!report.others.empty()) {
    std::string names;
    for (const std::string& other : report.others) names += (names.empty() ? "" : ", ") + other;
    facts.warnings.push_back("other sequences in the folder were not read: " + names);
  }
  return facts;
}

}  // namespace pier::media
