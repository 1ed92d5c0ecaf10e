//! The console: one page with today's attendance and what happens at the doors, live.
//!
//! Rendered on the server from the same rows as the API; the script only adds what arrives later. Nothing
//! is inline, so that the content security policy can forbid it.

mod assets;
mod feed;
mod login;
mod page;
mod view;

pub use assets::asset;
pub use feed::live;
pub use login::{log_in, log_out, page_for_strangers, root};
pub use page::{board, today};
