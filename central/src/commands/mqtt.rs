//! `mqtt config`: files for a Mosquitto of this centre.

use anyhow::Context as _;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use lintel_runtime::secrets;

use super::open;
use crate::app::KeyPaths;
use crate::broker::files::{BrokerPlan, BrokerTls, fresh_salt, write};
use crate::broker::password::HashedPassword;
use crate::cli::MqttCommand;
use crate::ingest::mqtt::BrokerUrl;

pub(super) fn run(args: &ConfigArgs, command: MqttCommand) -> anyhow::Result<ExitCode> {
    let MqttCommand::Config { out, port } = command;
    let settings = open::settings(args)?.value;
    let url = BrokerUrl::parse(&settings.mqtt.url)?;
    let paths = KeyPaths::of(&settings);
    let path = settings.mqtt.password_path(&paths.dir);
    let password = secrets::read(&path)
        .and_then(|file| file.text(&path))
        .context("the centre's password at the broker: run `lintel-central keys init`")?;
    let tls =
        url.tls.then(|| BrokerTls { certificate: paths.tls("server.pem"), key: paths.tls("server.key") });
    let written = write(&BrokerPlan {
        folder: std::path::absolute(&out)?,
        port: port.unwrap_or(url.port),
        tls,
        username: settings.mqtt.username.clone(),
        password: HashedPassword::new(password.expose(), &fresh_salt()?),
    })?;
    println!("wrote {}", written.configuration.display());
    println!("wrote {}", written.clients.display());
    println!("start the broker with: mosquitto -c {}", written.configuration.display());
    Ok(ExitCode::Fine)
}
