//! Sites: another name, and another zone with everything that hangs on it.

use jiff::civil::date;
use lintel_central::sites::{self, Changes, Site, SiteError};
use lintel_central::{audit, gallery};

use crate::door::Door;
use crate::on_both;
use crate::rosters::lock;
use crate::world::{MORNING, World, may, site};

const HOUR: i64 = 3_600_000;

async fn put_in(world: &World, zone: &str) -> Result<Site, SiteError> {
    let changes = Changes { zone: Some(zone.into()), ..Changes::default() };
    sites::change(&world.db, &may(), &*world.clock, &site("berlin"), changes).await.map(|(site, _)| site)
}

/// What was changed of a site, newest first.
async fn changes(world: &World) -> Vec<String> {
    let rows = audit::list(&world.db, &may(), Some("berlin"), 10).await.unwrap();
    rows.into_iter().filter(|row| row.action == "site.change").map(|row| row.fields).collect()
}

on_both! {
    async fn another_zone_counts_every_day_anew_and_tells_the_doors(world: World) {
        let device = world.device("door-1", "berlin").await;
        // 23:30 UTC on the 19th is half past midnight in Berlin.
        let night = MORNING.plus_millis(-8 * HOUR - HOUR / 2);
        world.clock.set(night);
        let ada = world.enrolled("Ada", "berlin").await;
        world.clock.set(MORNING);
        let mut door = Door::new(&device.device_id);
        let night = door.punch(ada, night);
        world.take(&device, &door, &[night]).await;
        let (before, after) = (date(2026, 11, 19), date(2026, 11, 20));
        assert!(world.day(ada, after).await.is_some() && world.day(ada, before).await.is_none());
        let revision = gallery::revision(&world.db, &site("berlin")).await.unwrap();

        let put = put_in(&world, "Europe/Lisbon").await.unwrap();
        assert_eq!(put.zone, "Europe/Lisbon");
        assert!(world.day(ada, after).await.is_none() && world.day(ada, before).await.is_some());
        assert_eq!(changes(&world).await, ["zone"]);
        let delta = world.delta(&device, revision).await.unwrap();
        assert_eq!((delta.since, delta.upsert.len()), (0, 1), "a door fetches everything anew");

        // The same again is no change.
        put_in(&world, "Europe/Lisbon").await.unwrap();
        assert_eq!(changes(&world).await.len(), 1);
    }

    async fn a_site_of_which_payroll_has_a_month_keeps_its_zone_and_may_be_renamed(world: World) {
        lock(&world, "berlin", "2026-10").await;
        let refused = put_in(&world, "Europe/Lisbon").await;
        let Err(SiteError::Locked { month, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(month.to_string(), "2026-10");
        assert_eq!(sites::get(&world.db, &may(), &site("berlin")).await.unwrap().zone, "Europe/Berlin");
        assert!(changes(&world).await.is_empty(), "a refusal changes nothing");

        let name = Changes { name: Some("Berlin,  Mitte".into()), ..Changes::default() };
        let (renamed, touched) =
            sites::change(&world.db, &may(), &*world.clock, &site("berlin"), name).await.unwrap();
        assert_eq!((renamed.name.as_str(), touched), ("Berlin, Mitte", None));
        assert_eq!(changes(&world).await, ["name"]);
    }

    async fn sites_come_page_by_page_and_an_unknown_one_is_none(world: World) {
        let first = sites::page(&world.db, &may(), None, 1).await.unwrap();
        let rest = sites::page(&world.db, &may(), Some(&first[0].site_id), 10).await.unwrap();
        assert_eq!((first[0].site_id.as_str(), rest.len(), rest[0].site_id.as_str()), ("berlin", 1, "lisbon"));
        let unknown = sites::get(&world.db, &may(), &site("paris")).await;
        assert!(matches!(unknown, Err(SiteError::Unknown(_))));
        let nowhere = put_in(&world, "Europe/Nowhere").await;
        assert!(matches!(nowhere, Err(SiteError::Zone(_))));
    }
}
