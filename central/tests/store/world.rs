//! A centre with nothing but a database, keys and a clock that is set by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use lintel_central::attendance::Length;
use lintel_central::auth::{Actor, Permission, Permit};
use lintel_central::backup::Desk;
use lintel_central::config::CentralSettings;
use lintel_central::devices::{self, Device};
use lintel_central::erasure::{self, ErasureLedger};
use lintel_central::ingest::{AcceptError, Accepted, accept};
use lintel_central::jobs::Jobs;
use lintel_central::people::{self, NewPerson};
use lintel_central::revocation::RevocationLedger;
use lintel_central::sites;
use lintel_central::store::{Db, DbOptions};
use lintel_central::vault::CentralKeys;
use lintel_core::embedding::Embedding;
use lintel_core::event::DirectionHint;
use lintel_core::gallery::GalleryDelta;
use lintel_core::ids::{DeviceId, PersonId, SiteId};
use lintel_core::road::Road;
use lintel_core::seal::{DeviceSealKey, FernetRing};
use lintel_core::sign::SigningKey;
use lintel_core::time::{Clock, UtcMillis};
use lintel_core::wire::{Heartbeat, WireEvent};
use lintel_runtime::secrets::SecretString;

use crate::door::Door;
use crate::postgres::Server;

/// 2026-11-20T08:00:00Z.
pub const MORNING: UtcMillis = UtcMillis::from_i64(1_795_161_600_000);
/// The pack of all templates here.
pub const PACK: &str = "lintel-1";

/// A clock that stands until it is moved.
pub struct HandClock(AtomicI64);

impl HandClock {
    /// Moves it.
    pub fn set(&self, at: UtcMillis) {
        self.0.store(at.as_i64(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> UtcMillis {
        UtcMillis::from_i64(self.0.load(Ordering::SeqCst))
    }
    fn monotonic_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The centre.
#[derive(Clone)]
pub struct World {
    pub db: Db,
    pub keys: Arc<CentralKeys>,
    pub clock: Arc<HandClock>,
    pub url: String,
    _dir: Arc<tempfile::TempDir>,
    _server: Option<Arc<Server>>,
}

/// The local administrator's permission.
pub fn may<P: Permission>() -> Permit<P> {
    Actor::local().permit().unwrap()
}

pub fn site(id: &str) -> SiteId {
    SiteId::parse(id).unwrap()
}

pub fn device(id: &str) -> DeviceId {
    DeviceId::parse(id).unwrap()
}

impl World {
    pub async fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("central.db").display());
        Self::open(url, dir, None).await
    }

    pub async fn postgres() -> Self {
        let server = tokio::task::spawn_blocking(Server::shared).await.unwrap();
        let url = server.database();
        Self::open(url, tempfile::tempdir().unwrap(), Some(server)).await
    }

    async fn open(url: String, dir: tempfile::TempDir, server: Option<Arc<Server>>) -> Self {
        let db = Db::open(&DbOptions::for_url(&url)).await.unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(MORNING.as_i64())));
        db.migrate(&*clock).await.unwrap();
        let ring = || FernetRing::parse(&FernetRing::generate_key()).unwrap();
        let badge = lintel_central::badges::BadgeKeys::new(SigningKey::from_seed(&[9; 32]));
        let keys = CentralKeys { ack: SigningKey::from_seed(&[7; 32]), badge, face: ring(), data: ring() };
        let world = Self { db, keys: Arc::new(keys), clock, url, _dir: Arc::new(dir), _server: server };
        for (id, zone) in [("berlin", "Europe/Berlin"), ("lisbon", "Europe/Lisbon")] {
            sites::add(&world.db, &may(), &*world.clock, &site(id), zone, None).await.unwrap();
        }
        world
    }

    /// The folder of the SQLite files.
    pub fn dir(&self) -> &std::path::Path {
        self._dir.path()
    }

    /// A device that has sent a heartbeat.
    pub async fn device(&self, id: &str, at: &str) -> Device {
        let id = device(id);
        let joined = devices::add(
            &self.db,
            &self.keys,
            &may(),
            &*self.clock,
            &id,
            &site(at),
            "Door",
            DirectionHint::None,
        )
        .await
        .unwrap();
        let beat = self.beat(&id, 1);
        devices::heartbeat(&self.db, &self.keys, &*self.clock, &joined.device, &beat).await.unwrap();
        devices::authenticate(&self.db, joined.token.expose()).await.unwrap()
    }

