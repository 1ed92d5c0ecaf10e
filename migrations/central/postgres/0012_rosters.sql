-- What people's days are measured against: contracts, shifts, rotations, holidays, leave, policies.
-- Civil dates are ISO 8601 texts, so that they sort; what is planned for a person has both ends included.

-- Where somebody belonged when. Nobody's past changes when they move: another row begins.
CREATE TABLE employment (
    person_id BYTEA NOT NULL REFERENCES person (person_id),
    valid_from TEXT COLLATE "C" NOT NULL,
    valid_to TEXT COLLATE "C",
    site_id TEXT COLLATE "C" NOT NULL REFERENCES site (site_id),
    team TEXT COLLATE "C",
    -- Contracted hours of a week in ms; none says nothing.
    weekly_ms BIGINT,
    PRIMARY KEY (person_id, valid_from)
);
CREATE INDEX employment_by_site ON employment (site_id, person_id);
-- When those who are here already began isn't known: they are not to be absent for it, nor to lose a day.
INSERT INTO employment (person_id, valid_from, valid_to, site_id)
SELECT person_id, '2000-01-01',
    CASE WHEN left_at IS NULL THEN NULL ELSE to_char(to_timestamp(left_at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD') END, site_id
FROM person;

-- A template as it is valid from a date on; the one before stays for the days before.
CREATE TABLE shift (
    shift_id TEXT COLLATE "C" NOT NULL,
    valid_from TEXT COLLATE "C" NOT NULL,
    zone TEXT COLLATE "C",
    body TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (shift_id, valid_from)
);
-- A cycle never changes: another one is another pattern.
CREATE TABLE pattern (
    pattern_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    body TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);
-- On a pattern, or on one shift on some weekdays (bit 0 is Monday).
CREATE TABLE assignment (
    assignment_id BYTEA NOT NULL PRIMARY KEY,
    person_id BYTEA NOT NULL REFERENCES person (person_id),
    pattern_id TEXT COLLATE "C" REFERENCES pattern (pattern_id),
    shift_id TEXT COLLATE "C",
    weekdays BIGINT,
    valid_from TEXT COLLATE "C" NOT NULL,
    valid_to TEXT COLLATE "C",
    created_at BIGINT NOT NULL
);
CREATE INDEX assignment_by_person ON assignment (person_id, valid_from);

CREATE TABLE holiday (
    site_id TEXT COLLATE "C" NOT NULL REFERENCES site (site_id),
    local_date TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    part TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (site_id, local_date)
);

CREATE TABLE leave_kind (
    leave_kind TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    paid BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
INSERT INTO leave_kind (leave_kind, name, paid, created_at) VALUES
    ('annual', 'Annual leave', 1, 0), ('sick', 'Sick leave', 1, 0), ('unpaid', 'Unpaid leave', 0, 0);
CREATE TABLE leave (
    leave_id BYTEA NOT NULL PRIMARY KEY,
    person_id BYTEA NOT NULL REFERENCES person (person_id),
    leave_kind TEXT COLLATE "C" NOT NULL REFERENCES leave_kind (leave_kind),
    first_date TEXT COLLATE "C" NOT NULL,
    last_date TEXT COLLATE "C" NOT NULL,
    part TEXT COLLATE "C" NOT NULL,
    note TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    asked_by TEXT COLLATE "C" NOT NULL,
    asked_at BIGINT NOT NULL,
    decided_by TEXT COLLATE "C",
    decided_at BIGINT,
    answer TEXT COLLATE "C"
);
CREATE INDEX leave_by_person ON leave (person_id, first_date);
CREATE INDEX leave_open ON leave (asked_at) WHERE state = 'proposed';

-- Of a site, or of all that have none of their own. A revision never changes.
CREATE TABLE policy (
    policy_id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    site_id TEXT COLLATE "C" REFERENCES site (site_id),
    valid_from TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (policy_id, revision)
);

-- A month that was given to payroll. What comes later becomes an adjustment in the next open one.
CREATE TABLE period_lock (
    site_id TEXT COLLATE "C" NOT NULL REFERENCES site (site_id),
    month TEXT COLLATE "C" NOT NULL,
    locked_by TEXT COLLATE "C" NOT NULL,
    locked_at BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (site_id, month)
);

-- A dead or stolen door holds nobody up from one instant to another, once somebody else has approved that.
CREATE TABLE out_of_service (
    outage_id BYTEA NOT NULL PRIMARY KEY,
    device_id TEXT COLLATE "C" NOT NULL REFERENCES device (device_id),
    from_at BIGINT NOT NULL,
    to_at BIGINT,
    reason TEXT COLLATE "C" NOT NULL,
    declared_by TEXT COLLATE "C" NOT NULL,
    declared_at BIGINT NOT NULL,
    approved_by TEXT COLLATE "C",
    approved_at BIGINT
);
CREATE INDEX out_of_service_by_device ON out_of_service (device_id, from_at);
