-- Credentials that have ended, by what can't be one again: the hash of a token, the id of a badge. What the
-- revocation ledger holds more than this was undone by a restored backup.
CREATE TABLE revocation (
    kind TEXT COLLATE "C" NOT NULL,
    credential BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (kind, credential, at)
);

-- What was revoked before this table was there. Passwords can't be told apart from here.
INSERT INTO revocation (kind, credential, at)
    SELECT 'device', token_hash, revoked_at FROM device WHERE revoked_at IS NOT NULL;
INSERT INTO revocation (kind, credential, at)
    SELECT 'token', token_hash, revoked_at FROM api_token WHERE revoked_at IS NOT NULL;
INSERT INTO revocation (kind, credential, at)
    SELECT 'badge', badge_id, revoked_at FROM badge WHERE revoked_at IS NOT NULL;
