-- Every table of every module refers to its organisation with ON DELETE CASCADE: erasing one is one statement.
-- Times are microseconds since 1970-01-01 UTC. Ids sort by creation (UUIDv7).
CREATE TABLE organisations (
  id      TEXT COLLATE "C" PRIMARY KEY,
  title   TEXT COLLATE "C" NOT NULL,
  created BIGINT NOT NULL
);

INSERT INTO organisations (id, title, created) VALUES ('default', 'default', 0);
