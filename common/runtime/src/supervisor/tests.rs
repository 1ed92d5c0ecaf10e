//! Stories over the supervisor, on tokio's own paused clock: waits cost no time.

use super::*;
use crate::heartbeat::tests::HandClock;
use std::sync::atomic::{AtomicU32, Ordering};

const GRACE: Duration = Duration::from_secs(5);

struct Stage {
    token: CancellationToken,
    heartbeats: Heartbeats,
    clock: Arc<HandClock>,
    runs: Arc<AtomicU32>,
}

fn stage() -> (Stage, Supervisor) {
    let clock = Arc::new(HandClock::default());
    let heartbeats = Heartbeats::new(clock.clone());
    let token = CancellationToken::new();
    let supervisor = Supervisor::new(token.clone(), heartbeats.clone());
    (Stage { token, heartbeats, clock, runs: Arc::default() }, supervisor)
}

fn restart(give_up_after: u32) -> Restart {
    let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
    Restart::OnFailure { backoff, give_up_after, settled_after: Duration::from_secs(120) }
}

#[tokio::test(start_paused = true)]
async fn a_failing_task_is_restarted_until_it_holds() {
    let (stage, mut supervisor) = stage();
    let (runs, token) = (Arc::clone(&stage.runs), stage.token.clone());
    supervisor.spawn("link", Policy::persistent(), move |_| {
        let (run, token) = (runs.fetch_add(1, Ordering::SeqCst), token.clone());
        async move {
            if run < 3 {
                anyhow::bail!("refused");
            }
            token.cancel();
            Ok(())
        }
    });
    let ending = supervisor.run(GRACE).await;
    assert_eq!(stage.runs.load(Ordering::SeqCst), 4);
    assert!(matches!(ending.cause, Cause::Asked));
    assert!(ending.into_result().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_critical_task_that_keeps_failing_is_given_up_and_ends_the_daemon() {
    let (stage, mut supervisor) = stage();
    let runs = Arc::clone(&stage.runs);
    supervisor.spawn("vision", Policy::critical().restarting(restart(3)), move |_| {
        runs.fetch_add(1, Ordering::SeqCst);
        async { anyhow::bail!("no model") }
    });
    let error = supervisor.run(GRACE).await.into_result().unwrap_err();
    let line = crate::exit::chain(&error);
    assert_eq!(line, "task vision failed: given up after 3 failures in a row: no model");
    assert_eq!(stage.runs.load(Ordering::SeqCst), 3);
    assert!(stage.token.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_settled_wipes_old_failures_out() {
    let (stage, mut supervisor) = stage();
    let (runs, token) = (Arc::clone(&stage.runs), stage.token.clone());
    supervisor.spawn("camera", Policy::critical().restarting(restart(2)), move |_| {
        let (run, token) = (runs.fetch_add(1, Ordering::SeqCst), token.clone());
        async move {
            if run == 5 {
                token.cancel();
                return Ok(());
            }
            sleep(Duration::from_secs(121)).await;
            anyhow::bail!("unplugged")
        }
    });
    assert!(matches!(supervisor.run(GRACE).await.cause, Cause::Asked));
    assert_eq!(stage.runs.load(Ordering::SeqCst), 6);
}

#[tokio::test(start_paused = true)]
async fn a_critical_task_that_returns_ends_the_daemon_even_without_an_error() {
    let (_stage, mut supervisor) = stage();
    supervisor.spawn("outbox", Policy::critical(), |_| async { Ok(()) });
    let error = supervisor.run(GRACE).await.into_result().unwrap_err();
    assert_eq!(error.to_string(), "task outbox ended unasked");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_not_critical_may_fail_for_good() {
    let (stage, mut supervisor) = stage();
    supervisor.spawn("banner", Policy::once(), |_| async { anyhow::bail!("no display") });
    supervisor.spawn("stopper", Policy::once(), |context| async move {
        sleep(Duration::from_secs(10)).await;
        context.token.cancel();
        Ok(())
    });
    assert!(matches!(supervisor.run(GRACE).await.cause, Cause::Asked));
    drop(stage);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_with_its_message() {
    let (_stage, mut supervisor) = stage();
    supervisor.spawn("vision", Policy::critical(), |_| async { panic!("index {}", 7) });
    let error = supervisor.run(GRACE).await.into_result().unwrap_err();
    assert_eq!(crate::exit::chain(&error), "task vision failed: panicked: index 7");
}

#[tokio::test]
async fn a_thread_is_supervised_like_a_task() {
    let (_stage, mut supervisor) = stage();
    supervisor.spawn_thread("camera", Policy::critical(), |_| panic!("driver"));
    let error = supervisor.run(GRACE).await.into_result().unwrap_err();
    assert_eq!(crate::exit::chain(&error), "task camera failed: the thread panicked");
}

#[tokio::test]
async fn a_thread_sees_the_token_and_returns() {
    let (stage, mut supervisor) = stage();
    let (started_tx, started_rx) = oneshot::channel();
    let started_tx = std::sync::Mutex::new(Some(started_tx));
    supervisor.spawn_thread("camera", Policy::critical(), move |context| {
        if let Some(tx) = started_tx.lock().unwrap().take() {
            tx.send(()).unwrap();
        }
        while !context.token.is_cancelled() {
            std::thread::yield_now();
        }
        Ok(())
    });
    let token = stage.token.clone();
    let (ending, ()) = tokio::join!(supervisor.run(GRACE), async move {
        started_rx.await.unwrap();
        token.cancel();
    });
    assert_eq!(ending.stragglers, Vec::<String>::new());
    assert!(ending.into_result().is_ok());
}

#[tokio::test(start_paused = true)]
async fn tasks_that_do_not_stop_in_time_are_named_and_aborted() {
    let (stage, mut supervisor) = stage();
    supervisor.spawn("deaf", Policy::critical(), |_| std::future::pending());
    supervisor.spawn("polite", Policy::critical(), |context| async move {
        context.token.cancelled().await;
        Ok(())
    });
    stage.token.cancel();
    let began = Instant::now();
    let ending = supervisor.run(GRACE).await;
    assert_eq!(ending.stragglers, ["deaf"]);
    assert!(began.elapsed() >= GRACE && began.elapsed() < GRACE * 2);
}

#[tokio::test(start_paused = true)]
async fn stopping_does_not_wait_for_a_restart() {
    let (stage, mut supervisor) = stage();
    let long = Backoff::new(Duration::from_secs(100_000), Duration::from_secs(100_000));
    let restart =
        Restart::OnFailure { backoff: long, give_up_after: 9, settled_after: Duration::from_secs(1) };
    let token = stage.token.clone();
    supervisor.spawn("link", Policy::critical().restarting(restart), move |_| {
        token.cancel();
        async { anyhow::bail!("refused") }
    });
    let began = Instant::now();
    assert_eq!(supervisor.run(GRACE).await.stragglers, Vec::<String>::new());
    assert!(began.elapsed() < GRACE);
}

#[tokio::test(start_paused = true)]
async fn a_silent_task_starves_the_watchdog_and_one_that_waits_for_its_restart_does_not() {
    let (stage, mut supervisor) = stage();
    let policy = Policy::critical().beating(Duration::from_secs(5));
    let (clock, heartbeats) = (Arc::clone(&stage.clock), stage.heartbeats.clone());
    supervisor.spawn("camera", policy, move |context| {
        let (clock, heartbeats) = (Arc::clone(&clock), heartbeats.clone());
        async move {
            clock.0.store(6_000, Ordering::Relaxed);
            assert_eq!(heartbeats.stale()[0].name, "camera");
            context.beat.beat();
            assert_eq!(heartbeats.stale(), []);
            context.token.cancel();
            Ok(())
        }
    });
    assert!(matches!(supervisor.run(GRACE).await.cause, Cause::Asked));
    stage.clock.0.store(60_000, Ordering::Relaxed);
    assert_eq!(stage.heartbeats.stale(), [], "it has ended and owes nothing");
}
