//! The dynamic-security plugin's language: commands in, answers out. Pure.
//!
//! One message holds a list of commands; its answer holds a list of responses, each with the command's
//! `correlationData`. The plugin answers with English sentences and no codes (mosquitto 2.0,
//! `plugins/dynamic_security/*.c`), so the two sentences that mean "it is so already" are spelled here
//! and nowhere else.

use lintel_core::ids::DeviceId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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

/// The commands that let a device in: role, then client with that role. `modifyRole` and `setClientPassword`
/// follow so that a role or password of an earlier time is replaced, not kept.
#[must_use]
pub fn admit(device: &DeviceId, password: &str) -> Vec<Command> {
    let role = access::device_role(device);
    let acls: Vec<Acl> = access::device_acls(device);
    let name = device.as_str();
    let roles = json!([{ "rolename": role }]);
    vec![
        Command::new("createRole", name, json!({ "rolename": role, "acls": acls })),
        Command::new("modifyRole", name, json!({ "rolename": role, "acls": acls })),
        Command::new(
            "createClient",
            name,
            // The client id is bound: otherwise one door could take over another's session and its acks.
            json!({ "username": name, "password": password, "clientid": name, "roles": roles }),
        ),
        Command::new(
            "modifyClient",
            name,
            json!({ "username": name, "password": password, "clientid": name, "roles": roles }),
        ),
    ]
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

/// The command that lists all clients with their roles.
#[must_use]
pub fn list_clients() -> Command {
    Command::new("listClients", "list", json!({ "verbose": true, "count": -1, "offset": 0 }))
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

    /// The devices that a `listClients` names: clients with a device's role, and no others, so that clients
    /// which an administrator made by hand are left alone.
    #[must_use]
    pub fn devices(&self) -> Vec<String> {
        let clients = self.data.get("clients").and_then(Value::as_array);
        clients.into_iter().flatten().filter_map(device_of).collect()
    }
}

fn device_of(client: &Value) -> Option<String> {
    let name = client.get("username")?.as_str()?;
    let roles = client.get("roles")?.as_array()?;
    let role = format!("{}{name}", access::DEVICE_PREFIX);
    let is_device = roles.iter().any(|one| one.get("rolename").and_then(Value::as_str) == Some(role.as_str()));
    is_device.then(|| name.to_owned())
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
                {"username":"door-1","roles":[{"rolename":"lintel-device-door-1"}]},
                {"username":"by-hand","roles":[]}]}}]}"#,
        )
        .unwrap();
        assert_eq!(answers[0].devices(), ["door-1"]);
    }

    #[test]
    fn a_device_is_bound_to_its_client_id() {
        let commands = admit(&DeviceId::parse("door-1").unwrap(), "pw");
        let text = String::from_utf8(message(&commands)).unwrap();
        assert_eq!(text.matches(r#""clientid":"door-1""#).count(), 2, "{text}");
    }
}
