//! MQTT topics, version 1: `lintel/v1/devices/{id}/…`. One place spells them, so that the broker's
//! access list, the door and the centre can't disagree.

use std::fmt;

use crate::ids::DeviceId;

/// What a device topic carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Event batches, device to centre.
    Events,
    /// Signed acks, centre to device.
    Acks,
    /// Retained online/offline state with a last will, device to centre.
    Status,
    /// Commands, centre to device.
    Commands,
    /// Retained gallery revision, centre to device.
    Gallery,
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 5] = [Self::Events, Self::Acks, Self::Status, Self::Commands, Self::Gallery];

    /// The last level of the topic.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Acks => "acks",
            Self::Status => "status",
            Self::Commands => "commands",
            Self::Gallery => "gallery",
        }
    }

    /// Whether the device writes this channel (otherwise it reads it).
    #[must_use]
    pub const fn device_writes(self) -> bool {
        matches!(self, Self::Events | Self::Status)
    }
}

/// A device's topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Whose.
    pub device: DeviceId,
    /// Which.
    pub channel: Channel,
}

impl Topic {
    /// The topic of a device's channel.
    #[must_use]
    pub fn new(device: DeviceId, channel: Channel) -> Self {
        Self { device, channel }
    }

    /// Reads a topic name; `None` for anything that is not exactly one of ours.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let rest = name.strip_prefix("lintel/v1/devices/")?;
        let (device, channel) = rest.split_once('/')?;
        let channel = Channel::ALL.into_iter().find(|c| c.as_str() == channel)?;
        Some(Self { device: DeviceId::parse(device).ok()?, channel })
    }

    /// The filter that matches this channel of every device.
    #[must_use]
    pub fn filter(channel: Channel) -> String {
        format!("lintel/v1/devices/+/{}", channel.as_str())
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lintel/v1/devices/{}/{}", self.device, self.channel.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_read_back_as_written_and_nothing_else_does() {
        for channel in Channel::ALL {
            let topic = Topic::new(DeviceId::parse("door-1").unwrap(), channel);
            assert_eq!(Topic::parse(&topic.to_string()), Some(topic));
        }
        for bad in [
            "lintel/v1/devices/door-1",
            "lintel/v1/devices/+/events",
            "lintel/v2/devices/d/events",
            "lintel/v1/devices/d/events/x",
            "lintel/v1/devices//events",
            "",
        ] {
            assert_eq!(Topic::parse(bad), None, "{bad}");
        }
    }
}
