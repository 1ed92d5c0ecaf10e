//! The erasure ledger: a file apart from the database, in which an erasure stands before it is done.
//!
//! A line is on the disk before the erasure commits, so that whoever restores a backup learns who was erased
//! since. It holds ids, never names.

use lintel_core::ids::PersonId;
use lintel_core::sign::Purpose;
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};

use crate::ledger::{Entry, Ledger};

/// The ledger of who was erased.
pub type ErasureLedger = Ledger<Erased>;

/// One erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Who, by an id that names nobody any more.
    pub person_id: PersonId,
    /// When it was decided.
    pub at: UtcMillis,
}

impl Entry for Erased {
    const FILE_NAME: &'static str = "erasures.log";
    const WHAT: &'static str = "erasure ledger";
    const PURPOSE: Purpose = Purpose::Erasure;
    const TAG: &'static [u8] = b"lintel.erasure.v1\0";
    type Key = PersonId;

    fn key(&self) -> PersonId {
        self.person_id
    }

    fn hashed(&self) -> Vec<u8> {
        [self.person_id.as_uuid().as_bytes().as_slice(), &self.at.as_i64().to_be_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use lintel_core::seal::FernetRing;
    use lintel_core::sign::SigningKey;

    use super::*;
    use crate::ledger::{LedgerError, LedgerHead, Lines};
    use crate::vault::CentralKeys;

    fn keys(seed: u8) -> Arc<CentralKeys> {
        let ring = || FernetRing::parse(&FernetRing::generate_key()).unwrap();
        let badge = crate::badges::BadgeKeys::new(SigningKey::from_seed(&[seed; 32]));
        Arc::new(CentralKeys { ack: SigningKey::from_seed(&[seed; 32]), badge, face: ring(), data: ring() })
    }

    fn erased(n: u8) -> Erased {
        Erased {
            person_id: PersonId::new(UtcMillis::from_i64(1), &[n; 10]),
            at: UtcMillis::from_i64(n.into()),
        }
    }

    fn ledger(dir: &Path) -> ErasureLedger {
        ErasureLedger::new(dir.join(Erased::FILE_NAME), Some(dir.join("backups")), keys(7))
    }

    #[test]
    fn what_was_appended_is_read_back_in_order_and_once() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        assert_eq!(ledger.read().unwrap(), Lines::NONE);
        let first = ledger.append(&[erased(1), erased(2)]).unwrap();
        let second = ledger.append(&[erased(2), erased(3)]).unwrap();
        let lines = ledger.read().unwrap();
        assert_eq!(lines.entries, [erased(1), erased(2), erased(3)]);
        assert_eq!((lines.head, second.lines), (second, 3));
        assert!(lines.continues(&first) && !lines.continues(&LedgerHead { lines: 4, ..second }));
        assert!(!lines.continues(&LedgerHead { lines: 2, ..second }));
    }

    #[test]
    fn a_ledger_that_an_earlier_version_wrote_is_read_as_it_was_meant() {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, keys, one) = (ledger(dir.path()), keys(7), erased(1));
        let mut bytes = b"lintel.erasure.v1\0".to_vec();
        bytes.extend_from_slice(&[0; 32]);
        bytes.extend_from_slice(&1_u64.to_be_bytes());
        bytes.extend_from_slice(one.person_id.as_uuid().as_bytes());
        bytes.extend_from_slice(&one.at.as_i64().to_be_bytes());
        let hash = lintel_core::chain::Hash::of(&bytes);
        let (key_id, sig) =
            (keys.ack.verifying_key().key_id(), keys.ack.sign(Purpose::Erasure, hash.to_string().as_bytes()));
        let line = format!(
            r#"{{"n":1,"person_id":"{}","at":{},"hash":"{hash}","key_id":"{key_id}","sig":"{sig}"}}"#,
            one.person_id,
            one.at.as_i64()
        );
        std::fs::write(ledger.path(), format!("{line}\n")).unwrap();
        assert_eq!(ledger.read().unwrap().entries, [one]);
        // And what is written now is what was written then.
        std::fs::remove_file(ledger.path()).unwrap();
        ledger.append(&[one]).unwrap();
        assert_eq!(std::fs::read_to_string(ledger.path()).unwrap(), format!("{line}\n"));
    }

    #[test]
    fn a_line_that_a_power_cut_tore_is_written_anew() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        ledger.append(&[erased(1)]).unwrap();
        let mut bytes = std::fs::read(ledger.path()).unwrap();
        bytes.extend_from_slice(b"{\"n\":2,\"person");
        std::fs::write(ledger.path(), bytes).unwrap();
        assert_eq!(ledger.read().unwrap().entries, [erased(1)]);
        ledger.append(&[erased(2)]).unwrap();
        assert_eq!(ledger.read().unwrap().entries, [erased(1), erased(2)]);
    }

    #[test]
    fn an_altered_a_missing_and_a_foreign_line_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        ledger.append(&[erased(1), erased(2), erased(3)]).unwrap();
        let text = std::fs::read_to_string(ledger.path()).unwrap();
        let refused = |text: &str| {
            std::fs::write(ledger.path(), text).unwrap();
            ledger.read().unwrap_err().to_string()
        };
        let id = erased(2).person_id.to_string();
        assert!(refused(&text.replace(&id, &erased(9).person_id.to_string())).contains("line 2"));
        let without_second: Vec<&str> = text.lines().filter(|line| !line.contains(&id)).collect();
        assert!(refused(&format!("{}\n", without_second.join("\n"))).contains("line 2"));
        std::fs::write(ledger.path(), &text).unwrap();
        let other = ErasureLedger::new(ledger.path().to_owned(), None, keys(8));
        assert!(matches!(other.read(), Err(LedgerError::Foreign { line: 1, .. })));
    }

    #[test]
    fn the_copy_beside_the_backups_follows_and_a_longer_one_stays() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path());
        let backups = dir.path().join("backups");
        std::fs::create_dir(&backups).unwrap();
        ledger.append(&[erased(1)]).unwrap();
        ledger.append(&[erased(2)]).unwrap();
        assert_eq!(ledger.read_at(&backups.join(Erased::FILE_NAME)).unwrap(), ledger.read().unwrap());
        std::fs::remove_file(ledger.path()).unwrap();
        ledger.copy_to(&backups).unwrap();
        assert_eq!(ledger.read_at(&backups.join(Erased::FILE_NAME)).unwrap().head.lines, 2);
    }
}
