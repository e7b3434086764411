-- Processes that run tasks: a server's own slots and every `pier worker`. The number names a byte of the data
-- directory's lock file that the kernel keeps locked for as long as the process lives.
CREATE TABLE workers (
  id           TEXT COLLATE "C" PRIMARY KEY,  -- what tasks.worker names
  number       BIGINT NOT NULL UNIQUE,
  name         TEXT COLLATE "C" NOT NULL,
  place        TEXT COLLATE "C" NOT NULL,  -- machine and lock file
  process      BIGINT NOT NULL,
  version      TEXT COLLATE "C" NOT NULL,
  slots        BIGINT NOT NULL,
  memory_bytes BIGINT NOT NULL,
  tags         TEXT COLLATE "C" NOT NULL,  -- sorted, with commas between
  state        TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'paused', 'draining', 'gone')),
  started      BIGINT NOT NULL,
  seen         BIGINT NOT NULL
);
CREATE INDEX workers_alive ON workers (seen) WHERE state <> 'gone';

ALTER TABLE tasks ADD COLUMN tags TEXT COLLATE "C" NOT NULL DEFAULT '';  -- what its worker must offer: sorted, with commas between
