//! `[feedback]`: where the person in front of the door is answered.
//!
//! A log line, a local event stream and a page for a screen. Nothing here is sent anywhere else.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::feedback::shown_name::ShownName;

/// The section, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedbackConfig {
    /// Socket of the local event stream; `feedback.sock` in the data folder when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<PathBuf>,
    /// Loopback address of the page for a screen, or `off`.
    pub page_listen: String,
    /// The door's name on the page; the device's id when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub door_name: Option<String>,
    /// What is shown of a person's name.
    pub names: ShownName,
}

impl Default for FeedbackConfig {
    fn default() -> Self {
        Self {
            socket: None,
            page_listen: "127.0.0.1:8470".to_owned(),
            door_name: None,
            names: ShownName::default(),
        }
    }
}

/// Texts of the section and its settings, for the template.
pub const DESCRIPTIONS: &[(&str, &str)] = &[
    ("feedback", "How the person in front of the door is answered."),
    (
        "feedback.socket",
        "Unix socket that sends one JSON line for each feedback, for a light, a tone or a screen. \"feedback.sock\" in device.data_dir when not set.",
    ),
    (
        "feedback.page_listen",
        "Where the page for a screen at this door is: 127.0.0.1 or [::1] with a port, or \"off\". Only this machine can reach it.",
    ),
    ("feedback.door_name", "What that page calls this door. Its device id when not set."),
    (
        "feedback.names",
        "How much of a person's name page and stream show: none, initials, first (the first word) or full.",
    ),
];

/// A page that would be seen from elsewhere, or nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no loopback address: write 127.0.0.1:8470, [::1]:8470 or off; the page shows who comes and goes, \
     and only a screen at this machine may read it"
)]
pub struct PageListenError(String);

impl FeedbackConfig {
    /// The socket's path.
    #[must_use]
    pub fn socket_in(&self, data_dir: &Path) -> PathBuf {
        self.socket.clone().unwrap_or_else(|| data_dir.join("feedback.sock"))
    }

    /// The page's address; `None` where it is off.
    ///
    /// # Errors
    /// [`PageListenError`] for anything but a loopback address.
    pub fn page_address(&self) -> Result<Option<SocketAddr>, PageListenError> {
        if self.page_listen == "off" {
            return Ok(None);
        }
        let address: Option<SocketAddr> = self.page_listen.parse().ok();
        match address.filter(|address| address.ip().is_loopback()) {
            Some(address) => Ok(Some(address)),
            None => Err(PageListenError(self.page_listen.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_on_loopback_or_off_and_nowhere_else() {
        let at =
            |text: &str| FeedbackConfig { page_listen: text.to_owned(), ..Default::default() }.page_address();
        assert_eq!(at("off"), Ok(None));
        for good in ["127.0.0.1:8470", "127.4.4.4:80", "[::1]:1"] {
            assert_eq!(at(good), Ok(good.parse().ok()), "{good}");
        }
        for bad in [
            "0.0.0.0:8470",
            "[::]:8470",
            "192.168.0.4:80",
            "localhost:80",
            "8470",
            "",
            "[::ffff:127.0.0.1]:80",
        ] {
            assert!(at(bad).unwrap_err().to_string().contains("127.0.0.1:8470"), "{bad}");
        }
    }
}
