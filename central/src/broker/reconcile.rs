//! Keeping the broker's clients in step with the devices: what is wanted, what is there, what to send.
//!
//! Level-triggered: at each connection the broker is asked whom it knows, and the difference is sent. So a
//! restored, replaced or hand-edited broker comes right by itself, and no queue of changes can go out of
//! step with the database. A device that is still wanted is never deleted on the way: that would kick it.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use lintel_core::ids::DeviceId;
use lintel_runtime::secrets::SecretString;
use rumqttc::v5::AsyncClient;
use rumqttc::v5::mqttbytes::QoS;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::access::CONTROL_TOPIC;
use super::control::{self, Answer, Command};

/// Clients that one `listClients` asks for; the answer must fit a packet.
const PAGE: u64 = 200;
/// Devices per message: three commands, two kilobytes a device, stay far below a packet.
const DEVICES_PER_MESSAGE: usize = 40;
/// The plugin answers at once or not at all.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The devices that may connect, with their passwords.
pub type Wanted = BTreeMap<DeviceId, SecretString>;
/// The devices that the broker knows, with the marks of [`control::mark`].
pub type Known = BTreeMap<String, String>;

/// What the broker knows once it is in step.
#[must_use]
pub fn marks(wanted: &Wanted) -> Known {
    wanted.iter().map(|(id, pw)| (id.to_string(), control::mark(id, pw.expose()))).collect()
}

/// Why the broker isn't in step.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The connection went.
    #[error("the connection to the broker is gone")]
    Gone,
    /// Nothing came back.
    #[error(
        "the broker did not answer on $CONTROL within 10 s: is its dynamic-security plugin loaded, and may the centre's user use it (see `lintel-central mqtt config`)?"
    )]
    Silent,
    /// The plugin refused.
    #[error("the broker refused {command} for {name}: {reason}")]
    Refused {
        /// The command.
        command: String,
        /// The device.
        name: String,
        /// The plugin's words.
        reason: String,
    },
    /// The plugin said something else than answers.
    #[error("the broker's answer on $CONTROL can't be read")]
    Answer(#[from] serde_json::Error),
}

/// A change to the broker's clients.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// To be let in.
    pub admit: Vec<DeviceId>,
    /// To be shut out, by name: the broker may know names that are no device ids.
    pub expel: Vec<String>,
}

impl Plan {
    /// The difference between the wanted and the known. A device whose password is another one now is shut
    /// out and let in again.
    #[must_use]
    pub fn between(wanted: &Wanted, known: &Known) -> Self {
        let is_so = |id: &DeviceId, password: &SecretString| {
            known.get(id.as_str()).is_some_and(|found| *found == control::mark(id, password.expose()))
        };
        let admit: Vec<DeviceId> =
            wanted.iter().filter(|(id, pw)| !is_so(id, pw)).map(|(id, _)| id.clone()).collect();
        let stays = |name: &str| {
            wanted.keys().any(|id| id.as_str() == name) && !admit.iter().any(|id| id.as_str() == name)
        };
        let expel = known.keys().filter(|name| !stays(name)).cloned().collect();
        Self { admit, expel }
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.admit.is_empty() && self.expel.is_empty()
    }

    /// Messages for the plugin. Shutting out comes first.
    fn messages(&self, wanted: &Wanted) -> Vec<Vec<Command>> {
        let expel = self.expel.iter().map(|name| control::expel(name));
        let admit = self
            .admit
            .iter()
            .filter_map(|id| wanted.get(id).map(|password| control::admit(id, password.expose())));
        let each: Vec<Vec<Command>> = expel.chain(admit).collect();
        each.chunks(DEVICES_PER_MESSAGE).map(<[_]>::concat).collect()
    }
}

/// The plugin's door: sends commands over a connection and reads the answers that its owner passes on.
#[derive(Debug)]
pub struct Steward {
    client: AsyncClient,
    answers_rx: mpsc::Receiver<Bytes>,
}

impl Steward {
    /// Takes the connection and the messages of [`super::access::CONTROL_ANSWERS`]; the subscription is the
    /// connection owner's work.
    #[must_use]
    pub fn new(client: AsyncClient, answers_rx: mpsc::Receiver<Bytes>) -> Self {
        Self { client, answers_rx }
    }

