//! Who may read and write which topic: roles of the dynamic-security plugin, made from core's topics.
//!
//! Pure. A device's role spells its topics out, because the plugin of Mosquitto 2.0 expands no `%u`
//! (measured on 2.0.11). Nothing here may allow a wildcard to a device: that would let one door read
//! another's acks or write in its name.

use lintel_core::ids::DeviceId;
use lintel_core::topic::{Channel, Topic};
use serde::Serialize;

/// The centre's role.
pub const CENTRAL_ROLE: &str = "lintel-central";
/// What a device's role and nobody else's begins with.
pub const DEVICE_PREFIX: &str = "lintel-device-";
/// The group that the centre's replicas share their subscription in.
pub const SHARE_GROUP: &str = "central";
/// What carries the plugin's commands.
pub const CONTROL_TOPIC: &str = "$CONTROL/dynamic-security/v1";
/// What carries its answers, to the client that asked only.
pub const CONTROL_ANSWERS: &str = "$CONTROL/dynamic-security/v1/response";

/// Something a client may do, as the plugin names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AclType {
    /// Publish to the topic.
    PublishClientSend,
    /// Be sent messages of the topic.
    PublishClientReceive,
    /// Subscribe to exactly this filter.
    SubscribeLiteral,
    /// Subscribe to any filter inside this one.
    SubscribePattern,
    /// Unsubscribe from any filter inside this one.
    UnsubscribePattern,
}

/// One allowance of a role; whatever no role allows is denied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Acl {
    /// What.
    #[serde(rename = "acltype")]
    pub kind: AclType,
    /// Where.
    pub topic: String,
    /// Always true: default deny does the rest.
    pub allow: bool,
}

impl Acl {
    fn new(kind: AclType, topic: impl Into<String>) -> Self {
        Self { kind, topic: topic.into(), allow: true }
    }
}

/// A role's name of a device.
#[must_use]
pub fn device_role(device: &DeviceId) -> String {
    format!("{DEVICE_PREFIX}{device}")
}

/// What a device may do: write what a device writes, read what it reads, each on its own topic.
#[must_use]
pub fn device_acls(device: &DeviceId) -> Vec<Acl> {
    Channel::ALL
        .into_iter()
        .flat_map(|channel| {
            let topic = Topic::new(device.clone(), channel).to_string();
            if channel.device_writes() {
                vec![Acl::new(AclType::PublishClientSend, topic)]
            } else {
                vec![
                    Acl::new(AclType::PublishClientReceive, topic.clone()),
                    Acl::new(AclType::SubscribeLiteral, topic),
                ]
            }
        })
        .collect()
}

/// What the centre may do: everything of ours, and the plugin's control. The plugin compares a shared
/// subscription with its `$share/GROUP/` in front (measured on 2.0.11), so that is allowed by name.
#[must_use]
pub fn central_acls() -> Vec<Acl> {
    let ours = "lintel/#";
    let control = "$CONTROL/dynamic-security/#";
    [
        AclType::PublishClientSend,
        AclType::PublishClientReceive,
        AclType::SubscribePattern,
        AclType::UnsubscribePattern,
    ]
    .into_iter()
    .flat_map(|kind| [Acl::new(kind, ours), Acl::new(kind, control)])
    .chain([Acl::new(AclType::SubscribePattern, format!("$share/{SHARE_GROUP}/{ours}"))])
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_writes_two_topics_and_reads_three_and_all_are_its_own() {
        let acls = device_acls(&DeviceId::parse("door-1").unwrap());
        let of = |kind| acls.iter().filter(move |acl| acl.kind == kind).map(|acl| acl.topic.as_str());
        assert_eq!(
            of(AclType::PublishClientSend).collect::<Vec<_>>(),
            ["lintel/v1/devices/door-1/events", "lintel/v1/devices/door-1/status"]
        );
        let read = ["acks", "commands", "gallery"].map(|c| format!("lintel/v1/devices/door-1/{c}"));
        assert!(of(AclType::PublishClientReceive).eq(read.iter()));
        assert!(of(AclType::SubscribeLiteral).eq(read.iter()));
        assert!(acls.iter().all(|acl| acl.allow && !acl.topic.contains(['+', '#'])));
    }

    #[test]
    fn a_role_reads_as_the_plugin_writes_it() {
        let acl = Acl::new(AclType::SubscribeLiteral, "a");
        assert_eq!(
            serde_json::to_string(&acl).unwrap(),
            r#"{"acltype":"subscribeLiteral","topic":"a","allow":true}"#
        );
    }
}
