CREATE TABLE jobs (
  id              TEXT COLLATE "C" PRIMARY KEY,
  organisation    TEXT COLLATE "C" NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  kind            TEXT COLLATE "C" NOT NULL,
  state           TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  request         TEXT COLLATE "C" NOT NULL,  -- JSON
  result          TEXT COLLATE "C",           -- JSON
  error           TEXT COLLATE "C",           -- JSON
  idempotency_key TEXT COLLATE "C",
  created         BIGINT NOT NULL,
  updated         BIGINT NOT NULL,
  UNIQUE (organisation, idempotency_key)
);
CREATE INDEX jobs_by_organisation ON jobs (organisation, id);
CREATE INDEX jobs_unfinished ON jobs (id) WHERE state IN ('queued', 'running');

CREATE TABLE tasks (
  id             TEXT COLLATE "C" PRIMARY KEY,
  job_id         TEXT COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  organisation   TEXT COLLATE "C" NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  kind           TEXT COLLATE "C" NOT NULL,
  name           TEXT COLLATE "C" NOT NULL,  -- hash of all the result depends on; '' = never reused
  params         TEXT COLLATE "C" NOT NULL,  -- JSON
  state          TEXT COLLATE "C" NOT NULL
                 CHECK (state IN ('blocked', 'ready', 'running', 'done', 'failed', 'cancelled', 'superseded')),
  priority       BIGINT NOT NULL,
  cost           DOUBLE PRECISION NOT NULL CHECK (cost >= 0),
  memory_bytes   BIGINT NOT NULL,
  attempt        BIGINT NOT NULL DEFAULT 0,  -- fencing token
  worker         TEXT COLLATE "C" NOT NULL DEFAULT '',
  lease_until    BIGINT NOT NULL DEFAULT 0,
  remaining_deps BIGINT NOT NULL DEFAULT 0 CHECK (remaining_deps >= 0),
  tries          BIGINT NOT NULL DEFAULT 0,
  run_at         BIGINT NOT NULL,
  progress       DOUBLE PRECISION NOT NULL DEFAULT 0,
  note           TEXT COLLATE "C" NOT NULL DEFAULT '',
  result         TEXT COLLATE "C",  -- JSON
  error          TEXT COLLATE "C",  -- JSON
  reused         BIGINT NOT NULL DEFAULT 0,  -- done with the result of a task of the same name
  usable         BIGINT NOT NULL DEFAULT 1,  -- its result may be offered to others
  created        BIGINT NOT NULL,
  started        BIGINT NOT NULL DEFAULT 0,
  ended          BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX tasks_by_job ON tasks (job_id, id);
CREATE INDEX tasks_by_organisation ON tasks (organisation);
CREATE INDEX tasks_by_name ON tasks (organisation, name, state) WHERE name <> '';
CREATE INDEX tasks_ready ON tasks (priority DESC, cost DESC, id) WHERE state = 'ready';
CREATE INDEX tasks_running ON tasks (lease_until) WHERE state = 'running';

CREATE TABLE task_deps (
  task_id   TEXT COLLATE "C" NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  waits_for TEXT COLLATE "C" NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  ordinal   BIGINT NOT NULL,
  PRIMARY KEY (task_id, waits_for)
);
CREATE INDEX task_deps_backwards ON task_deps (waits_for);
