//! A join code, typed, pasted or shown to the camera: refused with a place, or read back as it was written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lintel_core::join::{CaFingerprint, DoorAddress, JoinCode, JoinToken};
use lintel_core::time::UtcMillis;

fn read(text: &str) {
    match JoinCode::parse(text) {
        Ok(code) => {
            let again = JoinCode::parse(&code.to_text());
            assert_eq!(again.as_ref(), Ok(&code), "{text:?} reads differently when it is written again");
        }
        Err(error) => assert!(error.to_string().len() < 400, "the answer grows with the question"),
    }
}

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        read(text);
        read(&format!("LJ1-{text}"));
    }
    // A good code, then one with characters replaced: the checksum is otherwise never reached.
    let Some((token, rest)) = data.split_first_chunk::<16>() else { return };
    let Some(([minutes @ .., at], rest)) = rest.split_first_chunk::<4>() else { return };
    let (host, with) = rest.split_at(rest.len().min(24));
    let Ok(host) = std::str::from_utf8(host) else { return };
    let Ok(address) = DoorAddress::new(host, u16::from(*at) + 1) else { return };
    let [a, b, c] = *minutes;
    let issued_at = UtcMillis::from_i64(1_704_067_200_000 + i64::from(u32::from_be_bytes([0, a, b, c])) * 60_000);
    let code = JoinCode { token: JoinToken::from_bytes(*token), ca: CaFingerprint::of(token), issued_at, address };
    let text = code.to_text();
    assert_eq!(JoinCode::parse(&text).as_ref(), Ok(&code));
    let mut bytes = text.into_bytes();
    for (place, byte) in bytes.iter_mut().skip(usize::from(*at)).zip(with) {
        *place = *byte;
    }
    if let Ok(text) = String::from_utf8(bytes) {
        read(&text);
    }
});
