//! A quarter of the matrix that says which rows can't be among the nearest.
//!
//! Each row is kept a second time as 8-bit integers, with the length of what that leaves out. By the
//! Cauchy–Schwarz inequality the product of a probe with the row is at most the product with the integers plus
//! that length times the probe's, so a row whose bound stays under the second-best score so far needs no look at
//! the matrix. Nothing is approximate in the answer; only the way to it is shorter.

/// Rows start on a multiple of this many integers.
const LANES: usize = 64;
/// The largest integer in a row, and one bit less than half of 16 in a probe: sums of products stay in 32 bits.
const ROW_MAX: f32 = 127.0;
const PROBE_MAX: i64 = 8191;

/// All rows in 8 bits.
#[derive(Debug, Clone, Default)]
pub(super) struct Sketch {
    dim: usize,
    stride: usize,
    codes: Vec<i8>,
    rows: Vec<Row>,
}

/// What turns a row's integers back into numbers.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// of one integer
    step: f32,
    /// length of (row − step × integers), rounded up
    left_out: f32,
}

/// A probe in 16 bits, with what the bound needs.
#[derive(Debug, Clone, Default)]
pub(super) struct Probe {
    codes: Vec<i16>,
    step: f32,
    length: f32,
    /// length of (probe − step × integers), and of what is rounded away while products are added up
    left_out: f32,
}

impl Sketch {
    /// `rows` are L2-normalised and may be padded beyond `dim` numbers.
    pub(super) fn of<'a>(dim: usize, rows: impl Iterator<Item = &'a [f32]>) -> Sketch {
        let stride = dim.div_ceil(LANES) * LANES;
        let mut sketch = Sketch { dim, stride, ..Sketch::default() };
        for (n, row) in rows.enumerate() {
            let row = row.get(..dim).unwrap_or_default();
            let step = step(row, ROW_MAX);
            sketch.codes.extend(row.iter().map(|x| (x / step).round() as i8));
            let codes = sketch.codes.get(n * stride..).unwrap_or_default();
            let left_out = length_left_out(row, codes.iter().copied().map(f32::from), step);
            sketch.rows.push(Row { step, left_out });
            sketch.codes.resize((n + 1) * stride, 0);
        }
        sketch
    }

    /// Prepares a probe of `dim` numbers.
    pub(super) fn probe(&self, probe: &[f32]) -> Probe {
        let most = i64::from(i32::MAX) / (ROW_MAX as i64 * self.stride.max(1) as i64);
        let step = step(probe, most.clamp(1, PROBE_MAX) as f32);
        let mut codes: Vec<i16> = probe.iter().map(|x| (x / step).round() as i16).collect();
        let length = probe.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt() as f32;
        let left_out = length_left_out(probe, codes.iter().copied().map(f32::from), step);
        // Adding n products of floats errs by at most n times half an epsilon of the factors' lengths
        // (Higham, Accuracy and Stability of Numerical Algorithms, 3.1); the rest of it is for the bound's own.
        let rounding = (self.dim + 8) as f32 * f32::EPSILON * length;
        codes.resize(self.stride, 0);
        Probe { codes, step, length, left_out: left_out + rounding }
    }

    /// For each row a score that its product with the probe doesn't exceed. NaN where there is none.
    #[inline(always)]
    pub(super) fn at_most<'a>(&'a self, probe: &'a Probe) -> impl Iterator<Item = f32> + 'a {
        self.codes.chunks_exact(self.stride.max(1)).zip(&self.rows).map(|(codes, row)| {
            let nearly = product(codes, &probe.codes) as f32 * (row.step * probe.step);
            // The integers' row is at most that much longer than the row itself, which has length 1.
            nearly + row.left_out * probe.length + (1.0 + row.left_out) * probe.left_out
        })
    }
}

/// The step that brings the largest number to `most`; 1 where all are zero.
fn step(numbers: &[f32], most: f32) -> f32 {
    let largest = numbers.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
    let step = largest / most;
    if step > 0.0 { step } else { 1.0 }
}

/// Length of what integers times `step` leave of `numbers`, rounded up.
fn length_left_out(numbers: &[f32], codes: impl Iterator<Item = f32>, step: f32) -> f32 {
    let squares = numbers.iter().zip(codes).map(|(x, code)| {
        let left = f64::from(*x) - f64::from(code) * f64::from(step);
        left * left
    });
    (squares.sum::<f64>().sqrt() as f32).next_up()
}

/// Written so that compilers can make multiply-and-add of 16 bits of it; on x86 they do (`pmaddwd`).
#[inline(always)]
fn product(row: &[i8], probe: &[i16]) -> i32 {
    row.iter().zip(probe).map(|(r, p)| i32::from(*r) * i32::from(*p)).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(mut row: Vec<f32>) -> Vec<f32> {
        let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        row.iter_mut().for_each(|x| *x /= length);
        row
    }

    fn pair() -> impl Strategy<Value = (Vec<f32>, Vec<f32>)> {
        (1usize..300).prop_flat_map(|dim| {
            let row = prop::collection::vec(-1.0f32..1.0, dim).prop_map(|mut row| {
                row[0] += 1.5; // never all zero
                unit(row)
            });
            (row.clone(), row)
        })
    }

    proptest! {
        #[test]
        fn no_score_is_over_its_bound_and_the_bound_is_near((row, probe) in pair()) {
            let sketch = Sketch::of(row.len(), std::iter::once(row.as_slice()));
            let probe_codes = sketch.probe(&probe);
            let bound = sketch.at_most(&probe_codes).next().unwrap();
            let score: f64 = row.iter().zip(&probe).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            prop_assert!(f64::from(bound) >= score, "{bound} {score}");
            // half a step in each place at most, twice: once left out and once allowed for
            let step = f64::from(step(&row, ROW_MAX));
            let most = (row.len() as f64).sqrt() * step + 1e-2;
            prop_assert!(f64::from(bound) - score <= most, "{bound} {score} {most}");
        }
    }

    #[test]
    fn the_largest_sums_stay_in_their_integers() {
        for dim in [1, 256, 4096, 100_000] {
            let row = unit(vec![1.0; dim]);
            let sketch = Sketch::of(dim, std::iter::once(row.as_slice()));
            let bound = sketch.at_most(&sketch.probe(&row)).next().unwrap();
            assert!((1.0..1.2).contains(&bound), "{dim}: {bound}");
        }
    }

    #[test]
    fn a_probe_that_is_no_direction_rules_nothing_out() {
        let row = [1.0_f32, 0.0];
        let sketch = Sketch::of(2, std::iter::once(row.as_slice()));
        for probe in [[f32::NAN, 0.0], [f32::INFINITY, 0.0]] {
            let bound = sketch.at_most(&sketch.probe(&probe)).next().unwrap();
            assert!(!bound.is_finite(), "{bound}");
        }
    }
}
