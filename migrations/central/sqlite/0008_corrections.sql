-- What people ask to have changed. The punch that a door recorded is never altered: a correction stands
-- beside it, and both are shown.

CREATE TABLE correction (
    correction_id BLOB NOT NULL PRIMARY KEY,
    person_id BLOB NOT NULL REFERENCES person (person_id),
    site_id TEXT NOT NULL REFERENCES site (site_id),
    -- 'add' or 'void'.
    kind TEXT NOT NULL,
    -- The instant of the punch that is added or voided, UTC milliseconds.
    at BIGINT NOT NULL,
    -- The punch that is voided: an event, or a correction that added one.
    punch_id BLOB,
    reason TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at BIGINT NOT NULL,
    -- 'proposed', 'approved' or 'rejected'.
    state TEXT NOT NULL,
    decided_by TEXT,
    decided_at BIGINT,
    answer TEXT
);
CREATE INDEX correction_by_person ON correction (person_id, at);
CREATE INDEX correction_open ON correction (proposed_at) WHERE state = 'proposed';
