//! A month for payroll by the real programs: locked, given, opened, corrected, and given again as a difference.
#![allow(
    clippy::indexing_slicing,
    reason = "a missing field of a JSON answer reads as null, and fails the assertion"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use jiff::ToSpan as _;
use jiff::civil::Date;
use lintel_tests::TestCentral;
use lintel_tests::central::{Database, SITE, ZONE};
use lintel_tests::process::{Said, eventually};
use serde_json::{Value, json};

/// The month before this one: all its days are over.
fn last_month(today: &str) -> Result<Date> {
    Ok(today.parse::<Date>()?.first_of_month().checked_sub(1.month())?)
}

struct Office {
    central: TestCentral,
    ada: String,
    first: Date,
    month: String,
    mapping: PathBuf,
}

impl Office {
    async fn open(central: TestCentral) -> Result<Self> {
        let first = last_month(&central.today().await?)?;
        let month = first.strftime("%Y-%m").to_string();
        long_there(&central, first)?;
        let args =
            ["people", "add", "--name", "Ada Lovelace", "--site", SITE, "--staff-no", "0042", "--json"];
        let added = central.cli(args).await?.json()?;
        let ada = added["person_id"].as_str().context("an id")?.to_owned();
        let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/payroll/generic-long.toml");
        Ok(Self { central, ada, first, month, mapping })
    }

    /// HR writes a punch down that no door recorded.
    async fn adds(&self, day: i8, hour: i8) -> Result<()> {
        let at = self.first.with().day(day).build()?.at(hour, 0, 0, 0).in_tz(ZONE)?.timestamp();
        let change = json!({ "kind": "add", "site": SITE, "at": at.as_millisecond() });
        let wish = json!({ "person": self.ada, "change": change, "reason": "the door was open" });
        let sent = self.central.client()?.post(self.central.url("/api/v1/corrections"));
        let answer = sent.bearer_auth(self.central.api_token()).json(&wish).send().await?;
        ensure!(answer.status().is_success(), "{}", answer.text().await?);
        Ok(())
    }

    /// Waits until the days of the month come to so many hours.
    async fn comes_to(&self, hours: i64) -> Result<()> {
        let path = format!("/api/v1/timesheets?month={}", self.month);
        eventually("the days are computed", Duration::from_secs(30), async || {
            let sheets = self.central.get(&path).await?;
            let paid = sheets["timesheets"][0]["hours"]["payable_ms"].as_i64();
            Ok((paid == Some(hours * 3_600_000)).then_some(()))
        })
        .await
    }

    async fn period(&self, verb: &str) -> Result<String> {
        let args = ["period", verb, "--site", SITE, "--month", &self.month, "--reason", "payroll"];
        self.central.cli(args).await?.ok()
    }

    async fn payroll(&self, args: &[&str]) -> Result<Said> {
        self.central.cli(["payroll"].iter().chain(args)).await
    }

    async fn exports(&self, out: &Path, more: &[&str]) -> Result<Said> {
        let (mapping, out) = (self.mapping.display().to_string(), out.display().to_string());
        let args = ["export", "--month", &self.month, "--mapping", &mapping, "--out", &out];
        self.payroll(&args.iter().chain(more).copied().collect::<Vec<_>>()).await
    }

    fn file(&self, name: &str) -> PathBuf {
        self.central.dir().join(name)
    }

    /// Hours and kinds of a file's lines.
    fn lines(&self, file: &Path) -> Result<Vec<String>> {
        let text = std::fs::read_to_string(file)?;
        let shown = |line: &str| {
            let fields: Vec<&str> = line.split(',').collect();
            format!("{} {} {} {}", fields[0], fields[6], fields[7], fields[9])
        };
        Ok(text.lines().skip(1).map(shown).collect())
    }
}

