-- The gallery of one door: who it may recognise. Encrypted like the outbox, with a key of its own.
-- Nothing here is the only copy; central sends it anew.

CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE person (
    person_id TEXT NOT NULL PRIMARY KEY,
    display_name TEXT NOT NULL,
    not_after INTEGER
) WITHOUT ROWID;

CREATE TABLE template (
    template_id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (person_id) ON DELETE CASCADE,
    embedding BLOB NOT NULL
);

CREATE INDEX template_by_person ON template (person_id);
