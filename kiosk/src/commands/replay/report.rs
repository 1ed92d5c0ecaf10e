//! What a replay prints: a line for each decision, a summary table, or one JSON document.

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use lintel_core::event::Evidence;
use lintel_vision::Pipeline;
use serde_json::{Value, json};

use super::enrol::Enrolled;
use super::{Played, Stages};
use crate::gallery::index::GalleryView;
use crate::recognition::{Decision, Outcome};

/// What is said wherever Lintel runs on a pack for trials.
pub(super) fn trial_notice(pack: &str) -> String {
    format!("NOTE: the model pack {pack} is for trials only: enough to try Lintel, not to run a door on.")
}

pub(super) fn print_enrolment(enrolled: &Enrolled) {
    for person in &enrolled.people {
        let n = person.templates.len();
        println!("enrolled {}: {n} of {} pictures", person.name, person.pictures.len());
        for picture in &person.pictures {
            if let Some(why) = &picture.refused {
                println!("  {} not used: {why}", picture.file);
            }
        }
    }
    println!();
}

/// `   2.400 s  punch         clip_woman            score 0.71  margin 0.44  3 frames`
pub(super) fn line(decision: &Decision, gallery: &GalleryView) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
    let seconds = decision.monotonic_ms as f64 / 1000.0;
    let outcome = if decision.repeat { "repeat" } else { decision.outcome.as_str() };
    let who = decision.person.map_or("-", |person| gallery.name_of(person));
    let mut text = format!("{seconds:>9.3} s  {outcome:<13} {who:<24}");
    if let Some(evidence) = &decision.evidence {
        let Evidence { score, margin, frames, .. } = evidence;
        text = format!("{text} score {score:.2}  margin {margin:.2}  {frames} frames");
    }
    if !decision.reasons.is_empty() {
        text = format!("{text}  ({})", decision.reasons.join(", "));
    }
    text
}

/// Nearest-rank percentile, ms.
pub(crate) fn percentile_ms(times: &[Duration], percent: usize) -> Option<f64> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(rank).map(|time| time.as_secs_f64() * 1000.0)
}

fn rows(stages: &Stages) -> [(&'static str, &[Duration]); 7] {
    [
        ("decode", &stages.decode),
        ("detect and judge", &stages.detect),
        ("align, one face", &stages.align),
        ("embed, one face", &stages.embed),
        ("match, one face", &stages.matching),
        ("read codes", &stages.codes),
        ("whole frame", &stages.frame),
    ]
}

fn count(played: &Played, outcome: Outcome, repeat: bool) -> usize {
    played.decisions.iter().filter(|d| d.outcome == outcome && d.repeat == repeat).count()
}

pub(super) fn print_summary(source: &str, gallery: &GalleryView, played: &Played) {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY).set_header(["stage", "p50 ms", "p95 ms", "measured"]);
    for (name, times) in rows(&played.stages) {
        let shown = |percent| percentile_ms(times, percent).map_or("-".to_owned(), |ms| format!("{ms:.2}"));
        table.add_row([name.to_owned(), shown(50), shown(95), times.len().to_string()]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let took = played.took.as_secs_f64();
    println!(
        "\n{source}: {} frames, {} with a face, played in {took:.1} s",
        played.frames, played.frames_with_face
    );
    println!(
        "{} punches, {} badges, {} repeats, {} refused badges, {} unknown, {} ambiguous, {} of low quality, against {} people",
        count(played, Outcome::Punch, false),
        count(played, Outcome::Badge, false),
        count(played, Outcome::Punch, true) + count(played, Outcome::Badge, true),
        count(played, Outcome::BadgeRefused, false),
        count(played, Outcome::Unknown, false),
        count(played, Outcome::Ambiguous, false),
        count(played, Outcome::LowQuality, false),
        gallery.people().len()
    );
    if let Some(first) = played.skipped.first() {
        println!("{} frames skipped, the first because: {first}", played.skipped.len());
    }
    println!("{table}");
}

/// The whole result as one document.
pub(super) fn document(
    pipeline: &Pipeline,
    source: &str,
    enrolled: &Enrolled,
    gallery: &GalleryView,
    played: &Played,
) -> Value {
    let pack = pipeline.pack();
    let decision = |d: &Decision| {
        let evidence = d.evidence.as_ref();
        json!({
            "at_ms": d.monotonic_ms, "outcome": d.outcome.as_str(), "repeat": d.repeat,
            "person": d.person.map(|person| gallery.name_of(person)), "score": evidence.map(|e| e.score),
            "margin": evidence.map(|e| e.margin), "frames": evidence.map(|e| e.frames),
            "quality": evidence.map(|e| e.quality),
            "reasons": d.reasons, "track": d.track_id.0,
            "face": { "x": d.face.x, "y": d.face.y, "width": d.face.width, "height": d.face.height },
        })
    };
    let people: Vec<Value> = enrolled
        .people
        .iter()
        .map(|p| json!({ "person": p.name, "templates": p.templates.len(), "pictures": p.pictures }))
        .collect();
    let latencies: serde_json::Map<String, Value> = rows(&played.stages)
        .into_iter()
        .map(|(name, times)| {
            let key = name.split([',', ' ']).next().unwrap_or(name).to_owned();
            let [p50, p95] = [50, 95].map(|percent| percentile_ms(times, percent));
            (key, json!({ "p50_ms": p50, "p95_ms": p95, "measured": times.len() }))
        })
        .collect();
    json!({
        "pack": { "name": pack.name(), "version": pack.version(), "trial_only": pack.trial_only() },
        "source": source,
        "enrolled": people,
        "decisions": played.decisions.iter().map(decision).collect::<Vec<_>>(),
        "summary": {
            "frames": played.frames, "frames_with_face": played.frames_with_face,
            "skipped": played.skipped.len(), "length_ms": played.last_ms,
            "took_ms": u64::try_from(played.took.as_millis()).unwrap_or(u64::MAX),
            "people": gallery.people().len(), "templates": enrolled.templates(),
            "punches": count(played, Outcome::Punch, false), "badges": count(played, Outcome::Badge, false),
            "repeats": count(played, Outcome::Punch, true) + count(played, Outcome::Badge, true),
            "badges_refused": count(played, Outcome::BadgeRefused, false),
            "unknown": count(played, Outcome::Unknown, false),
            "ambiguous": count(played, Outcome::Ambiguous, false),
            "low_quality": count(played, Outcome::LowQuality, false),
            "latency": latencies,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_measured_value() {
        let times: Vec<Duration> = (1..=20).map(Duration::from_millis).collect();
        assert_eq!(percentile_ms(&times, 50), Some(10.0));
        assert_eq!(percentile_ms(&times, 95), Some(19.0));
        assert_eq!(percentile_ms(&times[..1], 95), Some(1.0));
        assert_eq!(percentile_ms(&[], 50), None);
    }
}