    /// A heartbeat with the gallery key of a seed.
    pub fn beat(&self, id: &DeviceId, seed: u8) -> Heartbeat {
        Heartbeat {
            device_id: id.clone(),
            stream: uuid::Uuid::new_v4().into(),
            last_seq: 0,
            backlog: 0,
            recorded_through: self.clock.now(),
            sent_at: self.clock.now(),
            gallery_revision: 0,
            model_pack: PACK.into(),
            gallery_public_key: DeviceSealKey::from_seed(&[seed; 32]).public_text(),
            version: "0.1.0".into(),
            camera: None,
        }
    }

    /// A person without consent.
    pub async fn person(&self, name: &str, at: &str) -> PersonId {
        let new = NewPerson { name: name.into(), site_id: site(at), staff_no: None };
        people::add(&self.db, &may(), &*self.clock, &new).await.unwrap().person_id
    }

    /// A person with consent and one template.
    pub async fn enrolled(&self, name: &str, at: &str) -> PersonId {
        let person = self.person(name, at).await;
        people::consent(&self.db, &may(), &*self.clock, person, "2026-1", "test").await.unwrap();
        self.template(person).await.unwrap();
        person
    }

    /// The ledger of erasures, beside the database.
    pub fn ledger(&self) -> ErasureLedger {
        ErasureLedger::new(self.dir().join("erasures.log"), None, Arc::clone(&self.keys))
    }

    /// The ledger of revocations, beside the database.
    pub fn revocations(&self) -> RevocationLedger {
        RevocationLedger::new(self.dir().join("revocations.log"), None, Arc::clone(&self.keys))
    }

    /// What backups are made with.
    pub fn desk(&self) -> Desk {
        let mut settings = CentralSettings::default();
        settings.storage.data_dir = self.dir().to_owned();
        settings.database.url = Some(SecretString::new(self.url.clone()));
        Desk {
            settings: Arc::new(settings),
            db: self.db.clone(),
            keys: Arc::clone(&self.keys),
            ledger: self.ledger(),
            revocations: self.revocations(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
        }
    }

    /// Erases a person.
    pub async fn erase(&self, person: PersonId) {
        erasure::erase(&self.db, &self.ledger(), &may(), &*self.clock, person).await.unwrap();
    }

    /// The folder that the database's files are in.
    pub fn files(&self) -> std::path::PathBuf {
        match &self._server {
            Some(server) => server.files(),
            None => self.dir().to_owned(),
        }
    }

    /// Stores a template.
    pub async fn template(&self, person: PersonId) -> Result<(), people::PeopleError> {
        let face = face(person);
        people::store_template(&self.db, &may(), &self.keys, &*self.clock, person, PACK, &face, 0.9)
            .await
            .map(drop)
    }

    pub async fn delta(&self, device: &Device, since: i64) -> Option<GalleryDelta> {
        lintel_central::gallery::delta_for(&self.db, &self.keys, device, since, PACK).await.unwrap()
    }

    pub async fn accept(&self, device: &Device, bytes: &[u8]) -> Result<Accepted, AcceptError> {
        accept(&self.db, &self.keys.ack, &*self.clock, Road::Https, device, bytes).await
    }

    /// Takes events in that must be taken.
    pub async fn take(&self, device: &Device, door: &Door, events: &[WireEvent]) -> Accepted {
        self.accept(device, &door.batch(events)).await.unwrap()
    }

    pub fn jobs(&self) -> Jobs {
        Jobs {
            db: self.db.clone(),
            keys: Arc::clone(&self.keys),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            min_gap: Length::from_minutes(2),
            desk: self.desk(),
            notices: None,
        }
    }

    /// Runs jobs until none is due.
    pub async fn work_off(&self) {
        while self.jobs().run_due().await.unwrap() > 0 {}
    }
}

/// A face that is a person's own.
pub fn face(person: PersonId) -> Embedding {
    Embedding::normalise(person.as_uuid().as_bytes().iter().map(|byte| f32::from(*byte) + 1.0).collect())
        .unwrap()
}
