-- The way without a face. What a card says is made again from its row and the key, so no secret is here;
-- a badge that was replaced keeps its row, so that one found in a drawer can be traced.

CREATE TABLE badge (
    badge_id BLOB NOT NULL PRIMARY KEY,
    person_id BLOB NOT NULL REFERENCES person (person_id),
    key_id TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    revoked_at BIGINT
);
-- At most one badge of a person is good at a time.
CREATE UNIQUE INDEX badge_standing ON badge (person_id) WHERE revoked_at IS NULL;
CREATE INDEX badge_by_person ON badge (person_id);
