//! Files of HR's by the command line: tried first, then taken in, as a whole or not at all.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::path::PathBuf;

use anyhow::Result;
use lintel_tests::TestCentral;
use lintel_tests::central::{Database, SITE, ZONE};
use lintel_tests::process::Said;
use serde_json::Value;

/// A centre without a server, and a folder for files.
struct Desk {
    central: TestCentral,
    files: tempfile::TempDir,
}

impl Desk {
    async fn new() -> Result<Self> {
        let central = TestCentral::bare(Database::Sqlite)?;
        for args in [&["keys", "init"][..], &["migrate"], &["site", "add", SITE, "--zone", ZONE]] {
            central.cli(args.iter().copied()).await?.ok()?;
        }
        Ok(Self { central, files: tempfile::tempdir()? })
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<PathBuf> {
        let path = self.files.path().join(name);
        std::fs::write(&path, bytes)?;
        Ok(path)
    }

    async fn import(&self, kind: &str, name: &str, bytes: impl AsRef<[u8]>, more: &[&str]) -> Result<Said> {
        let path = self.file(name, bytes)?.display().to_string();
        self.central.cli(["import", kind, &path].into_iter().chain(more.iter().copied())).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_tried_and_then_taken_in_and_the_same_file_changes_nothing() -> Result<()> {
    let desk = Desk::new().await?;
    let people = format!("staff_no,name,site,team\n1001,Ada,{SITE},Assembly\n1002,Bob,{SITE},\n");
    let tried = desk.import("people", "people.csv", &people, &["--dry-run"]).await?.ok()?;
    assert!(tried.contains("Ada at office") && tried.contains("2 rows new"), "{tried}");
    assert!(tried.contains("nothing was written"), "{tried}");
    assert!(!desk.central.cli(["people", "list"]).await?.ok()?.contains("Ada"));
    let done: Value =
        serde_json::from_str(&desk.import("people", "people.csv", &people, &["--json"]).await?.ok()?)?;
    assert_eq!((&done["applied"], &done["counts"]["create"]), (&true.into(), &2.into()));
    assert_eq!(done["rows"][0]["action"], "create");
    let again = desk.import("people", "people.csv", &people, &[]).await?.ok()?;
    assert!(again.contains("2 there already"), "{again}");
    let leave = "staff_no,from,to,kind\n1001,2026-12-24,2026-12-31,annual\n";
    desk.import("leave", "leave.csv", leave, &[]).await?.ok()?;
    desk.import("contract-hours", "h.csv", "staff_no,valid_from,weekly_hours\n1001,2027-01-01,38:30\n", &[])
        .await?
        .ok()?;
    desk.import("holidays", "h.csv", "date,name\n2026-12-25,Christmas\n", &["--site", SITE]).await?.ok()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_can_not_be_done_is_named_and_the_file_is_left_out() -> Result<()> {
    let desk = Desk::new().await?;
    let people = format!("staff_no,name,site\n1001,Ada,{SITE}\n1002,Bob,\n1003,Carl,paris\n");
    let refused = desk.import("people", "people.csv", &people, &[]).await?;
    assert_eq!(refused.code, 2, "{}{}", refused.out, refused.err);
    assert!(
        refused.out.contains("there is no site paris") && refused.out.contains("2 rows"),
        "{}",
        refused.out
    );
    assert!(refused.out.contains("nothing was written"), "{}", refused.out);
    assert!(!desk.central.cli(["people", "list"]).await?.ok()?.contains("Ada"));
    let json = desk.import("people", "people.csv", &people, &["--json", "--dry-run"]).await?;
    let json: Value = serde_json::from_str(&json.out)?;
    assert_eq!((&json["errors"][0]["row"], &json["errors"][0]["code"]), (&3.into(), &"site_needed".into()));
    assert_eq!(json["errors"][1]["code"], "unknown_site");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_file_is_refused_with_what_to_do() -> Result<()> {
    let desk = Desk::new().await?;
    let files: [(&str, &[u8], &str); 6] = [
        ("latin.csv", b"staff_no,name\n1,Zo\xEB\n", "UTF-8"),
        ("old.xls", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and so on", ".xlsx"),
        ("broken.xlsx", b"PK\x03\x04 and nothing more", "save"),
        ("columns.csv", b"staff_no,name,shoe size\n1,Ada,38\n", "shoe size"),
        ("empty.csv", b"", "empty"),
        ("days.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "holidays only"),
    ];
    for (name, bytes, said) in files {
        let refused = desk.import("people", name, bytes, &["--site", SITE]).await?;
        assert_eq!(refused.code, 2, "{name}: {}{}", refused.out, refused.err);
        assert!(refused.err.contains(said), "{name}: {}", refused.err);
    }
    // Text that a spreadsheet would compute is a name like any other, and steers no terminal.
    let formula = "staff_no,name\n1,=1+1\n2,\u{1b}[31mred\n";
    let refused = desk.import("people", "formula.csv", formula, &["--site", SITE]).await?;
    assert_eq!(refused.code, 2, "{}", refused.out);
    assert!(refused.out.contains("control character") && !refused.out.contains('\u{1b}'), "{}", refused.out);
    let missing = desk.central.cli(["import", "people", "/nowhere.csv"]).await?;
    assert_eq!(missing.code, 1);
    assert!(missing.err.contains("/nowhere.csv"), "{}", missing.err);
    let help = desk.central.cli(["import", "people", "--help"]).await?.ok()?;
    assert!(help.contains("staff_no,name,site,team,joined,weekly_hours"), "{help}");
    Ok(())
}