    /// The devices that the broker knows.
    ///
    /// # Errors
    /// [`ReconcileError`].
    pub async fn known(&mut self) -> Result<Known, ReconcileError> {
        // What an earlier connection left behind answers nothing of now.
        while self.answers_rx.try_recv().is_ok() {}
        let mut known = Known::new();
        let mut offset = 0;
        loop {
            let answers = self.ask(&[control::list_clients(offset, PAGE)]).await?;
            let Some(answer) = answers.iter().find(|answer| answer.command == "listClients") else {
                return Err(ReconcileError::Silent);
            };
            refuse_failures(&answers)?;
            known.extend(answer.devices());
            offset += PAGE;
            if offset >= answer.total() {
                return Ok(known);
            }
        }
    }

    /// Carries a plan out.
    ///
    /// # Errors
    /// [`ReconcileError`]; what was sent before stays.
    pub async fn carry_out(&mut self, plan: &Plan, wanted: &Wanted) -> Result<(), ReconcileError> {
        for commands in plan.messages(wanted) {
            let answers = self.ask(&commands).await?;
            refuse_failures(&answers)?;
        }
        Ok(())
    }

    async fn ask(&mut self, commands: &[Command]) -> Result<Vec<Answer>, ReconcileError> {
        self.client
            .publish(CONTROL_TOPIC, QoS::AtLeastOnce, false, control::message(commands))
            .await
            .map_err(|_| ReconcileError::Gone)?;
        let mut answers = Vec::with_capacity(commands.len());
        while answers.len() < commands.len() {
            let bytes = timeout(ANSWER_WITHIN, self.answers_rx.recv())
                .await
                .map_err(|_| ReconcileError::Silent)?
                .ok_or(ReconcileError::Gone)?;
            answers.extend(control::parse_answers(&bytes)?);
        }
        Ok(answers)
    }
}

fn refuse_failures(answers: &[Answer]) -> Result<(), ReconcileError> {
    for answer in answers {
        if let Some(reason) = answer.failure() {
            return Err(ReconcileError::Refused {
                command: answer.command.clone(),
                name: answer.correlation.clone(),
                reason: reason.to_owned(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(names: &[&str]) -> Wanted {
        names.iter().map(|n| (DeviceId::parse(n).unwrap(), SecretString::new(format!("pw-{n}")))).collect()
    }

    #[test]
    fn only_the_difference_is_sent_and_the_revoked_go_first() {
        let wanted = wanted(&["new", "same", "changed"]);
        let mark = |name: &str, password: &str| control::mark(&DeviceId::parse(name).unwrap(), password);
        let mut known: Known = [("gone", ""), ("No Device", "")].map(|(n, m)| (n.into(), m.into())).into();
        known.insert("same".into(), mark("same", "pw-same"));
        known.insert("changed".into(), mark("changed", "its old password"));
        let plan = Plan::between(&wanted, &known);
        assert_eq!(plan.admit, ["changed", "new"].map(|n| DeviceId::parse(n).unwrap()));
        assert_eq!(plan.expel, ["No Device", "changed", "gone"]);
        let messages = plan.messages(&wanted);
        let names: Vec<_> = messages.iter().flatten().map(|c| c.command).collect();
        assert_eq!(names.first(), Some(&"deleteClient"));
        assert_eq!(names.last(), Some(&"createClient"));
        assert_eq!(names.iter().filter(|name| **name == "createClient").count(), 2);
    }

    #[test]
    fn a_thousand_devices_fit_the_packets() {
        let names: Vec<String> = (0..1000).map(|n| format!("{n:0>64}")).collect();
        let wanted = wanted(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let messages = Plan::between(&wanted, &Known::new()).messages(&wanted);
        assert_eq!(messages.len(), 25);
        let longest = messages.iter().map(|m| control::message(m).len()).max().unwrap();
        assert!(longest < lintel_core::limits::MAX_PACKET_BYTES / 2, "{longest}");
    }
}
