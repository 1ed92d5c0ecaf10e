//! Each state of the drain alone, over a transport that does as it is told and a real outbox.

use std::collections::VecDeque;
use std::sync::Mutex;

use lintel_core::ack::{AckBody, SignedAck};
use lintel_core::chain::Hash;
use lintel_core::event::{ClockReading, DirectionHint, EventKind};
use lintel_core::ids::DeviceId;
use lintel_core::sign::SigningKey;
use lintel_core::time::UtcMillis;
use lintel_core::wire::EventBatch;
use lintel_runtime::Heartbeats;
use lintel_runtime::clock::SystemClock;
use lintel_runtime::secrets::SecretString;

use super::*;
use crate::outbox::{EventDraft, Limits, Outbox};

/// What central does with the next batch.
#[derive(Debug, Clone, Copy)]
enum Central {
    Acks,
    AcksHalf,
    SignsWithAnotherKey,
    NamesAnotherHash,
    Refuses,
    IsGone,
}

#[derive(Default)]
struct Said {
    roads: Vec<Road>,
    sizes: Vec<usize>,
    seqs: Vec<u64>,
}

struct Fake {
    mqtt_up: bool,
    next: VecDeque<Central>,
    said: Arc<Mutex<Said>>,
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

impl Transport for Fake {
    fn is_up(&self, road: Road) -> bool {
        road == Road::Https || self.mqtt_up
    }

    async fn send(&mut self, road: Road, batch: &EventBatch, through: u64) -> Result<SignedAck, SendError> {
        let mut said = self.said.lock().unwrap();
        said.roads.push(road);
        said.sizes.push(batch.events.len());
        said.seqs.extend(batch.events.iter().map(|event| event.seq));
        drop(said);
        let todo = self.next.pop_front().unwrap_or(Central::Acks);
        let through_seq = match todo {
            Central::AcksHalf => batch.events[0].seq + (batch.events.len() as u64 / 2),
            _ => through,
        };
        let head = batch.events.iter().find(|event| event.seq == through_seq).unwrap().hash;
        let body = AckBody {
            device_id: batch.device_id.clone(),
            stream: batch.stream,
            through_seq,
            head_hash: if matches!(todo, Central::NamesAnotherHash) { Hash::of(b"x") } else { head },
            duplicate: vec![],
            rejected: vec![],
            at: UtcMillis::from_i64(1),
        };
        match todo {
            Central::Refuses => Err(SendError::Refused { status: 422, detail: "no".into() }),
            Central::IsGone => Err(SendError::TimedOut),
            Central::SignsWithAnotherKey => {
                Ok(SignedAck::sign(&body, &SigningKey::from_seed(&[9; 32])).unwrap())
            }
            _ => Ok(SignedAck::sign(&body, &key()).unwrap()),
        }
    }
}

struct Story {
    drain: Drain<Fake>,
    outbox: OutboxHandle,
    said: Arc<Mutex<Said>>,
    token: CancellationToken,
    recorded: CancellationToken,
    // After the handles, which end it, and before the folder.
    _writer: Writer,
    _folder: tempfile::TempDir,
}

/// The thread of the outbox, ended with the story: the process must not end beside it.
struct Writer(Option<std::thread::JoinHandle<()>>);

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.take().unwrap().join().unwrap();
    }
}

fn draft() -> EventDraft {
    EventDraft {
        kind: EventKind::Punch,
        direction_hint: DirectionHint::In,
        captured_at: UtcMillis::from_i64(1_700_000_000_000),
        clock: ClockReading {
            synced: true,
            boot_id: "b".into(),
            monotonic_ms: 1,
            offset_estimate_ms: 0,
            error_ms: 1,
        },
        model_pack: "p".into(),
        gallery_revision: 1,
        suppressed: 0,
        personal: None,
    }
}

async fn story(waiting: u64, next: impl IntoIterator<Item = Central>) -> Story {
    let folder = tempfile::tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let limits = Limits { max_bytes: 1 << 24, other_per_minute: 10 };
    let device = DeviceId::parse("door-1").unwrap();
    let path = folder.path().join("outbox.db");
    let key_text = SecretString::new("ab".repeat(32));
    let (outbox, _) = Outbox::open(&path, &key_text, &path, &device, limits, clock.now()).unwrap();
    let (outbox, thread) = OutboxHandle::start(outbox, Arc::clone(&clock)).unwrap();
    for _ in 0..waiting {
        outbox.append(draft()).await.unwrap();
    }
    let said = Arc::new(Mutex::new(Said::default()));
    let transport = Fake { mqtt_up: true, next: next.into_iter().collect(), said: Arc::clone(&said) };
    let settings = DrainSettings {
        interval: Duration::from_secs(3600),
        batch_events: 4,
        ack_key: key().verifying_key(),
    };
    let recorded = CancellationToken::new();
    let roads = Roads::new(true, true);
    let drain = Drain::new(transport, outbox.clone(), roads, settings, clock, recorded.clone());
    Story {
        drain,
        outbox,
        said,
        token: CancellationToken::new(),
        recorded,
        _writer: Writer(Some(thread)),
        _folder: folder,
    }
}

