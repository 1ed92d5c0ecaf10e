//! `join CODE`: makes the door's own key, gets a certificate for it, and keeps who the door is from now on.
//!
//! The code is typed, piped, or shown to the camera. The key never leaves this box. A try that failed can be
//! repeated with the same code: it asks with the same key, by which central recognises it.

mod shown;

use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use lintel_core::join::{CaFingerprint, JoinAnswer, JoinCode, MAX_CODE_BYTES};
use lintel_core::time::{Clock as _, UtcMillis};
use lintel_runtime::clock::SystemClock;
use lintel_runtime::exit::UsageError;
use lintel_runtime::tls::FlooredTime;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::app;
use crate::cli::JoinArgs;
use crate::config::KioskConfig;
use crate::identity::certificate::fits;
use crate::identity::{
    DoorCertificate, Identity, IdentityFile, IdentityStore, new_key_name, signing_request,
};
use crate::keys::KeyStore;
use crate::sync::heartbeat::time_floor;
use crate::sync::https::{self, CentralApi};

/// The key of a try that hasn't succeeded yet.
const JOINING_KEY: &str = "tls-joining.key";

/// Runs the command.
///
/// # Errors
/// What is wrong with the code, why central can't be reached or refuses, or what can't be written.
pub fn run(config: &KioskConfig, args: &JoinArgs) -> anyhow::Result<()> {
    let code = if args.camera {
        shown::read_code(&config.camera)?
    } else {
        JoinCode::parse(&typed(&args.code)?)
            .map_err(|error| UsageError(lintel_runtime::exit::chain(&error.into())))?
    };
    let data_dir = &config.device.data_dir;
    let keys = KeyStore::open(data_dir, app::storage::credentials().as_deref())?;
    let seed = keys.get_or_make(JOINING_KEY)?;
    // Now already: a try that fails leaves it for the next one, whoever makes that.
    hand_over(data_dir, [keys.path(JOINING_KEY), keys.path("")])?;
    let time = tls_time(data_dir, code.issued_at);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;

    let asked = https::join(&code, signing_request(&seed)?, Arc::clone(&time) as _);
    let answer = runtime.block_on(asked).with_context(|| format!("can't join at {}", code.address))?;
    check(&code, &answer, &seed).context("central's answer can't be used; nothing was changed here")?;

    let store = IdentityStore::new(data_dir);
    let old = Identity::load(&store.path()).ok().and_then(|identity| identity.certificate);
    let key = new_key_name()?;
    keys.put(&key, &seed)?;
    let identity = identity_of(&code, answer, key);
    store.write(&identity)?;
    // In this order: what is named must be there, and what isn't named any more may go.
    store.drop_next()?;
    keys.remove(JOINING_KEY);
    if let Some(old) = old {
        keys.remove(&old.key);
    }
    let key = identity.certificate.iter().map(|certificate| keys.path(&certificate.key));
    hand_over(data_dir, key.chain([store.path(), keys.path("")]))?;

    let identity = Identity::find(&config.device)?;
    println!("this door is {} now, at {}", identity.device_id, identity.central_url);
    prove(&runtime, identity, &keys, &time)?;
    println!("it starts by itself now; where it runs already, it starts anew within seconds");
    Ok(())
}

/// The code from the command line, also where the shell has cut it at spaces; or from standard input, so that
/// it stands in no history.
fn typed(words: &[String]) -> anyhow::Result<String> {
    if words != ["-"] {
        return Ok(words.concat());
    }
    let (mut text, most) = (String::new(), u64::try_from(MAX_CODE_BYTES)? + 1);
    std::io::stdin()
        .take(most)
        .read_to_string(&mut text)
        .context("can't read the code from standard input")?;
    Ok(text)
}

/// A box without a clock believes the latest of what it knows to be past; the code is one of them.
fn tls_time(data_dir: &Path, issued_at: UtcMillis) -> Arc<FlooredTime> {
    let floor = time_floor(&data_dir.join("central-time")).max(issued_at);
    Arc::new(FlooredTime::new(Arc::new(SystemClock), floor))
}

/// What can be checked before anything is written.
fn check(code: &JoinCode, answer: &JoinAnswer, seed: &[u8; 32]) -> anyhow::Result<()> {
    let root =
        CertificateDer::from_pem_slice(answer.ca_pem.as_bytes()).context("ca_pem is no certificate")?;
    ensure!(CaFingerprint::of(&root) == code.ca, "its CA isn't the one that the code names");
    fits(&answer.certificate_pem, seed, &answer.ca_pem)?;
    Ok(())
}

fn identity_of(code: &JoinCode, answer: JoinAnswer, key: String) -> IdentityFile {
    let (token, mqtt_url) = match answer.broker {
        Some(broker) => (broker.token, Some(broker.url)),
        None => (String::new(), None),
    };
    IdentityFile {
        device_id: answer.device_id,
        token,
        central_url: code.address.to_string(),
        zone: answer.zone,
        direction: answer.direction,
        ack_public_key: answer.ack_public_key,
        mqtt_url,
        ca_pem: answer.ca_pem,
        joined_at: Some(SystemClock.now()),
        certificate: Some(DoorCertificate {
            key,
            valid_from: answer.valid_from,
            valid_until: answer.valid_until,
            pem: answer.certificate_pem,
        }),
    }
}

/// `join` is typed by root, the daemon runs as a user of its own: what was made here goes to the owner of
/// the data folder.
fn hand_over(data_dir: &Path, made: impl IntoIterator<Item = PathBuf>) -> anyhow::Result<()> {
    let owner = std::fs::metadata(data_dir).with_context(|| format!("look at {}", data_dir.display()))?;
    let (uid, gid) = (owner.uid(), owner.gid());
    for path in made {
        let now = std::fs::metadata(&path).with_context(|| format!("look at {}", path.display()))?;
        if (now.uid(), now.gid()) != (uid, gid) {
            chown(&path, Some(uid), Some(gid))
                .with_context(|| format!("give {} to the owner of {}", path.display(), data_dir.display()))?;
        }
    }
    Ok(())
}

/// A real connection, as the daemon makes it.
fn prove(
    runtime: &tokio::runtime::Runtime,
    identity: Identity,
    keys: &KeyStore,
    time: &Arc<FlooredTime>,
) -> anyhow::Result<()> {
    let own = identity.certificate.as_ref().map(|certificate| certificate.open(keys)).transpose()?;
    let days = identity.certificate.as_ref().map(|certificate| certificate.days_left(SystemClock.now()));
    let api = CentralApi::new(Arc::new(identity), own, Arc::clone(time) as _)?;
    runtime
        .block_on(api.reach())
        .context("joined, but the first connection with the new certificate failed")?;
    println!("its certificate is good for {} days and renews itself", days.unwrap_or_default());
    Ok(())
}
