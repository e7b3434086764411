#include <pier/catalogue/installation.hpp>
#include <pier/core/file.hpp>
#include <pier/core/json.hpp>

namespace pier::catalogue {
namespace {

std::string text_of(const Installation& place) {
  json::object object;
  put_path(object, "path", place.store);
  if (place.moving) object["moving"] = true;
  return json::serialize(object);
}

}  // namespace

Result<std::optional<Installation>> find_installation(Session& session) {
  PIER_TRY(const auto row, session.one("SELECT id, store, marked FROM installation"));
  if (!row) return std::optional<Installation>();
  PIER_TRY(const json::value store, parse_json(row->text(1)));
  if (!store.is_object()) return fail(ErrorCode::kInternal, "the records' place of objects is no JSON object");
  PIER_TRY(std::string path, get_path(store.as_object(), "path"));
  const bool moving = bool_or(store.as_object(), "moving", false);
  return std::optional(Installation{row->text(0), std::move(path), row->integer(2) != 0, moving});
}

Result<Installation> begin_installation(Transaction& tx, const Installation& wish) {
  PIER_CHECK(
      tx.run("INSERT INTO installation (single, id, store, marked, since) VALUES (1, $1, $2, $3, $4)"
             " ON CONFLICT DO NOTHING",
             {wish.id, text_of(wish), int64_t{wish.marked}, tx.now()}));
  PIER_TRY(auto stands, find_installation(tx));
  if (!stands) return fail(ErrorCode::kOverloaded, "another process changes the place of the objects; try again");
  return std::move(*stands);
}

Result<void> change_installation(Transaction& tx, const Installation& changed) {
  PIER_TRY(const int64_t rows, tx.run("UPDATE installation SET store = $2, marked = $3 WHERE id = $1",
                                      {changed.id, text_of(changed), int64_t{changed.marked}}));
  if (rows == 0) return fail(ErrorCode::kNotFound, "the records know no place of objects of that id any more");
  return {};
}

Result<void> forget_installation(Transaction& tx, const std::string& id) {
  PIER_CHECK(tx.run("DELETE FROM installation WHERE id = $1 AND marked = 0", {id}));
  return {};
}

}  // namespace pier::catalogue
