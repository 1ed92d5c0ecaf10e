-- Invitations to join by a one-time code, and the certificates that doors got for them.

CREATE TABLE device_invite (
    -- A new invitation of a door replaces the one before it.
    device_id TEXT NOT NULL PRIMARY KEY,
    -- SHA-256; the token itself is only in the code.
    token_hash BLOB NOT NULL UNIQUE,
    site_id TEXT NOT NULL REFERENCES site (site_id),
    door TEXT NOT NULL,
    direction TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    -- SHA-256 of the key that joined: the same door may ask again when the answer got lost.
    used_key BLOB
);

CREATE TABLE device_certificate (
    -- SHA-256 of the certificate. One that isn't here opens nothing, whoever signed it.
    fingerprint BLOB NOT NULL PRIMARY KEY,
    device_id TEXT NOT NULL REFERENCES device (device_id),
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- The first request with it; the door's older certificates end then.
    proven_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX device_certificate_standing ON device_certificate (device_id) WHERE revoked_at IS NULL;
