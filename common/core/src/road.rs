//! The two ways between a door and the centre. They carry the same bytes to the same place.

/// A way to the centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Road {
    /// Through the site's broker.
    Mqtt,
    /// Straight to the centre's device API.
    Https,
}

impl Road {
    /// The name in logs, metrics and the centre's database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mqtt => "mqtt",
            Self::Https => "https",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_that_the_database_keeps_do_not_change() {
        assert_eq!([Road::Mqtt, Road::Https].map(Road::as_str), ["mqtt", "https"]);
    }
}
