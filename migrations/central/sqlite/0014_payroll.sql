-- What payroll was given: batches, and the hours that each gave of whom.

-- Mappings as they were when a file was written by them, so that the same file can be written again.
CREATE TABLE payroll_mapping (
    sha256 TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE payroll_batch (
    month TEXT NOT NULL,
    -- Counted in each month. Of two who export a month at once one finds it taken.
    number BIGINT NOT NULL,
    -- The order of all batches, whatever their clocks said.
    turn BIGINT NOT NULL UNIQUE,
    -- None for every site.
    site_id TEXT REFERENCES site (site_id),
    mapping_name TEXT NOT NULL,
    mapping_sha256 TEXT NOT NULL REFERENCES payroll_mapping (sha256),
    exported_by TEXT NOT NULL,
    exported_at BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    people BIGINT NOT NULL,
    file_sha256 TEXT NOT NULL,
    -- JSON: what was written of each pay code, against what was meant.
    sums TEXT NOT NULL,
    -- Overtime that waited for approval and was not given.
    held_back_ms BIGINT NOT NULL,
    -- People of it who were erased since.
    erased BIGINT NOT NULL,
    cancelled_by TEXT,
    cancelled_at BIGINT,
    cancel_reason TEXT,
    PRIMARY KEY (month, number)
);

-- The sites whose month a batch is of.
CREATE TABLE payroll_batch_site (
    site_id TEXT NOT NULL REFERENCES site (site_id),
    month TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (site_id, month, number),
    FOREIGN KEY (month, number) REFERENCES payroll_batch (month, number)
);

-- What a batch gave of a person at a site.
CREATE TABLE payroll_entry (
    person_id BLOB NOT NULL,
    month TEXT NOT NULL,
    number BIGINT NOT NULL,
    site_id TEXT NOT NULL,
    first_date TEXT NOT NULL,
    last_date TEXT NOT NULL,
    -- JSON: for each day its lines, and the hash of the record that they are from.
    days TEXT NOT NULL,
    PRIMARY KEY (person_id, month, number, site_id),
    FOREIGN KEY (month, number) REFERENCES payroll_batch (month, number)
);
CREATE INDEX payroll_entry_by_batch ON payroll_entry (month, number, person_id);

-- What the file called them. Apart from the hours: this is rewritten when somebody is erased.
CREATE TABLE payroll_name (
    person_id BLOB NOT NULL,
    month TEXT NOT NULL,
    number BIGINT NOT NULL,
    site_id TEXT NOT NULL,
    name TEXT NOT NULL,
    staff_no TEXT,
    team TEXT NOT NULL,
    PRIMARY KEY (person_id, month, number, site_id)
);
