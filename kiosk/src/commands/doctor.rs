//! `doctor`: what this door needs, one line each. It makes and changes nothing.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lintel_core::time::Clock as _;
use lintel_runtime::clock::SystemClock;
use lintel_runtime::config::Loaded;
use lintel_runtime::doctor::{Check, Report};
use lintel_runtime::exit::{ExitCode, chain};

use crate::app::storage;
use crate::camera;
use crate::config::KioskConfig;
use crate::health::SyncProbe;
use crate::identity::{Identity, IdentityError};
use crate::keys::KeyStore;

const TIMEOUT: Duration = Duration::from_secs(3);

/// Runs all checks.
///
/// # Errors
/// When the result can't be printed.
pub fn run(loaded: &Loaded<KioskConfig>, json: bool) -> anyhow::Result<ExitCode> {
    let config = &loaded.value;
    let mut report = Report::default();
    report.push(settings(loaded));
    report.push(model_pack(config));
    report.push(camera_check(config));
    let identity = Identity::find(&config.device);
    report.push(identity_check(&identity));
    report.push(key(config));
    if let Ok(identity) = &identity {
        report.push(outbox(config, identity));
    }
    report.checks.extend(storage::damaged_outboxes(config).iter().map(|file| set_aside(file)));
    report.push(clock());
    report.push(disk(config));
    if let Ok(identity) = identity {
        report.push(broker(config, &identity));
        report.push(central(config, identity));
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&report.json())?);
    } else {
        print!("{}", report.table(lintel_runtime::telemetry::colour_wanted()));
    }
    Ok(report.exit_code())
}

fn identity_check(identity: &Result<Identity, IdentityError>) -> Check {
    let identity = match identity {
        Ok(identity) => identity,
        Err(error) => {
            let advice = "get a code with `lintel-central device invite` and run `lintel-kiosk join CODE`";
            return Check::fail("identity", words(error), advice);
        }
    };
    let Some(certificate) = &identity.certificate else {
        return Check::ok("identity", format!("device {}, with a token", identity.device_id));
    };
    let days = certificate.days_left(SystemClock.now());
    let found = format!("device {}, certificate for {days} days", identity.device_id);
    match days {
        ..0 => {
            Check::fail("identity", found, "let the door reach central: an expired certificate is renewed")
        }
        0..14 => Check::warn("identity", found, "let the door reach central: it renews the certificate"),
        _ => Check::ok("identity", found),
    }
}

fn words(error: &(dyn std::error::Error + 'static)) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", words(cause)),
        None => error.to_string(),
    }
}

fn settings(loaded: &Loaded<KioskConfig>) -> Check {
    match loaded.refuse_unknown() {
        Ok(()) => Check::ok("settings", "no unknown names"),
        Err(error) => Check::fail(
            "settings",
            error.to_string(),
            "correct the names; `lintel-kiosk config template` lists them",
        ),
    }
}

fn model_pack(config: &KioskConfig) -> Check {
    match crate::recognition::open::pipeline(&config.vision, &config.recognition) {
        Ok(pipeline) if pipeline.pack().trial_only() => Check::warn(
            "model pack",
            format!("{} passes its self-tests, and is for trying Lintel only", pipeline.pack().name()),
            "install lintel-1 (docs/models.md)",
        ),
        Ok(pipeline) => Check::ok("model pack", format!("{} passes its self-tests", pipeline.pack().name())),
        Err(error) => Check::fail(
            "model pack",
            chain(&error),
            "run `make setup`, or set vision.packs_dir and vision.onnxruntime",
        ),
    }
}

fn camera_check(config: &KioskConfig) -> Check {
    let advice = "check cable, power and camera.source; the user needs the group `video`";
    let opened = match config.camera.source() {
        Ok(spec) => camera::open(&spec, &config.camera),
        Err(error) => return Check::fail("camera", error.to_string(), advice),
    };
    match opened {
        Ok(mut source) => match source.next_frame() {
            Ok(camera::Next::Ended) => {
                Check::fail("camera", format!("{} has no frames", source.describe()), advice)
            }
            Ok(_) => Check::ok("camera", source.describe()),
            Err(error) => Check::fail("camera", words(&error), advice),
        },
        Err(error) => Check::fail("camera", words(&error), advice),
    }
}

fn key(config: &KioskConfig) -> Check {
    let keys = KeyStore::look(&config.device.data_dir, storage::credentials().as_deref());
    let advice = "put the key back from where it was kept; a new one opens nothing old";
    match keys.map(|keys| (keys.get("database.key"), keys.is_wrapped())) {
        Ok((Ok(Some(_)), true)) => Check::ok("key", "wrapped with the unit's credential"),
        Ok((Ok(Some(_)), false)) => Check::warn(
            "key",
            "the keys lie beside the data: a copied disk can be read",
            "give the unit the credential lintel-kiosk.key, or encrypt the disk",
        ),
        Ok((Ok(None), _)) => Check::ok("key", "none yet; `run` makes it"),
        Ok((Err(error), _)) | Err(error) => Check::fail("key", words(&error), advice),
    }
}

