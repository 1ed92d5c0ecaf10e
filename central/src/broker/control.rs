//! The dynamic-security plugin's language: commands in, answers out. Pure.
//!
//! One message holds a list of commands; its answer holds a list of responses, each with the command's
//! `correlationData`. The plugin answers with English sentences and no codes (mosquitto 2.0,
//! `plugins/dynamic_security/*.c`), so the two sentences that mean "it is so already" are spelled here
//! and nowhere else.

use std::fmt::Write as _;

use lintel_core::ids::DeviceId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::access::{self, Acl};

/// A command and what it answers to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Command {
    /// The plugin's name of it.
    pub command: &'static str,
    /// Comes back with the answer.
    #[serde(rename = "correlationData")]
    pub correlation: String,
    /// Its arguments.
    #[serde(flatten)]
    pub arguments: Value,
}

impl Command {
    fn new(command: &'static str, correlation: impl Into<String>, arguments: Value) -> Self {
        Self { command, correlation: correlation.into(), arguments }
    }
}

/// The commands that let a device in that the broker doesn't know: its role, then its client. A role that
/// an earlier, interrupted try left behind is deleted first, so that an old set of topics can't stay.
#[must_use]
pub fn admit(device: &DeviceId, password: &str) -> Vec<Command> {
    let role = access::device_role(device);
    let acls: Vec<Acl> = access::device_acls(device);
    let name = device.as_str();
    let roles = json!([{ "rolename": role }]);
    vec![
        Command::new("deleteRole", name, json!({ "rolename": role })),
        Command::new("createRole", name, json!({ "rolename": role, "acls": acls })),
        Command::new(
            "createClient",
            name,
            // The client id is bound: otherwise one door could take over another's session and its acks.
            json!({
                "username": name,
                "password": password,
                "clientid": name,
                "textname": mark(device, password),
                "roles": roles,
            }),
        ),
    ]
}

/// What a client is made from, as a mark that the broker keeps beside it: a device that was revoked and
/// added again has another password, and the plugin tells nobody passwords. A token is random and long, so
/// that eight bytes of a digest give nothing away.
#[must_use]
pub fn mark(device: &DeviceId, password: &str) -> String {
    let acls = json!(access::device_acls(device)).to_string();
    let digest = Sha256::new()
        .chain_update(b"lintel.broker-client.v1\0")
        .chain_update(acls.as_bytes())
        .chain_update([0])
        .chain_update(password.as_bytes())
        .finalize();
    let mut mark = String::from("lintel ");
    for byte in digest.iter().take(8) {
        // A String takes every write.
        write!(mark, "{byte:02x}").ok();
    }
    mark
}

/// The commands that shut a device out. Deleting kicks the open connection; disabling would let it back in
/// (measured on 2.0.11).
#[must_use]
pub fn expel(name: &str) -> Vec<Command> {
    vec![
        Command::new("deleteClient", name, json!({ "username": name })),
        Command::new("deleteRole", name, json!({ "rolename": format!("{}{name}", access::DEVICE_PREFIX) })),
    ]
}

/// The command that lists a page of the clients with their roles.
#[must_use]
pub fn list_clients(offset: u64, count: u64) -> Command {
    Command::new("listClients", "list", json!({ "verbose": true, "count": count, "offset": offset }))
}

/// A message for [`access::CONTROL_TOPIC`].
#[must_use]
pub fn message(commands: &[Command]) -> Vec<u8> {
    json!({ "commands": commands }).to_string().into_bytes()
}

/// One answer.
#[derive(Debug, Clone, Deserialize)]
pub struct Answer {
    /// Which command it answers.
    #[serde(default)]
    pub command: String,
    /// What the command said.
    #[serde(default, rename = "correlationData")]
    pub correlation: String,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<String>,
    /// What it gave.
    #[serde(default)]
    pub data: Value,
}

impl Answer {
    /// The failure, unless the wanted state holds anyway.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        let error = self.error.as_deref()?;
        let fine = match self.command.as_str() {
            "createRole" | "createClient" => error.contains("already exists"),
            "deleteRole" | "deleteClient" => error.contains("not found"),
            _ => false,
        };
        (!fine).then_some(error)
    }

    /// How many clients there are in all, as `listClients` says.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.data.get("totalCount").and_then(Value::as_u64).unwrap_or(0)
    }

    /// The devices that a `listClients` names, with their marks: clients with a device's role, and no others,
    /// so that clients which an administrator made by hand are left alone.
    #[must_use]
    pub fn devices(&self) -> Vec<(String, String)> {
        let clients = self.data.get("clients").and_then(Value::as_array);
        clients.into_iter().flatten().filter_map(device_of).collect()
    }
}

fn device_of(client: &Value) -> Option<(String, String)> {
    let name = client.get("username")?.as_str()?;
    let roles = client.get("roles")?.as_array()?;
    let role = format!("{}{name}", access::DEVICE_PREFIX);
    let is_device =
        roles.iter().any(|one| one.get("rolename").and_then(Value::as_str) == Some(role.as_str()));
    let mark = client.get("textname").and_then(Value::as_str).unwrap_or_default();
    is_device.then(|| (name.to_owned(), mark.to_owned()))
}

/// Reads a message of [`access::CONTROL_ANSWERS`].
///
/// # Errors
/// When it isn't the plugin's JSON.
pub fn parse_answers(bytes: &[u8]) -> Result<Vec<Answer>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Message {
        responses: Vec<Answer>,
    }
    Ok(serde_json::from_slice::<Message>(bytes)?.responses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_so_already_is_no_failure_and_everything_else_is() {
        let answers = parse_answers(
            br#"{"responses":[
                {"command":"createRole","correlationData":"d","error":"Role already exists"},
                {"command":"deleteClient","error":"Client not found"},
                {"command":"createClient","error":"Internal error"},
                {"command":"modifyRole","error":"Role not found"},
                {"command":"createClient","correlationData":"d"}]}"#,
        )
        .unwrap();
        let failures: Vec<_> = answers.iter().map(Answer::failure).collect();
        assert_eq!(failures, [None, None, Some("Internal error"), Some("Role not found"), None]);
        assert_eq!(answers[0].correlation, "d");
        assert!(parse_answers(b"garbage").is_err());
    }

    #[test]
    fn only_clients_with_their_own_device_role_count_as_devices() {
        let answers = parse_answers(
            br#"{"responses":[{"command":"listClients","data":{"totalCount":3,"clients":[
                {"username":"lintel-central","roles":[{"rolename":"lintel-central"}]},
                {"username":"door-1","textname":"m","roles":[{"rolename":"lintel-device-door-1"}]},
                {"username":"by-hand","roles":[]}]}}]}"#,
        )
        .unwrap();
        assert_eq!(answers[0].devices(), [("door-1".to_owned(), "m".to_owned())]);
    }

    #[test]
    fn a_device_is_bound_to_its_client_id() {
        let commands = admit(&DeviceId::parse("door-1").unwrap(), "pw");
        let text = String::from_utf8(message(&commands)).unwrap();
        assert_eq!(text.matches(r#""clientid":"door-1""#).count(), 1, "{text}");
    }

    #[test]
    fn a_new_token_gives_a_new_mark_and_the_same_one_the_same() {
        let door = DeviceId::parse("door-1").unwrap();
        assert_eq!(mark(&door, "a"), mark(&door, "a"));
        assert_ne!(mark(&door, "a"), mark(&door, "b"));
        assert_ne!(mark(&door, "a"), mark(&DeviceId::parse("door-2").unwrap(), "a"));
    }
}
