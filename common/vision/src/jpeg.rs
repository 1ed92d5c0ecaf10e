//! What can be told of a JPEG from its markers alone: whether it is whole, whether it brings its tables.
//!
//! Decoders fill the missing part of a cut-off picture with grey and call it decoded; a face that is half
//! grey must not become a template, so completeness is asked here first. It never looks at pixels.

/// What the markers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// a Huffman table stands before the first scan (many webcams leave the standard ones out)
    pub(crate) has_huffman_tables: bool,
    /// an end marker follows the first scan
    pub(crate) complete: bool,
}

/// Reads the markers up to the first scan; `None` when the bytes are not a JPEG or have no scan.
pub(crate) fn layout(data: &[u8]) -> Option<Layout> {
    let mut rest = data.strip_prefix(&[0xFF, 0xD8])?;
    let mut has_huffman_tables = false;
    loop {
        let (&[lead, marker], after) = rest.split_first_chunk::<2>()?;
        match (lead, marker) {
            // fill bytes before a marker
            (0xFF, 0xFF) => {
                rest = rest.get(1..)?;
                continue;
            }
            (0xFF, 0x01 | 0xD0..=0xD7) => {
                rest = after;
                continue;
            }
            (0xFF, _) => {}
            // garbage between segments: decoders skip it, so do we
            _ => {
                rest = rest.get(1..)?;
                continue;
            }
        }
        let (length, _) = after.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let next = after.get(length.max(2)..)?;
        match marker {
            0xC4 => has_huffman_tables = true,
            // Inside a scan every 0xFF of data is followed by 0x00, so an end marker there is a real one.
            0xDA => {
                let complete = next.windows(2).rev().any(|pair| pair == [0xFF, 0xD9]);
                return Some(Layout { has_huffman_tables, complete });
            }
            0xD9 => return None,
            _ => {}
        }
        rest = next;
    }
}

/// The same picture with a segment that tells the decoder to take the standard Huffman tables
/// (`AVI1`, as in Motion-JPEG AVI files, where they are left out by convention).
pub(crate) fn with_standard_tables(data: &[u8]) -> Vec<u8> {
    const AVI1: [u8; 18] = [0xFF, 0xE0, 0, 16, b'A', b'V', b'I', b'1', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut out = Vec::with_capacity(data.len() + AVI1.len());
    let (start, rest) = data.split_at(data.len().min(2));
    out.extend_from_slice(start);
    out.extend_from_slice(&AVI1);
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCAN: [u8; 6] = [0xFF, 0xDA, 0, 2, 1, 2];

    #[test]
    fn a_cut_off_scan_is_incomplete_even_when_a_thumbnail_before_it_is_whole() {
        let mut data = vec![0xFF, 0xD8, 0xFF, 0xE1, 0, 6, 0xFF, 0xD9, 0, 0];
        data.extend(SCAN);
        let cut = Layout { has_huffman_tables: false, complete: false };
        assert_eq!(layout(&data), Some(cut));
        data.extend([0xFF, 0xD9]);
        assert_eq!(layout(&data), Some(Layout { complete: true, ..cut }));
    }

    #[test]
    fn huffman_tables_before_the_scan_are_seen() {
        let mut data = vec![0xFF, 0xD8, 0xFF, 0xC4, 0, 2];
        data.extend(SCAN);
        assert!(layout(&data).unwrap().has_huffman_tables);
    }

    #[test]
    fn bytes_without_a_scan_have_no_layout() {
        for data in [&[][..], &[0xFF], &[0xFF, 0xD8], &[0xFF, 0xD8, 0xFF, 0xD9], b"GIF89a"] {
            assert_eq!(layout(data), None);
        }
    }
}
