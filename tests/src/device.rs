//! A door without a camera: makes events of its own, honest or hostile, and posts them as a kiosk would.

use std::path::Path;

use anyhow::{Context, Result};
use lintel_core::ack::{AckBody, SignedAck};
use lintel_core::chain::{Hash, event_hash};
use lintel_core::event::{
    ClockReading, DirectionHint, EVENT_VERSION, EventKind, EventSkeleton, Evidence, PersonalPart,
    personal_digest,
};
use lintel_core::ids::{DeviceId, EventId, PersonId, StreamId};
use lintel_core::seal::DeviceSealKey;
use lintel_core::sign::VerifyingKey;
use lintel_core::time::UtcMillis;
use lintel_core::wire::{EventBatch, GalleryConfirmation, Heartbeat, Predecessor, WireEvent, WirePersonal};
use serde_json::value::to_raw_value;

use crate::central::TestCentral;

/// A device of a test centre, with a stream that it continues.
#[derive(Debug)]
pub struct TestDevice {
    /// Its id.
    pub id: DeviceId,
    /// Its stream.
    pub stream: StreamId,
    token: String,
    ack_key: VerifyingKey,
    client: reqwest::Client,
    url: String,
    next_seq: u64,
    prev: Hash,
}

impl TestDevice {
    /// Takes on the identity of a join file.
    ///
    /// # Errors
    /// When the file lacks something.
    pub fn join(central: &TestCentral, file: &Path) -> Result<Self> {
        let document: toml::Table = std::fs::read_to_string(file)?.parse()?;
        let text = |key: &str| {
            document.get(key).and_then(|v| v.as_str()).with_context(|| format!("the join file has no {key}"))
        };
        Ok(Self {
            id: DeviceId::parse(text("device_id")?)?,
            stream: StreamId::from(*EventId::new(UtcMillis::from_i64(1), &[9; 10]).as_uuid()),
            token: text("token")?.to_owned(),
            ack_key: VerifyingKey::parse(text("ack_public_key")?)?,
            client: central.client()?,
            url: central.device_url(""),
            next_seq: 1,
            prev: Hash::GENESIS,
        })
    }

    /// The next event of the stream.
    ///
    /// # Errors
    /// When it can't be written as JSON.
    pub fn event(&mut self, kind: EventKind, person: Option<PersonId>, at: UtcMillis) -> Result<WireEvent> {
        let salt = Hash::of(&self.next_seq.to_be_bytes());
        let evidence = Evidence { score: 0.8, margin: 0.4, frames: 3, liveness: None, quality: 0.9 };
        let part = to_raw_value(&PersonalPart {
            person_id: person,
            evidence: (kind != EventKind::Badge).then_some(evidence),
            reasons: Vec::new(),
        })?;
        let digest = Hash::from_bytes(personal_digest(salt.as_bytes(), part.get().as_bytes()));
        let random: [u8; 10] = salt.as_bytes().first_chunk().copied().context("a hash has 32 bytes")?;
        let payload = to_raw_value(&EventSkeleton {
            v: EVENT_VERSION,
            id: EventId::new(at, &random),
            kind,
            direction_hint: DirectionHint::None,
            captured_at: at,
            clock: ClockReading {
                synced: true,
                boot_id: "test".into(),
                monotonic_ms: at.as_i64() % 1_000_000,
                offset_estimate_ms: 0,
                error_ms: 10,
            },
            model_pack: "lintel-1".into(),
            gallery_revision: 1,
            suppressed: 0,
            personal_digest: Some(digest.to_string()),
        })?;
        let hash = event_hash(&self.id, self.stream, self.next_seq, &self.prev, payload.get().as_bytes());
        let event = WireEvent {
            seq: self.next_seq,
            prev_hash: self.prev,
            hash,
            payload,
            personal: Some(WirePersonal { salt, part }),
        };
        self.next_seq += 1;
        self.prev = hash;
        Ok(event)
    }

    /// A batch of this device's stream.
    #[must_use]
    pub fn batch(&self, events: Vec<WireEvent>) -> EventBatch {
        EventBatch {
            v: 1,
            device_id: self.id.clone(),
            stream: self.stream,
            predecessor: Some(Predecessor::None),
            oldest: None,
            events,
        }
    }

    /// Posts bytes to the events road, as they are.
    ///
    /// # Errors
    /// When central can't be reached.
    pub async fn post(&self, body: impl Into<reqwest::Body>) -> Result<reqwest::Response> {
        Ok(self
            .client
            .post(format!("{}/device/v1/events", self.url))
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await?)
    }

    /// Sends events and believes the ack only by its signature.
    ///
    /// # Errors
    /// When central refuses or the ack is not to be believed.
    pub async fn send(&self, events: Vec<WireEvent>) -> Result<AckBody> {
        let answer = self.post(serde_json::to_vec(&self.batch(events))?).await?;
        let status = answer.status();
        let text = answer.text().await?;
        anyhow::ensure!(status.is_success(), "{status}: {text}");
        let ack: SignedAck = serde_json::from_str(&text)?;
        Ok(ack.verify(&self.ack_key)?)
    }

    /// Says that it is well, and that it matches against a revision of the gallery.
    ///
    /// # Errors
    /// When central refuses.
    pub async fn beat(&self, now: UtcMillis, gallery_revision: i64) -> Result<()> {
        let beat = Heartbeat {
            device_id: self.id.clone(),
            stream: self.stream,
            last_seq: self.next_seq - 1,
            backlog: 0,
            recorded_through: now,
            sent_at: now,
            gallery_revision,
            model_pack: "lintel-1".into(),
            gallery_public_key: DeviceSealKey::from_seed(&[3; 32]).public_text(),
            version: env!("CARGO_PKG_VERSION").into(),
            camera: None,
        };
        let device_id = self.id.clone();
        let confirmed = GalleryConfirmation { device_id, revision: gallery_revision, templates: 0 };
        let bodies =
            [("heartbeat", serde_json::to_vec(&beat)?), ("gallery/confirm", serde_json::to_vec(&confirmed)?)];
        for (path, body) in bodies {
            let request = self.client.post(format!("{}/device/v1/{path}", self.url)).bearer_auth(&self.token);
            request.header("content-type", "application/json").body(body).send().await?.error_for_status()?;
        }
        Ok(())
    }

    /// The hash of the last event made.
    #[must_use]
    pub fn head(&self) -> Hash {
        self.prev
    }
}
