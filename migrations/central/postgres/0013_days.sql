-- Days as the rules give them: one record for a person and a date, what holds it up, and what came too late.

-- How far the true time may lie from a door's, to either side. A day for clocks that nobody knew.
ALTER TABLE event ADD COLUMN clock_error_ms BIGINT NOT NULL DEFAULT 0;
UPDATE event SET clock_error_ms = 86400000 WHERE clock_synced = 0;

-- Days of this site are computed from this date on: before it no door could have seen anybody.
ALTER TABLE site ADD COLUMN days_from TEXT COLLATE "C";
-- The last date that was closed: everybody's day was looked at, whether a door saw them or not.
ALTER TABLE site ADD COLUMN closed_through TEXT COLLATE "C";
UPDATE site SET days_from = COALESCE(
    (SELECT MIN(local_date) FROM day_record d WHERE d.site_id = site.site_id),
    to_char(to_timestamp(created_at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD'));

DROP TABLE day_record;
CREATE TABLE day_record (
    person_id BYTEA NOT NULL,
    local_date TEXT COLLATE "C" NOT NULL,
    -- Where the person belonged.
    site_id TEXT COLLATE "C" NOT NULL REFERENCES site (site_id),
    status TEXT COLLATE "C" NOT NULL,
    provisional BIGINT NOT NULL,
    -- The gravest exception: 0 for none, 1 info, 2 notice, 3 warning, 4 error.
    severity BIGINT NOT NULL,
    -- The canonical JSON of the record.
    record TEXT COLLATE "C" NOT NULL,
    computed_at BIGINT NOT NULL,
    PRIMARY KEY (person_id, local_date)
);
-- A page of days goes on behind a person.
CREATE INDEX day_record_by_date ON day_record (local_date, person_id);
-- Everybody's days are computed anew.
INSERT INTO job (kind, key, payload, run_after, attempts, generation)
SELECT 'close_day', site_id, '{"site_id":"' || site_id || '"}', 0, 0, 0 FROM site;
DELETE FROM job WHERE kind = 'recompute_day';

-- Which door holds up the proof of which day, until everything from before this instant has come.
CREATE TABLE day_block (
    device_id TEXT COLLATE "C" NOT NULL,
    person_id BYTEA NOT NULL,
    local_date TEXT COLLATE "C" NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (person_id, local_date, device_id)
);
CREATE INDEX day_block_by_device ON day_block (device_id, until_at);

-- When which door could have seen whom: its gallery, which lists badges too, held them.
CREATE TABLE door_person (
    person_id BYTEA NOT NULL,
    device_id TEXT COLLATE "C" NOT NULL REFERENCES device (device_id),
    from_at BIGINT NOT NULL,
    to_at BIGINT,
    PRIMARY KEY (person_id, device_id, from_at)
);
CREATE INDEX door_person_now ON door_person (device_id) WHERE to_at IS NULL;
INSERT INTO door_person (person_id, device_id, from_at)
SELECT p.person_id, d.device_id, COALESCE(d.confirmed_at, d.created_at) FROM device d
    JOIN gallery_change g ON g.site_id = d.site_id AND g.revision <= d.confirmed_revision
    JOIN person p ON p.person_id = g.person_id
    WHERE d.revoked_at IS NULL AND p.active = 1
        AND (EXISTS (SELECT 1 FROM badge b WHERE b.person_id = p.person_id AND b.revoked_at IS NULL)
            OR EXISTS (SELECT 1 FROM template t JOIN consent c ON c.person_id = t.person_id
                WHERE t.person_id = p.person_id AND c.purpose = 'face' AND c.withdrawn_at IS NULL));

-- Everything that the door recorded before this has come, by the centre's clock.
ALTER TABLE device ADD COLUMN known_through BIGINT;
-- Since when nothing was heard of it, once that was noticed.
ALTER TABLE device ADD COLUMN overdue_since BIGINT;

-- Corrections also move a punch to somebody else, say its direction, give a face or a badge that nobody was
-- recognised by to somebody, excuse a day's absence, and approve a day's overtime.
ALTER TABLE correction ADD COLUMN to_person BYTEA;
-- 'in' or 'out', or the date of a whole day, with ' paid' behind it where its hours are credited.
ALTER TABLE correction ADD COLUMN detail TEXT COLLATE "C";
CREATE INDEX correction_to_person ON correction (to_person, at) WHERE to_person IS NOT NULL;

-- What a day of a locked month would be by what came after the lock, booked in a later month.
CREATE TABLE adjustment (
    person_id BYTEA NOT NULL,
    local_date TEXT COLLATE "C" NOT NULL,
    site_id TEXT COLLATE "C" NOT NULL REFERENCES site (site_id),
    month TEXT COLLATE "C" NOT NULL,
    -- As payroll has it: the locked record, or what an adjustment of another locked month made of it.
    before TEXT COLLATE "C",
    after TEXT COLLATE "C",
    computed_at BIGINT NOT NULL,
    PRIMARY KEY (person_id, local_date, month)
);
CREATE INDEX adjustment_by_month ON adjustment (site_id, month);

-- Computations over a time that somebody ordered, with what each changed, so that it can be undone.
CREATE TABLE recompute (
    recompute_id BYTEA NOT NULL PRIMARY KEY,
    first_date TEXT COLLATE "C" NOT NULL,
    last_date TEXT COLLATE "C" NOT NULL,
    applied_by TEXT COLLATE "C" NOT NULL,
    applied_at BIGINT NOT NULL,
    undone_by TEXT COLLATE "C",
    undone_at BIGINT
);
CREATE TABLE recompute_change (
    recompute_id BYTEA NOT NULL REFERENCES recompute (recompute_id),
    person_id BYTEA NOT NULL,
    local_date TEXT COLLATE "C" NOT NULL,
    before TEXT COLLATE "C",
    after TEXT COLLATE "C",
    PRIMARY KEY (recompute_id, person_id, local_date)
);
