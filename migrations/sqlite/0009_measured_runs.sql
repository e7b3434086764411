-- What tasks of one kind and class cost so far, as sums in which older runs count for less: enough for a line through
-- work and CPU time, and its spread. The row of the empty class holds the whole kind, its work in planned cost.
CREATE TABLE measured_runs (
  kind        TEXT NOT NULL,
  cost_class  TEXT NOT NULL,
  runs        INTEGER NOT NULL,
  weight      REAL NOT NULL,     -- sum of the weights
  work        REAL NOT NULL,     -- weighted sums
  work_work   REAL NOT NULL,
  cpu         REAL NOT NULL,     -- seconds
  work_cpu    REAL NOT NULL,
  cpu_cpu     REAL NOT NULL,
  written     REAL NOT NULL,     -- bytes
  late_wall   REAL NOT NULL,     -- seconds; of the last few runs
  late_cpu    REAL NOT NULL,
  peak_bytes  INTEGER NOT NULL,  -- of memory, the greatest of all
  updated     INTEGER NOT NULL,
  PRIMARY KEY (kind, cost_class)
) STRICT, WITHOUT ROWID;

ALTER TABLE tasks ADD COLUMN cost_class TEXT NOT NULL DEFAULT '';    -- equal ones cost the same for each unit of work; '' = not said
ALTER TABLE tasks ADD COLUMN work REAL NOT NULL DEFAULT 0;           -- in units of its kind: pictures, seconds, megabytes
ALTER TABLE tasks ADD COLUMN writes_bytes INTEGER NOT NULL DEFAULT 0;  -- what it is expected to store
ALTER TABLE tasks ADD COLUMN cpu_seconds REAL NOT NULL DEFAULT 0;    -- of the attempt that completed it
ALTER TABLE jobs ADD COLUMN expected TEXT;                           -- JSON: tasks it will have once it is planned
