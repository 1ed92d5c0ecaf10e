//! Changes of accounts: nobody locks themselves or everybody out, and each change takes effect at once.

use lintel_central::auth::accounts::{self, AccountError};
use lintel_central::auth::password::Password;
use lintel_central::auth::permit::ManageAccounts;
use lintel_central::auth::{Permit, Role};
use lintel_core::time::Clock as _;

use crate::accounts::{Office, name, new};
use crate::on_both;
use crate::world::{World, may};

on_both! {
    async fn nobody_closes_or_demotes_themselves_or_the_last_admin(world: World) {
        let office = Office::with(world, "ada", Role::Admin, None).await;
        let World { db, clock, .. } = &office.world;
        let role = async |who, permit: &Permit<ManageAccounts>, to| {
            accounts::change_role(db, permit, &**clock, &name(who), to, None).await
        };
        let close = async |who, permit: &Permit<ManageAccounts>| {
            accounts::disable(db, permit, &**clock, &name(who)).await
        };
        assert!(matches!(close("ada", &may()).await, Err(AccountError::LastAdmin(_))));
        assert!(matches!(role("ada", &may(), Role::Hr).await, Err(AccountError::LastAdmin(_))));
        // A closed admin is none that could help.
        office.add(&new("bob", Role::Admin, None)).await.unwrap();
        close("bob", &may()).await.unwrap();
        assert!(matches!(close("ada", &may()).await, Err(AccountError::LastAdmin(_))));
        accounts::enable(db, &may(), &**clock, &name("bob")).await.unwrap();

        let ada = office.standing(&office.session("ada").await).await.unwrap().actor;
        let own: Permit<ManageAccounts> = ada.permit().unwrap();
        assert!(matches!(close("ada", &own).await, Err(AccountError::Oneself)));
        assert!(matches!(role("ada", &own, Role::Admin).await, Err(AccountError::Oneself)));
        let (passwords, password) = (&office.passwords, Password::typed("another long one"));
        let set = accounts::set_password(db, passwords, &own, &**clock, &name("ada"), &password, true).await;
        assert!(matches!(set, Err(AccountError::Oneself)));
        role("bob", &own, Role::Hr).await.unwrap();
        assert!(matches!(role("ada", &may(), Role::Hr).await, Err(AccountError::LastAdmin(_))));
    }

    async fn two_admins_who_demote_each_other_at_the_same_time_leave_one(world: World) {
        let office = Office::with(world, "ada", Role::Admin, None).await;
        office.add(&new("bob", Role::Admin, None)).await.unwrap();
        let World { db, clock, .. } = &office.world;
        let permit: Permit<ManageAccounts> = may();
        let demote = async |who: &str| accounts::change_role(db, &permit, &**clock, &name(who), Role::Hr, None).await;
        let (one, other) = futures_util::future::join(demote("ada"), demote("bob")).await;
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let left = accounts::list(db, &permit).await.unwrap();
        assert_eq!(left.iter().filter(|account| account.role == "admin").count(), 1);
    }

    async fn a_new_role_ends_the_sessions_and_an_employee_is_tied_to_one_person(world: World) {
        let (ada, grace) = (world.person("Ada", "berlin").await, world.person("Grace", "berlin").await);
        let office = Office::with(world, "ada", Role::Hr, None).await;
        let World { db, clock, .. } = &office.world;
        let session = office.session("ada").await;
        let change = async |role, person| {
            accounts::change_role(db, &may(), &**clock, &name("ada"), role, person).await
        };
        assert!(matches!(change(Role::Employee, None).await, Err(AccountError::NeedsPerson(_))));
        assert!(office.standing(&session).await.is_some(), "nothing was changed");
        change(Role::Employee, Some(ada)).await.unwrap();
        assert!(office.standing(&session).await.is_none());
        let actor = office.standing(&office.session("ada").await).await.unwrap().actor;
        assert_eq!((actor.role(), actor.person_id()), (Role::Employee, Some(ada)));
        assert!(matches!(change(Role::Employee, Some(grace)).await, Err(AccountError::HasPerson)));

        let session = office.session("ada").await;
        let account = accounts::list(db, &may()).await.unwrap()[0].account_id;
        let seen = accounts::last_log_ins(db, &may(), &[account]).await.unwrap();
        assert_eq!(seen.get(&account), Some(&clock.now()));
        accounts::end_sessions(db, &may(), &**clock, &name("ada")).await.unwrap();
        assert!(office.standing(&session).await.is_none());
    }
}
