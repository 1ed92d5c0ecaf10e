//! Who is nearest: exact search over all enrolled templates, in one pass over one block of memory.
//!
//! A door has at most some 100,000 templates of 256 numbers; reading them once takes some milliseconds, so an
//! approximate index would only add errors. The matrix is contiguous, each row L2-normalised and padded to
//! whole cache lines, so the dot product is the cosine. Memory is the limit, so a search first reads a sketch
//! of a quarter of the size, and of the matrix only the rows that the sketch can't rule out: the answer is that
//! of the whole matrix. SIMD comes from `pulp` (chosen at run time, with a portable path), never from this
//! machine's own instructions alone.

mod sketch;

use pulp::{Arch, Simd, WithSimd};
use thiserror::Error;

use self::sketch::{Probe, Sketch};

/// Rows start on this many floats: one 64-byte cache line.
const LINE: usize = 16;

/// The best enrolled template and the best one of anybody else.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TopTwo {
    /// person slot and cosine of the nearest template; `None` for an empty gallery
    pub best: Option<(u32, f32)>,
    /// the same for the nearest template that belongs to another person; `None` when there is none
    pub second_other_person: Option<(u32, f32)>,
}

/// Why templates cannot become an index.
#[derive(Debug, Error, PartialEq)]
pub enum IndexError {
    /// A template has another width than the model pack's embedder gives.
    #[error(
        "template {row} has {found} numbers, the model pack gives {expected}: enrol this person again with this pack"
    )]
    Width {
        /// position in the sequence given
        row: usize,
        /// the pack's width
        expected: usize,
        /// the template's width
        found: usize,
    },
    /// A template with NaN, infinity or no length cannot be compared.
    #[error("template {0} is not usable (not finite, or all zero): enrol this person again")]
    NotComparable(usize),
}

/// All templates of one gallery. Built once, then only read; swap the whole value for a new revision.
#[derive(Debug, Clone)]
pub struct GalleryIndex {
    dim: usize,
    stride: usize,
    start: usize,
    matrix: Vec<f32>,
    sketch: Sketch,
    people: Vec<u32>,
}

impl GalleryIndex {
    /// Copies and normalises `rows`: (slot of the person, template of `dim` numbers). A person may have
    /// several rows, in any order.
    ///
    /// # Errors
    /// [`IndexError`] with the row's position; nothing is left out silently.
    pub fn build<'a>(
        dim: usize,
        rows: impl Iterator<Item = (u32, &'a [f32])>,
    ) -> Result<GalleryIndex, IndexError> {
        let stride = dim.div_ceil(LINE) * LINE;
        let mut people = Vec::new();
        let mut packed: Vec<f32> = Vec::new();
        for (row, (person, template)) in rows.enumerate() {
            if template.len() != dim {
                return Err(IndexError::Width { row, expected: dim, found: template.len() });
            }
            let norm = template.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt() as f32;
            if !norm.is_finite() || norm <= f32::MIN_POSITIVE {
                return Err(IndexError::NotComparable(row));
            }
            packed.extend(template.iter().map(|x| x / norm));
            packed.resize((row + 1) * stride, 0.0);
            people.push(person);
        }
        let sketch = Sketch::of(dim, packed.chunks_exact(stride.max(1)));
        let (matrix, start) = align_to_line(packed);
        Ok(GalleryIndex { dim, stride, start, matrix, sketch, people })
    }

    /// Number of templates.
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Whether nobody is enrolled.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Numbers in a template.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Bytes of all templates as they were enrolled. A search reads about a quarter of that.
    pub fn matrix_bytes(&self) -> usize {
        size_of_val(self.rows())
    }

    fn rows(&self) -> &[f32] {
        let end = self.start + self.people.len() * self.stride;
        self.matrix.get(self.start..end).unwrap_or_default()
    }

    /// Exact nearest template and nearest one of another person, for an L2-normalised `probe` (scores are
    /// cosines then). Of equal scores the earlier row wins. A probe of another width matches nobody: it
    /// comes from another model, so a score would mean nothing.
    pub fn top2(&self, probe: &[f32]) -> TopTwo {
        self.top2_with(Arch::new(), probe)
    }

    /// The same without any SIMD: what machines without it run, and what tests compare with.
    pub fn top2_portable(&self, probe: &[f32]) -> TopTwo {
        self.top2_with(Arch::Scalar, probe)
    }

    fn top2_with(&self, arch: Arch, probe: &[f32]) -> TopTwo {
        if probe.len() != self.dim || self.people.is_empty() {
            return TopTwo::default();
        }
        let mut query = probe.to_vec();
        query.resize(self.stride, 0.0);
        let (query, offset) = align_to_line(query);
        let query = query.get(offset..offset + self.stride).unwrap_or_default();
        let (people, rows) = (self.people.as_slice(), self.rows());
        arch.dispatch(Search { rows, people, query, sketch: &self.sketch, probe: self.sketch.probe(probe) })
    }

    /// Reads the whole matrix once and adds it up, with as many independent sums as keep the memory busy:
    /// the least time that any exact search of it could take. Returns the sum so that nothing is optimised away.
    pub fn read_floor(&self) -> f32 {
        Arch::new().dispatch(Sum(self.rows()))
    }
}

