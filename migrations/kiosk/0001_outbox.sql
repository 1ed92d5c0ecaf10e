-- The outbox of one door: what it has seen and central has not yet signed for.
-- The file is encrypted page by page (SQLCipher); the key lies beside it, for the daemon's user only.

CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE event (
    -- From 1 without a gap.
    seq INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    prev_hash BLOB NOT NULL,
    hash BLOB NOT NULL,
    -- The skeleton as it was hashed, byte for byte.
    payload TEXT NOT NULL,
    salt BLOB,
    part TEXT,
    appended_at INTEGER NOT NULL,
    acked_at INTEGER
);

-- Events that central has refused for good, with its reason. The rows themselves go the way of acked ones.
CREATE TABLE dead_letter (
    seq INTEGER PRIMARY KEY,
    event_id TEXT,
    reason TEXT NOT NULL,
    payload TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
);
