-- The people's own keys, apart from everything else: a schema of its own on PostgreSQL, a database file
-- of its own on SQLite, so that a routine backup holds no key and an erasure can't be undone by it.

CREATE SCHEMA vault;
CREATE TABLE vault.person_key (
    person_id BYTEA NOT NULL PRIMARY KEY,
    -- A Fernet key, sealed by FACE_DATA_ENCRYPTION_KEY.
    wrapped TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);
-- The planner's statistics keep samples of values, and an erasure would not reach them.
ALTER TABLE vault.person_key ALTER COLUMN wrapped SET STATISTICS 0;
