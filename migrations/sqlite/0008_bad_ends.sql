-- What became of earlier attempts: a task that ran out of memory is tried with other settings, and whoever asks why hears all.
ALTER TABLE tasks ADD COLUMN settings TEXT;  -- JSON: what the next attempt does otherwise than planned
ALTER TABLE tasks ADD COLUMN bad_ends TEXT;  -- JSON: the last attempts that ended badly, oldest first
