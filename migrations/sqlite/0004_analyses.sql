-- What the one pass over a master saw belongs to the asset, whatever profile judges it later: the analysis is kept as
-- objects, its findings as rows of the asset and no longer of a report. A report may say that it could not judge.
CREATE TABLE analyses (
  asset_id TEXT PRIMARY KEY REFERENCES assets (id) ON DELETE CASCADE,
  frames   TEXT NOT NULL REFERENCES objects (key),
  result   TEXT NOT NULL REFERENCES objects (key),
  engine   TEXT NOT NULL,
  by_hand  TEXT,  -- JSON: metadata that was set by hand and judged instead of the master's own
  totals   TEXT,  -- JSON: by kind, also what was not listed
  created  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX analyses_by_frames ON analyses (frames);
CREATE INDEX analyses_by_result ON analyses (result);

INSERT INTO analyses (asset_id, frames, result, engine, by_hand, totals, created)
  SELECT a.id, json_extract(a.grid, '$.objects[0]'), json_extract(a.grid, '$.objects[1]'), 'analysis-1', NULL, NULL, a.created
  FROM assets a
  WHERE a.grid IS NOT NULL
    AND EXISTS (SELECT 1 FROM objects o WHERE o.key = json_extract(a.grid, '$.objects[0]'))
    AND EXISTS (SELECT 1 FROM objects o WHERE o.key = json_extract(a.grid, '$.objects[1]'));

CREATE TABLE asset_findings (
  asset_id    TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  ordinal     INTEGER NOT NULL,  -- order of time
  id          TEXT NOT NULL,
  kind        TEXT NOT NULL,
  severity    TEXT NOT NULL,
  stream      INTEGER NOT NULL,
  start_num   INTEGER,
  start_den   INTEGER CHECK (start_den > 0),
  end_num     INTEGER,
  end_den     INTEGER CHECK (end_den > 0),
  first_frame INTEGER NOT NULL DEFAULT -1,
  last_frame  INTEGER NOT NULL DEFAULT -1,
  details     TEXT,  -- JSON: region, measures
  PRIMARY KEY (asset_id, ordinal)
) STRICT, WITHOUT ROWID;

INSERT INTO asset_findings (asset_id, ordinal, id, kind, severity, stream, start_num, start_den, end_num, end_den,
                            first_frame, last_frame, details)
  SELECT r.asset_id, f.ordinal, coalesce(json_extract(f.details, '$.id'), ''), f.kind, f.severity,
         coalesce(json_extract(f.details, '$.stream'), -1),
         coalesce(f.start_num, cast(round(json_extract(f.details, '$.start_seconds') * 90000) AS INTEGER)),
         coalesce(f.start_den, iif(json_extract(f.details, '$.start_seconds') IS NULL, NULL, 90000)),
         coalesce(f.end_num, cast(round(json_extract(f.details, '$.end_seconds') * 90000) AS INTEGER)),
         coalesce(f.end_den, iif(json_extract(f.details, '$.end_seconds') IS NULL, NULL, 90000)),
         coalesce(json_extract(f.details, '$.first_frame'), -1), coalesce(json_extract(f.details, '$.last_frame'), -1),
         f.details
  FROM findings f JOIN reports r ON r.id = f.report_id
  WHERE r.id = (SELECT max(other.id) FROM reports other WHERE other.asset_id = r.asset_id);
DROP TABLE findings;
ALTER TABLE asset_findings RENAME TO findings;
CREATE INDEX findings_by_kind ON findings (asset_id, kind, ordinal);

CREATE TABLE shots (
  asset_id          TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  ordinal           INTEGER NOT NULL,
  first_frame       INTEGER NOT NULL,
  last_frame        INTEGER NOT NULL,
  start_seconds     REAL NOT NULL,
  end_seconds       REAL NOT NULL,
  keyframe          INTEGER NOT NULL,
  begins_with       TEXT NOT NULL,  -- "cut", "dissolve" ...
  transition_frames INTEGER NOT NULL,
  PRIMARY KEY (asset_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE reports_anew (
  id           TEXT PRIMARY KEY,
  asset_id     TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  profile      TEXT NOT NULL,
  verdict      TEXT NOT NULL CHECK (verdict IN ('pass', 'warn', 'fail', 'not_judged')),
  body         TEXT,  -- JSON
  object       TEXT REFERENCES objects (key),
  created      INTEGER NOT NULL
) STRICT;
INSERT INTO reports_anew SELECT id, asset_id, organisation, profile,
    CASE json_extract(body, '$.verdict') WHEN 'not_judged' THEN 'not_judged' ELSE verdict END, body, object, created
  FROM reports;
DROP TABLE reports;
ALTER TABLE reports_anew RENAME TO reports;
CREATE INDEX reports_by_asset ON reports (asset_id, id);
CREATE INDEX reports_by_organisation ON reports (organisation);
CREATE INDEX reports_by_object ON reports (object) WHERE object IS NOT NULL;
