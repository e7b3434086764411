-- What keeps a worker from work that others may do.
ALTER TABLE workers ADD COLUMN note TEXT COLLATE "C" NOT NULL DEFAULT '';      -- why it claims nothing now; empty: it does
ALTER TABLE workers ADD COLUMN refusals TEXT COLLATE "C" NOT NULL DEFAULT '';  -- JSON: jobs whose master it cannot read, until when
