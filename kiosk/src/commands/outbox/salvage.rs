//! `outbox salvage`: sends central what a damaged outbox still gives, in the stream that it belongs to.
//!
//! Central takes each place of a stream once, so it can be run again, whole or after it was cut off. The file is
//! neither changed nor deleted: whether enough came back is for a person to say.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use lintel_core::limits::{MAX_PACKET_BYTES, PACKET_OVERHEAD_BYTES};

use crate::app::storage;
use crate::config::KioskConfig;
use crate::identity::Identity;
use crate::keys::KeyStore;
use crate::outbox::Salvaged;
use crate::sync::https::CentralApi;

/// What central has signed for.
#[derive(Default)]
struct Delivered {
    new: usize,
    known: usize,
    refused: usize,
}

pub(super) fn run(config: &KioskConfig, file: &Path) -> anyhow::Result<()> {
    let identity = Arc::new(Identity::find(&config.device)?);
    let salvaged = storage::salvage_outbox(config, file, &identity.device_id)?;
    println!("{}: {} events can be read", file.display(), salvaged.events.len());
    if salvaged.missing > 0 {
        println!("{} places between them can't: they are on damaged pages", salvaged.missing);
    }
    if salvaged.events.is_empty() {
        bail!(
            "nothing in it can be read: keep the file, or delete it and add the punches by hand at central"
        );
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let delivered = runtime.block_on(send(config, &identity, &salvaged))?;
    println!(
        "central has signed for {}: {} new, {} that it had, {} refused",
        salvaged.events.len(),
        delivered.new,
        delivered.known,
        delivered.refused
    );
    println!(
        "When the report is as it should be, delete {0} and what lies beside it (`rm {0}*`).",
        file.display()
    );
    Ok(())
}

async fn send(
    config: &KioskConfig,
    identity: &Arc<Identity>,
    salvaged: &Salvaged,
) -> anyhow::Result<Delivered> {
    let keys = KeyStore::look(&config.device.data_dir, storage::credentials().as_deref())?;
    let own = identity.certificate.as_ref().map(|certificate| certificate.open(&keys)).transpose()?;
    let time = Arc::new(rustls::time_provider::DefaultTimeProvider);
    let api = CentralApi::new(Arc::clone(identity), own, time)?;
    let mut delivered = Delivered::default();
    for batch in salvaged.batches(config.sync.batch_events, MAX_PACKET_BYTES - PACKET_OVERHEAD_BYTES) {
        let sent = delivered.new + delivered.known + delivered.refused;
        let ack = api
            .events(&batch)
            .await
            .with_context(|| format!("after {sent} events; run it again, nothing is counted twice"))?;
        let body = ack.verify(&identity.ack_public_key).context("an ack is not believed")?;
        if body.device_id != identity.device_id || body.stream != salvaged.stream() {
            bail!("central's ack is for stream {} of {}", body.stream, body.device_id);
        }
        delivered.known += body.duplicate.len();
        delivered.refused += body.rejected.len();
        delivered.new += batch.events.len().saturating_sub(body.duplicate.len() + body.rejected.len());
    }
    Ok(delivered)
}
