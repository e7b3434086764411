-- Among equal priorities the tasks of an older job come first, then the costliest: what is handed in later does not overtake,
-- so that a forecast stays true.
DROP INDEX tasks_ready;
CREATE INDEX tasks_ready ON tasks (organisation, tags, priority DESC, job_id, cost DESC, id) WHERE state = 'ready';
