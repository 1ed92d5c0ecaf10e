-- Accounts at the MQTT broker. The plugin takes a password in plain, so the device's token is kept here
-- once more, sealed under the data key; the table `device` itself holds only its hash.

CREATE TABLE broker_client (
    device_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES device (device_id),
    token_sealed TEXT COLLATE "C" NOT NULL,
    updated_at BIGINT NOT NULL
);
