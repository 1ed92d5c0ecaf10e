//! Revoking: what has ended stays ended on a database that is restored from the time before.

use std::sync::Arc;

use lintel_central::auth::accounts::{self, NewAccount};
use lintel_central::auth::password::{Password, Passwords};
use lintel_central::auth::{AccountName, Role, sessions, tokens};
use lintel_central::backup::{self, Consent, Progress, Restored};
use lintel_central::badges;
use lintel_central::devices;
use lintel_central::people;
use lintel_central::revocation;
use lintel_central::store::{Db, DbOptions, audit, invites};
use lintel_core::event::DirectionHint;
use lintel_core::time::Clock;
use lintel_runtime::secrets::SecretString;

use crate::on_both;
use crate::world::{MORNING, World, device, may, site};

const OVER: Consent = Consent { yes: true, without_vault: false, without_erasures: false, erasures: None };

fn silent() -> Progress {
    Arc::new(|_| ())
}

async fn made(world: &World) -> std::path::PathBuf {
    let desk = world.desk();
    backup::create(&desk, &may(), &desk.folder(), &silent()).await.unwrap().central
}

async fn restored(world: &mut World, file: &std::path::Path) -> Restored {
    let desk = world.desk();
    world.db.close().await;
    let clock: Arc<dyn Clock> = Arc::clone(&world.clock) as _;
    let done =
        backup::restore(&desk.settings, &world.keys, &clock, &may(), file, &OVER, &silent()).await.unwrap();
    world.db = Db::open(&DbOptions::for_url(&world.url)).await.unwrap();
    done
}

async fn door(world: &World, id: &str) -> SecretString {
    let (id, at, way) = (device(id), site("berlin"), DirectionHint::In);
    devices::add(&world.db, &world.keys, &may(), &*world.clock, &id, &at, "Door", way).await.unwrap().token
}

async fn let_in(world: &World, token: &SecretString) -> bool {
    devices::authenticate(&world.db, token.expose()).await.is_ok()
}

async fn api_token(world: &World, name: &str) -> SecretString {
    tokens::create(&world.db, &*world.clock, &may(), name, Role::Hr).await.unwrap()
}

async fn honoured(world: &World, token: &SecretString) -> bool {
    tokens::actor_of_token(&world.db, token.expose()).await.unwrap().is_some()
}

fn secret(text: &str) -> Password {
    Password::typed(text)
}

async fn account(world: &World, name: &str) -> AccountName {
    let name: AccountName = name.parse().unwrap();
    let new = NewAccount {
        name: name.clone(),
        display_name: None,
        role: Role::Hr,
        person_id: None,
        password: secret("a sentence nobody guesses"),
        must_change: false,
    };
    accounts::create(&world.db, &Passwords::default(), &may(), &*world.clock, &new).await.unwrap();
    name
}

async fn open_accounts(world: &World) -> Vec<String> {
    let all = accounts::list(&world.db, &may()).await.unwrap();
    all.into_iter().filter(|account| account.disabled_at.is_none()).map(|account| account.name).collect()
}

