//! From SIGTERM and SIGINT to one cancelled token, which every task watches.
//!
//! The first signal asks for an orderly end. Nothing here ends the process: the supervisor waits for the
//! tasks, and systemd's `TimeoutStopSec=` is the last word.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The two signals, caught from the moment of [`Signals::install`].
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Installs the handlers; call it before anything that must be stopped in order is started.
    ///
    /// # Errors
    /// When the runtime can't install a handler.
    pub fn install() -> io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { terminate, interrupt })
    }

    /// Waits for the next signal and gives its name.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    /// Cancels `token` at the first signal; returns then, or when somebody else has cancelled it.
    pub async fn cancel(mut self, token: CancellationToken) {
        tokio::select! {
            name = self.next() => {
                log::info!("signal.name" = name; "stopping");
                token.cancel();
            }
            () = token.cancelled() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn sigterm_cancels_the_token() {
        let token = CancellationToken::new();
        let signals = Signals::install().unwrap();
        let pid = std::process::id().to_string();
        let sent = std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(sent.success());
        tokio::time::timeout(Duration::from_secs(10), signals.cancel(token.clone())).await.unwrap();
        assert!(token.is_cancelled());
    }

    #[tokio::test]
    async fn a_token_cancelled_elsewhere_ends_the_wait() {
        let token = CancellationToken::new();
        token.cancel();
        let waited = Signals::install().unwrap().cancel(token);
        tokio::time::timeout(Duration::from_secs(10), waited).await.unwrap();
    }
}
