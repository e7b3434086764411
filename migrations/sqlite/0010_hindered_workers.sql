-- What keeps a worker from work that others may do.
ALTER TABLE workers ADD COLUMN note TEXT NOT NULL DEFAULT '';      -- why it claims nothing now; empty: it does
ALTER TABLE workers ADD COLUMN refusals TEXT NOT NULL DEFAULT '';  -- JSON: jobs whose master it cannot read, until when
