-- What the one pass over a master saw belongs to the asset, whatever profile judges it later: the analysis is kept as
-- objects, its findings as rows of the asset and no longer of a report. A report may say that it could not judge.
CREATE TABLE analyses (
  asset_id TEXT COLLATE "C" PRIMARY KEY REFERENCES assets (id) ON DELETE CASCADE,
  frames   TEXT COLLATE "C" NOT NULL REFERENCES objects (key),
  result   TEXT COLLATE "C" NOT NULL REFERENCES objects (key),
  engine   TEXT COLLATE "C" NOT NULL,
  by_hand  TEXT COLLATE "C",  -- JSON: metadata that was set by hand and judged instead of the master's own
  totals   TEXT COLLATE "C",  -- JSON: by kind, also what was not listed
  created  BIGINT NOT NULL
);
CREATE INDEX analyses_by_frames ON analyses (frames);
CREATE INDEX analyses_by_result ON analyses (result);

INSERT INTO analyses (asset_id, frames, result, engine, by_hand, totals, created)
  SELECT a.id, (a.grid::jsonb #>> '{objects,0}'), (a.grid::jsonb #>> '{objects,1}'), 'analysis-1', NULL, NULL, a.created
  FROM assets a
  WHERE a.grid IS NOT NULL
    AND EXISTS (SELECT 1 FROM objects o WHERE o.key = (a.grid::jsonb #>> '{objects,0}'))
    AND EXISTS (SELECT 1 FROM objects o WHERE o.key = (a.grid::jsonb #>> '{objects,1}'));

CREATE TABLE asset_findings (
  asset_id    TEXT COLLATE "C" NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  ordinal     BIGINT NOT NULL,  -- order of time
  id          TEXT COLLATE "C" NOT NULL,
  kind        TEXT COLLATE "C" NOT NULL,
  severity    TEXT COLLATE "C" NOT NULL,
  stream      BIGINT NOT NULL,
  start_num   BIGINT,
  start_den   BIGINT CHECK (start_den > 0),
  end_num     BIGINT,
  end_den     BIGINT CHECK (end_den > 0),
  first_frame BIGINT NOT NULL DEFAULT -1,
  last_frame  BIGINT NOT NULL DEFAULT -1,
  details     TEXT COLLATE "C",  -- JSON: region, measures
  PRIMARY KEY (asset_id, ordinal)
);

INSERT INTO asset_findings (asset_id, ordinal, id, kind, severity, stream, start_num, start_den, end_num, end_den,
                            first_frame, last_frame, details)
  SELECT r.asset_id, f.ordinal, coalesce(f.details::jsonb ->> 'id', ''), f.kind, f.severity,
         coalesce((f.details::jsonb ->> 'stream')::bigint, -1),
         coalesce(f.start_num, round((f.details::jsonb ->> 'start_seconds')::numeric * 90000)::bigint),
         coalesce(f.start_den, CASE WHEN f.details::jsonb ->> 'start_seconds' IS NULL THEN NULL ELSE 90000 END),
         coalesce(f.end_num, round((f.details::jsonb ->> 'end_seconds')::numeric * 90000)::bigint),
         coalesce(f.end_den, CASE WHEN f.details::jsonb ->> 'end_seconds' IS NULL THEN NULL ELSE 90000 END),
         coalesce((f.details::jsonb ->> 'first_frame')::bigint, -1),
         coalesce((f.details::jsonb ->> 'last_frame')::bigint, -1), f.details
  FROM findings f JOIN reports r ON r.id = f.report_id
  WHERE r.id = (SELECT max(other.id) FROM reports other WHERE other.asset_id = r.asset_id);
DROP TABLE findings;
ALTER TABLE asset_findings RENAME TO findings;
CREATE INDEX findings_by_kind ON findings (asset_id, kind, ordinal);

CREATE TABLE shots (
  asset_id          TEXT COLLATE "C" NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  ordinal           BIGINT NOT NULL,
  first_frame       BIGINT NOT NULL,
  last_frame        BIGINT NOT NULL,
  start_seconds     DOUBLE PRECISION NOT NULL,
  end_seconds       DOUBLE PRECISION NOT NULL,
  keyframe          BIGINT NOT NULL,
  begins_with       TEXT COLLATE "C" NOT NULL,  -- "cut", "dissolve" ...
  transition_frames BIGINT NOT NULL,
  PRIMARY KEY (asset_id, ordinal)
);

CREATE TABLE reports_anew (
  id           TEXT COLLATE "C" PRIMARY KEY,
  asset_id     TEXT COLLATE "C" NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  organisation TEXT COLLATE "C" NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  profile      TEXT COLLATE "C" NOT NULL,
  verdict      TEXT COLLATE "C" NOT NULL CHECK (verdict IN ('pass', 'warn', 'fail', 'not_judged')),
  body         TEXT COLLATE "C",  -- JSON
  object       TEXT COLLATE "C" REFERENCES objects (key),
  created      BIGINT NOT NULL
);
INSERT INTO reports_anew SELECT id, asset_id, organisation, profile,
    CASE body::jsonb ->> 'verdict' WHEN 'not_judged' THEN 'not_judged' ELSE verdict END, body, object, created
  FROM reports;
DROP TABLE reports;
ALTER TABLE reports_anew RENAME TO reports;
CREATE INDEX reports_by_asset ON reports (asset_id, id);
CREATE INDEX reports_by_organisation ON reports (organisation);
CREATE INDEX reports_by_object ON reports (object) WHERE object IS NOT NULL;
