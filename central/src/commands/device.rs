//! `device invite|withdraw|add|list|reset|revoke`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use lintel_core::ids::DeviceId;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::{ExitCode, UsageError};
use lintel_runtime::secrets::write_private;
use serde::Serialize;
use serde_json::json;

use super::rosters::outage;
use super::{open, print};
use crate::app::{KeyPaths, load_data_ring, load_keys};
use crate::auth::Actor;
use crate::ca;
use crate::cli::DeviceCommand;
use crate::config::CentralSettings;
use crate::devices::{self, DeviceState, DoorTrust, Invitation, InviteRequest, Joined, qr};
use crate::store::Db;
use crate::vault::CentralKeys;

/// What a door needs to find and believe this centre. Holds its token: for its owner only.
#[derive(Debug, Serialize)]
struct JoinFile<'a> {
    device_id: &'a str,
    token: &'a str,
    central_url: String,
    zone: &'a str,
    direction: &'a str,
    ack_public_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mqtt_url: Option<&'a str>,
    ca_pem: String,
}

pub(super) async fn run(args: &ConfigArgs, command: DeviceCommand) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    open::with_ready_database(&settings, async |db| of_command(&settings, db, command).await).await?;
    Ok(ExitCode::Fine)
}

async fn of_command(settings: &CentralSettings, db: &Db, command: DeviceCommand) -> anyhow::Result<()> {
    let (actor, clock) = (Actor::local(), open::clock());
    match command {
        DeviceCommand::Invite { id, site, door, direction, valid, png, json } => {
            let direction = direction.map(Into::into);
            let request = InviteRequest {
                device_id: id,
                site_id: site,
                door,
                direction,
                valid_ms: valid,
                only_new: false,
            };
            let trust = DoorTrust::new(
                ca::open(&KeyPaths::of(settings), &load_data_ring(settings)?)?,
                &settings.devices,
            );
            let invitation = devices::invite(db, &trust, &actor.permit()?, &*clock, request).await?;
            show_invitation(&invitation, png.as_deref(), json.json)?;
        }
        DeviceCommand::OutOfService(command) => outage::of_command(db, command).await?,
        DeviceCommand::Withdraw { id } => {
            devices::withdraw_invite(db, &actor.permit()?, &*clock, &id).await?;
            println!("the join code of {id} is worthless now");
        }
        DeviceCommand::Add { id, site, door, direction, out } => {
            let out = join_path(settings, &id, out)?;
            let keys = load_keys(settings)?;
            // Before the device is made: without it the token would be lost.
            let ca = ca_pem(settings)?;
            let permit = actor.permit()?;
            let joined =
                devices::add(db, &keys, &permit, &*clock, &id, &site, &door, direction.into()).await?;
            write_join(&out, settings, &keys, &joined, ca)?;
            println!("added {id}; its join file holds its token: {}", out.display());
        }
        DeviceCommand::Reset { id, out } => {
            let out = join_path(settings, &id, out)?;
            let keys = load_keys(settings)?;
            let ca = ca_pem(settings)?;
            let joined = devices::reset(db, &keys, &actor.permit()?, &*clock, &id).await?;
            write_join(&out, settings, &keys, &joined, ca)?;
            println!("{id} has a new token; give it this join file: {}", out.display());
        }
        DeviceCommand::List(json) => {
            let devices = devices::list(db, &actor.permit()?).await?;
            if json.json { print::json(&json!({ "devices": devices }))? } else { list(devices) }
        }
        DeviceCommand::Revoke { id } => {
            devices::revoke(db, &actor.permit()?, &*clock, &id).await?;
            println!("{id} may not connect any more");
        }
    }
    Ok(())
}

/// The code for people and for scanners; this is the only time that it is seen.
fn show_invitation(invitation: &Invitation, png: Option<&Path>, as_json: bool) -> anyhow::Result<()> {
    let Invitation { device_id, code, expires_at } = invitation;
    if let Some(path) = png {
        write_private(path, &qr::png(code.expose())?)?;
    }
    if as_json {
        return print::json(
            &json!({ "device_id": device_id, "code": code.expose(), "expires_at": expires_at }),
        );
    }
    println!("{}", qr::for_terminal(code.expose())?);
    println!("{}\n", code.expose());
    println!("Type this at the door, once, until {expires_at}:");
    println!("  sudo lintel-kiosk join CODE        or hold the picture before its camera: join --camera");
    if let Some(path) = png {
        println!("The picture is in {}; delete it afterwards.", path.display());
    }
    Ok(())
}

/// Where the join file goes; a file that is there may hold another door's token.
fn join_path(settings: &CentralSettings, id: &DeviceId, out: Option<PathBuf>) -> Result<PathBuf, UsageError> {
    if !settings.devices.allow_tokens {
        let text = format!(
            "doors with a token aren't let in here: run `lintel-central device invite {id}`, or set devices.allow_tokens = true"
        );
        return Err(UsageError(text));
    }
    let out = out.unwrap_or_else(|| PathBuf::from(format!("{id}.join.toml")));
    if out.exists() {
        return Err(UsageError(format!("{} exists: move it away or name another --out", out.display())));
    }
    Ok(out)
}

fn ca_pem(settings: &CentralSettings) -> anyhow::Result<String> {
    let path = KeyPaths::of(settings).tls("ca.pem");
    std::fs::read_to_string(&path)
        .with_context(|| format!("can't read {}: run `lintel-central keys init`", path.display()))
}

fn write_join(
    out: &Path,
    settings: &CentralSettings,
    keys: &CentralKeys,
    joined: &Joined,
    ca_pem: String,
) -> anyhow::Result<()> {
    let file = JoinFile {
        device_id: joined.device.device_id.as_str(),
        token: joined.token.expose(),
        central_url: settings.devices.base_url(),
        zone: &joined.device.zone,
        direction: joined.device.direction.as_str(),
        ack_public_key: keys.ack.verifying_key().to_text(),
        mqtt_url: settings.mqtt.url_for_devices(),
        ca_pem,
    };
    let text = format!(
        "# How this door finds and believes its centre. It holds the door's token: keep it secret.\n{}",
        toml::to_string_pretty(&file)?
    );
    write_private(out, text.as_bytes())?;
    Ok(())
}

fn list(devices: Vec<DeviceState>) {
    let rows = devices
        .into_iter()
        .map(|state| {
            let device = state.device;
            let seen = state.last_seen.map_or_else(|| "never".to_owned(), |at| at.to_string());
            let galleries = match (state.confirmed_revision, state.gallery_revision) {
                (Some(confirmed), _) => format!("confirmed {confirmed}"),
                (None, Some(used)) => format!("uses {used}"),
                (None, None) => "none".into(),
            };
            [
                device.device_id.to_string(),
                device.site_id.to_string(),
                device.door,
                device.direction.as_str().to_owned(),
                if device.revoked_at.is_some() { "revoked".into() } else { seen },
                state.certificate_expires_at.map_or_else(|| "token".to_owned(), |until| until.to_string()),
                state.backlog.map_or_else(String::new, |backlog| backlog.to_string()),
                galleries,
            ]
        })
        .collect();
    let header =
        ["Device", "Site", "Door", "Direction", "Last seen (UTC)", "Certificate until", "Backlog", "Gallery"];
    print::table(header, rows, "There is no door yet: device invite ID --site S --door NAME");
}