#[tokio::test]
async fn live_waits_for_an_event_and_delivers_it_at_once() {
    let mut story = story(0, []).await;
    let (outbox, token) = (story.outbox.clone(), story.token.clone());
    let (state, _) = tokio::join!(story.drain.live(&token), outbox.append(draft()));
    assert_eq!(state.unwrap(), State::Live);
    assert_eq!(story.outbox.status().await.unwrap().backlog, 0);
}

#[tokio::test]
async fn live_stops_when_told() {
    let mut story = story(0, []).await;
    story.token.cancel();
    assert_eq!(story.drain.live(&story.token).await.unwrap(), State::Stopping);
}

#[tokio::test]
async fn backfill_sends_batch_after_batch_in_order_and_ends_live() {
    let mut story = story(10, []).await;
    assert_eq!(story.drain.backfill(&story.token).await.unwrap(), State::Backfill);
    assert_eq!(story.drain.backfill(&story.token).await.unwrap(), State::Backfill);
    assert_eq!(story.drain.backfill(&story.token).await.unwrap(), State::Live);
    let said = story.said.lock().unwrap();
    assert_eq!(said.sizes, [4, 4, 2]);
    assert_eq!(said.seqs, (1..=10).collect::<Vec<u64>>());
}

#[tokio::test]
async fn half_an_ack_is_progress_and_the_rest_is_sent_again() {
    let mut story = story(4, [Central::AcksHalf]).await;
    assert_eq!(story.drain.backfill(&story.token).await.unwrap(), State::Backfill);
    assert_eq!(story.drain.backfill(&story.token).await.unwrap(), State::Live);
    assert_eq!(story.said.lock().unwrap().seqs, [1, 2, 3, 4, 4]);
}

#[tokio::test]
async fn nothing_leaves_for_an_ack_that_is_not_believed() {
    for lie in [Central::SignsWithAnotherKey, Central::NamesAnotherHash, Central::IsGone] {
        let mut story = story(2, [lie]).await;
        let state = story.drain.backfill(&story.token).await.unwrap();
        assert_eq!(state, State::Offline { failures: 1 }, "{lie:?}");
        assert_eq!(story.outbox.status().await.unwrap().backlog, 2, "{lie:?}");
    }
}

#[tokio::test]
async fn offline_counts_its_failures_changes_the_road_and_comes_back() {
    let mut story = story(2, [Central::IsGone, Central::IsGone, Central::IsGone]).await;
    assert_eq!(story.drain.backfill(&story.token).await.unwrap(), State::Offline { failures: 1 });
    assert_eq!(story.drain.offline(1, &story.token).await.unwrap(), State::Offline { failures: 2 });
    assert_eq!(story.drain.offline(2, &story.token).await.unwrap(), State::Offline { failures: 3 });
    assert_eq!(story.drain.offline(3, &story.token).await.unwrap(), State::Live);
    assert_eq!(story.said.lock().unwrap().roads, [Road::Mqtt, Road::Mqtt, Road::Https, Road::Https]);
}

#[tokio::test]
async fn a_refused_batch_is_cut_until_the_good_events_pass() {
    let mut story = story(4, [Central::Refuses, Central::Refuses]).await;
    for _ in 0..3 {
        story.drain.backfill(&story.token).await.unwrap();
    }
    assert_eq!(story.said.lock().unwrap().sizes, [4, 2, 1]);
}

#[tokio::test]
async fn stopping_waits_for_the_last_decision_and_delivers_it() {
    let mut story = story(1, []).await;
    let (outbox, recorded) = (story.outbox.clone(), story.recorded.clone());
    let last = async {
        outbox.append(draft()).await.unwrap();
        recorded.cancel();
    };
    let (stopped, ()) = tokio::join!(story.drain.stopping(), last);
    stopped.unwrap();
    assert_eq!(story.outbox.status().await.unwrap().backlog, 0);
}

#[tokio::test]
async fn a_whole_run_delivers_everything_and_ends_when_told() {
    let story = story(9, [Central::IsGone, Central::NamesAnotherHash]).await;
    let Story { _folder, _writer, drain, outbox, token, recorded, said } = story;
    let beat = Heartbeats::new(Arc::new(SystemClock)).unwatched();
    let context = TaskContext { token: token.clone(), beat };
    let watch = async {
        while outbox.status().await.unwrap().backlog > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        recorded.cancel();
        token.cancel();
    };
    let story = async { tokio::join!(drain.run(&context), watch) };
    let (ended, ()) = tokio::time::timeout(Duration::from_secs(30), story).await.unwrap();
    ended.unwrap();
    assert!(said.lock().unwrap().seqs.len() >= 9);
}
