//! Accounts, their sessions, and the wait after failed log-ins.

use std::net::IpAddr;
use std::time::Duration;

use lintel_central::auth::accounts::{self, AccountError, NewAccount};
use lintel_central::auth::backoff::{self, Begun, FREE_BY_ADDRESS, FREE_BY_NAME};
use lintel_central::auth::login::{LogIn, LogInDesk, LoggedIn, PasswordChanged, change_password, log_in};
use lintel_central::auth::password::{Password, Passwords};
use lintel_central::auth::sessions::{self, LONGEST_MS, Standing};
use lintel_central::auth::{AccountName, Role};
use lintel_central::people;
use lintel_central::store;
use lintel_core::ids::PersonId;
use lintel_core::seal::FernetRing;
use lintel_core::time::{Clock as _, UtcMillis};

use crate::on_both;
use crate::world::{MORNING, World, may};

const PASSWORD: &str = "looms and numbers";
const IDLE_MS: i64 = 1_800_000;

pub fn name(text: &str) -> AccountName {
    AccountName::parse(text).unwrap()
}

pub fn new(name: &str, role: Role, person_id: Option<PersonId>) -> NewAccount {
    NewAccount {
        name: AccountName::parse(name).unwrap(),
        display_name: None,
        role,
        person_id,
        password: Password::typed(PASSWORD),
        must_change: false,
    }
}

/// A centre with what logging in needs.
pub struct Office {
    pub world: World,
    pub passwords: Passwords,
}

impl Office {
    pub async fn with(world: World, name: &str, role: Role, person: Option<PersonId>) -> Self {
        let office = Self { world, passwords: Passwords::default() };
        office.add(&new(name, role, person)).await.unwrap();
        office
    }

    pub async fn add(&self, account: &NewAccount) -> Result<accounts::Account, AccountError> {
        let world = &self.world;
        accounts::create(&world.db, &self.passwords, &may(), &*world.clock, account).await
    }

