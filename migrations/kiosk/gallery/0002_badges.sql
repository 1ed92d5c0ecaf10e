-- Badges of the people of the gallery, and the keys that sign them.

CREATE TABLE badge (
    badge_id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (person_id) ON DELETE CASCADE,
    not_after INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX badge_by_person ON badge (person_id);

CREATE TABLE badge_key (
    public_key TEXT NOT NULL PRIMARY KEY
) WITHOUT ROWID;

-- An earlier program left the badges of its deltas out: what is here goes on working, and everything is
-- fetched anew.
UPDATE meta SET value = '0' WHERE key = 'revision';
