//! What systemd is told: ready, status, stopping, alive.
//!
//! Without systemd every call does nothing. A failed notification is logged and never stops a daemon.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::heartbeat::Heartbeats;

/// The start is finished: `Type=notify` units count as started from here.
pub fn ready() {
    notify(&[NotifyState::Ready]);
}

/// One line for `systemctl status`.
pub fn status(status: &str) {
    notify(&[NotifyState::Status(status)]);
}

/// The daemon has begun to stop.
pub fn stopping(status: &str) {
    notify(&[NotifyState::Stopping, NotifyState::Status(status)]);
}

/// Feeds systemd's watchdog, only while each critical task has beaten recently, until `token` is
/// cancelled. Returns at once where the unit has no `WatchdogSec=`. A daemon that has stopped making
/// progress is then killed and started again by systemd.
pub async fn feed_watchdog(heartbeats: Heartbeats, token: CancellationToken) {
    if let Some(limit) = sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero()) {
        feed(limit, heartbeats, token, || notify(&[NotifyState::Watchdog])).await;
    }
}

async fn feed(limit: Duration, heartbeats: Heartbeats, token: CancellationToken, fed: impl Fn()) {
    // A third: one missed tick on a busy box must not end the daemon.
    let mut ticks = interval((limit / 3).max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut starving = false;
    loop {
        tokio::select! {
            () = token.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let stale = heartbeats.stale();
        if stale.is_empty() {
            fed();
            starving = false;
        } else if !starving {
            starving = true;
            for task in stale {
                let silent_ms = i64::try_from(task.silent_for.as_millis()).unwrap_or(i64::MAX);
                log::error!("task.name" = task.name.as_str(), "task.silent_ms" = silent_ms;
                    "a critical task makes no progress; systemd's watchdog is not fed any more");
            }
        }
    }
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        log::warn!("error" = error.to_string().as_str(); "systemd could not be notified");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heartbeat::tests::HandClock;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn the_watchdog_is_fed_while_the_task_beats_and_starves_when_it_stops() {
        let clock = Arc::new(HandClock::default());
        let heartbeats = Heartbeats::new(clock.clone());
        let beat = heartbeats.promise("camera", Duration::from_secs(5));
        beat.beat();
        let (token, meals) = (CancellationToken::new(), AtomicU32::new(0));
        let fed = || {
            meals.fetch_add(1, Ordering::Relaxed);
        };
        let story = async {
            sleep(Duration::from_secs(61)).await;
            let while_alive = meals.load(Ordering::Relaxed);
            assert!(while_alive >= 6, "fed {while_alive} times a minute, at least twice per limit");
            clock.0.store(5_001, Ordering::Relaxed);
            sleep(Duration::from_secs(60)).await;
            assert_eq!(meals.load(Ordering::Relaxed), while_alive);
            beat.beat();
            sleep(Duration::from_secs(11)).await;
            assert!(meals.load(Ordering::Relaxed) > while_alive, "a task that recovers is fed again");
            token.cancel();
        };
        tokio::join!(feed(Duration::from_secs(30), heartbeats, token.clone(), fed), story);
    }
}
