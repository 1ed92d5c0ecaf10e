//! A process that appends as fast as it can is killed at random moments, again and again over one file.
//! Whatever it had said to be committed must be there, and the chain must go on.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lintel_runtime::clock::random_bytes;

use super::*;

const LIVES: u32 = 50;
/// Names the file to the process that is to be killed: this same test, started again.
const FILE: &str = "LINTEL_TEST_OUTBOX_TO_KILL";

fn up_to(most: u64) -> u64 {
    u64::from_le_bytes(random_bytes().unwrap()) % most
}

/// Appends until it is killed, and says each event that is committed: its place and its id.
fn append_until_killed(path: &Path) -> ! {
    let (device, hint) = (DeviceId::parse("door-1").unwrap(), path.with_file_name("database.key"));
    let (mut outbox, _) = Outbox::open(path, &key("ab"), &hint, &device, ROOMY, at(0)).unwrap();
    let mut out = std::io::stdout();
    loop {
        let group = vec![punch(); 1 + usize::try_from(up_to(4)).unwrap()];
        for kept in outbox.append_all(&group, at(0)) {
            let Appended { seq, event_id } = kept.unwrap();
            // One write to a pipe: it is said as a whole or not at all.
            out.write_all(format!("\ncommitted {seq} {event_id}\n").as_bytes()).unwrap();
        }
    }
}

fn said_in(line: &str) -> Option<(u64, String)> {
    let mut words = line.strip_prefix("committed ")?.split(' ');
    Some((words.next()?.parse().unwrap(), words.next()?.to_owned()))
}

/// Starts a process on the file, kills it at a random moment, and gives what it had said.
fn one_life(path: &Path) -> Vec<(u64, String)> {
    let mut child: Child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "outbox::tests::kill::what_was_said_to_be_committed_is_there_after_each_of_fifty_kills",
        ])
        .env(FILE, path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    // Every fifth life ends before or while the file is opened, the others in the middle of their work.
    let events = if up_to(5) == 0 { 0 } else { 1 + usize::try_from(up_to(30)).unwrap() };
    let mut said: Vec<_> = lines.by_ref().filter_map(|line| said_in(&line)).take(events).collect();
    std::thread::sleep(Duration::from_micros(up_to(if events == 0 { 40_000 } else { 4_000 })));
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "it ended by itself");
    said.extend(lines.filter_map(|line| said_in(&line)));
    said
}

#[test]
fn what_was_said_to_be_committed_is_there_after_each_of_fifty_kills() {
    if let Some(path) = std::env::var_os(FILE) {
        append_until_killed(Path::new(&path));
    }
    let room = Room::new(ROOMY);
    let (mut before, mut ids) = ((0, Hash::GENESIS), Vec::<String>::new());
    for life in 1..=LIVES {
        let said = one_life(&room.path());
        let mut outbox = room.open();
        let events = waiting(&outbox);
        assert_chain(&outbox, &events, before);
        ids.extend(
            events.iter().map(|event| {
                serde_json::from_str::<EventSkeleton>(event.payload.get()).unwrap().id.to_string()
            }),
        );
        assert_eq!(outbox.status().unwrap().last_seq, ids.len() as u64, "no gap, life {life}");
        for (seq, id) in &said {
            assert_eq!(ids.get(usize::try_from(*seq).unwrap() - 1), Some(id), "event {seq}, life {life}");
        }
        before = events.last().map_or(before, |last| (last.seq, last.hash));
        ack_all(&mut outbox);
        if life % 2 == 0 {
            outbox.purge(at(1)).unwrap();
        }
    }
    assert!(ids.len() > 200, "too few events to mean anything: {}", ids.len());
}
