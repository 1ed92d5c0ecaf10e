//! What became of photographs, in the catalogue's words.
//!
//! A fault of the server is never put down to the picture: only codes that are the picture's say so.

use lintel_runtime::catalogue::Words;

use crate::enrolment::PhotoAnswer;

/// The answers with the catalogue's words in place of the API's.
pub(super) fn in_words(words: Words<'_>, answers: Vec<PhotoAnswer>) -> Vec<PhotoAnswer> {
    answers
        .into_iter()
        .map(|answer| {
            let faults: Vec<String> =
                answer.reasons.iter().filter_map(|reason| quality(reason)).map(|id| words.say(id)).collect();
            let text = if faults.is_empty() { words.say(fault(answer.code)) } else { faults.join(" ") };
            PhotoAnswer { text, ..answer }
        })
        .collect()
}

fn fault(code: &str) -> &'static str {
    match code {
        "enrolled" => "photo-enrolled",
        "already_enrolled" => "photo-already-enrolled",
        "other_person" => "photo-other-person",
        "no_face" => "photo-no-face",
        "several_faces" => "photo-several-faces",
        "poor_quality" => "photo-poor-quality",
        "photo_too_many_bytes" | "photo_too_many_pixels" => "photo-too-large",
        "photo_too_small" => "photo-too-few-pixels",
        "photo_empty" => "photo-empty",
        "photo_truncated" => "photo-cut-off",
        "photo_unknown_format" | "photo_unreadable" | "photo_unusable" => "photo-unreadable",
        // `recognition_failed`, and what a later version may say.
        _ => "photo-failed",
    }
}

fn quality(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "too_small" => "photo-too-small",
        "blurred" => "photo-blurred",
        "too_dark" => "photo-too-dark",
        "too_bright" => "photo-too-bright",
        "turned" => "photo-turned",
        "tilted" => "photo-tilted",
        "partly_outside" => "photo-partly-outside",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use lintel_vision::{EnrolError, FrameError, QualityReason, UploadError};

    use super::*;
    use crate::words::words_in;

    fn said(code: &'static str, reasons: Vec<&'static str>) -> String {
        let answer = PhotoAnswer {
            photo: "a.jpg".into(),
            accepted: false,
            code,
            text: "of the API".into(),
            reasons,
            template_id: None,
            other_person: None,
            score: None,
        };
        in_words(words_in("en"), vec![answer]).remove(0).text
    }

    /// A value of each variant whose code a photograph's answer may carry.
    fn faults() -> Vec<EnrolError> {
        let upload = [
            UploadError::Empty,
            UploadError::TooManyBytes { found: 2, allowed: 1 },
            UploadError::UnknownFormat(None),
            UploadError::TooManyPixels { width: 2, height: 2, allowed: 1 },
            UploadError::TooSmall { width: 1, height: 1 },
            UploadError::Truncated,
            UploadError::Decode("x".into()),
            UploadError::Frame(FrameError::OddWidth(3)),
        ];
        let mut all: Vec<EnrolError> = upload.into_iter().map(EnrolError::from).collect();
        all.push(EnrolError::NoFace);
        all.push(EnrolError::SeveralFaces(2));
        all.push(EnrolError::Quality { reasons: Vec::new(), min_face_px: 48.0 });
        all
    }

    #[test]
    fn every_fault_of_a_photo_has_words_and_none_of_the_servers_is_blamed_on_it() {
        let failed = said("recognition_failed", Vec::new());
        assert!(failed.contains("server"), "{failed}");
        assert_eq!(said("a_code_of_another_version", Vec::new()), failed);
        let mut texts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for error in faults() {
            let text = said(error.code(), Vec::new());
            assert!(text != failed && !text.starts_with("photo-"), "{}: {text}", error.code());
            texts.entry(text).or_default().push(error.code());
        }
        // Only what is mended in the same way is said in the same words.
        let shared: Vec<Vec<&str>> = texts.into_values().filter(|codes| codes.len() > 1).collect();
        let expected: [Vec<&str>; 2] = [
            vec!["photo_too_many_bytes", "photo_too_many_pixels"],
            vec!["photo_unknown_format", "photo_unreadable", "photo_unusable"],
        ];
        assert_eq!(shared.len(), expected.len(), "{shared:?}");
        assert!(expected.iter().all(|codes| shared.contains(codes)), "{shared:?}");
    }

    #[test]
    fn what_speaks_against_a_face_is_said_in_place_of_the_summary() {
        for reason in [
            QualityReason::TooSmall,
            QualityReason::Blurred,
            QualityReason::TooDark,
            QualityReason::TooBright,
            QualityReason::Turned,
            QualityReason::Tilted,
            QualityReason::PartlyOutside,
        ] {
            let text = said("poor_quality", vec![reason.code()]);
            assert!(text != said("poor_quality", Vec::new()) && !text.starts_with("photo-"), "{text}");
        }
        // Enrolment looks at no region; whatever is unknown leaves the summary.
        let unknown = said("poor_quality", vec![QualityReason::OutsideRegion.code()]);
        assert_eq!(unknown, said("poor_quality", Vec::new()));
    }
}
