//! The gallery in memory: whose face and whose badge the door knows at this moment, ready to be searched.
//!
//! One value, built off the recognition thread and swapped in whole, so that a frame is always compared
//! with one revision. It never changes after it is built and never prints a template.

use lintel_core::gallery::GalleryPerson;
use lintel_core::ids::PersonId;
use lintel_core::time::UtcMillis;
use lintel_vision::{GalleryIndex, IndexError};

use crate::badge::BadgeBook;
use crate::recognition::{Gallery, GalleryMatch, Nearest};

/// What the door knows of a person besides their face.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// What may be shown on recognising them; may be empty.
    pub display_name: String,
    /// From this instant on they must not be matched.
    pub not_after: Option<UtcMillis>,
}

/// One revision of a gallery.
#[derive(Debug, Clone)]
pub struct GalleryView {
    /// `None`: a gallery of nobody.
    index: Option<GalleryIndex>,
    people: Vec<Person>,
    badges: BadgeBook,
    revision: i64,
    model_pack: String,
    zone: String,
}

/// The gallery that is searched now: `load()` for a frame, `store(Arc::new(view))` for a new revision.
pub type SharedGallery = std::sync::Arc<arc_swap::ArcSwap<GalleryView>>;

/// What a view is made from besides its people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GalleryHead {
    /// Revision at the centre; 0: never synced.
    pub revision: i64,
    /// The pack that made the templates.
    pub model_pack: String,
    /// IANA name of the site's zone.
    pub zone: String,
    /// Numbers in a template of that pack.
    pub width: usize,
}

impl GalleryView {
    /// A gallery without people, for a door that hasn't synced.
    #[must_use]
    pub fn empty(head: GalleryHead) -> Self {
        let GalleryHead { revision, model_pack, zone, .. } = head;
        Self { index: None, people: Vec::new(), badges: BadgeBook::default(), revision, model_pack, zone }
    }

    /// Builds the matrix and the list of badges. People with neither templates nor a badge, or whose time is
    /// over at `now`, are left out; build again at [`GalleryView::next_expiry`]. `badge_keys` are the public
    /// keys that sign badges, base64.
    ///
    /// # Errors
    /// [`IndexError`] when a template doesn't belong to the pack or isn't a direction.
    pub fn build<'a>(
        head: GalleryHead,
        people: impl IntoIterator<Item = &'a GalleryPerson>,
        badge_keys: &[String],
        now: UtcMillis,
    ) -> Result<Self, IndexError> {
        let mut kept = Vec::new();
        let mut with_badge = Vec::new();
        let mut rows: Vec<(u32, &[f32])> = Vec::new();
        for person in people {
            let over = person.not_after.is_some_and(|end| end <= now);
            if over || (person.templates.is_empty() && person.badges.is_empty()) {
                continue;
            }
            with_badge.push(person);
            let slot = u32::try_from(kept.len()).unwrap_or(u32::MAX);
            rows.extend(person.templates.iter().map(|template| (slot, template.embedding.as_slice())));
            kept.push(Person {
                id: person.person_id,
                display_name: person.display_name.clone(),
                not_after: person.not_after,
            });
        }
        let index = GalleryIndex::build(head.width, rows.into_iter())?;
        let GalleryHead { revision, model_pack, zone, .. } = head;
        let badges = BadgeBook::build(badge_keys, with_badge);
        Ok(Self { index: Some(index), people: kept, badges, revision, model_pack, zone })
    }

    /// Revision at the centre.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// The pack that made the templates.
    #[must_use]
    pub fn model_pack(&self) -> &str {
        &self.model_pack
    }

    /// IANA name of the site's zone.
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// The badges that are good here.
    #[must_use]
    pub fn badges(&self) -> &BadgeBook {
        &self.badges
    }

    /// Everybody who is known here, by face or by badge.
    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Number of templates.
    #[must_use]
    pub fn templates(&self) -> usize {
        self.index.as_ref().map_or(0, GalleryIndex::len)
    }

    /// Bytes of all templates; a search reads about a quarter of that.
    #[must_use]
    pub fn matrix_bytes(&self) -> usize {
        self.index.as_ref().map_or(0, GalleryIndex::matrix_bytes)
    }

    /// The name to show for a person; empty when unknown here.
    #[must_use]
    pub fn name_of(&self, person: PersonId) -> &str {
        self.people.iter().find(|known| known.id == person).map_or("", |known| &known.display_name)
    }

    /// The next instant at which somebody's time is over.
    #[must_use]
    pub fn next_expiry(&self) -> Option<UtcMillis> {
        self.people.iter().filter_map(|person| person.not_after).min()
    }

    fn person(&self, slot: u32) -> Option<&Person> {
        self.people.get(usize::try_from(slot).ok()?)
    }
}

impl Gallery for GalleryView {
    fn revision(&self) -> i64 {
        self.revision
    }

