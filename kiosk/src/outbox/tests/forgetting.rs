//! Whom the gallery no longer holds is in no byte of the outbox that its key opens, and the chain goes on.

use cbc::cipher::{BlockDecryptMut as _, KeyIvInit as _};
use lintel_core::ids::PersonId;

use super::*;

fn person(n: u8) -> PersonId {
    PersonId::new(at(0), &[n; 10])
}

fn punch_of(n: u8) -> EventDraft {
    let personal = PersonalPart { person_id: Some(person(n)), evidence: None, reasons: vec![] };
    EventDraft { personal: Some(personal), ..punch() }
}

/// Every byte of the file and its log that the key opens, free pages and gaps included.
fn opened(room: &Room) -> Vec<u8> {
    const IV_AT: usize = 4096 - 80;
    let mut all = Vec::new();
    for (path, bytes) in room.files() {
        if path.to_string_lossy().ends_with("-shm") {
            continue;
        }
        // A log has a head of its own before the pages, and one before each of them.
        let is_log = path.to_string_lossy().ends_with("-wal");
        let (start, step) = if is_log { (32 + 24, 4096 + 24) } else { (0, 4096) };
        for at in (start..bytes.len()).step_by(step) {
            let page = &bytes[at..at + 4096];
            // The first page begins with the salt of the file.
            let from = if page.starts_with(&room.files()[0].1[..16]) { 16 } else { 0 };
            let mut open =
                cbc::Decryptor::<aes::Aes256>::new_from_slices(&[0xab; 32], &page[IV_AT..IV_AT + 16])
                    .unwrap();
            for block in page[from..IV_AT].chunks_exact(16) {
                let mut block = *aes::Block::from_slice(block);
                open.decrypt_block_mut(&mut block);
                all.extend_from_slice(&block);
            }
        }
    }
    all
}

fn holds(bytes: &[u8], person: PersonId) -> bool {
    let id = person.to_string();
    bytes.windows(id.len()).any(|window| window == id.as_bytes())
}

fn parts(outbox: &Outbox) -> Vec<bool> {
    let mut select = outbox.db.prepare("SELECT part IS NOT NULL FROM event ORDER BY seq").unwrap();
    select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn whom_the_gallery_no_longer_holds_is_in_no_byte_of_the_outbox_once_central_has_the_rows() {
    let room = Room::new(ROOMY);
    let mut outbox = room.open();
    for n in 0..60_u8 {
        outbox.append(&punch_of(n % 3), at(0)).unwrap();
    }
    let first = ack(&outbox, 40);
    outbox.apply_ack(&first, at(0)).unwrap();
    assert!((0..3).all(|n| holds(&opened(&room), person(n))), "the pages are read as they are");

    assert_eq!(outbox.forget(&Gone::People(vec![person(1)])).unwrap(), 13);
    let left = parts(&outbox);
    assert_eq!(left.iter().filter(|there| **there).count(), 47);
    assert!(left[40..].iter().all(|there| *there), "central hasn't got these yet");
    assert!(holds(&opened(&room), person(1)));
    let sent = waiting(&outbox);
    assert_chain(&outbox, &sent, (40, first.head_hash));

    drop(outbox);
    let mut outbox = room.open();
    ack_all(&mut outbox);
    let bytes = opened(&room);
    assert!(!holds(&bytes, person(1)) && holds(&bytes, person(0)) && holds(&bytes, person(2)));
    assert_eq!(outbox.forget(&Gone::AllBut(vec![person(2)])).unwrap(), 20);
    let bytes = opened(&room);
    assert!(!holds(&bytes, person(0)) && holds(&bytes, person(2)));
    assert_eq!(outbox.forget(&Gone::AllBut(vec![person(2)])).unwrap(), 0, "nothing is left to do");
}

#[test]
fn a_door_that_has_forgotten_lists_remembers_the_others_and_sends_again_what_central_lost() {
    let room = Room::new(ROOMY);
    let mut outbox = room.open();
    for n in 0..4 {
        outbox.append(&punch_of(n), at(0)).unwrap();
    }
    let all = waiting(&outbox);
    ack_all(&mut outbox);
    outbox.forget(&Gone::People(vec![person(1)])).unwrap();
    assert_eq!(outbox.list(9).unwrap().len(), 4);
    let recalled: Vec<_> = outbox.punches_since(at(0)).unwrap().into_iter().map(|(who, _)| who).collect();
    assert_eq!(recalled, [person(3), person(2), person(0)]);

    let lost = AckBody { through_seq: 1, head_hash: all[0].hash, at: at(9), ..ack(&outbox, 0) };
    assert_eq!(outbox.apply_ack(&lost, at(9)).unwrap().taken_back, 3);
    let again = waiting(&outbox);
    assert_eq!(
        again.iter().map(|event| event.hash).collect::<Vec<_>>(),
        [all[1].hash, all[2].hash, all[3].hash]
    );
    assert_eq!(again.iter().map(|event| event.personal.is_some()).collect::<Vec<_>>(), [false, true, true]);
    // What is appended next is linked to what is there.
    outbox.append(&punch_of(0), at(10)).unwrap();
    assert_eq!(waiting(&outbox)[3].prev_hash, all[3].hash);
}

#[test]
fn what_was_purged_is_in_no_byte_of_the_file_or_its_log() {
    let room = Room::new(ROOMY);
    let mut outbox = room.open();
    for n in 0..60_u8 {
        outbox.append(&punch_of(n), at(0)).unwrap();
    }
    let first = ack(&outbox, 50);
    outbox.apply_ack(&first, at(0)).unwrap();
    assert_eq!(outbox.purge(at(1)).unwrap(), 50);
    let bytes = opened(&room);
    let left: Vec<u8> = (0..60).filter(|n| holds(&bytes, person(*n))).collect();
    assert_eq!(left, (50..60).collect::<Vec<_>>());
    assert_chain(&outbox, &waiting(&outbox), (50, first.head_hash));
}
