-- All chunks of one track come from one build of the encoders: which one a worker has, and which one a job uses.
ALTER TABLE workers ADD COLUMN encoder TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE TABLE job_pins (
  job_id TEXT COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  name   TEXT COLLATE "C" NOT NULL,
  value  TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (job_id, name)
);
