CREATE TABLE jobs (
  id              TEXT PRIMARY KEY,
  organisation    TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  kind            TEXT NOT NULL,
  state           TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  request         TEXT NOT NULL,  -- JSON
  result          TEXT,           -- JSON
  error           TEXT,           -- JSON
  idempotency_key TEXT,
  created         INTEGER NOT NULL,
  updated         INTEGER NOT NULL,
  UNIQUE (organisation, idempotency_key)
) STRICT;
CREATE INDEX jobs_by_organisation ON jobs (organisation, id);
CREATE INDEX jobs_unfinished ON jobs (id) WHERE state IN ('queued', 'running');

CREATE TABLE tasks (
  id             TEXT PRIMARY KEY,
  job_id         TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  organisation   TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  kind           TEXT NOT NULL,
  name           TEXT NOT NULL,  -- hash of all the result depends on; '' = never reused
  params         TEXT NOT NULL,  -- JSON
  state          TEXT NOT NULL
                 CHECK (state IN ('blocked', 'ready', 'running', 'done', 'failed', 'cancelled', 'superseded')),
  priority       INTEGER NOT NULL,
  cost           REAL NOT NULL CHECK (cost >= 0),
  memory_bytes   INTEGER NOT NULL,
  attempt        INTEGER NOT NULL DEFAULT 0,  -- fencing token
  worker         TEXT NOT NULL DEFAULT '',
  lease_until    INTEGER NOT NULL DEFAULT 0,
  remaining_deps INTEGER NOT NULL DEFAULT 0 CHECK (remaining_deps >= 0),
  tries          INTEGER NOT NULL DEFAULT 0,
  run_at         INTEGER NOT NULL,
  progress       REAL NOT NULL DEFAULT 0,
  note           TEXT NOT NULL DEFAULT '',
  result         TEXT,  -- JSON
  error          TEXT,  -- JSON
  reused         INTEGER NOT NULL DEFAULT 0,  -- done with the result of a task of the same name
  usable         INTEGER NOT NULL DEFAULT 1,  -- its result may be offered to others
  created        INTEGER NOT NULL,
  started        INTEGER NOT NULL DEFAULT 0,
  ended          INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX tasks_by_job ON tasks (job_id, id);
CREATE INDEX tasks_by_organisation ON tasks (organisation);
CREATE INDEX tasks_by_name ON tasks (organisation, name, state) WHERE name <> '';
CREATE INDEX tasks_ready ON tasks (priority DESC, cost DESC, id) WHERE state = 'ready';
CREATE INDEX tasks_running ON tasks (lease_until) WHERE state = 'running';

CREATE TABLE task_deps (
  task_id   TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  waits_for TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  ordinal   INTEGER NOT NULL,
  PRIMARY KEY (task_id, waits_for)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_deps_backwards ON task_deps (waits_for);
