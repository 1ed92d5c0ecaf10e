//! Files of HR's taken in: as a whole or not at all, and a second time without effect.

use jiff::civil::{Date, date};
use lintel_central::attendance::Length;
use lintel_central::attendance::calendar::DayPart;
use lintel_central::auth::{Actor, Role};
use lintel_central::gallery;
use lintel_central::people;
use lintel_central::rosters::{assignments, employments, holidays, leave};
use lintel_central::store::audit;
use lintel_central::uploads::{Act, Kind, Mode, Report, Upload, UploadError, take_in};
use lintel_core::ids::PersonId;
use lintel_core::time::Clock as _;

use crate::on_both;
use crate::rosters::{add_pattern, lock, put_shift};
use crate::world::{World, may, site};

pub(crate) fn upload(kind: Kind, text: &str) -> Upload {
    Upload { kind, bytes: text.as_bytes().to_vec(), name: "upload".into(), sheet: None, site: None }
}

async fn run(world: &World, upload: Upload, mode: Mode) -> Result<Report, UploadError> {
    take_in(&world.db, &Actor::local(), &*world.clock, upload, mode).await
}

/// Applies a file whose every row can be done.
pub(crate) async fn apply(world: &World, kind: Kind, text: &str) -> Report {
    let report = run(world, upload(kind, text), Mode::Apply).await.unwrap();
    assert!(report.applied, "{:?}", report.errors);
    report
}

/// What is wrong with each row.
async fn faults(world: &World, kind: Kind, text: &str) -> Vec<(usize, &'static str)> {
    let report = run(world, upload(kind, text), Mode::Apply).await.unwrap();
    assert!(!report.applied);
    report.errors.into_iter().map(|error| (error.row, error.code)).collect()
}

fn acts(report: &Report) -> Vec<Act> {
    report.rows.iter().map(|row| row.action).collect()
}

async fn who(world: &World, staff_no: &str) -> people::Person {
    people::get_by_staff_no(&world.db, &may(), staff_no).await.unwrap().unwrap()
}

async fn audited(world: &World) -> Vec<(String, String)> {
    let rows = audit::list_newest(&mut world.db.read().await.unwrap(), None, 1_000).await.unwrap();
    rows.into_iter().rev().map(|row| (row.action, row.fields)).collect()
}

/// Ada (1001) and Bob (1002) at Berlin, Carl (1003) at Lisbon, and a shift.
async fn staffed(world: &World) -> [PersonId; 3] {
    let text = "staff_no,name,site\n1001,Ada,berlin\n1002,Bob,berlin\n1003,Carl,lisbon\n";
    apply(world, Kind::People, text).await;
    put_shift(world, "early", date(2026, 1, 1), (6, 14)).await.unwrap();
    put_shift(world, "late", date(2026, 1, 1), (14, 22)).await.unwrap();
    [
        who(world, "1001").await.person_id,
        who(world, "1002").await.person_id,
        who(world, "1003").await.person_id,
    ]
}

