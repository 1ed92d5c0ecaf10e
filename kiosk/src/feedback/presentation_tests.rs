//! Stories and properties of what the screen shows.

use lintel_vision::{QualityReason, Rect};
use proptest::prelude::*;

use super::*;
use crate::recognition::TrackId;

fn person(n: u8) -> PersonId {
    PersonId::new(UtcMillis::from_i64(1), &[n; 10])
}

fn result(state: FeedbackState, who: Option<u8>) -> Feedback {
    Feedback {
        at_ms: UtcMillis::from_i64(1_000_000),
        state,
        person: who.map(person),
        name: who.map(|n| format!("P{n}")),
        event_id: None,
        outcome: String::new(),
        reasons: Vec::new(),
    }
}

fn face(width: f32, refusals: &[QualityReason]) -> Undecided {
    let face = Rect { x: 0.0, y: 0.0, width, height: width };
    Undecided { track_id: TrackId(1), face, refusals: refusals.to_vec() }
}

fn lines(screen: &Screen) -> Vec<(FeedbackState, Option<&str>)> {
    match &screen.shown {
        Shown::Results(lines) => lines.iter().map(|line| (line.state, line.name.as_deref())).collect(),
        _ => Vec::new(),
    }
}

use FeedbackState::{AlreadyRecorded, ComeCloser, Fault, NotRecognised, Recorded, StoredOffline};

#[test]
fn a_confirmation_is_shown_for_three_seconds_and_then_the_clock_again() {
    let mut door = Presentation::default();
    assert_eq!(door.screen(0).shown, Shown::Idle);
    door.take(&result(Recorded, Some(1)), 100);
    assert_eq!(door.next_change_ms(), Some(3_100));
    assert_eq!(lines(&door.screen(3_099)), [(Recorded, Some("P1"))]);
    assert_eq!(door.screen(3_100).shown, Shown::Idle);
    assert_eq!(door.next_change_ms(), None);
}

#[test]
fn several_people_stand_under_each_other_and_a_fourth_takes_the_place_of_the_first() {
    let mut door = Presentation::default();
    for who in 1..=4 {
        door.take(&result(Recorded, Some(who)), i64::from(who) * 10);
    }
    assert_eq!(
        lines(&door.screen(50)),
        [(Recorded, Some("P2")), (Recorded, Some("P3")), (Recorded, Some("P4"))]
    );
}

#[test]
fn a_stranger_takes_no_confirmation_from_the_screen() {
    let mut door = Presentation::default();
    door.take(&result(Recorded, Some(1)), 0);
    door.take(&result(NotRecognised, None), 1);
    door.take(&result(NotRecognised, None), 2);
    door.take(&result(StoredOffline, Some(2)), 3);
    door.take(&result(Recorded, Some(3)), 4);
    let shown = door.screen(5);
    let shown: Vec<_> = lines(&shown).into_iter().map(|(_, name)| name).collect();
    assert_eq!(shown, [Some("P1"), Some("P2"), Some("P3")]);
}

#[test]
fn an_echo_within_the_cooldown_does_not_replace_the_confirmation_but_is_said_afterwards() {
    let mut door = Presentation::default();
    door.take(&result(Recorded, Some(1)), 0);
    door.take(&result(AlreadyRecorded, Some(1)), 1_000);
    assert_eq!(lines(&door.screen(1_001)), [(Recorded, Some("P1"))]);
    door.take(&result(AlreadyRecorded, Some(1)), 4_000);
    assert_eq!(lines(&door.screen(4_001)), [(AlreadyRecorded, Some("P1"))]);
}

#[test]
fn a_punch_that_is_stored_at_the_second_try_replaces_the_fault() {
    let mut door = Presentation::default();
    door.take(&result(Fault, Some(1)), 0);
    door.take(&result(Recorded, Some(1)), 2_000);
    assert_eq!(lines(&door.screen(2_001)), [(Recorded, Some("P1"))]);
}

#[test]
fn a_hint_is_shown_once_it_has_been_true_for_a_moment_and_leaves_with_the_person() {
    let mut door = Presentation::default();
    let far = [face(20.0, &[QualityReason::TooSmall])];
    for now in [0, 200, 400] {
        door.see(&far, now);
        assert_eq!(door.screen(now).shown, Shown::Idle, "a glimpse is no reason to speak");
    }
    door.see(&far, 600);
    assert_eq!(door.screen(600).shown, Shown::Hint(Hint::ComeCloser));
    door.see(&[], 700);
    assert_eq!(door.screen(1_399).shown, Shown::Hint(Hint::ComeCloser));
    assert_eq!(door.screen(1_400).shown, Shown::Idle);
}

