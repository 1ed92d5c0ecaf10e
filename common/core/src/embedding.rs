//! A face as numbers: unit length, finite, of the pack's width.

use serde::{Deserialize, Serialize};

use crate::limits::MAX_EMBEDDING_WIDTH;

/// An L2-normalised embedding. Two of the same pack are compared by their dot product (cosine).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Embedding(Vec<f32>);

/// Why numbers are not an embedding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmbeddingError {
    /// Empty or too wide.
    #[error("an embedding has 1 to {MAX_EMBEDDING_WIDTH} numbers, not {0}")]
    Width(usize),
    /// Not of the pack's width.
    #[error("this model pack's embeddings have {expected} numbers, not {found}")]
    WrongPack {
        /// The pack's width.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// NaN, infinite, or no direction at all.
    #[error("an embedding must be finite and not zero")]
    NotFinite,
    /// A byte string that is not a sequence of f32.
    #[error("{0} bytes are no sequence of 32-bit numbers")]
    Bytes(usize),
}

impl Embedding {
    /// Normalises raw model output.
    ///
    /// # Errors
    /// When the vector is empty, too wide, not finite or zero.
    pub fn normalise(mut raw: Vec<f32>) -> Result<Self, EmbeddingError> {
        if raw.is_empty() || raw.len() > MAX_EMBEDDING_WIDTH {
            return Err(EmbeddingError::Width(raw.len()));
        }
        let norm = raw.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        if !norm.is_finite() || norm < 1e-12 {
            return Err(EmbeddingError::NotFinite);
        }
        #[expect(clippy::cast_possible_truncation, reason = "a unit vector's components fit f32")]
        raw.iter_mut().for_each(|x| *x = (f64::from(*x) / norm) as f32);
        Ok(Self(raw))
    }

    /// Refuses an embedding that another pack made.
    ///
    /// # Errors
    /// [`EmbeddingError::WrongPack`].
    pub fn expect_width(self, expected: usize) -> Result<Self, EmbeddingError> {
        if self.0.len() == expected {
            Ok(self)
        } else {
            Err(EmbeddingError::WrongPack { expected, found: self.0.len() })
        }
    }

    /// The numbers.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// Cosine similarity (−1 to 1). Embeddings of different widths have nothing in common: 0.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> f32 {
        if self.0.len() != other.0.len() {
            return 0.0;
        }
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }

    /// Little-endian f32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|x| x.to_le_bytes()).collect()
    }

    /// Reads [`Self::to_bytes`] back and normalises again.
    ///
    /// # Errors
    /// When the bytes are no embedding.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EmbeddingError> {
        if !bytes.len().is_multiple_of(4) {
            return Err(EmbeddingError::Bytes(bytes.len()));
        }
        let numbers =
            bytes.chunks_exact(4).filter_map(|four| four.try_into().ok().map(f32::from_le_bytes)).collect();
        Self::normalise(numbers)
    }
}

/// Never prints the numbers: they are biometric data.
impl std::fmt::Debug for Embedding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Embedding({} numbers)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn zero_nan_and_empty_are_refused() {
        for bad in [vec![], vec![0.0; 4], vec![f32::NAN, 1.0], vec![f32::INFINITY], vec![0.1; 4096]] {
            assert!(Embedding::normalise(bad).is_err());
        }
        assert!(Embedding::from_bytes(&[1, 2, 3]).is_err());
    }

    proptest! {
        #[test]
        fn bytes_read_back_and_length_is_one(raw in prop::collection::vec(-10.0_f32..10.0, 1..300)) {
            prop_assume!(raw.iter().any(|x| x.abs() > 1e-3));
            let one = Embedding::normalise(raw).unwrap();
            let back = Embedding::from_bytes(&one.to_bytes()).unwrap();
            prop_assert!((one.cosine(&back) - 1.0).abs() < 1e-5);
        }
    }
}
