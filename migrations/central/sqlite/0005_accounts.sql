-- Accounts of the console, their sessions, and how long a log-in has to wait after failures.

CREATE TABLE account (
    account_id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- Normalised and in lower case, made in Rust: two names that look alike must not be two accounts.
    folded_name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    -- A PHC string; its parameters travel with it, so they can be raised without asking anybody.
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    person_id BLOB UNIQUE REFERENCES person (person_id),
    must_change BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    password_at BIGINT NOT NULL,
    disabled_at BIGINT
);

-- NULL for the session of a one-time link. The role of an account's session is read from the account, so
-- that a change of role or a disabled account counts from the next request on.
ALTER TABLE session ADD COLUMN account_id BLOB REFERENCES account (account_id);
CREATE INDEX session_by_account ON session (account_id);

-- Failed log-ins by name and by address, neither of which is stored: the subject is an HMAC under the
-- day's random key, which is sealed under the data key and destroyed the next day with these rows.
CREATE TABLE login_key (
    day BIGINT NOT NULL PRIMARY KEY,
    key_sealed TEXT NOT NULL
);
CREATE TABLE login_failure (
    subject BLOB NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    wait_until BIGINT NOT NULL
);
