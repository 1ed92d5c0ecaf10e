//! Patience with wrong join codes: each address may be wrong a few times, then it waits, longer each time.
//!
//! A token has 128 random bits and can't be guessed; this keeps guessers from costing anything. It lives in
//! the process: another replica counts for itself, which is still far too few.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use lintel_core::time::UtcMillis;

/// Wrong codes that cost nothing: a person mistypes.
const FREE: u32 = 5;
/// The first wait, ms; it doubles with each further one.
const FIRST_WAIT_MS: i64 = 1_000;
const LONGEST_WAIT_MS: i64 = 15 * 60 * 1_000;
/// An address that was quiet for so long begins anew, ms.
const FORGET_AFTER_MS: i64 = 3_600_000;
/// Addresses that are remembered; the quietest is forgotten for a new one.
const MOST: usize = 4_096;

#[derive(Debug, Clone, Copy)]
struct Tries {
    wrong: u32,
    last: UtcMillis,
}

/// Wrong codes by address.
#[derive(Debug, Default)]
pub struct JoinGate(Mutex<HashMap<IpAddr, Tries>>);

impl JoinGate {
    /// How many seconds an address still has to wait; None when it may try.
    #[must_use]
    pub fn wait_s(&self, from: IpAddr, now: UtcMillis) -> Option<u64> {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tries = tries.get(&network(from))?;
        let over = tries.wrong.checked_sub(FREE)?;
        let wait_ms = FIRST_WAIT_MS.saturating_mul(1 << over.min(20)).min(LONGEST_WAIT_MS);
        let left_ms = wait_ms - now.millis_since(tries.last);
        u64::try_from(left_ms).ok().filter(|left| *left > 0).map(|left| left.div_ceil(1_000))
    }

    /// Notes a wrong code.
    pub fn note_wrong(&self, from: IpAddr, now: UtcMillis) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, tries| now.millis_since(tries.last) < FORGET_AFTER_MS);
        let from = network(from);
        if all.len() >= MOST && !all.contains_key(&from) {
            let quietest = all.iter().min_by_key(|(_, tries)| tries.last).map(|(address, _)| *address);
            quietest.and_then(|address| all.remove(&address));
        }
        let tries = all.entry(from).or_insert(Tries { wrong: 0, last: now });
        *tries = Tries { wrong: tries.wrong.saturating_add(1), last: now };
    }

    /// Forgets an address that had the right code.
    pub fn note_right(&self, from: IpAddr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&network(from));
    }
}

/// Whoever has one IPv6 address has the whole /64.
fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UtcMillis = UtcMillis::from_i64(1_795_161_600_000);

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    fn wrong(gate: &JoinGate, from: IpAddr, times: u32) {
        (0..times).for_each(|_| gate.note_wrong(from, NOW));
    }

    #[test]
    fn a_few_slips_cost_nothing_and_then_the_wait_doubles_to_a_quarter_of_an_hour() {
        let gate = JoinGate::default();
        wrong(&gate, address(1), FREE - 1);
        assert_eq!(gate.wait_s(address(1), NOW), None);
        for expected in [1, 2, 4, 8] {
            wrong(&gate, address(1), 1);
            assert_eq!(gate.wait_s(address(1), NOW), Some(expected));
        }
        assert_eq!(gate.wait_s(address(1), NOW.plus_millis(8_000)), None, "waited long enough");
        wrong(&gate, address(1), 100);
        assert_eq!(gate.wait_s(address(1), NOW), Some(900));
        assert_eq!(gate.wait_s(address(2), NOW), None, "another address");
    }

    #[test]
    fn the_right_code_and_an_hour_of_quiet_are_forgiving() {
        let gate = JoinGate::default();
        wrong(&gate, address(1), 10);
        gate.note_right(address(1));
        assert_eq!(gate.wait_s(address(1), NOW), None);
        wrong(&gate, address(1), 10);
        gate.note_wrong(address(1), NOW.plus_millis(FORGET_AFTER_MS));
        assert_eq!(gate.wait_s(address(1), NOW.plus_millis(FORGET_AFTER_MS)), None);
    }

    #[test]
    fn a_crowd_of_addresses_takes_no_more_memory_and_a_whole_v6_network_is_one() {
        let gate = JoinGate::default();
        for n in 0..u32::try_from(MOST).unwrap() + 50 {
            gate.note_wrong(IpAddr::from(n.to_be_bytes()), NOW.plus_millis(i64::from(n)));
        }
        assert_eq!(gate.0.lock().unwrap().len(), MOST);
        for host in 1..=FREE {
            gate.note_wrong(format!("2001:db8::{host:x}").parse().unwrap(), NOW);
        }
        assert_eq!(gate.wait_s("2001:db8::ffff".parse().unwrap(), NOW), Some(1));
    }
}