/// Moves `values` so that they start on a cache line; returns the buffer and where they start.
fn align_to_line(values: Vec<f32>) -> (Vec<f32>, usize) {
    let mut aligned: Vec<f32> = Vec::with_capacity(values.len() + LINE);
    let past = aligned.as_ptr() as usize % (LINE * size_of::<f32>());
    let start = (LINE - past / size_of::<f32>()) % LINE;
    aligned.resize(start, 0.0);
    aligned.extend_from_slice(&values);
    (aligned, start)
}

/// The running answer; see [`GalleryIndex::top2`] for what ties do.
struct Best {
    person: u32,
    score: f32,
    other: u32,
    other_score: f32,
}

impl Best {
    const NONE: Best = Best { person: 0, score: f32::NEG_INFINITY, other: 0, other_score: f32::NEG_INFINITY };

    /// Whether a row of `person` with at most this score would leave everything as it is. Not so for NaN.
    #[inline(always)]
    fn is_beyond(&self, person: u32, at_most: f32) -> bool {
        at_most <= self.other_score || (person == self.person && at_most <= self.score)
    }

    #[inline(always)]
    fn take(&mut self, person: u32, score: f32) {
        if score > self.score {
            if person != self.person {
                (self.other, self.other_score) = (self.person, self.score);
            }
            (self.person, self.score) = (person, score);
        } else if score > self.other_score && person != self.person {
            (self.other, self.other_score) = (person, score);
        }
    }

    fn answer(&self) -> TopTwo {
        let some = |person, score: f32| score.is_finite().then_some((person, score));
        TopTwo {
            best: some(self.person, self.score),
            second_other_person: some(self.other, self.other_score),
        }
    }
}

struct Search<'a> {
    rows: &'a [f32],
    people: &'a [u32],
    query: &'a [f32],
    sketch: &'a Sketch,
    probe: Probe,
}

impl WithSimd for Search<'_> {
    type Output = TopTwo;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> TopTwo {
        let (query, _) = S::as_simd_f32s(self.query);
        let mut best = Best::NONE;
        // One row after the other, front to back, as memory likes to be read: four rows side by side
        // took twice as long where the matrix doesn't fit the cache.
        let rows = self.rows.chunks_exact(self.query.len());
        for ((at_most, row), person) in self.sketch.at_most(&self.probe).zip(rows).zip(self.people) {
            if !best.is_beyond(*person, at_most) {
                best.take(*person, dot(simd, row, query));
            }
        }
        best.answer()
    }
}

/// Independent sums in a product: a multiply-add takes four or five cycles, and two can start in each.
const SUMS: usize = 8;

#[inline(always)]
fn dot<S: Simd>(simd: S, row: &[f32], query: &[S::f32s]) -> f32 {
    let (row, row_rest) = S::as_simd_f32s(row).0.as_chunks::<SUMS>();
    let (query, query_rest) = query.as_chunks::<SUMS>();
    let mut sums = [simd.splat_f32s(0.0); SUMS];
    for (row, query) in row.iter().zip(query) {
        for ((sum, r), q) in sums.iter_mut().zip(row).zip(query) {
            *sum = simd.mul_add_f32s(*q, *r, *sum);
        }
    }
    for ((sum, r), q) in sums.iter_mut().zip(row_rest).zip(query_rest) {
        *sum = simd.mul_add_f32s(*q, *r, *sum);
    }
    let [a, b, c, d, e, f, g, h] = sums;
    let add = |x, y| simd.add_f32s(x, y);
    simd.reduce_sum_f32s(add(add(add(a, b), add(c, d)), add(add(e, f), add(g, h))))
}

struct Sum<'a>(&'a [f32]);

