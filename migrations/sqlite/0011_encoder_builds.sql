-- All chunks of one track come from one build of the encoders: which one a worker has, and which one a job uses.
ALTER TABLE workers ADD COLUMN encoder TEXT NOT NULL DEFAULT '';
CREATE TABLE job_pins (
  job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  name   TEXT NOT NULL,
  value  TEXT NOT NULL,
  PRIMARY KEY (job_id, name)
) STRICT, WITHOUT ROWID;
