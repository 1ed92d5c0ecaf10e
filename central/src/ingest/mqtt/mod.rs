//! The broker's road into the centre: takes what doors publish, answers with signed acks.
//!
//! One loop, `connection`, owns the connection. `worker` takes the messages one by one, hands events through
//! the same door as HTTPS, publishes the ack and only then acknowledges the message to the broker, which
//! holds back at `RECEIVE_MAXIMUM` unacknowledged ones. `steward` keeps the broker's accounts and the
//! retained gallery notices in step. `desk` is the centre behind them.
//!
//! Who a message is from is its topic: the broker lets a device write on its own topics only, and what it
//! writes still has to be chained, known and not revoked.

mod connection;
mod counters;
mod desk;
mod link;
mod steward;
mod worker;

pub use connection::run;
pub use counters::MqttCounters;
pub use desk::{CentralDesk, Desk, Verdict};
pub use link::{BrokerUrl, Link, LinkError};