    fn nearest(&self, probe: &[f32], now: UtcMillis) -> GalleryMatch {
        let Some(index) = &self.index else { return GalleryMatch::default() };
        let top = index.top2(probe);
        let nearest = |found: Option<(u32, f32)>| {
            let (slot, score) = found?;
            Some(Nearest { person: self.person(slot)?.id, score })
        };
        let over = |found: Option<(u32, f32)>| {
            let person = found.and_then(|(slot, _)| self.person(slot));
            person.and_then(|person| person.not_after).is_some_and(|end| end <= now)
        };
        // Until the view is built anew, a person whose time is over shadows the next one: nobody is matched,
        // rather than somebody else.
        if over(top.best) {
            return GalleryMatch::default();
        }
        GalleryMatch { best: nearest(top.best), next_person: nearest(top.second_other_person) }
    }
}

#[cfg(test)]
mod tests {
    use lintel_core::embedding::Embedding;
    use lintel_core::gallery::{GalleryBadge, GalleryTemplate};
    use lintel_core::ids::{BadgeId, TemplateId};

    use super::*;

    fn id(n: u8) -> PersonId {
        PersonId::new(UtcMillis::from_i64(1), &[n; 10])
    }

    fn person(n: u8, raw: &[&[f32]], not_after: Option<i64>) -> GalleryPerson {
        let template = |row: &&[f32]| GalleryTemplate {
            template_id: TemplateId::new(UtcMillis::from_i64(1), &[n; 10]),
            embedding: Embedding::normalise(row.to_vec()).unwrap(),
        };
        GalleryPerson {
            person_id: id(n),
            display_name: format!("P{n}"),
            not_after: not_after.map(UtcMillis::from_i64),
            templates: raw.iter().map(template).collect(),
            badges: Vec::new(),
        }
    }

    fn head() -> GalleryHead {
        GalleryHead { revision: 7, model_pack: "lintel-1".into(), zone: "UTC".into(), width: 3 }
    }

    #[test]
    fn the_next_person_is_another_one_and_not_another_photo() {
        let people =
            [person(1, &[&[1.0, 0.0, 0.0], &[0.9, 0.1, 0.0]], None), person(2, &[&[0.0, 1.0, 0.0]], None)];
        let view = GalleryView::build(head(), &people, &[], UtcMillis::from_i64(0)).unwrap();
        let found = view.nearest(&[1.0, 0.0, 0.0], UtcMillis::from_i64(0));
        assert_eq!(found.best.unwrap().person, id(1));
        assert_eq!(found.next_person.unwrap().person, id(2));
        assert_eq!((view.templates(), view.revision(), view.name_of(id(2))), (3, 7, "P2"));
    }

    #[test]
    fn a_person_whose_time_is_over_is_not_matched_before_or_after_the_view_is_built_anew() {
        let people = [person(1, &[&[1.0, 0.0, 0.0]], Some(100)), person(2, &[&[0.0, 1.0, 0.0]], None)];
        let probe = [1.0, 0.0, 0.0];
        let early = GalleryView::build(head(), &people, &[], UtcMillis::from_i64(0)).unwrap();
        assert_eq!(early.next_expiry(), Some(UtcMillis::from_i64(100)));
        assert_eq!(early.nearest(&probe, UtcMillis::from_i64(99)).best.unwrap().person, id(1));
        assert_eq!(early.nearest(&probe, UtcMillis::from_i64(100)), GalleryMatch::default());
        let late = GalleryView::build(head(), &people, &[], UtcMillis::from_i64(100)).unwrap();
        assert_eq!(late.people().len(), 1);
        assert_eq!(late.nearest(&probe, UtcMillis::from_i64(100)).best.unwrap().person, id(2));
    }

    #[test]
    fn somebody_with_a_badge_alone_is_known_by_name_and_never_by_face() {
        let badge = GalleryBadge { badge_id: BadgeId::random([1; 16]), not_after: UtcMillis::from_i64(900) };
        let without_face = GalleryPerson { badges: vec![badge], ..person(1, &[], None) };
        let people = [without_face, person(2, &[&[0.0, 1.0, 0.0]], None), person(3, &[], None)];
        let view = GalleryView::build(head(), &people, &[], UtcMillis::from_i64(0)).unwrap();
        assert_eq!((view.people().len(), view.templates(), view.badges().len()), (2, 1, 1));
        assert_eq!(view.name_of(id(1)), "P1");
        assert_eq!(view.nearest(&[0.0, 1.0, 0.0], UtcMillis::from_i64(0)).best.unwrap().person, id(2));
        let over = GalleryPerson { not_after: Some(UtcMillis::from_i64(5)), ..people[0].clone() };
        let view = GalleryView::build(head(), &[over], &[], UtcMillis::from_i64(5)).unwrap();
        assert!(view.badges().is_empty() && view.people().is_empty());
    }

    #[test]
    fn an_empty_gallery_matches_nobody_and_another_packs_template_is_refused() {
        let view = GalleryView::empty(head());
        assert_eq!(view.nearest(&[1.0, 0.0, 0.0], UtcMillis::from_i64(0)), GalleryMatch::default());
        let people = [person(1, &[&[1.0, 0.0]], None)];
        assert!(GalleryView::build(head(), &people, &[], UtcMillis::from_i64(0)).is_err());
    }
}