fn outbox(config: &KioskConfig, identity: &Identity) -> Check {
    let opened = match storage::read_outbox(config) {
        Ok(Some(outbox)) => outbox,
        Ok(None) => return Check::ok("outbox", "none yet; `run` makes it"),
        Err(error) => return unreadable(&error),
    };
    if *opened.device() != identity.device_id {
        return Check::fail(
            "outbox",
            format!("it belongs to device {}, this door joined as {}", opened.device(), identity.device_id),
            "move the outbox away; nothing is deleted",
        );
    }
    match opened.status() {
        Ok(status) if status.dead_letters > 0 => Check::warn(
            "outbox",
            format!("{} events were refused by central", status.dead_letters),
            "`lintel-kiosk outbox list` shows them with the reason",
        ),
        Ok(status) => {
            Check::ok("outbox", format!("{} events, {} wait for central", status.last_seq, status.backlog))
        }
        Err(error) => unreadable(&error.into()),
    }
}

fn set_aside(file: &Path) -> Check {
    Check::warn(
        "outbox set aside",
        format!("{} was damaged; what it holds may not be at central", file.display()),
        "`lintel-kiosk outbox salvage FILE` sends what can be read; then delete the file",
    )
}

fn unreadable(error: &anyhow::Error) -> Check {
    Check::fail("outbox", chain(error), "do as the message says; nothing is deleted")
}

fn clock() -> Check {
    let now = SystemClock.now();
    if SyncProbe::default().look() {
        Check::ok("clock", format!("{now}, synchronised"))
    } else {
        Check::warn("clock", format!("{now}, not known to be synchronised"), "run `timedatectl set-ntp true`")
    }
}

fn disk(config: &KioskConfig) -> Check {
    let mut folder = config.device.data_dir.as_path();
    while !folder.exists() {
        match folder.parent() {
            Some(parent) => folder = parent,
            None => break,
        }
    }
    // The portable way without unsafe code or one more dependency.
    let answer = std::process::Command::new("df").args(["--output=avail", "-B1"]).arg(folder).output();
    let free = answer.ok().and_then(|answer| {
        String::from_utf8_lossy(&answer.stdout)
            .lines()
            .nth(1)
            .and_then(|line| line.trim().parse::<u64>().ok())
    });
    let wanted = config.outbox.max_bytes;
    match free {
        Some(free) if free >= wanted => Check::ok("disk", format!("{} MB free", free / 1_000_000)),
        Some(free) => Check::warn(
            "disk",
            format!("{} MB free, the outbox may grow to {} MB", free / 1_000_000, wanted / 1_000_000),
            "make room, or lower outbox.max_bytes",
        ),
        None => Check::warn("disk", "the free space can't be told", "look with `df`"),
    }
}

fn broker(config: &KioskConfig, identity: &Identity) -> Check {
    let Some(address) = identity.mqtt.as_ref().filter(|_| config.sync.mqtt) else {
        return Check::ok("broker", "not used");
    };
    let reached = (address.host.as_str(), address.port)
        .to_socket_addrs()
        .and_then(|mut all| all.next().ok_or_else(|| std::io::Error::other("no address")))
        .and_then(|socket| TcpStream::connect_timeout(&socket, TIMEOUT));
    match reached {
        Ok(_) => Check::ok("broker", format!("{}:{} answers", address.host, address.port)),
        Err(error) => Check::fail(
            "broker",
            format!("{}:{}: {error}", address.host, address.port),
            "start the broker, or open the port; events go over HTTPS meanwhile",
        ),
    }
}

fn central(config: &KioskConfig, identity: Identity) -> Check {
    let url = identity.central_url.clone();
    let asked = (|| -> anyhow::Result<()> {
        let keys = KeyStore::look(&config.device.data_dir, storage::credentials().as_deref())?;
        let own = identity.certificate.as_ref().map(|certificate| certificate.open(&keys)).transpose()?;
        let api = crate::sync::https::CentralApi::new(
            Arc::new(identity),
            own,
            Arc::new(rustls::time_provider::DefaultTimeProvider),
        )?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(api.reach())?;
        Ok(())
    })();
    match asked {
        Ok(()) => Check::ok("central", format!("{url} knows this door")),
        Err(error) => Check::fail(
            "central",
            format!("{url}: {}", chain(&error)),
            "check the address, the network and whether the device was revoked",
        ),
    }
}
