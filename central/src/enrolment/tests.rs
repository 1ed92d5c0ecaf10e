//! Enrolment over a real database, with the pictures' faults real and the networks replaced by a table.

use lintel_core::seal::FernetRing;
use lintel_core::sign::SigningKey;
use lintel_core::time::UtcMillis;
use lintel_runtime::clock::SystemClock;
use lintel_vision::{EnrolError, Quality, QualityReason, Rect, UploadLimits, decode_upload};

use super::*;
use crate::auth::{Actor, Role};
use crate::people::NewPerson;
use crate::store::sites::Site;
use crate::store::{DbOptions, sites};

/// Reads the last byte of a photograph as the person's direction; everything else is really decoded.
struct Table;

impl TemplateMaker for Table {
    fn template(&mut self, photo: &[u8], _: &EnrolOptions) -> Result<EnrolledFace, EnrolError> {
        let Some(text) = photo.strip_prefix(b"face ") else {
            decode_upload(photo, UploadLimits::default())?;
            return Err(EnrolError::NoFace);
        };
        let angle = match text {
            b"three" => return Err(EnrolError::SeveralFaces(3)),
            b"blurred" => {
                return Err(EnrolError::Quality { reasons: vec![QualityReason::Blurred], min_face_px: 48.0 });
            }
            digits => std::str::from_utf8(digits).unwrap().parse::<f32>().unwrap().to_radians(),
        };
        Ok(EnrolledFace {
            embedding: vec![angle.cos(), angle.sin()],
            face: Rect { x: 0.0, y: 0.0, width: 100.0, height: 100.0 },
            score: 0.9,
            quality: Quality {
                face_px: 100.0,
                sharpness: 1.0,
                exposure: 0.5,
                yaw: 0.0,
                pitch: 0.0,
                roll: 0.0,
            },
            width: 640,
            height: 480,
        })
    }
}

struct Office {
    _folder: tempfile::TempDir,
    db: Db,
    keys: CentralKeys,
    vision: EnrolHandle,
    permit: Permit<ManagePeople>,
}

impl Office {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("central.db").display());
        let db = Db::open(&DbOptions::for_url(&url)).await.unwrap();
        db.migrate(&SystemClock).await.unwrap();
        let mut tx = db.write().await.unwrap();
        let site_id = "office".parse().unwrap();
        let site = Site { site_id, name: "office".into(), zone: "UTC".into() };
        sites::create(&mut tx, &site, jiff::civil::date(2026, 1, 1), UtcMillis::from_i64(0)).await.unwrap();
        tx.commit().await.unwrap();
        let ring = || FernetRing::parse(&FernetRing::generate_key()).unwrap();
        let badge = crate::badges::BadgeKeys::new(SigningKey::from_seed(&[9; 32]));
        let keys = CentralKeys { ack: SigningKey::from_seed(&[1; 32]), badge, face: ring(), data: ring() };
        let pack = PackFacts { name: "table".into(), match_score: 0.5, trial_only: false };
        let vision = EnrolHandle::with(pack, Box::new(Table)).unwrap();
        let permit = Actor::new("tests", Role::Admin).permit().unwrap();
        Self { _folder: folder, db, keys, vision, permit }
    }

    async fn person(&self, name: &str, consents: bool) -> PersonId {
        let new = NewPerson { name: name.into(), site_id: "office".parse().unwrap(), staff_no: None };
        let id = people::add(&self.db, &self.permit, &SystemClock, &new).await.unwrap().person_id;
        if consents {
            people::consent(&self.db, &self.permit, &SystemClock, id, "2026-01", "tests").await.unwrap();
        }
        id
    }

    async fn enrol(
        &self,
        person: PersonId,
        photos: &[&[u8]],
        choice: Choice,
    ) -> Result<Enrolment, EnrolmentError> {
        let photos = photos.iter().map(|bytes| Photo { name: "p".into(), bytes: bytes.to_vec() }).collect();
        let desk = Desk { db: &self.db, keys: &self.keys, clock: &SystemClock, vision: &self.vision };
        enrol(desk, &self.permit, person, photos, choice).await
    }
}

