-- What the doors report, and what is computed from it.

CREATE TABLE stream (
    stream_no INTEGER PRIMARY KEY,
    device_id TEXT NOT NULL REFERENCES device (device_id),
    stream BLOB NOT NULL,
    -- Highest place up to which every event is accepted, quarantined or recorded as rejected.
    through_seq BIGINT NOT NULL,
    head_hash BLOB NOT NULL,
    -- Highest place that was ever seen; equal to through_seq unless something is missing.
    max_seq BIGINT NOT NULL,
    predecessor TEXT,
    first_seen BIGINT NOT NULL,
    UNIQUE (device_id, stream)
);

-- The skeleton: kept for ever, so that the chain still verifies after an erasure.
CREATE TABLE event (
    ingest_no INTEGER PRIMARY KEY,
    event_id BLOB NOT NULL UNIQUE,
    stream_no BIGINT NOT NULL REFERENCES stream (stream_no),
    seq BIGINT NOT NULL,
    prev_hash BLOB NOT NULL,
    hash BLOB NOT NULL,
    kind TEXT NOT NULL,
    captured_at BIGINT NOT NULL,
    corrected_at BIGINT NOT NULL,
    clock_synced BIGINT NOT NULL,
    direction_hint TEXT NOT NULL,
    payload BLOB NOT NULL,
    received_at BIGINT NOT NULL,
    road TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    chain_state TEXT NOT NULL,
    UNIQUE (stream_no, seq)
);
-- Hopefully empty: whether a stream is broken is asked for every door that is shown.
CREATE INDEX event_broken ON event (stream_no) WHERE chain_state = 'broken';

-- Who it was: erased on its own.
CREATE TABLE event_person (
    ingest_no BIGINT NOT NULL PRIMARY KEY,
    person_id BLOB,
    corrected_at BIGINT NOT NULL,
    salt BLOB NOT NULL,
    part BLOB NOT NULL
);
CREATE INDEX event_person_by_person ON event_person (person_id, corrected_at) WHERE person_id IS NOT NULL;

-- What can never be accepted, with what was sent, so that nothing is lost without a trace.
CREATE TABLE rejected_event (
    stream_no BIGINT NOT NULL REFERENCES stream (stream_no),
    seq BIGINT NOT NULL,
    -- SHA-256 of what was sent: the same rejected twice is one row.
    sent_hash BLOB NOT NULL,
    hash BLOB NOT NULL,
    event_id BLOB,
    reason TEXT NOT NULL,
    payload BLOB NOT NULL,
    personal BLOB,
    received_at BIGINT NOT NULL,
    road TEXT NOT NULL,
    PRIMARY KEY (stream_no, seq, sent_hash)
);

CREATE TABLE job (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    run_after BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    -- Raised when it is asked for again; a run that finds it raised runs once more.
    generation BIGINT NOT NULL,
    lease BLOB,
    lease_until BIGINT,
    last_error TEXT,
    PRIMARY KEY (kind, key)
);
CREATE INDEX job_due ON job (run_after);

CREATE TABLE day_record (
    person_id BLOB NOT NULL,
    site_id TEXT NOT NULL REFERENCES site (site_id),
    local_date TEXT NOT NULL,
    first_in BIGINT,
    last_out BIGINT,
    worked_ms BIGINT NOT NULL,
    punches BIGINT NOT NULL,
    punches_ignored BIGINT NOT NULL,
    exceptions TEXT NOT NULL,
    provisional BIGINT NOT NULL,
    policy_version TEXT NOT NULL,
    computed_at BIGINT NOT NULL,
    PRIMARY KEY (person_id, site_id, local_date)
);
CREATE INDEX day_record_by_date ON day_record (local_date, site_id);
