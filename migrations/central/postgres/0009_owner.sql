-- Erasing, keeping for a limited time, backing up.

-- Who was erased, by an id that names nobody any more: late events are recognised by it, and what the
-- erasure ledger holds more than this was undone by a restored backup.
CREATE TABLE erasure (
    person_id BYTEA NOT NULL PRIMARY KEY,
    erased_at BIGINT NOT NULL
);

-- The last day at work; when it has ended in the site's zone, the face and the badges go.
ALTER TABLE person ADD COLUMN leaves_on TEXT COLLATE "C";

-- A door that is behind this revision gets the whole gallery: after a restore its revisions mean another past.
ALTER TABLE gallery_scope ADD COLUMN full_below BIGINT NOT NULL DEFAULT 0;

-- What names nobody is deleted by age.
CREATE INDEX event_unidentified ON event (corrected_at, received_at)
    WHERE kind IN ('unknown', 'ambiguous', 'low_quality', 'spoof');

-- What was done to, and seen of, one person.
CREATE INDEX audit_by_subject ON audit (subject, at);

-- When something that the owner must do was last done, such as a backup.
CREATE TABLE housekeeping (
    what TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    detail TEXT COLLATE "C" NOT NULL
);

-- The planner's statistics keep samples of values, and an erasure would not reach them.
ALTER TABLE person ALTER COLUMN name SET STATISTICS 0, ALTER COLUMN folded_name SET STATISTICS 0,
    ALTER COLUMN staff_no SET STATISTICS 0;
ALTER TABLE account ALTER COLUMN name SET STATISTICS 0, ALTER COLUMN folded_name SET STATISTICS 0,
    ALTER COLUMN display_name SET STATISTICS 0;
ALTER TABLE template ALTER COLUMN token SET STATISTICS 0;
ALTER TABLE event_person ALTER COLUMN salt SET STATISTICS 0, ALTER COLUMN part SET STATISTICS 0;
ALTER TABLE rejected_event ALTER COLUMN personal SET STATISTICS 0;
ALTER TABLE correction ALTER COLUMN reason SET STATISTICS 0, ALTER COLUMN answer SET STATISTICS 0;
