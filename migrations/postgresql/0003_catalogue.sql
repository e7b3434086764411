-- An object counts only when its row is here. `unreferenced`: since when no row of object_refs names it, 0 = it is needed.
CREATE TABLE objects (
  key          TEXT COLLATE "C" PRIMARY KEY,
  organisation TEXT COLLATE "C" NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  kind         TEXT COLLATE "C" NOT NULL,
  size         BIGINT NOT NULL CHECK (size >= 0),
  sha256       BYTEA NOT NULL CHECK (length(sha256) = 32),
  created      BIGINT NOT NULL,
  unreferenced BIGINT NOT NULL,
  deleted      BIGINT NOT NULL DEFAULT 0  -- marked for removal: must not be referred to again
);
CREATE INDEX objects_by_digest ON objects (organisation, kind, sha256);
CREATE INDEX objects_unreferenced ON objects (unreferenced) WHERE unreferenced > 0;
CREATE INDEX objects_deleted ON objects (deleted) WHERE deleted > 0;

CREATE TABLE object_refs (
  owner_kind TEXT COLLATE "C" NOT NULL,
  owner_id   TEXT COLLATE "C" NOT NULL,
  object_key TEXT COLLATE "C" NOT NULL REFERENCES objects (key) ON DELETE CASCADE,
  PRIMARY KEY (owner_kind, owner_id, object_key)
);
CREATE INDEX object_refs_by_object ON object_refs (object_key);

CREATE TABLE masters (
  id           TEXT COLLATE "C" PRIMARY KEY,
  organisation TEXT COLLATE "C" NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  path         BYTEA NOT NULL,  -- bytes, whatever their encoding
  reference    TEXT COLLATE "C" NOT NULL,  -- JSON
  sha256       BYTEA NOT NULL CHECK (length(sha256) = 32),
  kept         TEXT COLLATE "C" REFERENCES objects (key),
  created      BIGINT NOT NULL,
  UNIQUE (organisation, path, sha256)
);
CREATE INDEX masters_by_object ON masters (kept) WHERE kept IS NOT NULL;

CREATE TABLE assets (
  id           TEXT COLLATE "C" PRIMARY KEY,
  organisation TEXT COLLATE "C" NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  title        TEXT COLLATE "C" NOT NULL,
  state        TEXT COLLATE "C" NOT NULL CHECK (state IN ('new', 'publishing', 'published', 'failed', 'deleted')),
  master_id    TEXT COLLATE "C" REFERENCES masters (id),
  facts        TEXT COLLATE "C",  -- JSON
  grid         TEXT COLLATE "C",  -- JSON
  audio_map    TEXT COLLATE "C",  -- JSON
  in_point     TEXT COLLATE "C",
  out_point    TEXT COLLATE "C",
  ladder       TEXT COLLATE "C" NOT NULL,
  profile      TEXT COLLATE "C" NOT NULL,
  error        TEXT COLLATE "C",  -- JSON
  revision     BIGINT NOT NULL DEFAULT 1,
  publication  BIGINT NOT NULL DEFAULT 0,
  created      BIGINT NOT NULL,
  updated      BIGINT NOT NULL,
  published    BIGINT NOT NULL DEFAULT 0,
  deleted      BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX assets_by_organisation ON assets (organisation, id);
CREATE INDEX assets_by_master ON assets (master_id);
CREATE INDEX assets_deleted ON assets (deleted) WHERE deleted > 0;

CREATE TABLE tracks (
  id           TEXT COLLATE "C" PRIMARY KEY,
  asset_id     TEXT COLLATE "C" NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  organisation TEXT COLLATE "C" NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  publication  BIGINT NOT NULL,
  retired      BIGINT NOT NULL DEFAULT 0,  -- since when a later publication took its place
  kind         TEXT COLLATE "C" NOT NULL CHECK (kind IN ('video', 'audio', 'text', 'image')),
  ordinal      BIGINT NOT NULL,
  rung         TEXT COLLATE "C" NOT NULL,
  codec        TEXT COLLATE "C" NOT NULL,
  width        BIGINT NOT NULL,
  height       BIGINT NOT NULL,
  frames       BIGINT NOT NULL,
  bytes        BIGINT NOT NULL,
  bitrate      BIGINT NOT NULL,
  duration_num BIGINT NOT NULL,
  duration_den BIGINT NOT NULL CHECK (duration_den > 0),
  media        TEXT COLLATE "C" NOT NULL REFERENCES objects (key),
  index_object TEXT COLLATE "C" REFERENCES objects (key),
  others       TEXT COLLATE "C" NOT NULL,  -- JSON, object keys
  details      TEXT COLLATE "C",           -- JSON
  quality      TEXT COLLATE "C",           -- JSON
  UNIQUE (asset_id, publication, ordinal)
);
CREATE INDEX tracks_by_organisation ON tracks (organisation);
CREATE INDEX tracks_by_media ON tracks (media);
CREATE INDEX tracks_by_index ON tracks (index_object) WHERE index_object IS NOT NULL;
CREATE INDEX tracks_retired ON tracks (retired) WHERE retired > 0;

CREATE TABLE reports (
  id           TEXT COLLATE "C" PRIMARY KEY,
  asset_id     TEXT COLLATE "C" NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
  organisation TEXT COLLATE "C" NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
  profile      TEXT COLLATE "C" NOT NULL,
  verdict      TEXT COLLATE "C" NOT NULL CHECK (verdict IN ('pass', 'warn', 'fail')),
  body         TEXT COLLATE "C",  -- JSON
  object       TEXT COLLATE "C" REFERENCES objects (key),
  created      BIGINT NOT NULL
);
CREATE INDEX reports_by_asset ON reports (asset_id, id);
CREATE INDEX reports_by_organisation ON reports (organisation);
CREATE INDEX reports_by_object ON reports (object) WHERE object IS NOT NULL;

CREATE TABLE findings (
  report_id TEXT COLLATE "C" NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
  ordinal   BIGINT NOT NULL,
  kind      TEXT COLLATE "C" NOT NULL,
  severity  TEXT COLLATE "C" NOT NULL,
  start_num BIGINT,
  start_den BIGINT CHECK (start_den > 0),
  end_num   BIGINT,
  end_den   BIGINT CHECK (end_den > 0),
  details   TEXT COLLATE "C",  -- JSON
  PRIMARY KEY (report_id, ordinal)
);