/// The site was added two months ago: a test can't wait for that.
fn long_there(central: &TestCentral, since: Date) -> Result<()> {
    let db = rusqlite::Connection::open(central.dir().join("central.db"))?;
    db.busy_timeout(Duration::from_secs(10))?;
    db.execute("UPDATE site SET days_from = ?1", [since.to_string()])?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_given_and_after_a_correction_its_difference() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let office = Office::open(central).await?;
    for (day, hour) in [(2, 8), (2, 16), (3, 8), (3, 16)] {
        office.adds(day, hour).await?;
    }
    office.comes_to(16).await?;

    // Open, it can be looked at and not given.
    let trial = office.file("trial.csv");
    let said = office.exports(&trial, &["--dry-run"]).await?.ok()?;
    assert!(said.contains("nothing was given") && said.contains("16.00"), "{said}");
    assert_eq!(office.lines(&trial)?, ["trial NORMAL 16.00 original"]);
    let first = office.file("first.csv");
    let refused = office.exports(&first, &[]).await?;
    assert!(refused.code == 1 && refused.err.contains("period lock --site office"), "{}", refused.err);
    assert!(!first.exists());

    office.period("lock").await?;
    let said = office.exports(&first, &[]).await?.ok()?;
    let batch = format!("{}.1", office.month);
    assert!(said.contains(&format!("batch {batch}: 1 lines of 1 people")), "{said}");
    assert_eq!(office.lines(&first)?, [format!("{batch} NORMAL 16.00 original")]);
    let refused = office.exports(&office.file("again.csv"), &[]).await?;
    assert!(
        refused.code == 1 && refused.err.contains(&batch) && refused.err.contains("cli"),
        "{}",
        refused.err
    );

    // Opened: on the second day she stayed until six.
    office.period("unlock").await?;
    office.adds(3, 18).await?;
    office.comes_to(18).await?;
    office.period("lock").await?;
    let second = office.file("second.csv");
    office.exports(&second, &["--site", SITE]).await?.ok()?;
    let next = format!("{}.2", office.month);
    assert_eq!(
        office.lines(&second)?,
        [format!("{next} NORMAL -8.00 reversal"), format!("{next} NORMAL 10.00 adjustment")]
    );

    // Both again, byte for byte: by the command, on its standard output, and over the API.
    for (id, file) in [(&batch, &first), (&next, &second)] {
        let copy = office.file("copy.csv");
        office.payroll(&["show", id, "--out", &copy.display().to_string()]).await?.ok()?;
        let bytes = std::fs::read(file)?;
        assert_eq!(std::fs::read(&copy)?, bytes);
        assert_eq!(office.payroll(&["show", id, "--out", "-"]).await?.ok()?.as_bytes(), bytes);
        let asked = office.central.client()?.get(office.central.url(&format!("/api/v1/payroll/{id}/file")));
        let answer = asked.bearer_auth(office.central.api_token()).send().await?;
        assert_eq!(answer.bytes().await?, bytes);
    }
    let listed = office.payroll(&["list", "--json"]).await?.json()?;
    let ids: Vec<&Value> =
        listed["batches"].as_array().context("batches")?.iter().map(|one| &one["batch_id"]).collect();
    assert_eq!(ids, [next.as_str(), batch.as_str()]);

    let refused = office.payroll(&["cancel", &batch, "--reason", "wrong codes"]).await?;
    assert!(refused.code == 1 && refused.err.contains(&next), "{}", refused.err);
    office.payroll(&["cancel", &next, "--reason", "wrong codes"]).await?.ok()?;
    let shown = office.payroll(&["show", &next]).await?.ok()?;
    assert!(shown.contains("taken back") && shown.contains("wrong codes"), "{shown}");
    let third = office.file("third.csv");
    office.exports(&third, &[]).await?.ok()?;
    assert_eq!(office.lines(&third)?.len(), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_says_nonsense_is_named_with_its_line_and_nothing_is_given() -> Result<()> {
    let (central, _broker) = TestCentral::start(Database::Sqlite).await?;
    let mut office = Office::open(central).await?;
    let good = office.mapping.display().to_string();
    let said = office.payroll(&["check", "--mapping", &good]).await?.ok()?;
    assert!(said.contains("can be used"), "{said}");

    let text = std::fs::read_to_string(&office.mapping)?;
    let wrong = text.replace("\nfrom = \"staff_no\"\n", "\nfrom = \"shoe_size\"\n");
    let line = wrong.lines().position(|line| line == "from = \"shoe_size\"").context("the line")? + 1;
    office.mapping = office.file("wrong.toml");
    std::fs::write(&office.mapping, wrong)?;
    let path = office.mapping.display().to_string();
    let checked = office.payroll(&["check", "--mapping", &path]).await?;
    assert_eq!(checked.code, 3, "{}{}", checked.out, checked.err);
    for said in [path.as_str(), "shoe_size", "rate_percent", &format!("line {line}")] {
        assert!(checked.out.contains(said), "{said}: {}", checked.out);
    }
    office.period("lock").await?;
    let out = office.file("out.csv");
    let refused = office.exports(&out, &["--site", SITE]).await?;
    assert_eq!(refused.code, 2, "{}", refused.err);
    assert!(refused.err.contains(&path) && refused.err.contains(&format!("line {line}")), "{}", refused.err);
    assert!(!out.exists());
    assert!(office.payroll(&["list"]).await?.ok()?.contains("Nothing was exported yet"));
    let nowhere = office.exports(Path::new("/nowhere/out.csv"), &["--site", SITE]).await?;
    assert_eq!(nowhere.code, 2, "{}", nowhere.err);
    Ok(())
}
