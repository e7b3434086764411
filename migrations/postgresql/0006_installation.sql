-- Where the objects of these records lie, when that is not the data directory itself, and the id that their place
-- carries as a mark of its owner.
CREATE TABLE installation (
  single BIGINT PRIMARY KEY CHECK (single = 1),
  id     TEXT COLLATE "C" NOT NULL,
  store  TEXT COLLATE "C" NOT NULL,  -- JSON: {"path"}
  marked BIGINT NOT NULL,  -- 1: the place carries the mark
  since  BIGINT NOT NULL
);
