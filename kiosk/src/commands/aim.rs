//! `aim`: helps to mount the camera.
//!
//! Asks the running door, which has the camera; where none runs, or a source is named, it opens the source
//! itself. It shows numbers and advice five times a second, and with `--page` the picture on the door's
//! loopback page until it ends.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use lintel_core::time::{Clock, zone};
use lintel_runtime::catalogue::Catalogue;
use lintel_runtime::clock::SystemClock;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::aim::advice::Aim;
use crate::aim::own::{self, Go};
use crate::aim::socket::{self, Answer, Request};
use crate::aim::tap::Tap;
use crate::aim::{PICTURE_MS, terminal};
use crate::camera;
use crate::config::KioskConfig;
use crate::config::camera::SourceSpec;
use crate::feedback::page::{self, Page, PageParts};
use crate::feedback::presentation::Screen;
use crate::recognition::open;

/// With `--once` a live camera is given this long for a face, ms.
const ONCE_MS: i64 = 10_000;

/// What can be typed behind `aim`.
#[derive(Debug, Clone, clap::Args)]
pub struct AimArgs {
    /// Open this source instead of asking the running door, as in camera.source.
    #[arg(long)]
    pub source: Option<String>,
    /// Show the picture on the door's page (on this machine only), for ten minutes at most.
    #[arg(long)]
    pub page: bool,
    /// One summary, then end: as soon as a face was seen for a second.
    #[arg(long)]
    pub once: bool,
    /// JSON instead of text, one document a line.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// When neither the door nor the camera can be reached.
pub fn run(args: &AimArgs, config: &KioskConfig) -> anyhow::Result<()> {
    let show = Show { texts: page::texts()?, json: args.json, drawn: 0 };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let request = Request { picture: args.page };
    if args.source.is_none() {
        let path = config.device.aim_socket();
        let asked = runtime.block_on(socket::ask(&path, request));
        let door = asked.with_context(|| {
            format!("can't ask the running door at {}: run this as the door's user", path.display())
        })?;
        if let Some(answers) = door {
            return runtime.block_on(follow(answers, show, args.once));
        }
    }
    by_itself(args, config, show, &runtime)
}

/// Shows one summary after another.
struct Show {
    texts: Catalogue,
    json: bool,
    /// Lines on the terminal that the next summary replaces.
    drawn: usize,
}

impl Show {
    fn aim(&mut self, aim: &Aim) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        if self.json {
            writeln!(out, "{}", serde_json::to_string(aim)?)?;
        } else {
            let view = terminal::view(aim, self.texts.words(""));
            if self.drawn > 0 && out.is_terminal() {
                // up, and clear to the end
                write!(out, "\x1b[{}A\x1b[J", self.drawn)?;
            }
            self.drawn = view.lines().count();
            write!(out, "{view}")?;
        }
        Ok(out.flush()?)
    }
}

fn is_enough(aim: &Aim) -> bool {
    aim.measured >= 5 && aim.with_face * 4 >= aim.measured * 3
}

async fn follow(
    mut answers: tokio::io::Lines<tokio::io::BufReader<tokio::net::UnixStream>>,
    mut show: Show,
    once: bool,
) -> anyhow::Result<()> {
    let clock = SystemClock;
    let asked_ms = clock.monotonic_ms();
    while let Some(line) = answers.next_line().await? {
        match serde_json::from_str(&line).context("the running door speaks another version: restart it")? {
            Answer::Page(page) => eprintln!("The picture is on {page} until this command ends."),
            Answer::Refused(why) => bail!("{why}"),
            Answer::Over => {
                eprintln!("Ten minutes are over; run the command again to go on.");
                return Ok(());
            }
            Answer::Aim(aim) => {
                // By time, not by answers: a slow box gives few of them.
                let waited_ms = clock.monotonic_ms().saturating_sub(asked_ms);
                let last = once && (is_enough(&aim) || waited_ms > ONCE_MS);
                if last || !once {
                    show.aim(&aim)?;
                }
                if last {
                    return Ok(());
                }
            }
        }
    }
    bail!("the door has stopped")
}

fn by_itself(
    args: &AimArgs,
    config: &KioskConfig,
    mut show: Show,
    runtime: &tokio::runtime::Runtime,
) -> anyhow::Result<()> {
    let spec = match &args.source {
        Some(text) => SourceSpec::parse(text).map_err(|error| anyhow!("--source: {error}"))?,
        None => config.camera.source()?,
    };
    let mut source = camera::open(&spec, &config.camera)?;
    let mut pipeline = open::pipeline(&config.vision, &config.recognition)?;
    let tap = Tap::default();
    let stop = CancellationToken::new();
    let _stop = stop.clone().drop_guard();
    let clock = SystemClock;
    // Frames of an own source count from its start, and so does the picture's time.
    let listener = tap.listen(args.page.then_some(PICTURE_MS));
    if args.page {
        serve_page(config, &tap, stop, runtime)?;
    }
    let started_ms = clock.monotonic_ms();
    let mut last: Option<Aim> = None;
    let mut failed = None;
    let mut sight_rx = listener.sight_rx.clone();
    let plays = !args.once;
    own::watch(source.as_mut(), &mut pipeline, &tap, plays, || {
        let Ok(true) = sight_rx.has_changed() else { return Go::On };
        let sight = sight_rx.borrow_and_update().clone();
        let Some(aim) = sight.map(|sight| sight.aim.clone()) else { return Go::On };
        let waited_ms = clock.monotonic_ms().saturating_sub(started_ms);
        let done = args.once && (is_enough(&aim) || waited_ms > ONCE_MS);
        if !args.once {
            failed = show.aim(&aim).err();
        }
        last = Some(aim);
        if done || failed.is_some() || waited_ms > PICTURE_MS { Go::Stop } else { Go::On }
    })?;
    match (failed, last) {
        (Some(error), _) => Err(error),
        (None, Some(aim)) if args.once => show.aim(&aim),
        (None, Some(_)) => Ok(()),
        (None, None) => bail!("{}: no frame could be used", source.describe()),
    }
}

/// The page, though no door runs: an empty screen with the picture over it.
fn serve_page(
    config: &KioskConfig,
    tap: &Tap,
    stop: CancellationToken,
    runtime: &tokio::runtime::Runtime,
) -> anyhow::Result<()> {
    let Some(address) = config.feedback.page_address()? else {
        bail!("there is no page to show a picture on: set feedback.page_listen, or leave --page out")
    };
    let (_, screen_rx) = watch::channel(Screen::default());
    let page = Page::new(PageParts {
        screen_rx,
        door: config.feedback.door_name.clone().unwrap_or_default(),
        zone: zone("UTC")?,
        clock: Arc::new(SystemClock),
        texts: page::texts()?,
        tap: tap.clone(),
    });
    let listener = runtime.block_on(page::bind(address)).with_context(|| {
        format!("can't serve the page on {address}: set feedback.page_listen to a free port")
    })?;
    eprintln!("The picture is on http://{address}/ until this command ends.");
    runtime.spawn(page.serve(listener, stop));
    Ok(())
}