on_both! {
    async fn what_was_revoked_after_the_backup_is_not_let_in_again(world: World) {
        let mut world = world;
        let (gone, reset, stays) = (door(&world, "gone").await, door(&world, "reset").await, door(&world, "stays").await);
        let (ended, stands) = (api_token(&world, "ended").await, api_token(&world, "stands").await);
        let (left, kept) = (account(&world, "left").await, account(&world, "kept").await);
        let (changed, clock) = (account(&world, "changed").await, Arc::clone(&world.clock));
        let (ada, grace, joan) = (world.person("Ada", "berlin").await, world.person("Grace", "berlin").await, world.person("Joan", "berlin").await);
        for person in [ada, grace, joan] {
            badges::issue(&world.db, &world.keys.badge, &may(), &*clock, person, 30).await.unwrap();
        }
        let file = made(&world).await;

        clock.set(MORNING.plus_millis(1_000));
        devices::revoke(&world.db, &may(), &*clock, &device("gone")).await.unwrap();
        devices::reset(&world.db, &world.keys, &may(), &*clock, &device("reset")).await.unwrap();
        tokens::revoke(&world.db, &*clock, &may(), "ended").await.unwrap();
        accounts::disable(&world.db, &may(), &*clock, &left).await.unwrap();
        let other = secret("another sentence nobody guesses");
        accounts::set_password(&world.db, &Passwords::default(), &may(), &*clock, &changed, &other, false).await.unwrap();
        badges::revoke(&world.db, &may(), &*clock, ada).await.unwrap();
        badges::issue(&world.db, &world.keys.badge, &may(), &*clock, grace, 30).await.unwrap();

        let done = restored(&mut world, &file).await;
        assert_eq!(done.settled.revoked, 7, "two doors, one token, two accounts, two badges");
        assert!(!let_in(&world, &gone).await && !let_in(&world, &reset).await && let_in(&world, &stays).await);
        assert!(!honoured(&world, &ended).await && honoured(&world, &stands).await);
        assert_eq!(open_accounts(&world).await, [kept.to_string()]);
        let good = badges::list(&world.db, &may(), None).await.unwrap();
        assert_eq!(good.iter().map(|badge| badge.person_id).collect::<Vec<_>>(), [joan]);
        let rows = audit::list_newest(&mut world.db.read().await.unwrap(), None, 50).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.actor == "revocation-ledger").count(), 7);

        // Said once: the next start finds nothing more to do.
        let again = revocation::replay(&world.db, &world.revocations(), &*clock).await.unwrap();
        assert_eq!((again.ended, again.learnt), (0, 0));
    }

    async fn sessions_links_and_join_codes_do_not_outlive_a_restore(world: World) {
        let mut world = world;
        let link = sessions::create_link(&world.db, &*world.clock, &may(), Role::Admin).await.unwrap();
        let session = sessions::open_by_link(&world.db, MORNING, 60_000, link.expose()).await.unwrap().unwrap();
        let unused = sessions::create_link(&world.db, &*world.clock, &may(), Role::Admin).await.unwrap();
        let invite = invites::Invite {
            device_id: device("door-2"),
            site_id: site("berlin"),
            door: "Door".into(),
            direction: DirectionHint::In,
            expires_at: MORNING.plus_millis(3_600_000),
            used_at: None,
            used_key: None,
        };
        let mut tx = world.db.write().await.unwrap();
        invites::upsert(&mut tx, &invite, &[3; 32], MORNING).await.unwrap();
        tx.commit().await.unwrap();
        let file = made(&world).await;
        restored(&mut world, &file).await;
        assert!(sessions::find(&world.db, MORNING, 60_000, session.expose(), false).await.unwrap().is_none());
        assert!(sessions::open_by_link(&world.db, MORNING, 60_000, unused.expose()).await.unwrap().is_none());
        assert!(invites::get_by_token_hash(&mut world.db.read().await.unwrap(), &[3; 32]).await.unwrap().is_none());
    }

    async fn what_came_in_anew_before_the_backup_is_let_in_after_it(world: World) {
        let mut world = world;
        let old = door(&world, "door-1").await;
        let new = devices::reset(&world.db, &world.keys, &may(), &*world.clock, &device("door-1")).await.unwrap().token;
        let name = account(&world, "back").await;
        accounts::disable(&world.db, &may(), &*world.clock, &name).await.unwrap();
        accounts::enable(&world.db, &may(), &*world.clock, &name).await.unwrap();
        let file = made(&world).await;
        assert_eq!(restored(&mut world, &file).await.settled.revoked, 0);
        assert!(!let_in(&world, &old).await && let_in(&world, &new).await);
        assert_eq!(open_accounts(&world).await, ["back"]);

        // Closed once more after the backup, with the password that was closed before.
        world.clock.set(MORNING.plus_millis(1_000));
        accounts::disable(&world.db, &may(), &*world.clock, &name).await.unwrap();
        assert_eq!(restored(&mut world, &file).await.settled.revoked, 1);
        assert!(open_accounts(&world).await.is_empty());
    }

    async fn a_machine_without_a_ledger_of_its_own_knows_only_what_lies_beside_the_backup(world: World) {
        let mut world = world;
        let (first, second) = (door(&world, "first").await, door(&world, "second").await);
        let file = made(&world).await;
        devices::revoke(&world.db, &may(), &*world.clock, &device("first")).await.unwrap();
        // The next night's backup copies the ledger beside both.
        world.clock.set(MORNING.plus_millis(60_000));
        made(&world).await;
        std::fs::remove_file(world.dir().join("revocations.log")).unwrap();
        // The database that is replaced is lost too, as far as it could tell anything.
        let mut tx = world.db.write().await.unwrap();
        forget_revocations(&mut tx).await;
        tx.commit().await.unwrap();
        let done = restored(&mut world, &file).await;
        assert!(!done.knows_revocations && done.settled.revoked == 1);
        assert!(!let_in(&world, &first).await && let_in(&world, &second).await);
        world.clock.set(MORNING.plus_millis(120_000));
        assert!(restored(&mut world, &file).await.knows_revocations, "now it has one");
    }

    async fn a_job_brings_revocations_into_the_ledger_and_a_person_s_leaving_too(world: World) {
        door(&world, "door-1").await;
        let person = world.person("Ada", "berlin").await;
        badges::issue(&world.db, &world.keys.badge, &may(), &*world.clock, person, 30).await.unwrap();
        devices::revoke(&world.db, &may(), &*world.clock, &device("door-1")).await.unwrap();
        people::remove(&world.db, &may(), &*world.clock, person).await.unwrap();
        assert!(!world.dir().join("revocations.log").exists());
        world.work_off().await;
        let lines = world.revocations().read().unwrap();
        assert_eq!(lines.entries.len(), 2, "{:?}", lines.entries);
        assert_eq!(revocation::keep(&world.db, &world.revocations()).await.unwrap(), 0);
    }

    async fn a_ledger_that_was_altered_serves_nobody(world: World) {
        door(&world, "door-1").await;
        devices::revoke(&world.db, &may(), &*world.clock, &device("door-1")).await.unwrap();
        world.work_off().await;
        let path = world.dir().join("revocations.log");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("\"kind\":\"device\"", "\"kind\":\"token\"")).unwrap();
        let refused = revocation::replay(&world.db, &world.revocations(), &*world.clock).await.unwrap_err();
        assert!(refused.to_string().contains("line 1 of the revocation ledger"), "{refused}");
    }
}

/// As on a machine whose database is not there to be asked.
async fn forget_revocations(tx: &mut lintel_central::store::Tx) {
    use lintel_central::store::Tx;
    let text = "DELETE FROM revocation";
    match tx {
        Tx::Sqlite(c) => sqlx::query(text).execute(&mut **c).await.map(drop).unwrap(),
        Tx::Postgres(c) => sqlx::query(text).execute(&mut **c).await.map(drop).unwrap(),
    }
}
