-- Whether a door's camera gives pictures, as its last heartbeat said: well, failed or ended.
ALTER TABLE device ADD COLUMN camera TEXT;