#[test]
fn the_nearest_person_is_helped_and_whoever_is_compared_is_given_time() {
    let mut door = Presentation::default();
    for now in (0..=900).step_by(100) {
        door.see(&[face(30.0, &[QualityReason::TooSmall]), face(90.0, &[])], now);
        assert_eq!(door.screen(now).shown, Shown::Idle);
    }
    door.see(&[face(90.0, &[])], 1_000);
    assert_eq!(door.screen(1_000).shown, Shown::Hint(Hint::HoldStill));
}

#[test]
fn somebody_who_left_unseen_is_told_what_would_have_helped() {
    let mut door = Presentation::default();
    let reasons = vec!["too_dark".to_owned(), "too_few_usable_frames".to_owned()];
    door.take(&Feedback { reasons, ..result(ComeCloser, None) }, 0);
    assert_eq!(door.screen(1).shown, Shown::Hint(Hint::TooDark));
    assert_eq!(door.screen(PARTING_HINT_MS).shown, Shown::Idle);
}

#[test]
fn trouble_stays_until_it_is_over_but_a_stored_punch_is_still_confirmed() {
    let mut door = Presentation::default();
    door.set_trouble(Some(Trouble::Camera));
    door.see(&[face(20.0, &[QualityReason::TooSmall])], 0);
    assert_eq!(door.screen(700).shown, Shown::Trouble(Trouble::Camera));
    door.take(&result(Recorded, Some(1)), 800);
    assert_eq!(lines(&door.screen(801)), [(Recorded, Some("P1"))]);
    assert_eq!(door.screen(4_000).shown, Shown::Trouble(Trouble::Camera));
    door.set_trouble(None);
    assert_eq!(door.screen(4_001).shown, Shown::Idle);
}

#[test]
fn a_line_that_is_away_for_a_moment_is_not_mentioned() {
    let mut door = Presentation::default();
    for (now, online, says) in
        [(0, false, false), (9_999, false, false), (10_000, false, true), (10_001, true, false)]
    {
        door.set_online(online, now);
        assert_eq!(door.screen(now).offline, says, "{now}");
    }
}

#[derive(Debug, Clone)]
enum Step {
    Take(FeedbackState, Option<u8>),
    See(Vec<(f32, usize)>),
    Trouble(bool),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let state = prop::sample::select(vec![
        Recorded,
        AlreadyRecorded,
        StoredOffline,
        NotRecognised,
        ComeCloser,
        Fault,
        FeedbackState::BadgeRefused,
    ]);
    prop_oneof![
        (state, 0u8..5).prop_map(|(state, who)| {
            let names = state.is_confirmation() || state == Fault;
            Step::Take(state, names.then_some(who))
        }),
        prop::collection::vec((1f32..200.0, 0usize..8), 0..4).prop_map(Step::See),
        any::<bool>().prop_map(Step::Trouble),
        (0i64..2_500).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn nothing_is_confirmed_that_was_not_stored_and_everything_has_an_end(
        steps in prop::collection::vec(step(), 1..80)
    ) {
        let reasons = [QualityReason::TooSmall, QualityReason::Blurred, QualityReason::TooDark];
        let (mut door, mut now) = (Presentation::default(), 0);
        let mut stored: Vec<(u8, i64)> = Vec::new();
        for step in steps {
            match step {
                Step::Take(state, who) => {
                    if let (true, Some(who)) = (state.is_confirmation(), who) {
                        stored.push((who, now));
                    }
                    door.take(&result(state, who), now);
                }
                Step::See(faces) => {
                    let faces: Vec<_> = faces
                        .iter()
                        .map(|(width, at)| face(*width, reasons.get(*at).map_or(&[][..], std::slice::from_ref)))
                        .collect();
                    door.see(&faces, now);
                }
                Step::Trouble(is) => door.set_trouble(is.then_some(Trouble::Storage)),
                Step::Wait(ms) => now += ms,
            }
            let screen = door.screen(now);
            let shown = lines(&screen);
            prop_assert!(shown.len() <= MAX_LINES);
            for (state, name) in &shown {
                if state.is_confirmation() {
                    let is_true = |(who, at): &(u8, i64)| {
                        Some(format!("P{who}").as_str()) == *name && now - at < CONFIRMED_MS
                    };
                    prop_assert!(stored.iter().any(is_true), "{state:?} {name:?}");
                }
            }
            prop_assert!(door.next_change_ms().is_none_or(|at| at > now), "a change that is over");
        }
        door.set_trouble(None);
        prop_assert_eq!(door.screen(now + ASKED_MS).shown, Shown::Idle);
    }
}
