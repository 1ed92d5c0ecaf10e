//! A screen in words and pictures: which icon, which texts, which tone.
//!
//! Pure. The icon's shape and the words say everything; the tone, a colour, only repeats it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use lintel_runtime::catalogue::{FluentValue, Words};

use super::assets::{self, Addresses};
use crate::aim::tap::Sight;
use crate::feedback::FeedbackState;
use crate::feedback::hint::Hint;
use crate::feedback::presentation::{Line, Screen, Shown, Trouble};

/// Icon, tone and texts of one thing to say.
struct Saying {
    icon: &'static str,
    tone: &'static str,
    title: &'static str,
    more: &'static str,
}

const fn saying(icon: &'static str, tone: &'static str, title: &'static str, more: &'static str) -> Saying {
    Saying { icon, tone, title, more }
}

const fn of_result(state: FeedbackState) -> Saying {
    match state {
        FeedbackState::Recorded => saying("recorded", "good", "door-recorded", "door-recorded-more"),
        FeedbackState::AlreadyRecorded => saying("already", "good", "door-already", "door-already-more"),
        FeedbackState::StoredOffline => saying("stored", "info", "door-stored", "door-stored-more"),
        FeedbackState::NotRecognised => {
            saying("unknown", "look", "door-not-recognised", "door-not-recognised-more")
        }
        FeedbackState::BadgeRefused => {
            saying("badge", "look", "door-badge-refused", "door-badge-refused-more")
        }
        FeedbackState::ComeCloser => of_hint(Hint::ComeCloser),
        FeedbackState::Fault => saying("fault", "stop", "door-fault", "door-fault-more"),
    }
}

const fn of_hint(hint: Hint) -> Saying {
    match hint {
        Hint::ComeCloser => saying("closer", "info", "door-come-closer", "door-come-closer-more"),
        Hint::HoldStill => saying("still", "info", "door-hold-still", "door-hold-still-more"),
        Hint::TooDark => saying("dark", "info", "door-too-dark", "door-too-dark-more"),
        Hint::TooBright => saying("bright", "info", "door-too-bright", "door-too-bright-more"),
        Hint::LookAtCamera => saying("look", "info", "door-look-here", "door-look-here-more"),
        Hint::MoveToMiddle => saying("middle", "info", "door-to-the-middle", "door-to-the-middle-more"),
    }
}

const fn of_trouble(trouble: Trouble) -> Saying {
    match trouble {
        Trouble::Camera => saying("fault", "stop", "door-no-camera", "door-no-camera-more"),
        Trouble::Storage => saying("fault", "stop", "door-no-room", "door-no-room-more"),
    }
}

/// One card of the screen, in words.
struct Card {
    icon: &'static str,
    tone: &'static str,
    name: Option<String>,
    title: String,
    more: String,
}

fn card(saying: &Saying, words: Words<'_>) -> Card {
    let Saying { icon, tone, title, more } = *saying;
    Card { icon, tone, name: None, title: words.say(title), more: words.say(more) }
}

fn result(line: &Line, words: Words<'_>, zone: &TimeZone) -> Card {
    let saying = of_result(line.state);
    let time = line.at.hour_minute_in(zone);
    let title = words.say_with(saying.title, &[("time", time.into())]);
    Card { title, name: line.name.clone(), ..card(&saying, words) }
}

#[derive(Template)]
#[template(path = "screen.html")]
struct ScreenHtml {
    cards: Vec<Card>,
}

/// What a page that is open is sent.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Drawn {
    /// A name for the style and for tests.
    pub(super) state: &'static str,
    pub(super) offline: bool,
    pub(super) html: String,
}

/// Draws a screen.
pub(super) fn draw(screen: &Screen, words: Words<'_>, zone: &TimeZone) -> Result<Drawn, askama::Error> {
    let idle = saying("look", "plain", "door-look", "door-look-more");
    let (state, cards) = match &screen.shown {
        Shown::Idle => ("idle", vec![card(&idle, words)]),
        Shown::Hint(hint) => ("hint", vec![card(&of_hint(*hint), words)]),
        Shown::Trouble(trouble) => ("trouble", vec![card(&of_trouble(*trouble), words)]),
        Shown::Results(lines) => ("results", lines.iter().map(|line| result(line, words, zone)).collect()),
    };
    Ok(Drawn { state, offline: screen.offline, html: ScreenHtml { cards }.render()? })
}

/// What the camera sees, as the page draws it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(super) struct Aimed {
    number: u64,
    width: u32,
    height: u32,
    boxes: Vec<FaceBox>,
    size: Option<String>,
    pace: String,
    advice: Vec<String>,
}

/// px in the camera's picture.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
struct FaceBox {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
    /// Whether it can be compared.
    usable: bool,
}

/// The picture's numbers and advice; the picture itself is fetched by its number.
pub(super) fn aim(sight: &Sight, words: Words<'_>) -> Aimed {
    let aim = &sight.aim;
    let whole = |number: f32| FluentValue::from(number.round());
    let size = aim.face.as_ref().map(|face| {
        words.say_with("aim-size", &[("px", whole(face.px)), ("percent", whole(face.percent_of_needed))])
    });
    let boxes = sight.faces.iter().map(|seen| FaceBox {
        x: seen.face.x,
        y: seen.face.y,
        width: seen.face.width,
        height: seen.face.height,
        usable: seen.refusals.is_empty(),
    });
    Aimed {
        number: sight.number,
        width: aim.width,
        height: aim.height,
        boxes: boxes.collect(),
        size,
        pace: words.say_with("aim-pace", &[("frames", whole(aim.frames_per_s))]),
        advice: aim.advice.iter().map(|advice| advice.in_words(words)).collect(),
    }
}

#[derive(Template)]
#[template(path = "page.html")]
struct PageHtml<'a> {
    words: Words<'a>,
    assets: Addresses,
    title: String,
    door: &'a str,
    clock: &'a str,
    screen: Drawn,
}

/// The whole page, as it stands now.
pub(super) fn page(
    screen: &Screen,
    words: Words<'_>,
    door: &str,
    clock: &str,
    zone: &TimeZone,
) -> Result<String, askama::Error> {
    let title = words.say_with("door-title", &[("door", door.to_owned().into())]);
    let screen = draw(screen, words, zone)?;
    PageHtml { words, assets: assets::addresses(), title, door, clock, screen }.render()
}

/// The answer when a page can't be drawn; why is in the log only.
pub(super) fn failed(error: &askama::Error) -> Response {
    log::error!("error" = error.to_string().as_str(); "the door's page can't be drawn");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
