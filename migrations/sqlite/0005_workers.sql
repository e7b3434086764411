-- Processes that run tasks: a server's own slots and every `pier worker`. The number names a byte of the data
-- directory's lock file that the kernel keeps locked for as long as the process lives.
CREATE TABLE workers (
  id           TEXT PRIMARY KEY,  -- what tasks.worker names
  number       INTEGER NOT NULL UNIQUE,
  name         TEXT NOT NULL,
  place        TEXT NOT NULL,  -- machine and lock file
  process      INTEGER NOT NULL,
  version      TEXT NOT NULL,
  slots        INTEGER NOT NULL,
  memory_bytes INTEGER NOT NULL,
  tags         TEXT NOT NULL,  -- sorted, with commas between
  state        TEXT NOT NULL CHECK (state IN ('active', 'paused', 'draining', 'gone')),
  started      INTEGER NOT NULL,
  seen         INTEGER NOT NULL
) STRICT;
CREATE INDEX workers_alive ON workers (seen) WHERE state <> 'gone';

ALTER TABLE tasks ADD COLUMN tags TEXT NOT NULL DEFAULT '';  -- what its worker must offer: sorted, with commas between
