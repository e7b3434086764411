#include "store_place.hpp"

#include <filesystem>

#include <pier/catalogue/installation.hpp>
#include <pier/core/file.hpp>
#include <pier/core/id.hpp>
#include <pier/core/json.hpp>
#include <pier/database/address.hpp>

namespace pier::workflows::impl {
namespace {

namespace fs = std::filesystem;

using catalogue::Installation;

Failure refuse_foreign(const std::string& path) {
  return fail(ErrorCode::kInvalidArgument, "the store " + display_text(path) + " belongs to another installation");
}
Failure refuse_full(const std::string& path) {
  return fail(ErrorCode::kInvalidArgument,
              "the store " + display_text(path) + " holds other things; choose an empty directory");
}
Failure refuse_other(const std::string& place, const std::string& path) {
  return fail(ErrorCode::kInvalidArgument,
              "the objects of this installation lie in " + display_text(place) + ", not in " + display_text(path) +
                  "; a directory that was copied whole, with its mark " + kStoreMark + ", is taken for the new place");
}

Result<std::optional<Installation>> read_known(database::Database& records) {
  PIER_TRY(database::Snapshot snapshot, records.read());
  PIER_TRY(auto known, catalogue::find_installation(snapshot));
  if (!known || !known->moving) return known;
  return fail(ErrorCode::kConflict,
              "an installation is being moved to these records and that has not ended; call `pier migrate` with its "
              "data directory again");
}
Result<void> change(database::Database& records, const Installation& place) {
  return records.write([&](database::Transaction& tx) { return catalogue::change_installation(tx, place); });
}
Result<Installation> begin(database::Database& records, const Installation& wish) {
  Installation stands;
  PIER_CHECK(records.write([&](database::Transaction& tx) -> Result<void> {
    PIER_TRY(stands, catalogue::begin_installation(tx, wish));
    return {};
  }));
  return stands;
}

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

/// What the records know. Earlier versions kept it in DATA/store.json: from there it is taken over.
Result<std::optional<Installation>> known_place(database::Database& records, const std::string& data) {
  PIER_TRY(std::optional<Installation> known, read_known(records));
  if (known || records.shared()) return known;
  const std::string file = data + "/store.json";
  PIER_TRY(const std::optional<json::object> old, remembered(file));
  if (!old) return known;
  Installation place;
  PIER_TRY(place.store, get_path(*old, "path"));
  PIER_TRY(place.id, get_string(*old, "id"));
  place.marked = bool_or(*old, "marked", false);
  PIER_TRY(place, begin(records, place));
  std::error_code ignored;
  fs::remove(file, ignored);
  return place;
}

Result<std::string> mark_of(const std::string& store) {
  PIER_TRY(std::string text, read_file(store + "/" + kStoreMark, 4096));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// Idempotent: killed anywhere, the next start goes on here.
Result<void> mark(database::Database& records, Installation place) {
  PIER_CHECK(make_directories(place.store));
  const Result<std::string> owner = mark_of(place.store);
  if (owner && *owner != place.id) return refuse_foreign(place.store);
  if (!owner && !is_empty(place.store)) return refuse_full(place.store);
  PIER_CHECK(replace_file(place.store + "/" + kStoreMark, as_bytes(place.id + "\n")));
  place.marked = true;
  return change(records, place);
}

Result<void> check_mark(const Installation& place) {
  const Result<std::string> owner = mark_of(place.store);
  if (owner && *owner == place.id) return {};
  if (owner) return refuse_foreign(place.store);
  return fail(ErrorCode::kIo,
              "the objects lie in " + display_text(place.store) + ", but its mark " + kStoreMark +
                  " cannot be read; is its disk mounted?",
              owner.error().message);
}

/// Several servers may begin at once: the place is the one whose row came first.
Result<std::string> first_place(database::Database& records, const std::string& own, const std::string& path) {
  if (!is_empty(own)) {
    return fail(ErrorCode::kInvalidArgument, "the objects of this data directory lie in " + display_text(own) +
                                                 "; --store can only be given before the first of them is made");
  }
  const bool remote = storage::is_remote_store(path);
  if (!remote && mark_of(path)) return refuse_foreign(path);
  if (!remote && !is_empty(path)) return refuse_full(path);
  PIER_TRY(const Installation place, begin(records, {new_uuid7(), path, false}));
  if (place.store != path) return refuse_other(place.store, path);
  if (!remote) PIER_CHECK(mark(records, place));
  return path;
}

}  // namespace

Result<std::optional<json::object>> remembered(const std::string& file) {
  const Result<std::string> text = read_file(file, 1U << 16U);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!text) return Failure(text.error());
  PIER_TRY(const json::value value, parse_json(*text));
  if (!value.is_object()) return fail(ErrorCode::kInputDamaged, file + " is no JSON object; restore it from a backup");
  return value.as_object();
}

Result<std::string> store_named(const std::string& given) {
  PIER_TRY(const std::string asked, without_scheme(given));
  return asked.empty() ? asked : normal(asked);
}

Result<std::string> place_of_records(const std::string& data, const std::string& asked) {
  const std::string own = data + "/pier.db";
  PIER_TRY(const std::optional<json::object> known, remembered(data + "/" + kRecordsFile));
  std::string before;
  if (known) {
    PIER_TRY(before, get_string(*known, "url"));
  }
  if (asked.empty()) return before.empty() ? "sqlite:" + own : before;
  if (!database::is_server_url(asked)) {
    if (before.empty() && asked.starts_with("sqlite:") && normal(asked.substr(7)) == normal(own))
      return "sqlite:" + own;
    return fail(ErrorCode::kInvalidArgument,
                "--database names records on a server, postgresql://user@host:port/name; others lie in the data "
                "directory, which --data names");
  }
  std::error_code ignored;
  if (fs::exists(own, ignored)) {
    return fail(ErrorCode::kInvalidArgument, "the records of this data directory lie in " + display_text(own) +
                                                 "; choose another --data for those on a server");
  }
  PIER_TRY(const std::string now, database::remembered_url(asked));
  if (!before.empty() && before != now) {
    return fail(ErrorCode::kInvalidArgument, "the records of this data directory lie at " + display_text(before) +
                                                 ", as " + display_text(data) + "/" + kRecordsFile +
                                                 " says; choose another --data, or change it there when they moved");
  }
  return asked;
}

Result<void> remember_records(const std::string& data, const std::string& url) {
  if (!database::is_server_url(url)) return {};
  PIER_TRY(const std::string plain, database::remembered_url(url));
  const std::string file = data + "/" + kRecordsFile;
  PIER_TRY(const std::optional<json::object> known, remembered(file));
  if (known) return {};
  return replace_file(file, as_bytes(json::serialize(json::object{{"url", plain}}) + "\n"));
}

Result<std::string> place_of_objects(database::Database& records, const std::string& data, const std::string& given) {
  PIER_TRY(const std::string path, store_named(given));
  const std::string own = data + "/objects";
  PIER_TRY(std::optional<Installation> place, known_place(records, data));
  if (!place) {
    if (!path.empty() && (records.shared() || path != normal(own))) return first_place(records, own, path);
    if (!records.shared()) return own;
    return fail(
        ErrorCode::kInvalidArgument,
        "records on a server want objects that every machine reaches: start the first `pier serve` with --store "
        "s3://bucket/prefix?endpoint=URL, or with a directory that all of them mount at the same place");
  }
  if (!path.empty() && path != place->store) {
    const bool directories = !storage::is_remote_store(path) && !storage::is_remote_store(place->store);
    const Result<std::string> owner = directories ? mark_of(path) : Result<std::string>(std::string());
    if (!owner || *owner != place->id) return refuse_other(place->store, path);
    place->store = path;
    PIER_CHECK(change(records, *place));
  }
  if (storage::is_remote_store(place->store)) return place->store;
  if (!place->marked)
    PIER_CHECK(mark(records, *place));
  else
    PIER_CHECK(check_mark(*place));
  return place->store;
}

Result<void> claim_place(database::Database& records, storage::ObjectStore& store) {
  PIER_TRY(std::optional<Installation> place, read_known(records));
  if (!place || !storage::is_remote_store(place->store)) return {};
  const auto refused = [&](const std::string& why) -> Result<void> {
    PIER_CHECK(records.write([&](database::Transaction& tx) { return catalogue::forget_installation(tx, place->id); }));
    return fail(ErrorCode::kInvalidArgument, "the store (" + store.describe() + ") " + why);
  };
  bool empty = true;
  if (!place->marked) {
    PIER_CHECK(store.list("", [&](const storage::ObjectStat&) { return empty = false; }));
  }
  if (!empty) {
    // Another server of this installation may have been quicker with the mark, and begun.
    PIER_TRY(place, read_known(records));
    if (!place || !place->marked) return refused("holds objects already; choose an empty prefix");
  }
  PIER_TRY(const std::string owner, store.claim(place->id));
  if (owner != place->id) return refused("belongs to another installation; choose another prefix");
  if (place->marked) return {};
  place->marked = true;
  return change(records, *place);
}

}  // namespace pier::workflows::impl
