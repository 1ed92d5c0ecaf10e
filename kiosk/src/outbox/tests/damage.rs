//! Wrong keys, damaged pages, full disks, other doors' files, and looking without touching.

use super::*;

fn other_files(room: &Room) -> Vec<String> {
    room.files().iter().map(|(path, _)| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

pub(super) const PAGE: usize = 4096;

/// Turns over some bytes of one page, counted from 0, as a worn card does.
pub(super) fn wear(path: &std::path::Path, page: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    for byte in &mut bytes[page * PAGE + 100..page * PAGE + 120] {
        *byte ^= 0xff;
    }
    std::fs::write(path, bytes).unwrap();
}

pub(super) fn fill(room: &Room, events: usize) {
    let mut outbox = room.open();
    let answers = outbox.append_all(&vec![punch(); events], at(0));
    assert!(answers.iter().all(Result::is_ok));
}

#[test]
fn a_wrong_key_is_named_and_changes_no_file() {
    let room = Room::new(ROOMY);
    fill(&room, 30);
    let before = room.files();
    let error = room.try_open(&key("cd"), "door-1").err().unwrap();
    assert!(matches!(error, OutboxError::WrongKey { .. }));
    assert!(error.to_string().contains("database.key"), "{error}");
    assert_eq!(room.files(), before);
    assert_eq!(waiting(&room.open()).len(), 30);
}

#[test]
fn a_wrong_key_leaves_the_log_of_a_door_that_was_cut_off_for_the_right_one() {
    let (room, cut) = (Room::new(ROOMY), Room::new(ROOMY));
    let mut outbox = room.open();
    outbox.append(&punch(), at(0)).unwrap();
    for (path, bytes) in room.files() {
        std::fs::write(cut.folder.path().join(path.file_name().unwrap()), bytes).unwrap();
    }
    let file_and_log = |room: &Room| {
        let keep = |path: &std::path::Path| !path.to_string_lossy().ends_with("-shm");
        room.files().into_iter().filter(|(path, _)| keep(path)).collect::<Vec<_>>()
    };
    let before = file_and_log(&cut);
    assert_eq!(before.len(), 2, "the event is in the log only");
    assert!(matches!(cut.try_open(&key("cd"), "door-1").err(), Some(OutboxError::WrongKey { .. })));
    assert_eq!(file_and_log(&cut), before);
    assert_eq!(waiting(&cut.open()).len(), 1);
}

#[test]
fn another_doors_outbox_is_refused_and_kept() {
    let room = Room::new(ROOMY);
    fill(&room, 1);
    let error = room.try_open(&key("ab"), "door-2").err().unwrap();
    assert!(matches!(&error, OutboxError::OtherDevice { found, .. } if found == "door-1"), "{error}");
    assert_eq!(waiting(&room.open()).len(), 1);
}

#[test]
fn a_damaged_file_is_set_aside_whole_and_the_new_stream_says_lost() {
    let room = Room::new(ROOMY);
    fill(&room, 200);
    let stream = room.open().status().unwrap().stream;
    wear(&room.path(), 3);
    let worn = std::fs::read(room.path()).unwrap();

    let (mut outbox, aside) = room.try_open(&key("ab"), "door-1").unwrap();
    assert_eq!(std::fs::read(aside.unwrap()).unwrap(), worn);
    assert_ne!(outbox.status().unwrap().stream, stream);
    assert_eq!(outbox.append(&punch(), at(0)).unwrap().seq, 1);
    let batch = outbox.pending(0, 9, 9_999).unwrap().batch.unwrap();
    assert_eq!(batch.predecessor, Some(Predecessor::Lost));
    drop(outbox);
    let batch = room.open().pending(0, 9, 9_999).unwrap().batch.unwrap();
    assert_eq!(batch.predecessor, Some(Predecessor::Lost), "also after a restart");
    let aside = set_aside_at(&room.path()).unwrap();
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(std::fs::read(&aside[0]).unwrap(), worn);
}

#[test]
fn whichever_page_is_damaged_the_file_is_set_aside_but_for_the_first_which_looks_like_a_wrong_key() {
    let sound = Room::new(ROOMY);
    fill(&sound, 40);
    let bytes = std::fs::read(sound.path()).unwrap();
    assert!(bytes.len() / PAGE > 8);
    for page in 0..bytes.len() / PAGE {
        let room = Room::new(ROOMY);
        std::fs::write(room.path(), &bytes).unwrap();
        wear(&room.path(), page);
        let before = room.files();
        match room.try_open(&key("ab"), "door-1") {
            Ok((_, aside)) => assert_eq!(std::fs::read(aside.unwrap()).unwrap(), before[0].1, "page {page}"),
            Err(error) => {
                assert!(matches!(error, OutboxError::WrongKey { .. }), "page {page}: {error}");
                assert_eq!((page, room.files()), (0, before));
            }
        }
    }
}

#[test]
fn two_damaged_files_in_the_same_millisecond_are_both_kept() {
    let room = Room::new(ROOMY);
    for _ in 0..2 {
        fill(&room, 200);
        wear(&room.path(), 3);
        room.try_open(&key("ab"), "door-1").unwrap();
    }
    let kept = other_files(&room)
        .iter()
        .filter(|name| name.contains(".damaged-") && !name.ends_with("-wal") && !name.ends_with("-shm"))
        .count();
    assert_eq!(kept, 2, "{:?}", other_files(&room));
}

#[test]
fn a_power_cut_while_setting_aside_still_ends_in_a_stream_that_says_lost() {
    // Cut after the rename of the database and before that of its log.
    let room = Room::new(ROOMY);
    std::fs::write(room.folder.path().join("outbox.db-wal"), b"what was not yet in the file").unwrap();
    let (outbox, aside) = room.try_open(&key("ab"), "door-1").unwrap();
    let mut log = aside.unwrap().into_os_string();
    log.push("-wal");
    assert_eq!(std::fs::read(log).unwrap(), b"what was not yet in the file");
    drop(outbox);

    // Cut before the new stream began.
    std::fs::remove_file(room.path()).unwrap();
    let mut outbox = room.open();
    outbox.append(&punch(), at(0)).unwrap();
    let batch = outbox.pending(0, 9, 9_999).unwrap().batch.unwrap();
    assert_eq!(batch.predecessor, Some(Predecessor::Lost));
}

#[test]
fn a_full_disk_is_said_and_later_events_go_on_where_the_disk_is() {
    let room = Room::new(Limits { max_bytes: 1 << 24, other_per_minute: 1_000 });
    let mut outbox = room.open();
    outbox.append(&punch(), at(0)).unwrap();
    let pages: i64 = outbox.db.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    outbox.db.pragma_update(None, "max_page_count", pages).unwrap();
    let mut kept = 1;
    let refused = loop {
        match outbox.append(&punch(), at(0)) {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, AppendError::DiskFull), "{refused}");
    let before = outbox.status().unwrap();
    assert_eq!((before.last_seq, before.refused), (kept, 1));

    // A group that doesn't fit leaves nothing behind, neither on the disk nor in what is counted.
    let group = [vec![punch(); 40], vec![draft(EventKind::Unknown); 20]].concat();
    let answers = outbox.append_all(&group, at(0));
    assert!(answers.iter().all(|answer| matches!(answer, Err(AppendError::DiskFull))));
    let after = outbox.status().unwrap();
    assert_eq!((after.last_seq, after.backlog_bytes), (before.last_seq, before.backlog_bytes));
    assert_eq!(outbox.others.1, 0);

    outbox.db.pragma_update(None, "max_page_count", 1_000_000).unwrap();
    assert_eq!(outbox.append(&punch(), at(0)).unwrap().seq, kept + 1);
    drop(outbox);
    let outbox = room.open();
    assert_eq!(waiting(&outbox).len() as u64, kept + 1);
    assert_chain(&outbox, &waiting(&outbox), (0, Hash::GENESIS));
}

#[test]
fn looking_at_an_outbox_that_is_not_there_makes_none() {
    let room = Room::new(ROOMY);
    assert!(room.look().unwrap().is_none());
    assert_eq!(room.files(), []);
}

#[test]
fn looking_at_a_closed_outbox_changes_and_makes_no_file() {
    let room = Room::new(ROOMY);
    fill(&room, 3);
    let before = room.files();
    let mut looked = room.look().unwrap().unwrap();
    assert_eq!(looked.status().unwrap().backlog, 3);
    assert_eq!(looked.list(2).unwrap().len(), 2);
    assert!(looked.append(&punch(), at(0)).is_err(), "it is for looking only");
    assert_eq!(room.files(), before, "while it is open");
    drop(looked);
    assert_eq!(room.files(), before);
}

#[test]
fn looking_beside_a_running_door_sees_its_last_event_and_hinders_nothing() {
    let room = Room::new(ROOMY);
    let mut outbox = room.open();
    outbox.append(&punch(), at(0)).unwrap();
    let looked = room.look().unwrap().unwrap();
    assert_eq!(looked.status().unwrap(), outbox.status().unwrap());
    outbox.append(&punch(), at(0)).unwrap();
    drop(looked);
    assert_eq!(room.look().unwrap().unwrap().status().unwrap().last_seq, 2);
    drop(outbox);
    assert_eq!(waiting(&room.open()).len(), 2);
}

#[test]
fn looking_at_a_damaged_outbox_or_with_a_wrong_key_sets_nothing_aside() {
    let room = Room::new(ROOMY);
    fill(&room, 200);
    let path = room.path();
    let wrong = Outbox::open_read_only(&path, &key("cd"), &path, ROOMY).err();
    assert!(matches!(wrong, Some(OutboxError::WrongKey { .. })));
    wear(&path, 3);
    let before = room.files();
    let looked = room.look().and_then(|outbox| outbox.unwrap().list(1_000).map(drop));
    assert!(looked.is_err());
    assert_eq!(room.files(), before);
}

#[test]
fn a_folder_with_odd_letters_can_be_looked_at() {
    let room = Room::new(ROOMY);
    let folder = room.folder.path().join("a b?c#d%41ä");
    std::fs::create_dir(&folder).unwrap();
    let (path, device) = (folder.join("outbox.db"), DeviceId::parse("door-1").unwrap());
    drop(Outbox::open(&path, &key("ab"), &path, &device, ROOMY, at(0)).unwrap());
    assert!(Outbox::open_read_only(&path, &key("ab"), &path, ROOMY).unwrap().is_some());
}
