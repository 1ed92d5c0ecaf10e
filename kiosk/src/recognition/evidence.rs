//! Evidence: what several frames of one face say together.
//!
//! One lucky frame never decides. A person is believed when enough independent frames agree on them, each on
//! its own above the threshold and clear of the next person, and their pooled embedding says the same.
//! Embeddings live in here only, and are overwritten when they are dropped.

use std::collections::VecDeque;

use lintel_core::ids::PersonId;
use lintel_core::time::UtcMillis;
use zeroize::Zeroizing;

use super::{Gallery, GalleryMatch, Params};

/// At most this many samples are kept: more of the same face add memory, not evidence.
const KEPT_SAMPLES: usize = 12;

/// What one frame says.
#[derive(Debug)]
struct Sample {
    embedding: Zeroizing<Vec<f32>>,
    weight: f32,
    at_ms: i64,
    found: GalleryMatch,
}

/// What the frames say together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// Nothing yet.
    Open,
    /// This person.
    Person {
        /// Who.
        person: PersonId,
        /// How sure, by the pooled embedding.
        weighed: Weighed,
    },
}

/// The pooled embedding's result.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Weighed {
    /// Similarity to the best person.
    pub score: f32,
    /// Lead over the next person.
    pub margin: f32,
    /// Independent frames that agree with the verdict, or that were compared at all.
    pub frames: u32,
}

/// The samples of one track.
#[derive(Debug, Default)]
pub struct Samples {
    kept: VecDeque<Sample>,
    taken: u32,
    contested: u32,
}

/// How one frame votes.
enum Vote {
    For(PersonId),
    /// Above the threshold, but not clear of the next person.
    Between,
    Nobody,
}

fn vote(found: &GalleryMatch, params: &Params) -> Vote {
    match found.best {
        Some(best) if best.score >= params.match_score => {
            if found.margin() >= params.margin {
                Vote::For(best.person)
            } else {
                Vote::Between
            }
        }
        _ => Vote::Nobody,
    }
}

impl Samples {
    /// Adds what one frame says. A frame that repeats a kept one bit by bit is no new evidence and is
    /// refused: `false`.
    pub fn add(
        &mut self,
        embedding: Zeroizing<Vec<f32>>,
        weight: f32,
        at_ms: i64,
        found: GalleryMatch,
        params: &Params,
    ) -> bool {
        if self.kept.iter().any(|kept| *kept.embedding == *embedding) {
            return false;
        }
        if matches!(vote(&found, params), Vote::Between) {
            self.contested = self.contested.saturating_add(1);
        }
        self.taken = self.taken.saturating_add(1);
        if self.kept.len() >= KEPT_SAMPLES.max(params.frames as usize * 2) {
            self.kept.pop_front();
        }
        self.kept.push_back(Sample { embedding, weight: weight.max(0.01), at_ms, found });
        true
    }

    /// Lets go of samples from before `since_ms`, so that an early mistake is outlived. The newest
    /// `at_least` stay whatever their age: they are the window of a slow camera.
    pub fn forget_before(&mut self, since_ms: i64, at_least: u32) {
        while self.kept.len() > at_least as usize && self.kept.front().is_some_and(|s| s.at_ms < since_ms) {
            self.kept.pop_front();
        }
    }

    /// Independent frames that were compared, over the whole presence.
    #[must_use]
    pub fn taken(&self) -> u32 {
        self.taken
    }

    /// Highest similarity of a face to the kept samples; `None` without any.
    #[must_use]
    pub fn resemblance(&self, embedding: &[f32]) -> Option<f32> {
        self.kept.iter().map(|sample| dot(&sample.embedding, embedding)).max_by(f32::total_cmp)
    }

    /// The verdict of the kept frames.
    #[must_use]
    pub fn verdict(&self, params: &Params, gallery: &impl Gallery, now: UtcMillis) -> Verdict {
        let Some((person, agreeing)) = self.favourite(params) else { return Verdict::Open };
        let against = self.kept.iter().filter(|sample| match vote(&sample.found, params) {
            Vote::For(other) => other != person,
            Vote::Between => true,
            Vote::Nobody => false,
        });
        let against = count(against);
        // Twice as many for as against: two people under one track, or a lookalike, decide nothing.
        if agreeing < params.frames.max(2) || agreeing < against.saturating_mul(2) {
            return Verdict::Open;
        }
        let Some(pooled) = self.pooled() else { return Verdict::Open };
        let found = gallery.nearest(&pooled, now);
        match (found.best, vote(&found, params)) {
            (Some(best), Vote::For(same)) if same == person => Verdict::Person {
                person,
                weighed: Weighed { score: best.score, margin: found.margin(), frames: agreeing },
            },
            _ => Verdict::Open,
        }
    }

    /// Whether enough frames were above the threshold without being clear of the next person, or votes are
    /// split between people.
    #[must_use]
    pub fn is_ambiguous(&self, params: &Params) -> bool {
        let voted = self.kept.iter().filter(|sample| !matches!(vote(&sample.found, params), Vote::Nobody));
        let voted = count(voted);
        let agreeing = self.favourite(params).map_or(0, |(_, agreeing)| agreeing);
        let split = voted.saturating_sub(agreeing);
        voted >= params.frames && (split.saturating_mul(2) > agreeing || self.contested >= params.frames)
    }

    /// Whether some frames matched somebody, though not enough of them.
    #[must_use]
    pub fn is_promising(&self, params: &Params) -> bool {
        self.kept.iter().any(|sample| {
            sample.found.best.is_some_and(|best| best.score >= params.match_score - params.doubt)
        })
    }

    /// What the pooled embedding says, whatever it is worth.
    #[must_use]
    pub fn weighed(&self, gallery: &impl Gallery, now: UtcMillis) -> Weighed {
        let Some(pooled) = self.pooled() else { return Weighed::default() };
        let found = gallery.nearest(&pooled, now);
        Weighed {
            score: found.best.map_or(0.0, |best| best.score),
            margin: found.margin(),
            frames: self.taken,
        }
    }

    /// The person with the most votes, and how many; the earlier id of a tie, so that the order of frames
    /// doesn't matter.
    fn favourite(&self, params: &Params) -> Option<(PersonId, u32)> {
        let mut votes: Vec<(PersonId, u32)> = Vec::new();
        for sample in &self.kept {
            let Vote::For(person) = vote(&sample.found, params) else { continue };
            match votes.iter_mut().find(|(who, _)| *who == person) {
                Some((_, n)) => *n += 1,
                None => votes.push((person, 1)),
            }
        }
        votes.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)))
    }

    /// The quality-weighted mean direction of the kept samples.
    fn pooled(&self) -> Option<Zeroizing<Vec<f32>>> {
        let width = self.kept.front()?.embedding.len();
        let mut sum = Zeroizing::new(vec![0.0_f32; width]);
        for sample in &self.kept {
            for (total, x) in sum.iter_mut().zip(sample.embedding.iter()) {
                *total += x * sample.weight;
            }
        }
        let norm = dot(&sum, &sum).sqrt();
        if !norm.is_finite() || norm <= f32::MIN_POSITIVE {
            return None;
        }
        sum.iter_mut().for_each(|x| *x /= norm);
        Some(sum)
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
