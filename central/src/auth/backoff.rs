//! How long a log-in has to wait after failures: per name, known or not, and per address.
//!
//! An attempt counts as failed before the password is looked at and is taken back when it was right, so
//! that a hundred attempts at once are a hundred attempts. Names and addresses are stored as HMACs under a
//! random key of the day. Nothing here is told whether an account exists.

use std::net::IpAddr;
use std::time::Duration;

use hmac::{Hmac, Mac as _};
use lintel_core::seal::FernetRing;
use lintel_core::time::UtcMillis;
use lintel_runtime::clock::{ClockError, random_bytes};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::store::logins::{self, Counted};
use crate::store::{Db, StoreError, Tx};

/// Failures of one name that cost nothing: the fifth makes the next attempt wait.
pub const FREE_BY_NAME: i64 = 5;
/// The same of one address, behind which a whole office may sit on a Monday morning.
pub const FREE_BY_ADDRESS: i64 = 20;
/// The longest wait.
pub const LONGEST_MS: i64 = 15 * 60 * 1000;
/// After this long without an attempt nothing is held against anybody.
const FORGET_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The back-off couldn't be looked up.
#[derive(Debug, thiserror::Error)]
pub enum BackoffError {
    /// No randomness.
    #[error(transparent)]
    Random(#[from] ClockError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An attempt that may go on; counted as failed until it is forgiven.
#[derive(Debug)]
#[must_use = "an attempt stays counted as failed unless it is forgiven"]
pub struct Attempt {
    name: [u8; 32],
    address: [u8; 32],
}

/// What an attempt has to do.
#[derive(Debug)]
pub enum Begun {
    /// Go on.
    Attempt(Attempt),
    /// Come back after this time.
    Wait(Duration),
}

/// Counts an attempt, unless its name or its address has to wait.
///
/// # Errors
/// [`BackoffError`].
pub async fn begin(
    db: &Db,
    ring: &FernetRing,
    now: UtcMillis,
    folded_name: &str,
    address: Option<IpAddr>,
) -> Result<Begun, BackoffError> {
    let mut tx = db.write().await?;
    let key = key_of_day(&mut tx, ring, now).await?;
    let attempt = Attempt {
        name: subject(&key, b"name", folded_name.as_bytes()),
        address: subject(&key, b"address", &network(address)),
    };
    for (subject, free) in [(&attempt.name, FREE_BY_NAME), (&attempt.address, FREE_BY_ADDRESS)] {
        let (forgotten, longest) = (now.plus_millis(-FORGET_MS), now.plus_millis(LONGEST_MS));
        match logins::count(&mut tx, subject, now, forgotten, longest).await? {
            // Rolled back: a refused attempt counts for neither.
            Counted::WaitUntil(until) => {
                let ms = u64::try_from(until.millis_since(now)).unwrap_or(0);
                return Ok(Begun::Wait(Duration::from_millis(ms)));
            }
            Counted::Attempt(failures) => {
                let wait = wait_ms(failures, free);
                if wait > 0 {
                    logins::update_wait(&mut tx, subject, now.plus_millis(wait)).await?;
                }
            }
        }
    }
    tx.commit().await?;
    Ok(Begun::Attempt(attempt))
}

/// Takes an attempt back because it was right: the name starts afresh, and the address is relieved of what
/// this name had cost it, not of what it did to others.
///
/// # Errors
/// When the database fails.
pub async fn forgive(tx: &mut Tx, attempt: &Attempt) -> Result<(), StoreError> {
    let failures = logins::delete(tx, &attempt.name).await?;
    logins::take_back(tx, &attempt.address, failures, FREE_BY_ADDRESS).await
}

/// The same where nothing else is to be changed.
///
/// # Errors
/// When the database fails.
pub async fn forgive_alone(db: &Db, attempt: &Attempt) -> Result<(), StoreError> {
    let mut tx = db.write().await?;
    forgive(&mut tx, attempt).await?;
    tx.commit().await
}

/// 1 s, 2 s, 4 s … for the first failure that isn't free and those after it.
fn wait_ms(failures: i64, free: i64) -> i64 {
    let over = failures.saturating_sub(free);
    if over < 0 { 0 } else { (1000 << over.min(20)).min(LONGEST_MS) }
}

async fn key_of_day(
    tx: &mut Tx,
    ring: &FernetRing,
    now: UtcMillis,
) -> Result<Zeroizing<Vec<u8>>, BackoffError> {
    let day = now.as_i64().div_euclid(DAY_MS);
    let sealed = match logins::get_key(tx, day).await? {
        Some(sealed) => sealed,
        None => logins::get_or_create_key(tx, day, &ring.seal(&random_bytes::<32>()?)).await?,
    };
    if let Ok(key) = ring.open(&sealed) {
        return Ok(key);
    }
    // Better to forget a day's failures than to let nobody in until midnight.
    log::warn!("the day's log-in key can't be opened, was the data key replaced? A new one is made");
    let key = Zeroizing::new(random_bytes::<32>()?.to_vec());
    logins::replace_key(tx, day, &ring.seal(&key)).await?;
    Ok(key)
}

/// An IPv6 customer has a whole /64 to knock from.
fn network(address: Option<IpAddr>) -> Vec<u8> {
    match address.map(|address| address.to_canonical()) {
        None => Vec::new(),
        Some(IpAddr::V4(address)) => address.octets().to_vec(),
        Some(IpAddr::V6(address)) => address.octets().into_iter().take(8).collect(),
    }
}

fn subject(key: &[u8], kind: &[u8], value: &[u8]) -> [u8; 32] {
    // HMAC takes a key of any length; the error type is there for other MACs.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(kind);
    mac.update(&[0]);
    mac.update(value);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_quarter_of_an_hour() {
        let waits: Vec<_> = (1..=17).map(|failures| wait_ms(failures, FREE_BY_NAME) / 1000).collect();
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        assert_eq!(wait_ms(i64::MAX, FREE_BY_NAME), LONGEST_MS);
        assert_eq!(wait_ms(1_000, FREE_BY_NAME), LONGEST_MS);
    }

    #[test]
    fn neighbours_in_one_ipv6_network_are_one_address() {
        let of = |text: &str| network(Some(text.parse().unwrap()));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn a_name_is_not_an_address_and_another_day_is_another_subject() {
        assert_ne!(subject(b"k", b"name", b"ada"), subject(b"k", b"address", b"ada"));
        assert_ne!(subject(b"k", b"name", b"ada"), subject(b"l", b"name", b"ada"));
    }
}
