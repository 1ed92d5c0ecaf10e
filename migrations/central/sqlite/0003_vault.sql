-- The people's own keys, apart from everything else: a schema of its own on PostgreSQL, a database file
-- of its own on SQLite, so that a routine backup holds no key and an erasure can't be undone by it.

CREATE TABLE vault.person_key (
    person_id BLOB NOT NULL PRIMARY KEY,
    -- A Fernet key, sealed by FACE_DATA_ENCRYPTION_KEY.
    wrapped TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
