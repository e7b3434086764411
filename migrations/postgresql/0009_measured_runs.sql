-- What tasks of one kind and class cost so far, as sums in which older runs count for less: enough for a line through
-- work and CPU time, and its spread. The row of the empty class holds the whole kind, its work in planned cost.
CREATE TABLE measured_runs (
  kind        TEXT COLLATE "C" NOT NULL,
  cost_class  TEXT COLLATE "C" NOT NULL,
  runs        BIGINT NOT NULL,
  weight      DOUBLE PRECISION NOT NULL,     -- sum of the weights
  work        DOUBLE PRECISION NOT NULL,     -- weighted sums
  work_work   DOUBLE PRECISION NOT NULL,
  cpu         DOUBLE PRECISION NOT NULL,     -- seconds
  work_cpu    DOUBLE PRECISION NOT NULL,
  cpu_cpu     DOUBLE PRECISION NOT NULL,
  written     DOUBLE PRECISION NOT NULL,     -- bytes
  late_wall   DOUBLE PRECISION NOT NULL,     -- seconds; of the last few runs
  late_cpu    DOUBLE PRECISION NOT NULL,
  peak_bytes  BIGINT NOT NULL,  -- of memory, the greatest of all
  updated     BIGINT NOT NULL,
  PRIMARY KEY (kind, cost_class)
);

ALTER TABLE tasks ADD COLUMN cost_class TEXT COLLATE "C" NOT NULL DEFAULT '';    -- equal ones cost the same for each unit of work; '' = not said
ALTER TABLE tasks ADD COLUMN work DOUBLE PRECISION NOT NULL DEFAULT 0;           -- in units of its kind: pictures, seconds, megabytes
ALTER TABLE tasks ADD COLUMN writes_bytes BIGINT NOT NULL DEFAULT 0;  -- what it is expected to store
ALTER TABLE tasks ADD COLUMN cpu_seconds DOUBLE PRECISION NOT NULL DEFAULT 0;    -- of the attempt that completed it
ALTER TABLE jobs ADD COLUMN expected TEXT COLLATE "C";                           -- JSON: tasks it will have once it is planned
