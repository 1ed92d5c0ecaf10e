-- People, places, doors, and what is needed to let anybody in to the console.
-- The two dialects differ in column types only; statements exist once, in central/src/store.

CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counter (name, value) VALUES ('ingest_no', 0), ('seal_no', 0);

CREATE TABLE site (
    site_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    zone TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE person (
    person_id BLOB NOT NULL PRIMARY KEY,
    staff_no TEXT UNIQUE,
    name TEXT NOT NULL,
    -- Lower case and single spaces, made in Rust: databases fold letters differently.
    folded_name TEXT NOT NULL,
    site_id TEXT NOT NULL REFERENCES site (site_id),
    active BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    left_at BIGINT
);
CREATE INDEX person_by_site ON person (site_id, folded_name);

CREATE TABLE person_site_exception (
    person_id BLOB NOT NULL REFERENCES person (person_id),
    site_id TEXT NOT NULL REFERENCES site (site_id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (person_id, site_id)
);
CREATE INDEX person_site_exception_by_site ON person_site_exception (site_id);

CREATE TABLE consent (
    consent_no INTEGER PRIMARY KEY,
    person_id BLOB NOT NULL REFERENCES person (person_id),
    purpose TEXT NOT NULL,
    notice_version TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    method TEXT NOT NULL,
    withdrawn_at BIGINT
);
-- At most one consent of a purpose stands at a time.
CREATE UNIQUE INDEX consent_standing ON consent (person_id, purpose) WHERE withdrawn_at IS NULL;

CREATE TABLE template (
    template_id BLOB NOT NULL PRIMARY KEY,
    person_id BLOB NOT NULL REFERENCES person (person_id),
    model_pack TEXT NOT NULL,
    -- A Fernet token under the person's own key, which lies in the vault.
    token TEXT NOT NULL,
    quality DOUBLE PRECISION NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX template_by_person ON template (person_id, model_pack);

CREATE TABLE gallery_scope (
    site_id TEXT NOT NULL PRIMARY KEY REFERENCES site (site_id),
    revision BIGINT NOT NULL
);
-- The revision at which a person last changed for a site. No reference to person: a removal must reach
-- the doors after the person is gone, and the id says nothing about anybody.
CREATE TABLE gallery_change (
    site_id TEXT NOT NULL,
    person_id BLOB NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (site_id, person_id)
);
CREATE INDEX gallery_change_by_revision ON gallery_change (site_id, revision);

CREATE TABLE device (
    device_id TEXT NOT NULL PRIMARY KEY,
    site_id TEXT NOT NULL REFERENCES site (site_id),
    door TEXT NOT NULL,
    direction TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    -- Trusted on the first heartbeat; another one is refused until the device is reset.
    gallery_public_key TEXT,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    last_seen BIGINT,
    stream BLOB,
    last_seq BIGINT,
    backlog BIGINT,
    recorded_through BIGINT,
    sent_at BIGINT,
    gallery_revision BIGINT,
    model_pack TEXT,
    version TEXT,
    confirmed_revision BIGINT,
    confirmed_templates BIGINT,
    confirmed_at BIGINT
);

CREATE TABLE api_token (
    name TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE TABLE page_link (
    link_hash BLOB NOT NULL PRIMARY KEY,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE TABLE session (
    session_hash BLOB NOT NULL PRIMARY KEY,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Ids and field names only, never names or values. Written unchained in the transaction of its cause;
-- the sealer chains rows afterwards, in the order in which it finds them.
CREATE TABLE audit (
    audit_no INTEGER PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    fields TEXT NOT NULL,
    seal_no BIGINT UNIQUE,
    hash BLOB
);
CREATE INDEX audit_unsealed ON audit (audit_no) WHERE seal_no IS NULL;
CREATE TABLE audit_head (
    seal_no BIGINT NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL,
    at BIGINT NOT NULL,
    key_id TEXT NOT NULL,
    sig TEXT NOT NULL
);
