//! Takes the doors' messages one by one: through the centre's door, then the ack, then the PUBACK.
//!
//! The order is the point. A PUBACK before the commit would let the broker forget a message that a crash
//! then loses; the door would send it again anyway, but the back-pressure would be a lie.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lintel_core::ids::DeviceId;
use lintel_core::topic::{Channel, Topic};
use lintel_core::wire::DeviceStatus;
use lintel_runtime::exit::chain;
use rumqttc::v5::AsyncClient;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Publish;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::counters::MqttCounters;
use super::desk::{Desk, Verdict};

/// A status is a few dozen bytes; more is no status.
const MAX_STATUS_BYTES: usize = 1024;
/// After a failure of the database, before the next message: a busy loop would not help it.
const PAUSE: Duration = Duration::from_millis(250);

/// A message with the number of the connection that it came over.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) connection: u64,
    pub(super) topic: Topic,
    pub(super) publish: Publish,
}

/// Runs until the reader is gone and its last message is answered.
pub(super) async fn run<D: Desk>(
    client: AsyncClient,
    desk: Arc<D>,
    mut work_rx: mpsc::Receiver<Delivery>,
    connection_rx: watch::Receiver<u64>,
    counters: Arc<MqttCounters>,
) {
    while let Some(delivery) = work_rx.recv().await {
        let device = &delivery.topic.device;
        match delivery.topic.channel {
            Channel::Events => {
                take_events(&client, &*desk, device, &delivery.publish.payload, &counters).await
            }
            _ => take_status(&*desk, device, &delivery.publish.payload, &counters).await,
        }
        // Packet ids belong to a connection: an old one's would acknowledge somebody else's message.
        if *connection_rx.borrow() == delivery.connection && client.ack(&delivery.publish).await.is_err() {
            return;
        }
    }
}

async fn take_events<D: Desk>(
    client: &AsyncClient,
    desk: &D,
    device: &DeviceId,
    body: &[u8],
    counters: &MqttCounters,
) {
    match desk.events(device, body).await {
        Ok(Verdict::Acked(ack)) => {
            MqttCounters::count(&counters.acked);
            publish_ack(client, device, ack).await;
        }
        Ok(Verdict::Refused(reason)) => {
            MqttCounters::count(&counters.refused);
            log::warn!("device.id" = device.as_str(), "batch.bytes" = body.len(); "a batch was refused: {reason}");
        }
        Err(error) => {
            // No ack: the door keeps the events and sends them again.
            log::error!("device.id" = device.as_str(); "a batch could not be stored: {}", chain(&error));
            sleep(PAUSE).await;
        }
    }
}

async fn publish_ack(client: &AsyncClient, device: &DeviceId, ack: Bytes) {
    let topic = Topic::new(device.clone(), Channel::Acks).to_string();
    // An error means that the loop has ended; the door will ask again.
    if client.publish(topic, QoS::AtLeastOnce, false, ack).await.is_err() {
        log::debug!("device.id" = device.as_str(); "an ack was not sent: the connection is closing");
    }
}

async fn take_status<D: Desk>(desk: &D, device: &DeviceId, body: &[u8], counters: &MqttCounters) {
    if body.is_empty() {
        // A retained state that was cleared.
        return;
    }
    let status =
        (body.len() <= MAX_STATUS_BYTES).then(|| serde_json::from_slice::<DeviceStatus>(body).ok()).flatten();
    let Some(status) = status else {
        MqttCounters::count(&counters.refused);
        log::warn!("device.id" = device.as_str(), "batch.bytes" = body.len(); "a status that can't be read");
        return;
    };
    if let Err(error) = desk.status(device, &status).await {
        log::warn!("device.id" = device.as_str(); "a status could not be noted: {}", chain(&error));
    }
}