impl WithSimd for Sum<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let (values, _) = S::as_simd_f32s(self.0);
        let mut sums = [simd.splat_f32s(0.0); 8];
        let mut eights = values.chunks_exact(8);
        for eight in &mut eights {
            for (sum, value) in sums.iter_mut().zip(eight) {
                *sum = simd.add_f32s(*sum, *value);
            }
        }
        let mut total = simd.splat_f32s(0.0);
        for value in sums.iter().chain(eights.remainder()) {
            total = simd.add_f32s(total, *value);
        }
        simd.reduce_sum_f32s(total)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The obvious way: all scores, sorted.
    fn slow(dim: usize, rows: &[(u32, Vec<f32>)], probe: &[f32]) -> Vec<(u32, f64)> {
        let mut scores: Vec<(u32, f64)> = rows
            .iter()
            .map(|(person, row)| {
                let norm = row.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
                let dot: f64 = (0..dim).map(|i| f64::from(row[i]) / norm * f64::from(probe[i])).sum();
                (*person, dot)
            })
            .collect();
        scores.sort_by(|a, b| b.1.total_cmp(&a.1));
        scores
    }

    type Gallery = (usize, Vec<(u32, Vec<f32>)>, Vec<f32>);

    fn gallery() -> impl Strategy<Value = Gallery> {
        (1usize..70).prop_flat_map(|dim| {
            let row = prop::collection::vec(-1.0f32..1.0, dim).prop_map(|mut row| {
                row[0] += 1.5; // never all zero
                row
            });
            (Just(dim), prop::collection::vec((0u32..6, row.clone()), 0..40), row)
        })
    }

    proptest! {
        #[test]
        fn the_two_best_agree_with_a_sorted_list((dim, rows, probe) in gallery()) {
            let index = GalleryIndex::build(dim, rows.iter().map(|(p, r)| (*p, r.as_slice()))).unwrap();
            let expected = slow(dim, &rows, &probe);
            let best = expected.first().copied();
            for found in [index.top2(&probe), index.top2_portable(&probe)] {
                prop_assert_eq!(found.best.is_some(), best.is_some());
                let (Some((person, score)), Some(best)) = (found.best, best) else { continue };
                prop_assert!((f64::from(score) - best.1).abs() < 1e-4);
                // the best other person, judged from the person that was found (ties may pick either)
                let other = expected.iter().find(|(p, _)| *p != person);
                prop_assert_eq!(found.second_other_person.is_some(), other.is_some());
                if let (Some((second, s)), Some((_, e))) = (found.second_other_person, other) {
                    prop_assert_ne!(second, person);
                    prop_assert!((f64::from(s) - e).abs() < 1e-4);
                }
            }
        }

        #[test]
        fn the_floor_reads_every_number((dim, rows, _) in gallery()) {
            let index = GalleryIndex::build(dim, rows.iter().map(|(p, r)| (*p, r.as_slice()))).unwrap();
            let sum: f32 = index.rows().iter().sum();
            prop_assert!((index.read_floor() - sum).abs() < 1e-3);
            prop_assert_eq!(index.matrix_bytes(), index.len() * dim.div_ceil(16) * 64);
        }
    }

    /// The search as it would be without the sketch.
    struct Whole<'a>(&'a GalleryIndex, &'a [f32]);

    impl WithSimd for Whole<'_> {
        type Output = TopTwo;

        fn with_simd<S: Simd>(self, simd: S) -> TopTwo {
            let mut query = self.1.to_vec();
            query.resize(self.0.stride, 0.0);
            let (query, _) = S::as_simd_f32s(&query);
            let mut best = Best::NONE;
            for (row, person) in self.0.rows().chunks_exact(self.0.stride).zip(&self.0.people) {
                best.take(*person, dot(simd, row, query));
            }
            best.answer()
        }
    }

    proptest! {
        // Many rows within a hair of each other: what a sketch of 8 bits could most easily get wrong.
        #[test]
        fn the_sketch_changes_no_answer(
            dim in 1usize..300,
            seed in prop::collection::vec(-1.0f32..1.0, 300),
            rows in prop::collection::vec((0u32..4, 0usize..300, -0.02f32..0.02), 0..60),
        ) {
            let mut probe: Vec<f32> = seed[..dim].to_vec();
            probe[0] += 1.5;
            let length = probe.iter().map(|x| x * x).sum::<f32>().sqrt();
            probe.iter_mut().for_each(|x| *x /= length);
            let rows: Vec<(u32, Vec<f32>)> = rows
                .into_iter()
                .map(|(person, place, change)| {
                    let mut row = probe.clone();
                    row[place % dim] += change;
                    (person, row)
                })
                .collect();
            let index = GalleryIndex::build(dim, rows.iter().map(|(p, r)| (*p, r.as_slice()))).unwrap();
            prop_assert_eq!(index.top2(&probe), Arch::new().dispatch(Whole(&index, &probe)));
            prop_assert_eq!(index.top2_portable(&probe), Arch::Scalar.dispatch(Whole(&index, &probe)));
        }
    }

    #[test]
    fn of_equal_scores_the_earlier_row_wins() {
        let rows: [(u32, &[f32]); 3] = [(7, &[1.0, 0.0]), (8, &[1.0, 0.0]), (9, &[1.0, 0.0])];
        let index = GalleryIndex::build(2, rows.into_iter()).unwrap();
        let top = index.top2(&[1.0, 0.0]);
        assert_eq!(top.best, Some((7, 1.0)));
        assert_eq!(top.second_other_person, Some((8, 1.0)));
    }

    #[test]
    fn a_probe_of_another_model_or_with_nan_matches_nobody() {
        let index = GalleryIndex::build(2, [(1, [1.0f32, 0.0].as_slice())].into_iter()).unwrap();
        assert_eq!(index.top2(&[1.0, 0.0, 0.0]), TopTwo::default());
        assert_eq!(index.top2(&[f32::NAN, 0.0]), TopTwo::default());
    }

    #[test]
    fn templates_that_cannot_be_compared_are_named() {
        let zero = GalleryIndex::build(2, [(1, [0.0f32, 0.0].as_slice())].into_iter());
        assert_eq!(zero.unwrap_err(), IndexError::NotComparable(0));
        let wide = GalleryIndex::build(2, [(1, [0.0f32; 3].as_slice())].into_iter());
        assert_eq!(wide.unwrap_err(), IndexError::Width { row: 0, expected: 2, found: 3 });
    }
}
