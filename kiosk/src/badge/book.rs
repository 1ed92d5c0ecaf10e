//! Which badges are good at this door: the centre's list and the keys that sign cards.

use std::collections::HashMap;
use std::fmt;

use lintel_core::badge::{BadgeError, BadgeKeyId, ReadBadge};
use lintel_core::gallery::GalleryPerson;
use lintel_core::ids::{BadgeId, PersonId};
use lintel_core::sign::VerifyingKey;
use lintel_core::time::UtcMillis;

use super::Refusal;

#[derive(Debug, Clone, Copy)]
struct Entry {
    person: PersonId,
    not_after: UtcMillis,
}

/// One revision of the list. Built with the gallery and swapped in with it.
#[derive(Clone, Default)]
pub struct BadgeBook {
    keys: HashMap<BadgeKeyId, VerifyingKey>,
    badges: HashMap<BadgeId, Entry>,
}

impl BadgeBook {
    /// The badges of these people, believed when one of these keys (base64) signed them.
    #[must_use]
    pub fn build<'p>(keys: &[String], people: impl IntoIterator<Item = &'p GalleryPerson>) -> Self {
        let mut book = Self::default();
        for text in keys {
            match VerifyingKey::parse(text) {
                Ok(key) => drop(book.keys.insert(BadgeKeyId::of(&key), key)),
                // One key of a newer kind must not take the others with it.
                Err(error) => log::warn!("error" = error.to_string().as_str(); "a badge key can't be used"),
            }
        }
        for person in people {
            let entry = |not_after| Entry { person: person.person_id, not_after };
            book.badges.extend(person.badges.iter().map(|badge| (badge.badge_id, entry(badge.not_after))));
        }
        book
    }

    /// How many badges are good.
    #[must_use]
    pub fn len(&self) -> usize {
        self.badges.len()
    }

    /// Whether no badge is good here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.badges.is_empty()
    }

    /// Whose badge a code's text is.
    ///
    /// # Errors
    /// [`Refusal`]; nothing of the text is believed before its signature was.
    pub fn holder(&self, text: &str, now: UtcMillis) -> Result<PersonId, Refusal> {
        let read = ReadBadge::parse(text)?;
        let key = self.keys.get(&read.key_id()).ok_or(BadgeError::UnknownKey)?;
        let badge = read.verify(key, now)?;
        let entry = self.badges.get(&badge.badge_id).ok_or(Refusal::NotListed)?;
        // The list may end a badge earlier than its card says.
        if entry.not_after <= now {
            return Err(BadgeError::Expired.into());
        }
        Ok(entry.person)
    }
}

impl fmt::Debug for BadgeBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BadgeBook({} badges, {} keys)", self.badges.len(), self.keys.len())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use lintel_core::badge::Badge;
    use lintel_core::gallery::GalleryBadge;
    use lintel_core::sign::SigningKey;

    use super::*;

    pub(crate) const NOW: UtcMillis = UtcMillis::from_i64(1_000_000);

    pub(crate) fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32])
    }

    pub(crate) fn holder(n: u8) -> PersonId {
        PersonId::new(UtcMillis::from_i64(1), &[n; 10])
    }

    fn badge(n: u8, not_after: UtcMillis) -> Badge {
        Badge { badge_id: BadgeId::random([n; 16]), not_after }
    }

    /// The card of person `n`.
    pub(crate) fn card(n: u8) -> String {
        badge(n, NOW.plus_millis(60_000)).sign(&key(1))
    }

    /// A list with the badges of these people, that believes key 1.
    pub(crate) fn book(people: &[u8]) -> BadgeBook {
        let person = |n: &u8| GalleryPerson {
            person_id: holder(*n),
            display_name: String::new(),
            not_after: None,
            templates: Vec::new(),
            badges: vec![GalleryBadge {
                badge_id: BadgeId::random([*n; 16]),
                not_after: NOW.plus_millis(60_000),
            }],
        };
        let people: Vec<_> = people.iter().map(person).collect();
        let keys = ["no key".to_owned(), key(1).verifying_key().to_text()];
        BadgeBook::build(&keys, &people)
    }

    #[test]
    fn a_good_badge_is_its_holder_s_and_every_other_code_has_its_reason() {
        let book = book(&[1, 2]);
        assert_eq!(book.len(), 2);
        assert_eq!(book.holder(&card(2), NOW), Ok(holder(2)));
        let refused = |text: &str| book.holder(text, NOW).unwrap_err().code();
        assert_eq!(refused("https://example.org"), "not_a_badge");
        assert_eq!(refused("LB1 hello"), "badge_malformed");
        assert_eq!(refused(&badge(1, NOW.plus_millis(9)).sign(&key(2))), "badge_unknown_key");
        assert_eq!(refused(&card(3)), "badge_not_listed");
        assert_eq!(refused(&badge(1, NOW).sign(&key(1))), "badge_expired");
        let mut altered = card(1);
        altered.replace_range(40..41, if &altered[40..41] == "A" { "B" } else { "A" });
        assert!(
            ["badge_wrong_signature", "badge_malformed", "badge_unknown_key"].contains(&refused(&altered))
        );
    }

    #[test]
    fn the_list_may_end_a_badge_before_its_card_does() {
        let longer = badge(1, NOW.plus_millis(600_000)).sign(&key(1));
        assert_eq!(book(&[1]).holder(&longer, NOW), Ok(holder(1)));
        let late = book(&[1]).holder(&longer, NOW.plus_millis(60_000));
        assert_eq!(late, Err(BadgeError::Expired.into()));
    }

    #[test]
    fn an_empty_list_knows_nobody_and_prints_no_badge() {
        assert_eq!(BadgeBook::default().holder(&card(1), NOW), Err(BadgeError::UnknownKey.into()));
        assert!(book(&[]).is_empty());
        assert_eq!(format!("{:?}", book(&[1])), "BadgeBook(1 badges, 1 keys)");
    }
}
