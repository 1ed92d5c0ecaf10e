//! Both roads as the drain's one transport.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lintel_core::ack::SignedAck;
use lintel_core::road::Road;
use lintel_core::wire::EventBatch;

use crate::sync::https::CentralApi;
use crate::sync::mqtt::MqttSender;
use crate::sync::{SendError, Transport};

pub(super) struct BothRoads {
    pub(super) mqtt: Option<MqttSender>,
    pub(super) https: CentralApi,
    /// Whether the last batch got through; shown to the person at the door.
    pub(super) online: Arc<AtomicBool>,
}

impl Transport for BothRoads {
    fn is_up(&self, road: Road) -> bool {
        match road {
            Road::Mqtt => self.mqtt.as_ref().is_some_and(MqttSender::is_up),
            Road::Https => true,
        }
    }

    async fn send(
        &mut self,
        road: Road,
        batch: &EventBatch,
        through_seq: u64,
    ) -> Result<SignedAck, SendError> {
        let sent = match (road, &mut self.mqtt) {
            (Road::Mqtt, Some(mqtt)) => mqtt.send(batch, through_seq).await,
            (Road::Mqtt, None) => Err(SendError::Down("no broker is configured".into())),
            (Road::Https, _) => self.https.events(batch).await,
        };
        self.online.store(sent.is_ok(), Ordering::Relaxed);
        sent
    }
}
