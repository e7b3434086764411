-- An object counts only when its row is here. `unreferenced`: since when no row of object_refs names it, 0 = it is needed.
CREATE TABLE objects (
  key          TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  kind         TEXT NOT NULL,
  size         INTEGER NOT NULL CHECK (size >= 0),
  sha256       BLOB NOT NULL CHECK (length(sha256) = 32),
  created      INTEGER NOT NULL,
  unreferenced INTEGER NOT NULL,
  deleted      INTEGER NOT NULL DEFAULT 0  -- marked for removal: must not be referred to again
) STRICT;
CREATE INDEX objects_by_digest ON objects (organisation, kind, sha256);
CREATE INDEX objects_unreferenced ON objects (unreferenced) WHERE unreferenced > 0;
CREATE INDEX objects_deleted ON objects (deleted) WHERE deleted > 0;

CREATE TABLE object_refs (
  owner_kind TEXT NOT NULL,
  owner_id   TEXT NOT NULL,
  object_key TEXT NOT NULL REFERENCES objects (key) ON DELETE CASCADE,
  PRIMARY KEY (owner_kind, owner_id, object_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX object_refs_by_object ON object_refs (object_key);

CREATE TABLE masters (
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  path         BLOB NOT NULL,  -- bytes, whatever their encoding
  reference    TEXT NOT NULL,  -- JSON
  sha256       BLOB NOT NULL CHECK (length(sha256) = 32),
  kept         TEXT REFERENCES objects (key),
  created      INTEGER NOT NULL,
  UNIQUE (organisation, path, sha256)
) STRICT;
CREATE INDEX masters_by_object ON masters (kept) WHERE kept IS NOT NULL;

CREATE TABLE assets (
  id           TEXT PRIMARY KEY,
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  title        TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('new', 'publishing', 'published', 'failed', 'deleted')),
  master_id    TEXT REFERENCES masters (id),
  facts        TEXT,  -- JSON
  grid         TEXT,  -- JSON
  audio_map    TEXT,  -- JSON
  in_point     TEXT,
  out_point    TEXT,
  ladder       TEXT NOT NULL,
  profile      TEXT NOT NULL,
  error        TEXT,  -- JSON
  revision     INTEGER NOT NULL DEFAULT 1,
  publication  INTEGER NOT NULL DEFAULT 0,
  created      INTEGER NOT NULL,
  updated      INTEGER NOT NULL,
  published    INTEGER NOT NULL DEFAULT 0,
  deleted      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX assets_by_organisation ON assets (organisation, id);
CREATE INDEX assets_by_master ON assets (master_id);
CREATE INDEX assets_deleted ON assets (deleted) WHERE deleted > 0;

CREATE TABLE tracks (
  id           TEXT PRIMARY KEY,
  asset_id     TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  publication  INTEGER NOT NULL,
  retired      INTEGER NOT NULL DEFAULT 0,  -- since when a later publication took its place
  kind         TEXT NOT NULL CHECK (kind IN ('video', 'audio', 'text', 'image')),
  ordinal      INTEGER NOT NULL,
  rung         TEXT NOT NULL,
  codec        TEXT NOT NULL,
  width        INTEGER NOT NULL,
  height       INTEGER NOT NULL,
  frames       INTEGER NOT NULL,
  bytes        INTEGER NOT NULL,
  bitrate      INTEGER NOT NULL,
  duration_num INTEGER NOT NULL,
  duration_den INTEGER NOT NULL CHECK (duration_den > 0),
  media        TEXT NOT NULL REFERENCES objects (key),
  index_object TEXT REFERENCES objects (key),
  others       TEXT NOT NULL,  -- JSON, object keys
  details      TEXT,           -- JSON
  quality      TEXT,           -- JSON
  UNIQUE (asset_id, publication, ordinal)
) STRICT;
CREATE INDEX tracks_by_organisation ON tracks (organisation);
CREATE INDEX tracks_by_media ON tracks (media);
CREATE INDEX tracks_by_index ON tracks (index_object) WHERE index_object IS NOT NULL;
CREATE INDEX tracks_retired ON tracks (retired) WHERE retired > 0;

CREATE TABLE reports (
  id           TEXT PRIMARY KEY,
  asset_id     TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  organisation TEXT NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  profile      TEXT NOT NULL,
  verdict      TEXT NOT NULL CHECK (verdict IN ('pass', 'warn', 'fail')),
  body         TEXT,  -- JSON
  object       TEXT REFERENCES objects (key),
  created      INTEGER NOT NULL
) STRICT;
CREATE INDEX reports_by_asset ON reports (asset_id, id);
CREATE INDEX reports_by_organisation ON reports (organisation);
CREATE INDEX reports_by_object ON reports (object) WHERE object IS NOT NULL;

CREATE TABLE findings (
  report_id TEXT NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
  ordinal   INTEGER NOT NULL,
  kind      TEXT NOT NULL,
  severity  TEXT NOT NULL,
  start_num INTEGER,
  start_den INTEGER CHECK (start_den > 0),
  end_num   INTEGER,
  end_den   INTEGER CHECK (end_den > 0),
  details   TEXT,  -- JSON
  PRIMARY KEY (report_id, ordinal)
) STRICT, WITHOUT ROWID;
