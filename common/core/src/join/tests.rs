//! Codes as people handle them.

use proptest::prelude::*;

use super::*;

fn code(host: &str) -> JoinCode {
    JoinCode {
        token: JoinToken::from_bytes(*b"0123456789abcdef"),
        ca: CaFingerprint::of(b"a certificate"),
        issued_at: UtcMillis::from_i64(EPOCH_MS + 1_500_000 * MINUTE_MS),
        address: DoorAddress::new(host, 8443).unwrap(),
    }
}

#[test]
fn the_format_is_this_one() {
    insta::assert_snapshot!(code("lintel.example.org").to_text());
}

#[test]
fn a_code_survives_lower_case_spaces_missing_hyphens_and_look_alikes() {
    let (code, text) = (code("10.0.0.7"), code("10.0.0.7").to_text());
    for typed in [
        text.to_lowercase(),
        text.replace('-', ""),
        format!("  {}\n", text.replace('-', " - ")),
        text.replace('0', "o").replace("-1", "-l").replace("LJ1", "ljI"),
    ] {
        assert_eq!(JoinCode::parse(&typed), Ok(code.clone()), "{typed}");
    }
}

#[test]
fn what_is_no_code_says_what_one_looks_like() {
    let text = code("a").to_text();
    for (typed, expected) in [
        (String::new(), JoinCodeError::NotACode),
        ("https://example.org".into(), JoinCodeError::NotACode),
        ("LJ".into(), JoinCodeError::NotACode),
        (text.replacen("LJ1", "LJ2", 1), JoinCodeError::Version),
        ("LJ1".into(), JoinCodeError::TooShort { groups: 0 }),
        (format!("{text}{}", "0".repeat(512)), JoinCodeError::TooLong),
    ] {
        assert_eq!(JoinCode::parse(&typed).unwrap_err(), expected, "{typed}");
    }
    let wrong = JoinCode::parse("LJ1-00000-00U00-00000").unwrap_err();
    assert_eq!(wrong, JoinCodeError::Character { group: 2, found: 'U' });
}

#[test]
fn a_code_without_its_last_group_is_not_taken_for_a_shorter_one() {
    let text = code("lintel.example.org").to_text();
    let shorter = text.rsplit_once('-').unwrap().0;
    assert_eq!(JoinCode::parse(shorter), Err(JoinCodeError::Checksum));
}

#[test]
fn a_token_is_not_printed() {
    let printed = format!("{:?}", code("a"));
    assert!(!printed.contains("3031") && !printed.contains("48, 49"), "{printed}");
}

fn codes() -> impl Strategy<Value = JoinCode> {
    (any::<[u8; 16]>(), any::<[u8; 16]>(), 0_i64..0xff_ffff, 1_u16.., "[a-z0-9][a-z0-9.-]{0,60}").prop_map(
        |(token, ca, minutes, port, host)| JoinCode {
            token: JoinToken(token),
            ca: CaFingerprint(ca),
            issued_at: UtcMillis::from_i64(EPOCH_MS + minutes * MINUTE_MS),
            address: DoorAddress::new(&host, port).unwrap(),
        },
    )
}

proptest! {
    #[test]
    fn every_code_reads_back(code in codes()) {
        prop_assert_eq!(JoinCode::parse(&code.to_text()), Ok(code));
    }

    #[test]
    fn one_wrong_character_is_pointed_at(code in codes(), at in any::<prop::sample::Index>(), by in 1_usize..32) {
        const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let text = code.to_text();
        let places: Vec<usize> = text.char_indices().skip(4).filter(|(_, c)| *c != '-').map(|(at, _)| at).collect();
        let number = at.index(places.len());
        let place = places[number];
        let was = ALPHABET.find(&text[place..=place]).unwrap();
        let now = (was + by) % 32;
        let mut typed = text.clone();
        typed.replace_range(place..=place, &ALPHABET[now..=now]);
        let expected = JoinCodeError::Mistyped { group: number / 5 + 1, position: number % 5 + 1 };
        prop_assert_eq!(JoinCode::parse(&typed), Err(expected));
    }

    #[test]
    fn swapped_neighbours_are_pointed_at(code in codes(), at in any::<prop::sample::Index>()) {
        let text = code.to_text();
        let mut symbols: Vec<char> = text.chars().skip(4).filter(|c| *c != '-').collect();
        let first = at.index(symbols.len() - 1);
        prop_assume!(symbols[first] != symbols[first + 1]);
        symbols.swap(first, first + 1);
        let typed = format!("LJ1{}", symbols.into_iter().collect::<String>());
        let expected = JoinCodeError::Swapped { group: first / 5 + 1, position: first % 5 + 1 };
        prop_assert_eq!(JoinCode::parse(&typed), Err(expected));
    }

    #[test]
    fn no_text_is_worth_a_panic(text in "\\PC{0,300}", tail in "[0-9A-Za-z -]{0,200}") {
        prop_assert!(JoinCode::parse(&text).is_err());
        let begins_well = format!("LJ1-{tail}");
        prop_assert!(JoinCode::parse(&begins_well).is_err());
    }
}
