//! What the centre says to the broker by itself: subscriptions, accounts, gallery notices.
//!
//! At each connection everything is said anew, because a broker may have been restored or replaced; after
//! that the database is looked at every second and only differences are said. A look costs two small
//! queries, and it also sees what another process (`device revoke`, another replica) has changed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lintel_core::ids::DeviceId;
use lintel_core::topic::{Channel, Topic};
use lintel_core::wire::GalleryNotice;
use lintel_runtime::exit::chain;
use rumqttc::v5::AsyncClient;
use rumqttc::v5::mqttbytes::QoS;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::desk::Desk;
use crate::broker::access::{CONTROL_ANSWERS, SHARE_GROUP};
use crate::broker::reconcile::{Known, Plan, ReconcileError, Steward, Wanted, marks};

/// How often the database is looked at: a revoked device is out within about this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a failure, before it is tried again on the same connection.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Runs until the token is cancelled.
pub(super) async fn run<D: Desk>(
    client: AsyncClient,
    desk: Arc<D>,
    answers_rx: mpsc::Receiver<Bytes>,
    mut connection_rx: watch::Receiver<u64>,
    token: CancellationToken,
) {
    let mut steward = Steward::new(client.clone(), answers_rx);
    let work = async {
        loop {
            if connection_rx.wait_for(|connection| *connection != 0).await.is_err() {
                return;
            }
            let connection = *connection_rx.borrow_and_update();
            tokio::select! {
                () = serve_connection(&client, &*desk, &mut steward) => {}
                // Another connection, or none: begin anew.
                changed = connection_rx.wait_for(|now| *now != connection) => if changed.is_err() { return },
            }
        }
    };
    tokio::select! {
        () = token.cancelled() => {}
        () = work => {}
    }
}

/// Keeps one connection in step; cancelled when it goes.
async fn serve_connection<D: Desk>(client: &AsyncClient, desk: &D, steward: &mut Steward) {
    if subscribe(client).await.is_err() {
        return;
    }
    let mut said = Said::default();
    loop {
        let wait = match look(client, desk, steward, &mut said).await {
            Ok(()) => LOOK_EVERY,
            Err(error) => {
                log::error!("the broker's accounts are not in step: {}", chain(&error));
                // What the broker has taken of it is asked for again.
                said.known = None;
                AFTER_FAILURE
            }
        };
        sleep(wait).await;
    }
}

async fn subscribe(client: &AsyncClient) -> Result<(), rumqttc::v5::ClientError> {
    client.subscribe(CONTROL_ANSWERS, QoS::AtLeastOnce).await?;
    // Shared: with several replicas each batch goes to one of them.
    let events = format!("$share/{SHARE_GROUP}/{}", Topic::filter(Channel::Events));
    client.subscribe(events, QoS::AtLeastOnce).await?;
    // Not shared: the retained states are only sent to a subscription of one's own.
    client.subscribe(Topic::filter(Channel::Status), QoS::AtLeastOnce).await
}

/// What this connection's broker has been told.
#[derive(Default)]
struct Said {
    known: Option<Known>,
    notices: BTreeMap<DeviceId, GalleryNotice>,
}

async fn look<D: Desk>(
    client: &AsyncClient,
    desk: &D,
    steward: &mut Steward,
    said: &mut Said,
) -> anyhow::Result<()> {
    let wanted = desk.wanted().await?;
    let known = match said.known.take() {
        Some(known) => known,
        None => steward.known().await?,
    };
    let plan = Plan::between(&wanted, &known);
    if !plan.is_empty() {
        carry_out(steward, &plan, &wanted).await?;
        for name in plan.expel.iter().filter(|name| !wanted.keys().any(|id| id.as_str() == name.as_str())) {
            forget(client, name).await?;
        }
    }
    said.known = Some(marks(&wanted));
    for (device, notice) in desk.notices().await? {
        if said.notices.get(&device) != Some(&notice) {
            let topic = Topic::new(device.clone(), Channel::Gallery).to_string();
            client.publish(topic, QoS::AtLeastOnce, true, serde_json::to_vec(&notice)?).await?;
            said.notices.insert(device, notice);
        }
    }
    Ok(())
}

async fn carry_out(steward: &mut Steward, plan: &Plan, wanted: &Wanted) -> Result<(), ReconcileError> {
    steward.carry_out(plan, wanted).await?;
    for device in &plan.admit {
        log::info!("device.id" = device.as_str(); "the broker admits the device");
    }
    for name in &plan.expel {
        log::info!("device.id" = name.as_str(); "the broker shut the device out");
    }
    Ok(())
}

/// Clears what the broker retained for a device that is gone.
async fn forget(client: &AsyncClient, name: &str) -> anyhow::Result<()> {
    let Ok(device) = DeviceId::parse(name) else { return Ok(()) };
    for channel in [Channel::Gallery, Channel::Status] {
        let topic = Topic::new(device.clone(), channel).to_string();
        client.publish(topic, QoS::AtLeastOnce, true, Bytes::new()).await?;
    }
    Ok(())
}
