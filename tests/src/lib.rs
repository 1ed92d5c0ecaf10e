//! The cast of the end-to-end tests: a door, a centre, a broker and a database, all of them real.
//!
//! Tests tell stories over this small vocabulary. Every part lives in its own temporary folder, listens
//! on a free port, and is ended when its value goes, also when the test fails. Nothing here may reach
//! into a program's memory: what a test knows, it knows from files, sockets and commands as a user would.

pub mod attendance;
pub mod broker;
pub mod browser;
pub mod capture;
pub mod card;
pub mod central;
pub mod credential;
pub mod device;
pub mod door_files;
pub mod kiosk;
pub mod look;
pub mod pictures;
pub mod postgres;
pub mod process;
pub mod proxy;
mod records;
pub mod screen;

pub use broker::TestBroker;
pub use browser::TestBrowser;
pub use central::TestCentral;
pub use device::TestDevice;
pub use kiosk::TestKiosk;
pub use pictures::Pictures;
pub use postgres::TestPostgres;
