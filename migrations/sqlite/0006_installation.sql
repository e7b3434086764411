-- Where the objects of these records lie, when that is not the data directory itself, and the id that their place
-- carries as a mark of its owner.
CREATE TABLE installation (
  single INTEGER PRIMARY KEY CHECK (single = 1),
  id     TEXT NOT NULL,
  store  TEXT NOT NULL,  -- JSON: {"path"}
  marked INTEGER NOT NULL,  -- 1: the place carries the mark
  since  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
