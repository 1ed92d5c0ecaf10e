-- Whose person the door no longer knows: as soon as central has signed for the row, salt and part go.
ALTER TABLE event ADD COLUMN forget INTEGER NOT NULL DEFAULT 0;
