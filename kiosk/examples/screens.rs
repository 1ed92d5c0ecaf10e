//! Photographs every state of the door's page with Chromium: `cargo run --example screens -- FOLDER [all]`.
//!
//! For docs/pictures, and for looking at every state after a change of style or words: `all` adds dark,
//! upright and large panels. It serves the real page; only what happened is made up.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use lintel_core::time::{Clock, UtcMillis, zone};
use lintel_kiosk::aim::tap::Tap;
use lintel_kiosk::feedback::FeedbackState;
use lintel_kiosk::feedback::hint::Hint;
use lintel_kiosk::feedback::page::{self, Page, PageParts};
use lintel_kiosk::feedback::presentation::{Line, Screen, Shown, Trouble};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Two minutes past eight.
const NOW: UtcMillis = UtcMillis::from_i64(1_795_161_720_000);

struct Still;

impl Clock for Still {
    fn now(&self) -> UtcMillis {
        NOW
    }
    fn monotonic_ms(&self) -> i64 {
        0
    }
}

fn line(state: FeedbackState, name: Option<&str>) -> Line {
    Line { state, at: NOW, name: name.map(str::to_owned) }
}

fn states() -> Vec<(&'static str, Shown)> {
    use FeedbackState::{AlreadyRecorded, BadgeRefused, Fault, NotRecognised, Recorded, StoredOffline};
    let result = |state, name| Shown::Results(vec![line(state, name)]);
    vec![
        ("idle", Shown::Idle),
        ("recorded", result(Recorded, Some("AL"))),
        ("recorded-long-name", result(Recorded, Some("Maximiliane Featherstonehaugh"))),
        ("already", result(AlreadyRecorded, Some("AL"))),
        ("stored", result(StoredOffline, Some("AL"))),
        ("not-recognised", result(NotRecognised, None)),
        ("badge-refused", result(BadgeRefused, None)),
        ("fault", result(Fault, Some("AL"))),
        (
            "three",
            Shown::Results(vec![
                line(Recorded, Some("AL")),
                line(AlreadyRecorded, Some("Grace Hopper")),
                line(NotRecognised, None),
            ]),
        ),
        ("come-closer", Shown::Hint(Hint::ComeCloser)),
        ("hold-still", Shown::Hint(Hint::HoldStill)),
        ("too-dark", Shown::Hint(Hint::TooDark)),
        ("too-bright", Shown::Hint(Hint::TooBright)),
        ("look-here", Shown::Hint(Hint::LookAtCamera)),
        ("to-the-middle", Shown::Hint(Hint::MoveToMiddle)),
        ("no-camera", Shown::Trouble(Trouble::Camera)),
        ("no-room", Shown::Trouble(Trouble::Storage)),
    ]
}

fn photograph(url: &str, file: &Path, size: (u32, u32), dark: bool, patience_ms: u32) -> anyhow::Result<()> {
    let profile = tempfile::tempdir()?;
    let status = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--force-prefers-reduced-motion",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--blink-settings=preferredColorScheme={}", u8::from(!dark)))
        .arg(format!("--window-size={},{}", size.0, size.1))
        .arg(format!("--timeout={patience_ms}"))
        .arg(format!("--screenshot={}", file.display()))
        .arg(url)
        .stderr(std::process::Stdio::null())
        .status()
        .context("chromium is missing: apt-get install chromium")?;
    ensure!(status.success() && file.is_file(), "chromium made no {}", file.display());
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let Some(folder) = args.next() else { bail!("usage: screens FOLDER [all]") };
    let (folder, all) = (Path::new(&folder), args.next().is_some());
    std::fs::create_dir_all(folder)?;
    let (screen_tx, screen_rx) = watch::channel(Screen::default());
    let page = Page::new(PageParts {
        screen_rx,
        door: "North gate".to_owned(),
        zone: zone("UTC")?,
        clock: Arc::new(Still),
        texts: page::texts()?,
        tap: Tap::default(),
    });
    let listener = page::bind("127.0.0.1:0".parse()?).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let stop = CancellationToken::new();
    let mut served = tokio::task::JoinSet::new();
    served.spawn(page.serve(listener, stop.clone()));
    let panels = [((800, 480), false), ((800, 480), true), ((1920, 1080), true), ((480, 800), false)];
    for (name, shown) in states() {
        let offline = name == "stored";
        screen_tx.send_replace(Screen { shown, offline });
        for (size, dark) in panels.iter().take(if all { panels.len() } else { 1 }) {
            let file = if all {
                format!("door-{name}-{}x{}-{}.png", size.0, size.1, if *dark { "dark" } else { "light" })
            } else {
                format!("door-{name}.png")
            };
            let (url, file, size, dark) = (url.clone(), folder.join(file), *size, *dark);
            tokio::task::spawn_blocking(move || photograph(&url, &file, size, dark, 1_000)).await??;
        }
    }
    stop.cancel();
    Ok(())
}
