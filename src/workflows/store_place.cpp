#include "store_place.hpp"

#include <filesystem>

#include <pier/core/file.hpp>
#include <pier/core/id.hpp>
#include <pier/core/json.hpp>

namespace pier::workflows::impl {
namespace {

namespace fs = std::filesystem;

/// DATA/store.json.
struct Place {
  std::string path;
  std::string id;
  bool marked = false;  // the mark was written
};

std::string normal(const std::string& path) {
  if (storage::is_remote_store(path)) return path;
  std::error_code ignored;
  const fs::path absolute = fs::weakly_canonical(fs::absolute(path, ignored), ignored);
  std::string text = absolute.empty() ? path : absolute.native();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

/// "dir:/path" is the path; what is no URL of a store is said before it becomes a directory of that name.
Result<std::string> without_scheme(const std::string& asked) {
  if (asked.starts_with("dir:")) return asked.substr(4);
  const size_t scheme = asked.find("://");
  if (storage::is_remote_store(asked) || scheme == std::string::npos || asked.find('/') < scheme) return asked;
  return fail(ErrorCode::kInvalidArgument, "no store is of the kind \"" + display_text(asked.substr(0, scheme)) +
                                               "://\"; it is a directory, dir:/path or s3://bucket/prefix");
}

bool is_empty(const std::string& path) {
  std::error_code error;
  const bool empty = fs::is_empty(path, error);
  return error || empty;
}

Result<std::optional<Place>> remembered(const std::string& file) {
  const Result<std::string> text = read_file(file, 1U << 16U);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!text) return Failure(text.error());
  PIER_TRY(const json::value value, parse_json(*text));
  if (!value.is_object()) return fail(ErrorCode::kInputDamaged, file + " is no JSON object; restore it from a backup");
  const json::object& object = value.as_object();
  Place place;
  PIER_TRY(place.path, get_path(object, "path"));
  PIER_TRY(place.id, get_string(object, "id"));
  place.marked = bool_or(object, "marked", false);
  return place;
}

Result<void> remember(const std::string& file, const Place& place) {
  json::object object{{"id", place.id}, {"marked", place.marked}};
  put_path(object, "path", place.path);
  return replace_file(file, as_bytes(json::serialize(object) + "\n"));
}

Result<std::string> mark_of(const std::string& store) {
  PIER_TRY(std::string text, read_file(store + "/" + kStoreMark, 4096));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// Idempotent: killed anywhere, the next start goes on here.
Result<void> mark(const std::string& file, Place place) {
  PIER_CHECK(make_directories(place.path));
  if (!mark_of(place.path) && !is_empty(place.path)) {
    return fail(ErrorCode::kInvalidArgument,
                "the store " + display_text(place.path) + " holds other things; choose an empty directory");
  }
  PIER_CHECK(replace_file(place.path + "/" + kStoreMark, as_bytes(place.id + "\n")));
  place.marked = true;
  return remember(file, place);
}

Result<void> check_mark(const Place& place) {
  const Result<std::string> owner = mark_of(place.path);
  if (owner && *owner == place.id) return {};
  if (owner) {
    return fail(ErrorCode::kInvalidArgument,
                "the store " + display_text(place.path) + " belongs to another data directory");
  }
  return fail(ErrorCode::kIo,
              "the objects lie in " + display_text(place.path) + ", but its mark " + kStoreMark +
                  " cannot be read; is its disk mounted?",
              owner.error().message);
}

Result<std::string> first_place(const std::string& file, const std::string& own, const std::string& path) {
  if (!is_empty(own)) {
    return fail(ErrorCode::kInvalidArgument, "the objects of this data directory lie in " + display_text(own) +
                                                 "; --store can only be given before the first of them is made");
  }
  if (storage::is_remote_store(path)) {
    PIER_CHECK(remember(file, {path, new_uuid7(), false}));
    return path;
  }
  if (const auto owner = mark_of(path)) {
    return fail(ErrorCode::kInvalidArgument, "the store " + display_text(path) + " belongs to another data directory");
  }
  if (!is_empty(path)) {
    return fail(ErrorCode::kInvalidArgument,
                "the store " + display_text(path) + " holds other things; choose an empty directory");
  }
  const Place place{path, new_uuid7(), false};
  PIER_CHECK(remember(file, place));
  PIER_CHECK(mark(file, place));
  return path;
}

}  // namespace

Result<std::string> place_of_objects(const std::string& data, const std::string& given) {
  const std::string file = data + "/store.json";
  PIER_TRY(const std::string asked, without_scheme(given));
  const std::string own = data + "/objects";
  const std::string path = asked.empty() ? std::string() : normal(asked);
  PIER_TRY(const std::optional<Place> place, remembered(file));
  if (!place) {
    if (path.empty() || path == normal(own)) return own;
    return first_place(file, own, path);
  }
  if (!path.empty() && path != place->path) {
    return fail(ErrorCode::kInvalidArgument, "the objects of this data directory lie in " + display_text(place->path) +
                                                 ", not in " + display_text(path) +
                                                 "; to move them, copy the directory and write the new path into " +
                                                 display_text(file));
  }
  if (storage::is_remote_store(place->path)) return place->path;
  if (!place->marked)
    PIER_CHECK(mark(file, *place));
  else
    PIER_CHECK(check_mark(*place));
  return place->path;
}

Result<void> claim_place(const std::string& data, storage::ObjectStore& store) {
  const std::string file = data + "/store.json";
  PIER_TRY(std::optional<Place> place, remembered(file));
  if (!place || !storage::is_remote_store(place->path)) return {};
  bool empty = true;
  if (!place->marked) {
    PIER_CHECK(store.list("", [&](const storage::ObjectStat&) { return empty = false; }));
  }
  const auto refused = [&](const std::string& why) {
    std::error_code ignored;
    if (!place->marked) fs::remove(file, ignored);  // another store may be chosen
    return fail(ErrorCode::kInvalidArgument, "the store (" + store.describe() + ") " + why);
  };
  if (!empty) return refused("holds objects already; choose an empty prefix");
  PIER_TRY(const std::string owner, store.claim(place->id));
  if (owner != place->id) return refused("belongs to another data directory; choose another prefix");
  if (place->marked) return {};
  place->marked = true;
  return remember(file, *place);
}

}  // namespace pier::workflows::impl
