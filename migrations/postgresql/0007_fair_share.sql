-- Organisations share the workers by weight. A claim looks at the best ready task of each organisation and set of tags,
-- so that what nobody offers, and who waits with a hundred thousand tasks, costs the others nothing.
ALTER TABLE organisations ADD COLUMN weight DOUBLE PRECISION NOT NULL DEFAULT 1 CHECK (weight > 0 AND weight <= 1000000);

DROP INDEX tasks_ready;
CREATE INDEX tasks_ready ON tasks (organisation, tags, priority DESC, cost DESC, id) WHERE state = 'ready';
-- Without the lease, which changes with every heartbeat: few tasks run at a time. With the id: entries of equal keys would
-- be folded into one on PostgreSQL, which then stays for as long as one of them lives, and every claim reads it.
DROP INDEX tasks_running;
CREATE INDEX tasks_running ON tasks (organisation, id) WHERE state = 'running';