    fn desk(&self) -> LogInDesk<'_> {
        let World { db, keys, clock, .. } = &self.world;
        LogInDesk { db, ring: &keys.data, clock: &**clock, passwords: &self.passwords, idle_ms: IDLE_MS }
    }

    async fn log_in_from(&self, address: Option<IpAddr>, name: &str, password: &str) -> LoggedIn {
        log_in(self.desk(), &LogIn { name, password, address, previous: None }).await.unwrap()
    }

    pub async fn log_in(&self, name: &str, password: &str) -> LoggedIn {
        self.log_in_from(None, name, password).await
    }

    /// A session's secret.
    pub async fn session(&self, name: &str) -> String {
        match self.log_in(name, PASSWORD).await {
            LoggedIn::Welcome { session, .. } => session.expose().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    pub async fn standing(&self, session: &str) -> Option<Standing> {
        let World { db, clock, .. } = &self.world;
        sessions::find(db, clock.now(), IDLE_MS, session, true).await.unwrap()
    }

    fn after(&self, ms: i64) {
        self.world.clock.set(self.world.clock.now().plus_millis(ms));
    }

    /// Begins an attempt without a password; the wait when there is one.
    async fn knock(&self, name: &str, address: &str) -> Option<Duration> {
        let World { db, keys, clock, .. } = &self.world;
        let address = Some(address.parse().unwrap());
        match backoff::begin(db, &keys.data, clock.now(), name, address).await.unwrap() {
            Begun::Wait(wait) => Some(wait),
            Begun::Attempt(_) => None,
        }
    }
}

fn refused(outcome: &LoggedIn) -> bool {
    matches!(outcome, LoggedIn::Refused)
}

on_both! {
    async fn an_account_is_one_whatever_the_case_of_its_name(world: World) {
        let office = Office::with(world, "Ada.Lovelace", Role::Hr, None).await;
        let twice = office.add(&new("ada.LOVELACE", Role::Hr, None)).await.unwrap_err();
        assert!(matches!(twice, AccountError::Exists(_)), "{twice}");
        assert!(matches!(office.log_in("ADA.lovelace ", PASSWORD).await, LoggedIn::Welcome { role: Role::Hr, .. }));
        let listed = accounts::list(&office.world.db, &may()).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].name.as_str(), listed[0].role.as_str()), ("Ada.Lovelace", "hr"));
    }

    async fn an_employee_is_somebody_and_a_person_has_one_account(world: World) {
        let person = world.person("Ada", "berlin").await;
        let office = Office::with(world, "ada", Role::Employee, Some(person)).await;
        let nobody = office.add(&new("bob", Role::Employee, None)).await.unwrap_err();
        assert!(matches!(nobody, AccountError::NeedsPerson(Role::Employee)), "{nobody}");
        let again = office.add(&new("bob", Role::Hr, Some(person))).await.unwrap_err();
        assert!(matches!(again, AccountError::PersonTaken), "{again}");
        let stranger = PersonId::from(uuid::Uuid::new_v4());
        let unknown = office.add(&new("bob", Role::Employee, Some(stranger))).await.unwrap_err();
        assert!(matches!(unknown, AccountError::UnknownPerson), "{unknown}");
        let session = office.session("ada").await;
        let actor = office.standing(&session).await.unwrap().actor;
        assert_eq!((actor.person_id(), actor.role()), (Some(person), Role::Employee));
    }

    async fn a_wrong_password_an_unknown_name_and_a_disabled_account_are_answered_alike(world: World) {
        let office = Office::with(world, "ada", Role::Hr, None).await;
        office.add(&new("bob", Role::Hr, None)).await.unwrap();
        accounts::disable(&office.world.db, &may(), &*office.world.clock, &name("bob")).await.unwrap();
        for (who, password) in
            [("ada", "wrong"), ("ada", ""), ("carol", PASSWORD), ("bob", PASSWORD), ("a b\0", PASSWORD), ("", "")]
        {
            assert!(refused(&office.log_in(who, password).await), "{who} {password}");
        }
    }

    async fn disabling_an_account_or_setting_its_password_ends_its_sessions_at_once(world: World) {
        let office = Office::with(world, "ada", Role::Hr, None).await;
        let World { db, clock, .. } = &office.world;
        let first = office.session("ada").await;
        assert!(office.standing(&first).await.is_some());
        let other = Password::chosen("other words entirely", "ada").unwrap();
        accounts::set_password(db, &office.passwords, &may(), &**clock, &name("ada"), &other, true).await.unwrap();
        assert!(office.standing(&first).await.is_none());
        assert!(refused(&office.log_in("ada", PASSWORD).await));
        let LoggedIn::Welcome { session, must_change: true, .. } = office.log_in("ada", "other words entirely").await
        else { panic!("not let in, or nothing to change") };
        accounts::disable(db, &may(), &**clock, &name("ada")).await.unwrap();
        assert!(office.standing(session.expose()).await.is_none());
        accounts::enable(db, &may(), &**clock, &name("ada")).await.unwrap();
        assert!(office.standing(session.expose()).await.is_none());
        assert!(matches!(office.log_in("ada", "other words entirely").await, LoggedIn::Welcome { .. }));
    }

    async fn a_session_ends_half_an_hour_after_its_last_use_and_after_twelve_hours_of_use(world: World) {
        let office = Office::with(world, "ada", Role::Hr, None).await;
        let idle = office.session("ada").await;
        office.after(IDLE_MS - 1);
        assert!(office.standing(&idle).await.is_some());
        office.after(IDLE_MS);
        assert!(office.standing(&idle).await.is_none());

        let busy = office.session("ada").await;
        let began = office.world.clock.now();
        while office.world.clock.now().millis_since(began) < LONGEST_MS - 600_000 {
            office.after(600_000);
            assert!(office.standing(&busy).await.is_some());
        }
        office.after(600_000);
        assert!(office.standing(&busy).await.is_none());
    }

    async fn a_session_is_written_once_a_minute_and_not_by_what_a_page_asks_by_itself(world: World) {
        let office = Office::with(world, "ada", Role::Hr, None).await;
        let session = office.session("ada").await;
        let World { db, clock, .. } = &office.world;
        let end = async || {
            let mut tx = db.read().await.unwrap();
            let hash = lintel_central::auth::credential::hash(&session);
            store::sessions::get(&mut tx, &hash, clock.now()).await.unwrap().unwrap().expires_at
        };
        let first = end().await;
        office.after(59_000);
        office.standing(&session).await.unwrap();
        assert_eq!(end().await, first);
        office.after(1_000);
        sessions::find(db, clock.now(), IDLE_MS, &session, false).await.unwrap().unwrap();
        assert_eq!(end().await, first);
        office.standing(&session).await.unwrap();
        assert_eq!(end().await.millis_since(first), 60_000);
    }

    async fn the_fifth_failure_of_a_name_makes_the_next_attempt_wait_and_success_makes_that_forgotten(world: World) {
        let office = Office::with(world, "ada", Role::Hr, None).await;
        for who in ["ada", "nobody"] {
            for _ in 0..FREE_BY_NAME {
                assert!(refused(&office.log_in(who, "wrong").await));
            }
            // Even the right password has to wait.
            let LoggedIn::Wait(wait) = office.log_in(who, PASSWORD).await else { panic!("{who} need not wait") };
            assert_eq!(wait, Duration::from_secs(1));
            office.after(1_000);
            assert!(refused(&office.log_in(who, "wrong").await));
            let LoggedIn::Wait(wait) = office.log_in(who, "wrong").await else { panic!("{who} need not wait") };
            assert_eq!(wait, Duration::from_secs(2));
            office.after(2_000);
        }
        assert!(matches!(office.log_in("ada", PASSWORD).await, LoggedIn::Welcome { .. }));
        for _ in 0..FREE_BY_NAME {
            assert!(refused(&office.log_in("ada", "wrong").await));
        }
    }

    async fn attempts_at_the_same_time_are_all_counted(world: World) {
        let office = Office::with(world, "ada", Role::Hr, None).await;
        let World { db, keys, clock, .. } = &office.world;
        let now = clock.now();
        // Two and ten: the day's key is made by whoever comes first.
        let attempts = (0..12).map(|_| backoff::begin(db, &keys.data, now, "ada", None));
        let begun = futures_util::future::join_all(attempts).await;
        let through = begun.into_iter().filter(|begun| matches!(begun, Ok(Begun::Attempt(_)))).count();
        assert_eq!(i64::try_from(through).unwrap(), FREE_BY_NAME);
    }

    async fn an_address_that_fails_at_many_names_waits_and_its_neighbour_does_not(world: World) {
        let office = Office::with(world, "ada", Role::Hr, None).await;
        for n in 0..FREE_BY_ADDRESS {
            assert_eq!(office.knock(&format!("name-{n}"), "192.0.2.7").await, None);
        }
        assert_eq!(office.knock("another", "192.0.2.7").await, Some(Duration::from_secs(1)));
        assert_eq!(office.knock("another", "192.0.2.8").await, None);
        // Refused attempts counted for nobody.
        office.after(1_000);
        assert_eq!(office.knock("another", "192.0.2.7").await, None);
    }

    async fn logging_in_as_oneself_relieves_an_address_of_ones_own_slips_only(world: World) {
        let office = Office::with(world, "ada", Role::Hr, None).await;
        let address = Some("192.0.2.7".parse().unwrap());
        for n in 0..FREE_BY_ADDRESS - 2 {
            assert!(refused(&office.log_in_from(address, &format!("name-{n}"), "guess").await));
        }
        assert!(refused(&office.log_in_from(address, "ada", "slip").await));
        for _ in 0..3 {
            assert!(matches!(office.log_in_from(address, "ada", PASSWORD).await, LoggedIn::Welcome { .. }));
        }
        assert_eq!(office.knock("a", "192.0.2.7").await, None);
        assert_eq!(office.knock("b", "192.0.2.7").await, None);
        assert_eq!(office.knock("c", "192.0.2.7").await, Some(Duration::from_secs(1)));
    }

    async fn nothing_is_held_against_anybody_after_an_hour_or_on_another_day(world: World) {
        let office = Office::with(world, "ada", Role::Hr, None).await;
        for _ in 0..FREE_BY_NAME + 1 {
            office.knock("ada", "192.0.2.7").await;
        }
        assert!(office.knock("ada", "192.0.2.7").await.is_some());
        office.after(3_600_001);
        for _ in 0..FREE_BY_NAME {
            assert_eq!(office.knock("ada", "192.0.2.7").await, None);
        }
        assert!(office.knock("ada", "192.0.2.7").await.is_some());
        office.world.clock.set(UtcMillis::from_i64(MORNING.as_i64() + 24 * 3_600_000));
        assert_eq!(office.knock("ada", "192.0.2.7").await, None);
    }

    async fn a_clock_that_was_set_back_holds_nobody_up_for_longer_than_the_longest_wait(world: World) {
        let office = Office::with(world, "ada", Role::Hr, None).await;
        for _ in 0..FREE_BY_NAME {
            office.knock("ada", "192.0.2.7").await;
        }
        office.after(-2 * 3_600_000);
        assert_eq!(office.knock("ada", "192.0.2.7").await, None);
    }

    async fn another_data_key_forgets_the_days_failures_and_lets_people_in(world: World) {
        let office = Office::with(world, "ada", Role::Hr, None).await;
        for _ in 0..FREE_BY_NAME {
            assert!(refused(&office.log_in("ada", "wrong").await));
        }
        let other = FernetRing::parse(&FernetRing::generate_key()).unwrap();
        let desk = LogInDesk { ring: &other, ..office.desk() };
        let typed = LogIn { name: "ada", password: PASSWORD, address: None, previous: None };
        assert!(matches!(log_in(desk, &typed).await.unwrap(), LoggedIn::Welcome { .. }));
    }

    async fn changing_ones_password_needs_the_present_one_and_ends_the_other_sessions(world: World) {
        let office = Office::with(world, "ada", Role::Hr, None).await;
        let (here, elsewhere) = (office.session("ada").await, office.session("ada").await);
        let standing = office.standing(&here).await.unwrap();
        let change = async |present: &str, new: &str| {
            change_password(office.desk(), &standing, present, new, None).await.unwrap()
        };
        assert!(matches!(change("wrong", "other words entirely").await, PasswordChanged::Refused));
        assert!(matches!(change(PASSWORD, PASSWORD).await, PasswordChanged::Same));
        assert!(matches!(change(PASSWORD, "short").await, PasswordChanged::Weak(_)));
        let PasswordChanged::Done(next) = change(PASSWORD, "other words entirely").await else { panic!("refused") };
        assert!(office.standing(&here).await.is_none() && office.standing(&elsewhere).await.is_none());
        assert!(office.standing(next.expose()).await.is_some());
        assert!(refused(&office.log_in("ada", PASSWORD).await));
    }

    async fn the_session_before_a_log_in_ends_with_it(world: World) {
        let office = Office::with(world, "ada", Role::Hr, None).await;
        let before = office.session("ada").await;
        let again = LogIn { name: "ada", password: PASSWORD, address: None, previous: Some(&before) };
        let LoggedIn::Welcome { session, .. } = log_in(office.desk(), &again).await.unwrap() else { panic!("refused") };
        assert_ne!(session.expose(), before);
        assert!(office.standing(&before).await.is_none());
    }

    async fn somebody_who_leaves_is_logged_out_and_somebody_erased_has_no_account(world: World) {
        let person = world.person("Ada", "berlin").await;
        let office = Office::with(world, "ada", Role::Employee, Some(person)).await;
        let World { db, clock, .. } = &office.world;
        let session = office.session("ada").await;
        people::remove(db, &may(), &**clock, person).await.unwrap();
        assert!(office.standing(&session).await.is_none());
        assert!(refused(&office.log_in("ada", PASSWORD).await));
        let left = accounts::enable(db, &may(), &**clock, &name("ada")).await.unwrap_err();
        assert!(matches!(left, AccountError::UnknownPerson), "{left}");
        office.world.erase(person).await;
        assert!(accounts::list(db, &may()).await.unwrap().is_empty());
    }

    async fn the_audit_says_which_account_and_never_what_was_typed(world: World) {
        let office = Office::with(world, "ada.lovelace", Role::Hr, None).await;
        office.log_in("ada.lovelace", "wrong").await;
        office.log_in("my password by mistake", "wrong").await;
        office.session("ada.lovelace").await;
        let id = accounts::list(&office.world.db, &may()).await.unwrap()[0].account_id.to_string();
        let rows = store::audit::list_unsealed(&mut office.world.db.read().await.unwrap(), 100).await.unwrap();
        let of = |action: &str| {
            rows.iter().filter(|row| row.action == action).map(|row| row.subject.clone()).collect::<Vec<_>>()
        };
        assert_eq!(of("session.refuse"), [id.clone(), String::new()]);
        assert_eq!(of("session.open"), [id]);
        let all = format!("{rows:?}");
        assert!(!all.contains("lovelace") && !all.contains("mistake"), "{all}");
    }
}
