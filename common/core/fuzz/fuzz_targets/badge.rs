//! The text of a QR code that says it is a badge: refused, or the one spelling of what it holds; never believed
//! without the key.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lintel_core::badge::{Badge, PREFIX, ReadBadge};
use lintel_core::sign::SigningKey;
use lintel_core::time::UtcMillis;

fuzz_target!(|data: &[u8]| {
    let key = SigningKey::from_seed(&[7; 32]);
    let read = |text: &str| {
        if let Ok(read) = ReadBadge::parse(text) {
            let believed = read.verify(&key.verifying_key(), UtcMillis::from_i64(0));
            assert!(believed.is_err(), "believed without the key: {text:?}");
        }
    };
    if let Ok(text) = std::str::from_utf8(data) {
        read(text);
        read(&format!("{PREFIX}{text}"));
    }
    // Any bytes in the right clothes, so that what is inside is reached.
    read(&format!("{PREFIX}{}", base45::encode(data)));

    // A good badge with some of its text replaced.
    if let Some((id, rest)) = data.split_first_chunk::<16>()
        && let Some((at, with)) = rest.split_first()
    {
        let not_after = UtcMillis::from_i64(i64::MAX);
        let badge = Badge { badge_id: lintel_core::ids::BadgeId::random(*id), not_after };
        let good = badge.sign(&key);
        let mut bytes = good.clone().into_bytes();
        for (place, byte) in bytes.iter_mut().skip(usize::from(*at)).zip(with) {
            *place = *byte;
        }
        if let Ok(text) = String::from_utf8(bytes)
            && text != good
        {
            read(&text);
        }
    }
});
