//! The one loop that owns the connection to the broker.
//!
//! It never waits for anything else, so that keep-alives go out while the database is busy, and no message
//! may stop it: what can't be read is counted and left behind.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use lintel_core::topic::{Channel, Topic};
use lintel_runtime::backoff::Backoff;
use lintel_runtime::clock::jitter;
use lintel_runtime::supervisor::TaskContext;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, StateError};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::counters::MqttCounters;
use super::desk::Desk;
use super::link::{Link, RECEIVE_MAXIMUM};
use super::worker::Delivery;
use super::{steward, worker};
use crate::broker::access::CONTROL_ANSWERS;

/// Requests that may wait for the connection: acks, PUBACKs and commands. Overflow policy: await.
const REQUESTS: usize = 64;
/// The plugin's answers that may wait. Overflow policy: drop; the steward asks again.
const ANSWERS: usize = 64;
/// Waits between attempts to connect.
const RECONNECT: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));
/// How long the worker's last message and the broker's farewell may take.
const FAREWELL: Duration = Duration::from_secs(3);

/// Runs the road until the token is cancelled. Connection failures are retried for ever; an `Err` would be
/// a bug in here.
///
/// # Errors
/// None today; the signature is the supervisor's.
pub async fn run<D: Desk>(
    context: TaskContext,
    link: Link,
    desk: Arc<D>,
    counters: Arc<MqttCounters>,
) -> anyhow::Result<()> {
    let (client, mut events) = AsyncClient::new(link.options(), REQUESTS);
    // Overflow policy: drop without PUBACK, counted. QoS 1 can't overflow it, because the broker holds back
    // at the same number; waiting here would stop the keep-alives and the very PUBACKs that make room.
    let (work_tx, work_rx) = mpsc::channel(usize::from(RECEIVE_MAXIMUM));
    let (answers_tx, answers_rx) = mpsc::channel(ANSWERS);
    // The number of the present connection; 0 while there is none.
    let (connection_tx, connection_rx) = watch::channel(0_u64);

    let mut tasks = JoinSet::new();
    tasks.spawn(worker::run(
        client.clone(),
        Arc::clone(&desk),
        work_rx,
        connection_rx.clone(),
        Arc::clone(&counters),
    ));
    tasks.spawn(steward::run(client.clone(), desk, answers_rx, connection_rx, context.token.clone()));

    let mut reader = Reader { work_tx, answers_tx, connection_tx, counters, connection: 0, failures: 0 };
    reader.read_until_cancelled(&context, &link, &client, &mut events).await;
    farewell(reader, client, events, tasks).await;
    Ok(())
}

struct Reader {
    work_tx: mpsc::Sender<Delivery>,
    answers_tx: mpsc::Sender<Bytes>,
    connection_tx: watch::Sender<u64>,
    counters: Arc<MqttCounters>,
    connection: u64,
    failures: u32,
}

impl Reader {
    async fn read_until_cancelled(
        &mut self,
        context: &TaskContext,
        link: &Link,
        client: &AsyncClient,
        events: &mut EventLoop,
    ) {
        loop {
            let polled = tokio::select! {
                biased;
                () = context.token.cancelled() => return,
                polled = events.poll() => polled,
            };
            context.beat.beat();
            match polled {
                Ok(Event::Incoming(Packet::ConnAck(_))) => self.connected(link),
                Ok(Event::Incoming(Packet::Publish(publish))) => self.route(client, publish),
                Ok(_) => {}
                Err(error) => self.lost(&context.token, link, &error).await,
            }
        }
    }

    fn connected(&mut self, link: &Link) {
        self.connection += 1;
        self.failures = 0;
        self.counters.connected.store(true, Ordering::Relaxed);
        MqttCounters::count(&self.counters.connections);
        log::info!("broker.url" = link.url.to_string().as_str(); "connected to the broker");
        self.connection_tx.send_replace(self.connection);
    }

    async fn lost(&mut self, token: &CancellationToken, link: &Link, error: &ConnectionError) {
        self.failures = self.failures.saturating_add(1);
        self.counters.connected.store(false, Ordering::Relaxed);
        self.connection_tx.send_replace(0);
        if is_unreadable(error) {
            MqttCounters::count(&self.counters.unreadable);
        }
        let wait = RECONNECT.delay(self.failures, jitter());
        log::warn!(
            "broker.url" = link.url.to_string().as_str(), "retry.in_ms" = wait.as_millis();
            "no connection to the broker: {error}{}", advice(error)
        );
        tokio::select! {
            () = token.cancelled() => {}
            () = sleep(wait) => {}
        }
    }

    fn route(&self, client: &AsyncClient, publish: Publish) {
        MqttCounters::count(&self.counters.received);
        if publish.topic == CONTROL_ANSWERS.as_bytes() {
            acknowledge(client, &publish);
            if self.answers_tx.try_send(publish.payload).is_err() {
                log::warn!("an answer of the broker's access control was dropped: too many wait");
            }
            return;
        }
        let topic = std::str::from_utf8(&publish.topic).ok().and_then(Topic::parse);
        let Some(topic) = topic.filter(|topic| matches!(topic.channel, Channel::Events | Channel::Status))
        else {
            MqttCounters::count(&self.counters.foreign);
            acknowledge(client, &publish);
            return;
        };
        let device = topic.device.clone();
        if self.work_tx.try_send(Delivery { connection: self.connection, topic, publish }).is_err() {
            MqttCounters::count(&self.counters.dropped);
            log::warn!("device.id" = device.as_str(); "a message was dropped: too many wait");
        }
    }
}

/// Acknowledges a message that nobody has to work on.
fn acknowledge(client: &AsyncClient, publish: &Publish) {
    // A full request queue: the broker keeps the message and the next connection starts clean.
    if client.try_ack(publish).is_err() {
        log::warn!("a message could not be acknowledged to the broker: too many requests wait");
    }
}

/// Lets the worker finish the message in its hands and says goodbye, so that no last will is published and
/// no committed batch stays unanswered.
async fn farewell(reader: Reader, client: AsyncClient, mut events: EventLoop, mut tasks: JoinSet<()>) {
    drop(reader);
    let goodbye = async {
        loop {
            tokio::select! {
                joined = tasks.join_next() => match joined {
                    Some(_) => {}
                    None => break,
                },
                polled = events.poll() => if polled.is_err() { return },
            }
        }
        // Errors mean that the connection is gone, which is what is wanted.
        client.try_disconnect().ok();
        while events.poll().await.is_ok() {}
    };
    if timeout(FAREWELL, goodbye).await.is_err() {
        log::warn!(
            "the broker's connection was cut before everything was answered; doors will send it again"
        );
    }
}

fn is_unreadable(error: &ConnectionError) -> bool {
    matches!(
        error,
        ConnectionError::MqttState(
            StateError::Deserialization(_) | StateError::IncomingPacketTooLarge { .. }
        )
    )
}

fn advice(error: &ConnectionError) -> String {
    match error {
        ConnectionError::ConnectionRefused(_) => {
            " (is the password in mqtt.password_file the one that `mqtt config` gave to the broker?)"
                .to_owned()
        }
        ConnectionError::Tls(tls) => {
            lintel_runtime::tls::explain(tls).map(|why| format!(" ({why})")).unwrap_or_default()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
