#include "subtitle_files.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include <sys/mman.h>

#include <pier/core/log.hpp>
#include <pier/packaging/track.hpp>
#include <pier/subtitles/reading.hpp>
#include <pier/subtitles/retiming.hpp>

#include "child.hpp"
#include "local_parts.hpp"

namespace pier::workflows::impl {
namespace {

using namespace std::chrono_literals;

constexpr size_t kMostFiles = 64;
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

struct Taken {
  json::object text;
  ObjectInfo object;
};

Result<Taken> take(Context& context, sandbox::Spawner& spawner, const std::string& organisation,
                   const SubtitleWish& wish) {
  PIER_CHECK(check_name(wish.name));
  std::string language;
  if (!wish.language.empty()) {
    PIER_TRY(language, packaging::parse_language(wish.language));
  }
  Rational offset;
  if (!wish.offset.empty()) {
    PIER_TRY(offset, subtitles::parse_shift(wish.offset));
  }
  PIER_TRY(const std::string bytes, read_file(wish.path, subtitles::kMaxInput));
  PIER_TRY(const json::object found, look_into(spawner, as_bytes(bytes), wish, language, offset));
  if (language.empty()) language = packaging::parse_language(string_or(found, "language", "und")).value_or("");
  Taken taken;
  PIER_TRY(const ObjectKey key, storage::new_key(organisation, "subtitles"));
  PIER_TRY(taken.object, storage::put(context.store, key, as_bytes(bytes)));
  taken.text = {{"object", storage::to_string(key)},
                {"sha256", to_hex(taken.object.sha256)},
                {"file", file_name(wish.path)},
                {"language", language},
                {"name", wish.name},
                {"forced", wish.forced},
                {"default", wish.is_default},
                {"encoding", wish.encoding},
                {"offset", pair(offset)},
                {"start", found.at("start")}};
  return taken;
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

Result<TakenSubtitles> take_subtitles(Context& context, sandbox::Spawner& spawner, const PublishRequest& request) {
  if (request.subtitles.size() > kMostFiles)
    return fail(ErrorCode::kTooLarge, "more than " + std::to_string(kMostFiles) + " subtitle files");
  TakenSubtitles taken;
  const auto give_up = [&](const std::string& where, Error error) {
    discard(context, taken);
    return fail_in(where, std::move(error));
  };
  for (const SubtitleWish& wish : request.subtitles) {
    Result<Taken> one = take(context, spawner, request.organisation, wish);
    if (!one) return give_up(display_text(wish.path), std::move(one).error());
    taken.texts.emplace_back(std::move(one->text));
    taken.objects.push_back(one->object);
  }
  if (const Result<void> distinct = check_distinct(taken.texts); !distinct)
    return give_up("subtitles", distinct.error());
  return taken;
}

void discard(Context& context, const TakenSubtitles& taken) {
  for (const ObjectInfo& object : taken.objects) {
    if (const Result<void> removed = context.store.remove(object.key); !removed)
      log::error("an object that is not needed could not be removed", removed.error());
  }
}

}  // namespace pier::workflows::impl
