// Finding the pictures of an image sequence and reading them by their place in it.

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <pier/media/source.hpp>

namespace pier::media {

namespace {

constexpr size_t kMaxFiles = 500'000;
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
      return fail(
          ErrorCode::kTooLarge,
          display_text(folder) + " holds more than 500,000 numbered pictures; give the pattern of one sequence");
    padded[key].emplace_back(file->number, entry->d_name);
  }
  for (auto& [stem, files] : padded) std::sort(files.begin(), files.end());
  return padded;
}

bool is_regular_folder(const std::string& path) {
  struct stat state{};
  return ::stat(path.c_str(), &state) == 0 && S_ISDIR(state.st_mode);
}

/// Opens each picture when it is read.
class FolderPictures final : public PictureFiles {
 public:
  FolderPictures(UniqueFd folder, std::vector<std::string> names)
      : x_folder(std::move(folder)), x_names(std::move(names)) {}
  Result<size_t> read(size_t index, uint64_t offset, std::span<std::byte> out) override {
    if (index >= x_names.size()) return fail(ErrorCode::kInvalidArgument, "there is no such picture in the sequence");
    const std::string& name = x_names[index];
    const UniqueFd fd(::openat(x_folder.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd) return Failure(errno_error(errno, "cannot open " + display_text(name)));
    PIER_TRY(const FileState state, file_state(fd.get()));
    if (!state.regular) return fail(ErrorCode::kInvalidArgument, display_text(name) + " is no regular file");
    return read_at(fd.get(), offset, out);
  }
  uint64_t size_of(size_t index) const {
    struct stat state{};
    if (::fstatat(x_folder.get(), x_names[index].c_str(), &state, 0) != 0 || !S_ISREG(state.st_mode)) return 0;
    return static_cast<uint64_t>(state.st_size);
  }

 private:
  UniqueFd x_folder;
  std::vector<std::string> x_names;
};

}  // namespace

std::string PictureSequence::pattern() const {
  return folder + "/" + prefix + "%" + (digits > 0 ? "0" + std::to_string(digits) : std::string()) + "d." + extension;
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

Result<Source> open_sequence(const std::string& path, Rational rate) {
  Place place = place_of(path);
  std::optional<Stem> wanted = split_pattern(place.name);
  if (!wanted && is_regular_folder(path)) {
    place = {path, ""};
  } else if (!wanted) {
    const auto file = split_name(place.name);
    if (!file) return fail(ErrorCode::kInvalidArgument, display_text(path) + " names no numbered pictures");
    wanted = file->stem;
  }
  PIER_TRY(Groups groups, list_folder(place.folder, wanted));
  if (groups.empty())
    return fail(ErrorCode::kNotFound, "there is no numbered DPX, EXR or TIFF picture at " + display_text(path));
  const auto longest = std::max_element(groups.begin(), groups.end(),
                                        [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  PictureSequence sequence;
  sequence.folder = place.folder;
  sequence.prefix = longest->first.prefix;
  sequence.extension = longest->first.extension;
  sequence.rate = rate;
  for (const auto& [stem, other] : groups) {
    if (stem == longest->first || sequence.others.size() >= kMaxOthers) continue;
    sequence.others.push_back(display_text(stem.prefix) + "[" + std::to_string(other.front().first) + "-" +
                              std::to_string(other.back().first) + "]." + stem.extension);
  }
  std::vector<std::string> names;
  for (auto& [number, name] : longest->second) {
    sequence.pictures.push_back({number, 0});
    names.push_back(std::move(name));
  }
  sequence.digits = split_name(names.front())->stem.digits;
  PIER_TRY(UniqueFd folder, open_read(place.folder));
  const auto files = std::make_shared<FolderPictures>(std::move(folder), std::move(names));
  for (size_t i = 0; i < sequence.pictures.size(); ++i) sequence.pictures[i].size = files->size_of(i);
  sequence.files = files;
  Source source;
  source.path = path;
  source.sequence = std::move(sequence);
  return source;
}

Result<Source> open_input(const std::string& path, Rational rate) {
  return names_sequence(path) ? open_sequence(path, rate) : open_source(path);
}

}  // namespace pier::media
