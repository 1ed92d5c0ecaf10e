//! The first road: the site's broker, MQTT 5.
//!
//! One task owns the connection and reconnects for ever. A PUBACK means nothing here: only an ack on the
//! acks topic does, and the drain checks its signature. What was on its way when a connection broke is
//! forgotten by this side, because the outbox sends it again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use lintel_core::ack::{AckBody, SignedAck};
use lintel_core::ids::StreamId;
use lintel_core::limits::MAX_PACKET_BYTES;
use lintel_core::topic::{Channel, Topic};
use lintel_core::wire::{DeviceStatus, EventBatch, GalleryNotice};
use lintel_runtime::backoff::Backoff;
use lintel_runtime::clock::jitter;
use lintel_runtime::secrets::SecretString;
use lintel_runtime::tls::{self, TlsError};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{ConnectProperties, LastWill, Packet, Publish};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use rustls::time_provider::TimeProvider;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::SendError;
use crate::faults;
use crate::identity::{Identity, MqttAddress};

/// The broker keeps a session for this long while the door is away, s.
const SESSION_EXPIRY_S: u32 = 24 * 3600;
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Central answers within a second; past this something is wrong.
const ACK_TIMEOUT: Duration = Duration::from_secs(8);
const RECONNECT: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));

/// The part that sends.
#[derive(Debug)]
pub struct MqttSender {
    client: AsyncClient,
    up_rx: watch::Receiver<bool>,
    // Overflow: drop + log. Acks are cumulative; the next one says the same and more.
    ack_rx: mpsc::Receiver<SignedAck>,
    events: String,
}

/// The part that owns the connection; run it in a task.
pub struct MqttLink {
    client: AsyncClient,
    eventloop: EventLoop,
    up_tx: watch::Sender<bool>,
    ack_tx: mpsc::Sender<SignedAck>,
    wanted_tx: Arc<watch::Sender<i64>>,
    identity: Arc<Identity>,
    status: [String; 2],
}

/// Makes both parts. `wanted_tx` is told about newer galleries.
///
/// # Errors
/// When the join file's CA can't be used.
pub fn link(
    identity: Arc<Identity>,
    address: &MqttAddress,
    time: Arc<dyn TimeProvider>,
    wanted_tx: Arc<watch::Sender<i64>>,
) -> Result<(MqttSender, MqttLink), TlsError> {
    let status = [true, false].map(|online| {
        let status = DeviceStatus { online, version: env!("CARGO_PKG_VERSION").to_owned() };
        serde_json::to_string(&status).unwrap_or_default()
    });
    let options = options(&identity, address, time, &status)?;
    let (client, eventloop) = AsyncClient::new(options, 16);
    let (up_tx, up_rx) = watch::channel(false);
    let (ack_tx, ack_rx) = mpsc::channel(32);
    let events = Topic::new(identity.device_id.clone(), Channel::Events).to_string();
    let sender = MqttSender { client: client.clone(), up_rx, ack_rx, events };
    Ok((sender, MqttLink { client, eventloop, up_tx, ack_tx, wanted_tx, identity, status }))
}

fn options(
    identity: &Identity,
    address: &MqttAddress,
    time: Arc<dyn TimeProvider>,
    [_, offline]: &[String; 2],
) -> Result<MqttOptions, TlsError> {
    let id = identity.device_id.as_str();
    let mut options = MqttOptions::new(id, &address.host, address.port);
    let mut properties = ConnectProperties::new();
    properties.max_packet_size = u32::try_from(MAX_PACKET_BYTES).ok();
    properties.session_expiry_interval = Some(SESSION_EXPIRY_S);
    let will =
        LastWill::new(topic(identity, Channel::Status), offline.as_bytes(), QoS::AtLeastOnce, true, None);
    options
        .set_connect_properties(properties)
        .set_clean_start(false)
        .set_keep_alive(KEEP_ALIVE)
        .set_connection_timeout(10)
        .set_credentials(id, identity.token.as_ref().map_or("", SecretString::expose))
        .set_last_will(will);
    if address.tls {
        let roots = tls::roots_from_pem(identity.ca_pem.as_bytes(), "ca_pem")?;
        let config = tls::client_config(roots, None, Some(time))?;
        options.set_transport(address.transport(config));
    }
    Ok(options)
}

fn topic(identity: &Identity, channel: Channel) -> String {
    Topic::new(identity.device_id.clone(), channel).to_string()
}

impl MqttSender {
    /// Whether the broker has let this door in.
    #[must_use]
    pub fn is_up(&self) -> bool {
        *self.up_rx.borrow()
    }

    /// Publishes a batch and waits for the ack of its stream that covers `through_seq`.
    ///
    /// # Errors
    /// [`SendError`]; the batch may have arrived all the same.
    pub async fn send(&mut self, batch: &EventBatch, through_seq: u64) -> Result<SignedAck, SendError> {
        let body = serde_json::to_vec(batch).map_err(|error| SendError::Answer(error.to_string()))?;
        // Acks of earlier batches have been answered or given up.
        while self.ack_rx.try_recv().is_ok() {}
        self.client
            .try_publish(self.events.clone(), QoS::AtLeastOnce, false, body)
            .map_err(|error| SendError::Down(error.to_string()))?;
        let mut best = None;
        let waited = tokio::time::timeout(ACK_TIMEOUT, self.await_ack(batch.stream, through_seq, &mut best));
        match (waited.await, best) {
            (Ok(Ok(ack)), _) => Ok(ack),
            // Less than was sent is progress all the same.
            (_, Some(ack)) => Ok(ack),
            (Ok(Err(error)), None) => Err(error),
            (Err(_), None) => Err(SendError::TimedOut),
        }
    }

