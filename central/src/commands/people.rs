//! `people …`.

use std::path::Path;

use lintel_core::ids::SiteId;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use serde_json::json;

use super::{open, print};
use crate::app::load_keys;
use crate::audit::{self, View};
use crate::auth::Actor;
use crate::auth::permit::ReadPeople;
use crate::cli::PeopleCommand;
use crate::config::CentralSettings;
use crate::enrolment::{Choice, Desk, EnrolHandle, Enrolment, enrol, photos_in};
use crate::erasure;
use crate::jobs::ScrubErased;
use crate::people::{self, NewPerson, Person};
use crate::store::Db;

pub(super) async fn run(args: &ConfigArgs, command: PeopleCommand) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    open::with_ready_database(&settings, async |db| of_command(&settings, db, command).await).await
}

async fn of_command(settings: &CentralSettings, db: &Db, command: PeopleCommand) -> anyhow::Result<ExitCode> {
    let (actor, clock) = (Actor::local(), open::clock());
    let permit = actor.permit()?;
    match command {
        PeopleCommand::Add { name, site, staff_no, joined, json } => {
            let new = NewPerson { name, site_id: site, staff_no };
            let person = people::add_joined(db, &permit, &*clock, &new, joined).await?;
            if json.json { print::json(&person)? } else { println!("{}", person.person_id) }
        }
        PeopleCommand::List { site, json } => {
            let read = actor.permit::<ReadPeople>()?;
            let subject = site.as_ref().map_or("all", SiteId::as_str);
            audit::viewed(db, read.actor(), &*clock, View::People, subject).await?;
            let people = people::list(db, &read, site.as_ref()).await?;
            if json.json { print::json(&json!({ "people": people }))? } else { list(people) }
        }
        PeopleCommand::Enrol { person, photos, consent, force, json } => {
            let person = find(db, &person).await?;
            if let Some(notice) = &consent {
                people::consent(db, &permit, &*clock, person.person_id, notice, "cli").await?;
            }
            let enrolment = enrol_folder(settings, db, &person, &photos, force).await?;
            return if json.json {
                print::json(&enrolment).map(|()| code(&enrolment))
            } else {
                Ok(say(&enrolment))
            };
        }
        PeopleCommand::Consent { person, notice } => {
            let id = find(db, &person).await?.person_id;
            people::consent(db, &permit, &*clock, id, &notice, "cli").await?;
            println!("recorded consent to notice {}", print::plain(&notice));
        }
        PeopleCommand::Withdraw { person } => {
            let id = find(db, &person).await?.person_id;
            people::withdraw(db, &permit, &*clock, id).await?;
            println!("consent is withdrawn, templates are destroyed; the doors forget the face");
        }
        PeopleCommand::Move { person, site } => {
            let id = find(db, &person).await?.person_id;
            people::move_to(db, &permit, &*clock, id, &site).await?;
            println!("moved to {site}; the doors of the old site forget the face");
        }
        PeopleCommand::Allow { person, site } => {
            let id = find(db, &person).await?.person_id;
            people::allow_site(db, &permit, &*clock, id, &site).await?;
            println!("the doors of {site} know this person too");
        }
        PeopleCommand::Leave { person, on, .. } => {
            let id = find(db, &person).await?.person_id;
            let has_left = people::leave_on(db, &permit, &*clock, id, on).await?;
            match on {
                Some(_) if has_left => println!("that day has ended: templates and badges are destroyed"),
                Some(day) => println!("when {day} has ended, templates and badges are destroyed"),
                None => println!("the person stays"),
            }
        }
        PeopleCommand::Remove { person } => {
            let id = find(db, &person).await?.person_id;
            people::remove(db, &permit, &*clock, id).await?;
            println!("removed; templates are destroyed, the doors forget the face");
        }
        PeopleCommand::Erase { person } => {
            let id = find(db, &person).await?.person_id;
            let desk = open::desk(settings, db)?;
            erasure::erase(db, &desk.ledger, &permit, &*clock, id).await?;
            println!("erased; the doors forget the face, the events keep no trace of who it was");
            if let Err(error) = ScrubErased.run(&desk).await {
                log::warn!("error" = format!("{error:#}").as_str(); "the server will rewrite the database's files");
                println!("the server rewrites the database's files as soon as nobody reads the old ones");
            }
        }
    }
    Ok(ExitCode::Fine)
}

async fn find(db: &Db, person: &str) -> anyhow::Result<Person> {
    Ok(people::find(db, &Actor::local().permit()?, person).await?)
}

async fn enrol_folder(
    settings: &CentralSettings,
    db: &Db,
    person: &Person,
    folder: &Path,
    force: bool,
) -> anyhow::Result<Enrolment> {
    let keys = load_keys(settings)?;
    let clock = open::clock();
    let photos = photos_in(folder)?;
    let vision = settings.vision.clone();
    let vision = tokio::task::spawn_blocking(move || EnrolHandle::start(&vision)).await??;
    let choice = Choice { force, ..Choice::default() };
    let desk = Desk { db, keys: &keys, clock: &*clock, vision: &vision };
    Ok(enrol(desk, &Actor::local().permit()?, person.person_id, photos, choice).await?)
}

/// A person without a single usable photograph isn't enrolled, and a script must see that.
fn code(enrolment: &Enrolment) -> ExitCode {
    if enrolment.photos.iter().any(|photo| photo.accepted) { ExitCode::Fine } else { ExitCode::Failure }
}

fn say(enrolment: &Enrolment) -> ExitCode {
    for photo in &enrolment.photos {
        println!("{}: {}", print::plain(&photo.photo), print::plain(&photo.text));
    }
    println!("{} new templates with {}", enrolment.enrolled, enrolment.model_pack);
    if enrolment.trial_only {
        println!("these models are for trying Lintel only; see docs/models.md");
    }
    code(enrolment)
}

fn list(people: Vec<Person>) {
    let rows = people
        .into_iter()
        .map(|person| {
            let consent = match person.consent {
                Some(notice) => format!("notice {notice}"),
                None => "none".into(),
            };
            [
                person.person_id.to_string(),
                person.name,
                person.staff_no.unwrap_or_default(),
                person.site_id.to_string(),
                if person.active { "active" } else { "left" }.into(),
                consent,
                person.templates.to_string(),
            ]
        })
        .collect();
    let header = ["Person", "Name", "Staff no", "Site", "State", "Consent", "Templates"];
    print::table(header, rows, "There is nobody yet: people add --name NAME --site SITE");
}
