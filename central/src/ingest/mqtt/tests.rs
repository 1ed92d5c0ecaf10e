//! The broker's road over a real Mosquitto with its dynamic-security plugin.
//!
//! Needs Mosquitto installed, as `make setup` does. Nothing sleeps for luck: every wait is for a condition.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use lintel_core::ids::DeviceId;
use lintel_core::wire::{DeviceStatus, GalleryNotice};
use lintel_runtime::clock::SystemClock;
use lintel_runtime::secrets::SecretString;
use lintel_runtime::{Beat, Heartbeats};
use rumqttc::v5::MqttOptions;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{PubAckReason, SubscribeReasonCode};

use super::super::desk::Verdict;
use super::super::link::BrokerUrl;
use super::*;
use crate::broker::files::{BrokerPlan, write};
use crate::broker::password::HashedPassword;
use crate::broker::reconcile::Wanted;

const DEADLINE: Duration = Duration::from_secs(20);
const GOOD: &[u8] = b"a good batch";

fn door(name: &str) -> DeviceId {
    DeviceId::parse(name).unwrap()
}

/// A Mosquitto in a folder of its own.
struct Broker {
    folder: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Broker {
    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("lintel-mqtt-").tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let plan = BrokerPlan {
            folder: folder.path().to_owned(),
            port,
            tls: None,
            username: "lintel-central".into(),
            password: HashedPassword::new("central's password", &[3; 12]),
        };
        write(&plan).unwrap();
        let child = Self::spawn(folder.path(), port);
        Self { folder, port, child }
    }