on_both! {
    async fn people_are_added_with_team_and_hours_and_a_second_time_nothing_happens(world: World) {
        let text = "Staff No;Name;Site;Team;Joined;Weekly hours;Left\n\
                    1001;Ada Lovelace;berlin;Assembly;2026-12-01;38:30;\n\
                    1002;Bob;lisbon;;;;2026-12-31\n";
        let trial = run(&world, upload(Kind::People, text), Mode::Trial).await.unwrap();
        assert_eq!((acts(&trial), trial.applied, trial.dry_run), (vec![Act::Create; 2], false, true));
        assert!(people::list(&world.db, &may(), None).await.unwrap().is_empty());
        let before = audited(&world).await.len();
        let done = apply(&world, Kind::People, text).await;
        assert_eq!((done.rows.clone(), done.counts.create), (trial.rows, 2));
        let ada = who(&world, "1001").await;
        let rows = employments::list_by_person(&world.db, &may(), ada.person_id).await.unwrap();
        assert_eq!((rows[0].from, rows[0].team.as_deref()), (date(2026, 12, 1), Some("Assembly")));
        assert_eq!(rows[0].weekly, Some(Length::from_minutes(38 * 60 + 30)));
        assert_eq!(who(&world, "1002").await.leaves_on, Some(date(2026, 12, 31)));
        let actions: Vec<_> = audited(&world).await.split_off(before).into_iter().map(|(action, _)| action).collect();
        assert_eq!(actions, ["person.add", "person.add", "person.leave_on", "import.apply"]);
        let again = apply(&world, Kind::People, text).await;
        assert_eq!(acts(&again), [Act::Nothing; 2]);
        assert_eq!(audited(&world).await.len(), before + 4);
    }

    async fn what_differs_of_somebody_who_is_there_is_changed_from_today_on(world: World) {
        let [ada, _, _] = staffed(&world).await;
        let text = "staff_no,name,site,team,weekly_hours\n1001,Ada Byron,lisbon,Night,30\n1002,Bob,,,\n";
        let done = apply(&world, Kind::People, text).await;
        assert_eq!(acts(&done), [Act::Change, Act::Nothing]);
        assert_eq!(done.rows[0].what, "name: Ada Byron; site: lisbon; team: Night; hours: 30:00");
        let person = who(&world, "1001").await;
        assert_eq!((person.name.as_str(), person.site_id.as_str()), ("Ada Byron", "lisbon"));
        let rows = employments::list_by_person(&world.db, &may(), ada).await.unwrap();
        let days: Vec<_> = rows.iter().map(|row| (row.from, row.site_id.as_str(), row.team.as_deref())).collect();
        // Today is 20 November.
        assert_eq!(days, [(date(2000, 1, 1), "berlin", None), (date(2026, 11, 20), "lisbon", Some("Night"))]);
        assert_eq!(acts(&apply(&world, Kind::People, text).await), [Act::Nothing; 2]);
        // From tomorrow on, too: nothing is left to change.
        world.clock.set(world.clock.now().plus_millis(86_400_000));
        assert_eq!(acts(&apply(&world, Kind::People, text).await), [Act::Nothing; 2]);
        let team = "staff_no,name,team\n1001,Ada Byron,Day\n";
        apply(&world, Kind::People, team).await;
        assert_eq!(employments::list_by_person(&world.db, &may(), ada).await.unwrap().len(), 3);
        let gone = "staff_no,name,left\n1001,Ada Byron,2026-11-20\n";
        apply(&world, Kind::People, gone).await;
        assert!(!who(&world, "1001").await.active);
        assert_eq!(acts(&apply(&world, Kind::People, gone).await), [Act::Nothing]);
        assert_eq!(faults(&world, Kind::People, "staff_no,name,site\n1001,Ada Byron,berlin\n").await, [(2, "person_left")]);
    }

    async fn doors_hear_once_of_everybody_whom_a_file_moves_or_renames(world: World) {
        let [ada, ..] = staffed(&world).await;
        let door = world.device("door-1", "berlin").await;
        let revisions = async || {
            let of = async |id: &str| gallery::revision(&world.db, &site(id)).await.unwrap();
            [of("berlin").await, of("lisbon").await]
        };
        people::consent(&world.db, &may(), &*world.clock, ada, "2026-1", "test").await.unwrap();
        world.template(ada).await.unwrap();
        let [berlin, lisbon] = revisions().await;
        apply(&world, Kind::People, "staff_no,name,team\n1001,Ada,Night\n1002,Bob,Night\n").await;
        assert_eq!(revisions().await, [berlin, lisbon]);
        let renamed = "staff_no,name\n1001,Ada Byron\n1002,Rob\n";
        run(&world, upload(Kind::People, renamed), Mode::Trial).await.unwrap();
        assert_eq!(revisions().await, [berlin, lisbon]);
        apply(&world, Kind::People, renamed).await;
        assert_eq!(revisions().await, [berlin + 1, lisbon]);
        let delta = world.delta(&door, berlin).await.unwrap();
        assert!(delta.upsert.iter().any(|person| person.display_name == "Ada Byron"));
        apply(&world, Kind::People, "staff_no,name,site\n1001,Ada Byron,lisbon\n1002,Rob,lisbon\n").await;
        assert_eq!(revisions().await, [berlin + 2, lisbon + 1]);
        let delta = world.delta(&door, berlin + 1).await.unwrap();
        assert!(delta.upsert.is_empty() && delta.remove.contains(&ada));
    }

    async fn people_that_can_not_be_taken_are_all_named_and_nobody_is_added(world: World) {
        staffed(&world).await;
        lock(&world, "berlin", "2026-11").await;
        let text = "staff_no,name,site,team,joined,left,weekly_hours\n\
                    2001,Good,berlin,,,,\n\
                    2002,Nowhere,,,,,\n\
                    2003,Elsewhere,paris,,,,\n\
                    2004,Backwards,berlin,,2026-12-02,2026-12-01,\n\
                    2005,Years,berlin,,,2036-12-01,\n\
                    1001,Ada,,,2026-01-01,,\n\
                    1002,Bob,,Night,,,\n\
                    2001,Twice,berlin,,,,\n\
                    2006,Hours,berlin,,,,169\n";
        let expected = [
            (3, "site_needed"), (4, "unknown_site"), (5, "bad_cell"), (6, "unlikely_date"), (7, "joined_differs"),
            (8, "period_locked"), (9, "bad_cell"), (10, "bad_cell"),
        ];
        assert_eq!(faults(&world, Kind::People, text).await, expected);
        assert_eq!(people::list(&world.db, &may(), None).await.unwrap().len(), 3);
        let mut with_site = upload(Kind::People, "staff_no,name\n2002,Somewhere\n");
        with_site.site = Some(site("lisbon"));
        assert!(run(&world, with_site, Mode::Apply).await.unwrap().applied);
        let mut nowhere = upload(Kind::People, "staff_no,name\n2003,Nowhere\n");
        nowhere.site = Some(site("paris"));
        assert!(matches!(run(&world, nowhere, Mode::Apply).await, Err(UploadError::Site(_))));
    }

    async fn assignments_are_made_and_ended_and_a_second_time_nothing_happens(world: World) {
        let [ada, bob, _] = staffed(&world).await;
        add_pattern(&world, "two", &[&["early"], &["late"], &[]]).await.unwrap();
        let text = "staff_no,shift,pattern,weekdays,valid_from,valid_to\n\
                    1001,early,,Mon-Fri,2026-12-01,\n\
                    1002,,two,,2026-12-01,2026-12-31\n\
                    1002,late,,,2027-01-01,\n";
        assert_eq!(acts(&apply(&world, Kind::Assignments, text).await), [Act::Create; 3]);
        let all = assignments::list(&world.db, &may(), None, None, 100).await.unwrap();
        assert_eq!(all.len(), 3);
        let works = |person| all.iter().filter(|row| row.person_id == person).map(|row| serde_json::to_value(&row.works).unwrap()).collect::<Vec<_>>();
        assert_eq!(works(ada)[0]["weekdays"], "mon,tue,wed,thu,fri");
        assert!(works(bob).iter().any(|works| works["weekdays"] == "mon,tue,wed,thu,fri,sat,sun"));
        let before = audited(&world).await.len();
        assert_eq!(acts(&apply(&world, Kind::Assignments, text).await), [Act::Nothing; 3]);
        assert_eq!(audited(&world).await.len(), before);
        // The same with an end.
        let ended = "staff_no,shift,weekdays,valid_from,valid_to\n1001,early,Mon-Fri,2026-12-01,2027-02-28\n";
        assert_eq!(acts(&apply(&world, Kind::Assignments, ended).await), [Act::Change]);
        assert_eq!(acts(&apply(&world, Kind::Assignments, ended).await), [Act::Nothing]);
        let of_ada = assignments::list(&world.db, &may(), Some(ada), None, 100).await.unwrap();
        assert_eq!((of_ada.len(), of_ada[0].to), (1, Some(date(2027, 2, 28))));
    }

    async fn assignments_that_can_not_be_are_all_named_and_none_is_made(world: World) {
        let [ada, ..] = staffed(&world).await;
        lock(&world, "lisbon", "2026-11").await;
        apply(&world, Kind::Assignments, "staff_no,shift,valid_from,valid_to\n1001,early,2026-01-01,2026-12-05\n").await;
        let text = "staff_no,shift,pattern,weekdays,valid_from,valid_to\n\
                    1001,late,,,2026-12-05,\n\
                    1002,early,,Mon-Fri,2026-12-01,\n\
                    1002,late,,Sat,2027-01-01,\n\
                    1003,early,,,2026-11-24,2026-11-24\n\
                    9999,early,,,2026-12-01,\n\
                    1003,night,,,2027-12-01,2027-12-31\n\
                    1003,,none,,2028-12-01,2028-12-31\n\
                    1003,,none,Mon,2029-12-01,2029-12-31\n\
                    1003,early,,,2029-02-02,2029-02-01\n\
                    1003,Über Nacht,,,2030-12-01,2030-12-31\n\
                    1003,early,,,1999-12-31,1999-12-31\n";
        let expected = [
            (2, "assignment_overlaps"), (4, "assignment_overlaps"), (5, "period_locked"), (6, "unknown_staff_no"),
            (7, "unknown_shift"), (8, "unknown_pattern"), (9, "bad_weekdays"), (10, "bad_cell"), (11, "unknown_shift"),
            (12, "bad_range"),
        ];
        assert_eq!(faults(&world, Kind::Assignments, text).await, expected);
        let report = run(&world, upload(Kind::Assignments, text), Mode::Trial).await.unwrap();
        assert!(report.errors[1].reason.starts_with("overlaps row 3"), "{}", report.errors[1].reason);
        let all = assignments::list(&world.db, &may(), None, None, 100).await.unwrap();
        assert_eq!((all.len(), all[0].person_id), (1, ada));
    }

    async fn agreed_hours_hold_until_the_next_row(world: World) {
        let [ada, ..] = staffed(&world).await;
        apply(&world, Kind::People, "staff_no,name,team\n1001,Ada,Assembly\n").await;
        let text = "staff_no,valid_from,weekly_hours\n1001,2027-06-01,30\n1001,2027-01-01,38.5\n";
        assert_eq!(acts(&apply(&world, Kind::ContractHours, text).await), [Act::Change; 2]);
        let rows = employments::list_by_person(&world.db, &may(), ada).await.unwrap();
        let weekly: Vec<_> = rows.iter().map(|row| (row.from, row.to, row.weekly, row.team.is_some())).collect();
        let minutes = |minutes| Some(Length::from_minutes(minutes));
        assert_eq!(
            weekly,
            [
                (date(2000, 1, 1), Some(date(2026, 11, 19)), None, false),
                (date(2026, 11, 20), Some(date(2026, 12, 31)), None, true),
                (date(2027, 1, 1), Some(date(2027, 5, 31)), minutes(2_310), true),
                (date(2027, 6, 1), None, minutes(1_800), true),
            ]
        );
        assert_eq!(acts(&apply(&world, Kind::ContractHours, text).await), [Act::Nothing; 2]);
        lock(&world, "berlin", "2026-10").await;
        let wrong = "staff_no,valid_from,weekly_hours\n1001,2026-10-31,20\n1002,1999-01-01,20\n7,2027-01-01,20\n1002,2027-01-01,20\n";
        let expected = [(2, "period_locked"), (3, "bad_range"), (4, "unknown_staff_no")];
        assert_eq!(faults(&world, Kind::ContractHours, wrong).await, expected);
    }

    async fn leave_counts_at_once_and_never_twice(world: World) {
        let [ada, bob, _] = staffed(&world).await;
        let text = "staff_no,from,to,kind,part,note\n\
                    1001,2026-12-24,2026-12-24,annual,first half,\n\
                    1001,2026-12-24,2026-12-24,unpaid,second half,\n\
                    1002,21.12.2026,31.12.2026,annual,,far away\n";
        assert_eq!(acts(&apply(&world, Kind::Leave, text).await), [Act::Create; 3]);
        assert_eq!(acts(&apply(&world, Kind::Leave, text).await), [Act::Nothing; 3]);
        let rows = leave::list(&world.db, &may(), Some(bob), None, None, 10).await.unwrap();
        assert_eq!((rows.len(), rows[0].part, rows[0].note.as_str()), (1, DayPart::Full, "far away"));
        assert_eq!((rows[0].state, rows[0].decided_by.as_deref()), (leave::LeaveState::Approved, Some("cli")));
        lock(&world, "berlin", "2026-10").await;
        let wrong = "staff_no,from,to,kind,part\n\
                     1001,2026-12-23,2026-12-26,annual,\n\
                     1001,2026-10-31,2026-11-01,annual,\n\
                     1001,2027-01-01,2027-01-02,holiday,\n\
                     1003,2027-01-01,2027-01-05,annual,\n\
                     1003,2027-01-05,2027-01-06,annual,\n\
                     9,2027-01-05,2027-01-06,annual,\n";
        let expected = [
            (2, "leave_overlaps"), (3, "period_locked"), (4, "unknown_leave_kind"), (6, "bad_row"), (7, "unknown_staff_no"),
        ];
        assert_eq!(faults(&world, Kind::Leave, wrong).await, expected);
        // Nobody's own, and only whoever may plan.
        let hr = Actor::new("ada", Role::Hr).about(ada);
        let own = "staff_no,from,to,kind\n1001,2027-03-01,2027-03-01,annual\n";
        let report = take_in(&world.db, &hr, &*world.clock, upload(Kind::Leave, own), Mode::Apply).await.unwrap();
        assert_eq!(report.errors[0].code, "own_record");
        for (role, kind) in [(Role::Auditor, Kind::Leave), (Role::Technician, Kind::People), (Role::Employee, Kind::Holidays)] {
            let actor = Actor::new("eve", role);
            let refused = take_in(&world.db, &actor, &*world.clock, upload(kind, own), Mode::Trial).await;
            assert!(matches!(refused, Err(UploadError::Denied(_))), "{role:?}");
        }
    }

    async fn holidays_come_from_tables_and_calendars_for_one_site_or_for_all(world: World) {
        staffed(&world).await;
        let text = "date,name,half,site\n2026-12-25,Christmas,,\n2026-12-24,Christmas Eve,second half,berlin\n";
        assert_eq!(acts(&apply(&world, Kind::Holidays, text).await), [Act::Create; 2]);
        assert_eq!(acts(&apply(&world, Kind::Holidays, text).await), [Act::Nothing; 2]);
        let at = async |site_id: &str| {
            let rows = holidays::list(&world.db, &may(), &site(site_id), 2026, None, 100).await.unwrap();
            rows.into_iter().map(|row| (row.date, row.name)).collect::<Vec<(Date, String)>>()
        };
        assert_eq!((at("berlin").await.len(), at("lisbon").await.len()), (2, 1));
        let renamed = apply(&world, Kind::Holidays, "date,name\n2026-12-25,Noël\n").await;
        assert_eq!((acts(&renamed), at("lisbon").await[0].1.as_str()), (vec![Act::Change], "Noël"));
        let calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:New Year\r\n\
                        DTSTART;VALUE=DATE:20200101\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let mut upload = upload(Kind::Holidays, calendar);
        upload.site = Some(site("lisbon"));
        let done = run(&world, upload.clone(), Mode::Apply).await.unwrap();
        assert_eq!(acts(&done), [Act::Create; 2], "{:?}", done.errors);
        assert_eq!(at("lisbon").await[0], (date(2026, 1, 1), "New Year".to_owned()));
        assert_eq!(acts(&run(&world, upload, Mode::Apply).await.unwrap()), [Act::Nothing; 2]);
        lock(&world, "berlin", "2026-10").await;
        let wrong = "date,name,site\n2026-10-03,Unity,\n2026-11-01,All Saints,paris\n2027-01-06,A,\n2027-01-06,B,berlin\n";
        let expected = [(2, "period_locked"), (3, "unknown_site"), (5, "holiday_twice")];
        assert_eq!(faults(&world, Kind::Holidays, wrong).await, expected);
    }

    async fn a_workbook_is_read_by_its_sheet_and_a_formula_in_it_is_no_value(world: World) {
        let mut book = rust_xlsxwriter::Workbook::new();
        for (name, formula) in [("Good", None), ("Sums", Some("=1000+1"))] {
            let sheet = book.add_worksheet().set_name(name).unwrap();
            for (column, heading) in (0..).zip(["Staff no", "Name", "Site"]) {
                sheet.write(0, column, heading).unwrap();
            }
            sheet.write(1, 0, 1001).unwrap().write(1, 1, "Ada").unwrap().write(1, 2, "berlin").unwrap();
            if let Some(formula) = formula {
                sheet.write_formula(1, 0, formula).unwrap();
            }
        }
        let bytes = book.save_to_buffer().unwrap();
        let of = |sheet: &str, bytes: &[u8]| Upload { bytes: bytes.to_vec(), sheet: Some(sheet.into()), ..upload(Kind::People, "") };
        let refused = run(&world, of("Sums", &bytes), Mode::Apply).await.unwrap();
        assert_eq!((refused.errors[0].row, refused.errors[0].code), (2, "bad_cell"));
        assert!(refused.errors[0].reason.contains("formula"), "{}", refused.errors[0].reason);
        assert!(matches!(run(&world, of("None", &bytes), Mode::Apply).await, Err(UploadError::File(_))));
        // Half of an archive, and one that a byte was changed in.
        let half = &bytes[..bytes.len() / 2];
        assert!(matches!(run(&world, of("Good", half), Mode::Apply).await, Err(UploadError::File(_))));
        let mut bent = bytes.clone();
        for byte in bent.iter_mut().skip(40).take(400) {
            *byte ^= 0x55;
        }
        assert!(matches!(run(&world, of("Good", &bent), Mode::Apply).await, Err(UploadError::File(_))));
        let done = run(&world, of("Good", &bytes), Mode::Apply).await.unwrap();
        assert_eq!((done.applied, done.source.as_str(), done.rows[0].about.as_str()), (true, "Good", "1001"));
    }

    async fn two_files_at_once_do_not_both_assign_the_same_day(world: World) {
        staffed(&world).await;
        let file = |shift: &str| format!("staff_no,shift,valid_from\n1001,{shift},2026-12-01\n1002,{shift},2026-12-01\n");
        let (early, late) = (file("early"), file("late"));
        let (one, other) = tokio::join!(
            run(&world, upload(Kind::Assignments, &early), Mode::Apply),
            run(&world, upload(Kind::Assignments, &late), Mode::Apply)
        );
        let applied = [one.unwrap().applied, other.unwrap().applied];
        assert!(applied[0] != applied[1], "{applied:?}");
        assert_eq!(assignments::list(&world.db, &may(), None, None, 100).await.unwrap().len(), 2);
    }

    async fn thousands_of_rows_are_looked_up_together(world: World) {
        staffed(&world).await;
        let people: String = (0..2_000).map(|n| format!("{},Person {n},berlin\n", 5_000 + n)).collect();
        let plans: String = (0..2_000).map(|n| format!("{},early,2026-12-01\n", 5_000 + n)).collect();
        apply(&world, Kind::People, &format!("staff_no,name,site\n{people}")).await;
        let plans = format!("staff_no,shift,valid_from\n{plans}");
        assert_eq!(apply(&world, Kind::Assignments, &plans).await.counts.create, 2_000);
        assert_eq!(apply(&world, Kind::Assignments, &plans).await.counts.nothing, 2_000);
    }
}
