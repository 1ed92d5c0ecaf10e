//! Whatever page is worn: every row that isn't on it is read, and nothing else.

use std::collections::BTreeSet;

use super::damage::{PAGE, fill, wear};
use super::*;

fn read(room: &Room) -> Result<Salvaged, OutboxError> {
    salvage(&room.path(), &key("ab"), &room.path(), &DeviceId::parse("door-1").unwrap())
}

#[test]
fn a_sound_file_gives_all_of_it_in_batches_within_both_bounds() {
    let room = Room::new(ROOMY);
    fill(&room, 40);
    let before = room.files();
    let salvaged = read(&room).unwrap();
    let stored = waiting(&room.look().unwrap().unwrap());
    let text = |events: &[WireEvent]| serde_json::to_string(events).unwrap();
    assert_eq!((text(&salvaged.events), salvaged.missing), (text(&stored), 0));
    assert_eq!(room.files(), before);
    let by_count = salvaged.batches(15, usize::MAX);
    assert_eq!(by_count.iter().map(|batch| batch.events.len()).collect::<Vec<_>>(), [15, 15, 10]);
    assert!(by_count.iter().all(|batch| batch.stream == salvaged.stream()));
    let by_bytes = salvaged.batches(500, 5_000);
    assert!(by_bytes.len() > 3);
    for batch in &by_bytes {
        assert!(serde_json::to_string(batch).unwrap().len() <= 5_000 + 300);
    }
    assert_eq!(by_bytes.iter().map(|batch| batch.events.len()).sum::<usize>(), 40);
}

#[test]
fn whichever_pages_are_worn_every_row_that_is_not_on_them_comes_back() {
    let sound = Room::new(ROOMY);
    fill(&sound, 60);
    let (bytes, all) = (std::fs::read(sound.path()).unwrap(), read(&sound).unwrap().events);
    let pages = bytes.len() / PAGE;
    assert!(pages > 12);
    let back = |worn: &[usize]| -> Result<BTreeSet<u64>, OutboxError> {
        let room = Room::new(ROOMY);
        std::fs::write(room.path(), &bytes).unwrap();
        worn.iter().for_each(|page| wear(&room.path(), *page));
        let salvaged = read(&room)?;
        for event in &salvaged.events {
            let stored = all.iter().find(|stored| stored.seq == event.seq).unwrap();
            assert_eq!(serde_json::to_string(event).unwrap(), serde_json::to_string(stored).unwrap());
        }
        Ok(salvaged.events.iter().map(|event| event.seq).collect())
    };
    // What each page costs alone: only the leaves of the table matter.
    let everything: BTreeSet<u64> = (1..=60).collect();
    let lost: Vec<BTreeSet<u64>> = (0..pages)
        .map(|page| back(&[page]).map_or_else(|_| everything.clone(), |back| &everything - &back))
        .collect();
    let leaves: Vec<usize> = (0..pages).filter(|page| (1..=12).contains(&lost[*page].len())).collect();
    assert!(leaves.len() > 8, "{lost:?}");
    let together: BTreeSet<u64> = leaves.iter().flat_map(|page| lost[*page].clone()).collect();
    assert_eq!(together, everything, "each row is on one page");
    // Two with a sound one between them, and the last.
    let (one, other, last) = (leaves[1], leaves[3], leaves[leaves.len() - 1]);
    let gone: BTreeSet<u64> = [one, other, last].iter().flat_map(|page| lost[*page].clone()).collect();
    assert_eq!(back(&[one, other, last]).unwrap(), &everything - &gone);
}

#[test]
fn an_edited_row_another_doors_file_and_a_wrong_key_give_nothing() {
    let room = Room::new(ROOMY);
    fill(&room, 3);
    let outbox = room.open();
    outbox
        .db
        .execute("UPDATE event SET payload = replace(payload, 'punch', 'badge') WHERE seq = 2", [])
        .unwrap();
    outbox.db.execute("UPDATE event SET part = '{}' WHERE seq = 3", []).unwrap();
    drop(outbox);
    let salvaged = read(&room).unwrap();
    assert_eq!(salvaged.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1]);
    let other = DeviceId::parse("door-2").unwrap();
    let error = salvage(&room.path(), &key("ab"), &room.path(), &other).err().unwrap();
    assert!(matches!(error, OutboxError::OtherDevice { .. }));
    let device = DeviceId::parse("door-1").unwrap();
    let error = salvage(&room.path(), &key("cd"), &room.path(), &device).err().unwrap();
    assert!(matches!(error, OutboxError::WrongKey { .. }));
}