    fn spawn(folder: &std::path::Path, port: u16) -> Child {
        let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
        let child = Command::new("/usr/sbin/mosquitto")
            .arg("-c")
            .arg(folder.join("mosquitto.conf"))
            .stderr(log)
            .stdout(Stdio::null())
            .spawn()
            .expect("mosquitto is not installed: run `make setup`");
        let end = Instant::now() + DEADLINE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = std::fs::read_to_string(folder.join("log")).unwrap();
            assert!(Instant::now() < end, "mosquitto does not listen:\n{log}");
            std::thread::yield_now();
        }
        child
    }

    fn restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = Self::spawn(self.folder.path(), self.port);
    }

    fn link(&self) -> Link {
        let url = BrokerUrl::parse(&format!("mqtt://127.0.0.1:{}", self.port)).unwrap();
        Link::with(url, "lintel-central".into(), SecretString::new("central's password".into()), None)
            .unwrap()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A centre that acks [`GOOD`] and remembers what it was shown.
#[derive(Default)]
struct TestDesk {
    wanted: Mutex<Wanted>,
    notices: Mutex<BTreeMap<DeviceId, i64>>,
    events: Mutex<Vec<(DeviceId, Vec<u8>)>>,
    states: Mutex<Vec<(DeviceId, bool)>>,
}

impl Desk for TestDesk {
    async fn events(&self, device: &DeviceId, body: &[u8]) -> anyhow::Result<Verdict> {
        self.events.lock().unwrap().push((device.clone(), body.to_vec()));
        if body == GOOD {
            Ok(Verdict::Acked(Bytes::from_static(b"signed")))
        } else {
            Ok(Verdict::Refused("not a batch".into()))
        }
    }

    async fn status(&self, device: &DeviceId, status: &DeviceStatus) -> anyhow::Result<()> {
        self.states.lock().unwrap().push((device.clone(), status.online));
        Ok(())
    }

    async fn wanted(&self) -> anyhow::Result<Wanted> {
        Ok(self.wanted.lock().unwrap().clone())
    }

    async fn notices(&self) -> anyhow::Result<Vec<(DeviceId, GalleryNotice)>> {
        let notices = self.notices.lock().unwrap();
        Ok(notices.iter().map(|(id, revision)| (id.clone(), GalleryNotice { revision: *revision })).collect())
    }
}

/// Broker and centre with the named devices; each one's password is `pw-NAME`.
struct Scene {
    broker: Broker,
    desk: Arc<TestDesk>,
    counters: Arc<MqttCounters>,
    token: CancellationToken,
    road: JoinSet<anyhow::Result<()>>,
}

impl Scene {
    fn with(devices: &[&str]) -> Self {
        let broker = Broker::start();
        let desk = Arc::new(TestDesk::default());
        let counters = Arc::new(MqttCounters::default());
        let token = CancellationToken::new();
        *desk.wanted.lock().unwrap() =
            devices.iter().map(|name| (door(name), SecretString::new(format!("pw-{name}")))).collect();
        let beat: Beat = Heartbeats::new(Arc::new(SystemClock)).unwatched();
        let context = TaskContext { token: token.clone(), beat };
        let mut road = JoinSet::new();
        road.spawn(run(context, broker.link(), Arc::clone(&desk), Arc::clone(&counters)));
        Self { broker, desk, counters, token, road }
    }

    async fn stop(mut self) {
        self.token.cancel();
        timeout(DEADLINE, self.road.join_next()).await.unwrap().unwrap().unwrap().unwrap();
    }
}

/// A door's client.
struct Device {
    client: AsyncClient,
    events: EventLoop,
}

impl Device {
    /// Connects, trying again until the centre has admitted the device.
    async fn connect(scene: &Scene, name: &str, id: &str) -> Self {
        let mut options = MqttOptions::new(id, "127.0.0.1", scene.broker.port);
        options.set_credentials(name, format!("pw-{name}")).set_max_packet_size(Some(262_144));
        let (client, events) = AsyncClient::new(options, 32);
        let mut device = Self { client, events };
        let connected = async {
            loop {
                match device.events.poll().await {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => return,
                    _ => sleep(Duration::from_millis(50)).await,
                }
            }
        };
        timeout(DEADLINE, connected).await.expect("the device was not admitted");
        device
    }

    /// Polls until a packet is the awaited one.
    async fn until<T>(&mut self, what: &str, mut pick: impl FnMut(Packet) -> Option<T>) -> T {
        let found = async {
            loop {
                if let Event::Incoming(packet) = self.events.poll().await.expect(what)
                    && let Some(found) = pick(packet)
                {
                    return found;
                }
            }
        };
        timeout(DEADLINE, found).await.expect(what)
    }

    async fn subscribe(&mut self, topic: &str) -> SubscribeReasonCode {
        self.client.subscribe(topic, QoS::AtLeastOnce).await.unwrap();
        let pick =
            |packet| if let Packet::SubAck(ack) = packet { ack.return_codes.first().copied() } else { None };
        self.until("SUBACK", pick).await
    }

    async fn publish(&mut self, topic: &str, body: &[u8]) -> PubAckReason {
        self.client.publish(topic, QoS::AtLeastOnce, false, body.to_vec()).await.unwrap();
        self.until("PUBACK", |packet| if let Packet::PubAck(ack) = packet { Some(ack.reason) } else { None })
            .await
    }

    async fn message(&mut self, topic: &str) -> Bytes {
        self.until(topic, |packet| match packet {
            Packet::Publish(publish) if publish.topic == topic.as_bytes() => Some(publish.payload),
            _ => None,
        })
        .await
    }

    /// Publishes a good batch and waits for the centre's ack.
    async fn is_acked(&mut self, name: &str) {
        let acks = format!("lintel/v1/devices/{name}/acks");
        let granted = self.subscribe(&acks).await;
        assert_eq!(granted, SubscribeReasonCode::Success(QoS::AtLeastOnce));
        let events = format!("lintel/v1/devices/{name}/events");
        self.client.publish(events, QoS::AtLeastOnce, false, GOOD).await.unwrap();
        assert_eq!(&self.message(&acks).await[..], b"signed");
    }
}

/// A connection that speaks MQTT by hand, for what a well-behaved client refuses to send.
fn by_hand(port: u16, name: &str, packets: &[u8]) {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let password = format!("pw-{name}");
    let mut body = b"\x00\x04MQTT\x05\xc2\x00\x3c\x00".to_vec();
    for text in [name, name, &password] {
        body.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
        body.extend(text.as_bytes());
    }
    let mut connect = vec![0x10, u8::try_from(body.len()).unwrap()];
    connect.extend(body);
    socket.write_all(&connect).unwrap();
    // The broker hangs up in the middle of what it won't take; then writing fails, which is the point.
    socket.write_all(packets).ok();
    let mut answer = Vec::new();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    std::io::Read::read_to_end(&mut socket, &mut answer).ok();
}

fn publish_by_hand(topic: &str, payload_len: usize) -> Vec<u8> {
    let mut packet = vec![0x30];
    let mut rest = 2 + topic.len() + 1 + payload_len;
    while rest >= 128 {
        packet.push(u8::try_from(rest % 128).unwrap() | 0x80);
        rest /= 128;
    }
    packet.push(u8::try_from(rest).unwrap());
    packet.extend(u16::try_from(topic.len()).unwrap().to_be_bytes());
    packet.extend(topic.as_bytes());
    packet.push(0);
    packet.resize(packet.len() + payload_len, b'x');
    packet
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_reads_and_writes_only_its_own_topics() {
    let scene = Scene::with(&["door-a", "door-b"]);
    let mut a = Device::connect(&scene, "door-a", "door-a").await;
    a.is_acked("door-a").await;
    for topic in
        ["lintel/v1/devices/door-b/acks", "lintel/v1/devices/+/acks", "#", "lintel/v1/devices/door-a/events"]
    {
        assert_eq!(a.subscribe(topic).await, SubscribeReasonCode::NotAuthorized, "{topic}");
    }
    for topic in
        ["lintel/v1/devices/door-b/events", "lintel/v1/devices/door-a/acks", "$CONTROL/dynamic-security/v1"]
    {
        assert_eq!(a.publish(topic, GOOD).await, PubAckReason::NotAuthorized, "{topic}");
    }
    assert!(scene.desk.events.lock().unwrap().iter().all(|(id, _)| *id == door("door-a")));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_cannot_take_over_the_session_of_another() {
    let scene = Scene::with(&["door-a", "door-b"]);
    let mut a = Device::connect(&scene, "door-a", "door-a").await;
    let mut options = MqttOptions::new("door-a", "127.0.0.1", scene.broker.port);
    options.set_credentials("door-b", "pw-door-b");
    let (_client, mut thief) = AsyncClient::new(options, 4);
    assert!(matches!(thief.poll().await, Err(ConnectionError::ConnectionRefused(_))));
    a.is_acked("door-a").await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_device_is_kicked_and_denied_and_the_others_stay() {
    let scene = Scene::with(&["door-a", "door-b"]);
    let mut a = Device::connect(&scene, "door-a", "door-a").await;
    let mut b = Device::connect(&scene, "door-b", "door-b").await;
    b.is_acked("door-b").await;
    scene.desk.wanted.lock().unwrap().remove(&door("door-a"));
    let kicked = async { while a.events.poll().await.is_ok() {} };
    timeout(DEADLINE, kicked).await.expect("the revoked device was not kicked");
    let error = timeout(DEADLINE, a.events.poll()).await.unwrap().unwrap_err();
    assert!(matches!(error, ConnectionError::ConnectionRefused(_)), "{error}");
    b.client.publish("lintel/v1/devices/door-b/events", QoS::AtLeastOnce, false, GOOD).await.unwrap();
    b.message("lintel/v1/devices/door-b/acks").await;
    assert_eq!(scene.counters.connections.load(Ordering::Relaxed), 1);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_added_again_with_another_token_uses_the_new_one_only() {
    let scene = Scene::with(&["door-a"]);
    let mut a = Device::connect(&scene, "door-a", "door-a").await;
    scene.desk.wanted.lock().unwrap().insert(door("door-a"), SecretString::new("another".into()));
    let kicked = async { while a.events.poll().await.is_ok() {} };
    timeout(DEADLINE, kicked).await.expect("the old token's connection was not cut");
    a.events.options.set_credentials("door-a", "another");
    let back = async { while a.events.poll().await.is_err() {} };
    timeout(DEADLINE, back).await.expect("the new token was not accepted");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_message_and_garbage_stop_nobody() {
    let scene = Scene::with(&["door-a", "door-b"]);
    let mut b = Device::connect(&scene, "door-b", "door-b").await;
    let a = Device::connect(&scene, "door-a", "door-a").await;
    drop(a);
    let port = scene.broker.port;
    let large = publish_by_hand("lintel/v1/devices/door-a/events", 300_000);
    tokio::task::spawn_blocking(move || by_hand(port, "door-a", &large)).await.unwrap();

    for body in [&b"\xff\xfe\x00garbage"[..], b"", &vec![b'['; 200_000]] {
        b.publish("lintel/v1/devices/door-b/events", body).await;
        b.publish("lintel/v1/devices/door-b/status", body).await;
    }
    b.is_acked("door-b").await;
    assert!(scene.desk.events.lock().unwrap().iter().all(|(_, body)| body.len() < 262_144));
    // Three bad batches and two bad states; the empty state only clears what was retained.
    assert_eq!(scene.counters.refused.load(Ordering::Relaxed), 5);
    assert_eq!(scene.counters.connections.load(Ordering::Relaxed), 1, "the centre was thrown out");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_broker_is_found_again_and_the_doors_are_answered() {
    let mut scene = Scene::with(&["door-a"]);
    let mut before = Device::connect(&scene, "door-a", "door-a").await;
    before.is_acked("door-a").await;
    scene.broker.restart();
    let mut after = Device::connect(&scene, "door-a", "door-a").await;
    let end = Instant::now() + DEADLINE;
    while scene.counters.connections.load(Ordering::Relaxed) < 2 {
        assert!(Instant::now() < end, "the centre did not come back");
        sleep(Duration::from_millis(20)).await;
    }
    let acks = "lintel/v1/devices/door-a/acks";
    after.subscribe(acks).await;
    // A door sends again until it is answered; the centre may be about to subscribe.
    let answered = async {
        loop {
            after.publish("lintel/v1/devices/door-a/events", GOOD).await;
            if timeout(Duration::from_millis(500), after.message(acks)).await.is_ok() {
                return;
            }
        }
    };
    timeout(DEADLINE, answered).await.expect("no ack after the broker's restart");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_gallery_revision_waits_for_the_door_and_follows_it() {
    let scene = Scene::with(&["door-a"]);
    scene.desk.notices.lock().unwrap().insert(door("door-a"), 7);
    let mut a = Device::connect(&scene, "door-a", "door-a").await;
    let topic = "lintel/v1/devices/door-a/gallery";
    a.subscribe(topic).await;
    assert_eq!(&a.message(topic).await[..], br#"{"revision":7}"#);
    scene.desk.notices.lock().unwrap().insert(door("door-a"), 8);
    assert_eq!(&a.message(topic).await[..], br#"{"revision":8}"#);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_centre_hears_that_a_device_came() {
    let scene = Scene::with(&["door-a"]);
    let mut a = Device::connect(&scene, "door-a", "door-a").await;
    let end = Instant::now() + DEADLINE;
    // Repeated, because the centre's subscription may stand a moment after the account.
    while scene.desk.states.lock().unwrap().is_empty() {
        a.publish("lintel/v1/devices/door-a/status", br#"{"online":true,"version":"1"}"#).await;
        assert!(Instant::now() < end, "the centre did not hear it");
    }
    assert_eq!(scene.desk.states.lock().unwrap()[0], (door("door-a"), true));
    scene.stop().await;
}