    async fn await_ack(
        &mut self,
        stream: StreamId,
        through_seq: u64,
        best: &mut Option<SignedAck>,
    ) -> Result<SignedAck, SendError> {
        loop {
            let ack = tokio::select! {
                ack = self.ack_rx.recv() => ack,
                () = went_down(&mut self.up_rx) => return Err(SendError::Down("the broker went away".into())),
            };
            let Some(ack) = ack else { return Err(SendError::Down("the broker's task has ended".into())) };
            // Only to find the right one; the drain believes nothing without the signature.
            let Ok(body) = serde_json::from_str::<AckBody>(ack.body.get()) else { continue };
            if body.stream == stream && body.through_seq >= through_seq {
                return Ok(ack);
            }
            if body.stream == stream {
                *best = Some(ack);
            }
        }
    }
}

async fn went_down(up_rx: &mut watch::Receiver<bool>) {
    // Err: the sender is gone, which is as down as can be.
    drop(up_rx.wait_for(|up| !up).await);
}

impl MqttLink {
    /// Keeps the connection until `token` is cancelled, then says good-bye. `beat` is called at each event.
    pub async fn run(mut self, token: CancellationToken) {
        let mut failures = 0_u32;
        loop {
            let polled = tokio::select! {
                () = token.cancelled() => break,
                polled = self.eventloop.poll() => polled,
            };
            match polled {
                Ok(event) => {
                    if self.take(event) {
                        failures = 0;
                    }
                }
                Err(error) => {
                    failures = failures.saturating_add(1);
                    self.lost(&error, failures);
                    let pause = RECONNECT.delay(failures, jitter());
                    tokio::select! {
                        () = token.cancelled() => break,
                        () = tokio::time::sleep(pause) => {}
                    }
                }
            }
        }
        self.say_goodbye().await;
    }

    fn lost(&mut self, error: &ConnectionError, failures: u32) {
        let was_up = self.up_tx.send_replace(false);
        // What waits is in the outbox; sending it from here as well would only double it.
        self.eventloop.pending = VecDeque::new();
        let text = tls::explain(error).unwrap_or_else(|| error.to_string());
        if was_up || failures == 1 {
            log::warn!("link.road" = "mqtt", "error" = text.as_str(); "the broker's connection is lost");
        } else {
            log::debug!("link.road" = "mqtt", "attempt" = failures, "error" = text.as_str();
                "the broker can't be reached");
        }
    }

    /// True when the broker has just let us in.
    fn take(&mut self, event: Event) -> bool {
        match event {
            Event::Incoming(Packet::ConnAck(_)) => {
                self.greet();
                self.up_tx.send_replace(true);
                log::info!("link.road" = "mqtt", "device.id" = self.identity.device_id.as_str();
                    "connected to the broker");
                true
            }
            Event::Incoming(Packet::Publish(publish)) => {
                self.deliver(&publish);
                false
            }
            Event::Incoming(Packet::PubAck(_)) => {
                // The broker has it: first the greeting, then each batch.
                faults::point("mqtt.taken");
                false
            }
            Event::Incoming(Packet::SubAck(ack)) => {
                log::debug!("answer" = format!("{:?}", ack.return_codes).as_str(); "subscribed");
                false
            }
            _ => false,
        }
    }

    /// Subscribes on each connection: a broker that lost its memory has lost the session too.
    fn greet(&self) {
        let asked = [Channel::Acks, Channel::Gallery, Channel::Commands].map(|channel| {
            let asked = self.client.try_subscribe(topic(&self.identity, channel), QoS::AtLeastOnce);
            asked.map_err(|error| error.to_string())
        });
        let [online, _] = &self.status;
        let said = self.client.try_publish(
            topic(&self.identity, Channel::Status),
            QoS::AtLeastOnce,
            true,
            online.clone().into_bytes(),
        );
        let said = said.map_err(|error| error.to_string());
        for error in asked.into_iter().chain([said]).filter_map(Result::err) {
            log::warn!("link.road" = "mqtt", "error" = error.as_str(); "the broker's queue is full");
        }
    }

    fn deliver(&self, publish: &Publish) {
        let Ok(name) = std::str::from_utf8(&publish.topic) else { return };
        let Some(topic) = Topic::parse(name).filter(|topic| topic.device == self.identity.device_id) else {
            return;
        };
        match topic.channel {
            Channel::Acks => match serde_json::from_slice::<SignedAck>(&publish.payload) {
                Ok(ack) => {
                    if self.ack_tx.try_send(ack).is_err() {
                        log::debug!("an ack came that nobody waits for");
                    }
                }
                Err(error) => {
                    log::warn!("error" = error.to_string().as_str(); "what came on the acks topic is no ack");
                }
            },
            Channel::Gallery => match serde_json::from_slice::<GalleryNotice>(&publish.payload) {
                Ok(notice) => {
                    self.wanted_tx.send_replace(notice.revision);
                }
                Err(error) => {
                    log::warn!("error" = error.to_string().as_str(); "what came on the gallery topic is no notice");
                }
            },
            Channel::Events | Channel::Status | Channel::Commands => {}
        }
    }

    async fn say_goodbye(&mut self) {
        if !*self.up_tx.borrow() {
            return;
        }
        let [_, offline] = &self.status;
        let topic = topic(&self.identity, Channel::Status);
        let said = self.client.try_publish(topic, QoS::AtLeastOnce, true, offline.clone().into_bytes());
        if said.is_err() || self.client.try_disconnect().is_err() {
            return;
        }
        // The last will says the same, if this takes too long.
        let ended = async { while self.eventloop.poll().await.is_ok() {} };
        drop(tokio::time::timeout(Duration::from_millis(500), ended).await);
    }
}