fn codes(enrolment: &Enrolment) -> Vec<&'static str> {
    enrolment.photos.iter().map(|answer| answer.code).collect()
}

#[tokio::test]
async fn every_photo_gets_an_answer_and_a_bad_one_spoils_no_other() {
    let office = Office::open().await;
    let ada = office.person("Ada", true).await;
    let huge = png_header(10_000, 10_000);
    let photos: [&[u8]; 7] =
        [b"", b"not a picture", &huge, b"face three", b"face blurred", b"face 0", b"face 20"];
    let enrolment = office.enrol(ada, &photos, Choice::default()).await.unwrap();
    assert_eq!(
        codes(&enrolment),
        [
            "photo_empty",
            "photo_unknown_format",
            "photo_too_many_pixels",
            "several_faces",
            "poor_quality",
            "enrolled",
            "enrolled"
        ]
    );
    assert_eq!(enrolment.enrolled, 2);
    assert!(enrolment.photos.iter().all(|answer| !answer.text.is_empty()));
}

/// A PNG that says how large it is and holds nothing: the limit must strike before any decoding.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 2, 0, 0, 0]);
    let mut crc = u32::MAX;
    for byte in &chunk {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    let mut png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d".to_vec();
    png.extend(chunk);
    png.extend((!crc).to_be_bytes());
    png.extend(b"\x00\x00\x00\x00IDAT");
    png
}

#[tokio::test]
async fn without_consent_no_photo_is_even_looked_at() {
    let office = Office::open().await;
    let ada = office.person("Ada", false).await;
    let refused = office.enrol(ada, &[b"face 0"], Choice::default()).await.unwrap_err();
    assert!(
        matches!(refused, EnrolmentError::People(PeopleError::NoConsent(who)) if who == ada),
        "{refused}"
    );
}

#[tokio::test]
async fn a_face_that_is_somebody_elses_is_refused_with_their_id_unless_forced() {
    let office = Office::open().await;
    let ada = office.person("Ada", true).await;
    let bob = office.person("Bob", true).await;
    office.enrol(ada, &[b"face 0"], Choice::default()).await.unwrap();
    let enrolment = office.enrol(bob, &[b"face 10", b"face 90"], Choice::default()).await.unwrap();
    assert_eq!(codes(&enrolment), ["other_person", "enrolled"]);
    assert_eq!(enrolment.photos[0].other_person, Some(ada));
    assert!(enrolment.photos[0].text.contains(&ada.to_string()));
    let forced = Choice { force: true, ..Choice::default() };
    let enrolment = office.enrol(bob, &[b"face 10"], forced).await.unwrap();
    assert_eq!(codes(&enrolment), ["enrolled"]);
}

#[tokio::test]
async fn the_same_photo_again_changes_nothing() {
    let office = Office::open().await;
    let ada = office.person("Ada", true).await;
    office.enrol(ada, &[b"face 0"], Choice::default()).await.unwrap();
    let again = office.enrol(ada, &[b"face 0", b"face 0"], Choice::default()).await.unwrap();
    assert_eq!(codes(&again), ["already_enrolled", "already_enrolled"]);
    assert_eq!(again.enrolled, 0);
    assert!(again.photos[0].accepted);
}

#[tokio::test]
async fn a_thread_that_died_is_an_error_and_no_hang() {
    struct Dies;
    impl TemplateMaker for Dies {
        fn template(&mut self, _: &[u8], _: &EnrolOptions) -> Result<EnrolledFace, EnrolError> {
            panic!("as a broken library would")
        }
    }
    let pack = PackFacts { name: "x".into(), match_score: 0.5, trial_only: false };
    let handle = EnrolHandle::with(pack, Box::new(Dies)).unwrap();
    for _ in 0..2 {
        let answer = handle.template(vec![1], EnrolOptions::default()).await;
        assert!(matches!(answer, Err(VisionError::Ended)));
    }
}
