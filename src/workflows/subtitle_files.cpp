#include "subtitle_files.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include <sys/mman.h>

#include <pier/core/log.hpp>
#include <pier/packaging/track.hpp>
#include <pier/subtitles/reading.hpp>
#include <pier/subtitles/retiming.hpp>

#include "broadcast_captions.hpp"
#include "child.hpp"
#include "local_parts.hpp"

namespace pier::workflows::impl {
namespace {

using namespace std::chrono_literals;

constexpr size_t kMostFiles = 64;
constexpr size_t kMostBytes = 2 * subtitles::kMaxInput;  // of all files of a publication
constexpr size_t kLongestName = 200;
constexpr auto kPatience = 60s;

std::string file_name(const std::string& path) {
  return display_text(path.substr(path.rfind('/') + 1));
}

json::array pair(const Rational& time) {
  return {time.num, time.den};
}

/// A file in memory, for a child.
Result<UniqueFd> in_memory(ByteView bytes) {
  UniqueFd fd(::memfd_create("pier-subtitles", MFD_CLOEXEC));
  if (!fd) return Failure(errno_error(errno, "cannot make room for the subtitles"));
  PIER_CHECK(write_all(fd.get(), bytes));
  return fd;
}

/// What the subtitles task says of these bytes.
Result<json::object> look_into(sandbox::Spawner& spawner, ByteView bytes, const SubtitleWish& wish,
                               const std::string& language, const Rational& offset) {
  Work work;
  work.params = {{"to", "webvtt"},
                 {"encoding", wish.encoding},
                 {"language", language},
                 {"stretch", pair(1)},
                 {"shift", pair(offset)}};
  PIER_TRY(UniqueFd file, in_memory(bytes));
  work.inputs.push_back(std::move(file));
  PIER_TRY(work.scratch, in_memory({}));
  const auto end = std::chrono::steady_clock::now() + kPatience;
  const Beat beat = [&](double, int64_t) -> Result<void> {
    if (std::chrono::steady_clock::now() < end) return {};
    return fail(ErrorCode::kTimeout, "reading the subtitles takes too long");
  };
  return run_child(spawner, kSubtitlesTask, local_row(), work, beat, {});
}

Result<void> check_name(const std::string& name) {
  const bool control = std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (is_utf8(name) && !control && name.size() <= kLongestName) return {};
  return fail(ErrorCode::kInvalidArgument, "the name of a subtitle track is one line of UTF-8 of at most " +
                                               std::to_string(kLongestName) + " bytes");
}

/// What can be known of captions before the master is read.
Result<void> check_captions(const SubtitleWish& wish) {
  if (!is_broadcast(wish.from))
    return fail(ErrorCode::kInvalidArgument, "captions are taken from cea-608, cea-708 or teletext");
  if (!wish.path.empty() || !wish.encoding.empty())
    return fail(ErrorCode::kInvalidArgument, "captions of the master have neither a file nor an encoding");
  return check_service(wish.from, wish.service);
}

/// Reads one file: what is known of it, as in ReadSubtitles, and its bytes.
Result<std::pair<json::object, std::string>> read_one(sandbox::Spawner& spawner, const SubtitleWish& wish) {
  PIER_CHECK(check_name(wish.name));
  if (wish.from.empty() && wish.service != 0)
    return fail(ErrorCode::kInvalidArgument, "a service belongs to captions of the master, not to a file");
  std::string language;
  if (!wish.language.empty()) {
    PIER_TRY(language, packaging::parse_language(wish.language));
  }
  Rational offset;
  if (!wish.offset.empty()) {
    PIER_TRY(offset, subtitles::parse_shift(wish.offset));
  }
  if (!wish.from.empty()) {
    PIER_CHECK(check_captions(wish));
    json::object text{{"file", name_of(wish.from, wish.service)},
                      {"from", wish.from},
                      {"service", wish.service},
                      {"language", language},
                      {"name", wish.name},
                      {"forced", wish.forced},
                      {"default", wish.is_default},
                      {"offset", pair(offset)}};
    return std::pair(std::move(text), std::string());
  }
  PIER_TRY(std::string bytes, read_file(wish.path, subtitles::kMaxInput));
  PIER_TRY(const json::object found, look_into(spawner, as_bytes(bytes), wish, language, offset));
  if (language.empty()) language = packaging::parse_language(string_or(found, "language", "und")).value_or("");
  json::object text{{"file", file_name(wish.path)}, {"language", language},       {"name", wish.name},
                    {"forced", wish.forced},        {"default", wish.is_default}, {"encoding", wish.encoding},
                    {"offset", pair(offset)},       {"start", found.at("start")}};
  return std::pair(std::move(text), std::move(bytes));
}

/// Viewers and players tell tracks apart by these.
Result<void> check_distinct(const json::array& texts) {
  std::set<std::tuple<std::string, std::string, bool>> seen;
  int defaults = 0;
  for (const json::value& value : texts) {
    const json::object& text = value.as_object();
    const std::string language = string_or(text, "language", ""), name = string_or(text, "name", "");
    const std::string what = (language.empty() ? "without a language" : "in " + language) +
                             (name.empty() ? " without a name" : " named \"" + name + "\"");
    if (!seen.emplace(language, name, bool_or(text, "forced", false)).second)
      return fail(ErrorCode::kInvalidArgument,
                  "two subtitle tracks are " + what + "; give one of them another name= or lang=");
    defaults += bool_or(text, "default", false) ? 1 : 0;
  }
  if (defaults > 1) return fail(ErrorCode::kInvalidArgument, "only one subtitle track can be the default");
  return {};
}

}  // namespace

Result<ReadSubtitles> read_subtitles(sandbox::Spawner& spawner, const PublishRequest& request) {
  if (request.subtitles.size() > kMostFiles)
    return fail(ErrorCode::kTooLarge, "more than " + std::to_string(kMostFiles) + " subtitle files");
  ReadSubtitles read;
  size_t bytes = 0;
  for (const SubtitleWish& wish : request.subtitles) {
    auto one = read_one(spawner, wish);
    if (!one)
      return fail_in("subtitles " + display_text(wish.from.empty() ? wish.path : wish.from), std::move(one).error());
    bytes += one->second.size();
    if (bytes > kMostBytes)
      return fail(ErrorCode::kTooLarge,
                  "the subtitle files have more than " + std::to_string(kMostBytes >> 20U) + " MiB together");
    read.texts.emplace_back(std::move(one->first));
    read.bytes.push_back(std::move(one->second));
  }
  PIER_CHECK(check_distinct(read.texts));
  return read;
}

Result<TakenSubtitles> take_subtitles(Context& context, const std::string& organisation, ReadSubtitles read) {
  TakenSubtitles taken{std::move(read.texts), {}};
  for (size_t i = 0; i < read.bytes.size(); ++i) {
    if (is_captions(taken.texts[i].as_object())) continue;
    PIER_TRY(const ObjectKey key, storage::new_key(organisation, "subtitles"));
    auto object = storage::put(context.store, key, as_bytes(read.bytes[i]));
    if (!object) {
      discard(context, taken);
      return Failure(std::move(object).error());
    }
    json::object& text = taken.texts[i].as_object();
    text["object"] = storage::to_string(key);
    text["sha256"] = to_hex(object->sha256);
    taken.objects.push_back(*object);
  }
  return taken;
}

void discard(Context& context, const TakenSubtitles& taken) {
  for (const ObjectInfo& object : taken.objects) {
    if (const Result<void> removed = context.store.remove(object.key); !removed)
      log::error("an object that is not needed could not be removed", removed.error());
  }
}

}  // namespace pier::workflows::impl
