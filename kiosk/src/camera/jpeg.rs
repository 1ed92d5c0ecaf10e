//! Where a JPEG ends.
//!
//! A driver's `bytesused` says at most how far a buffer was filled: some pad it, some count the whole of it, some
//! say nothing. Within that the markers say where the picture ends. It never decodes anything.

/// The part of a buffer that the driver says it has filled; all of it when it says nothing. What stands behind is
/// of an earlier frame, and would complete one that was cut on its way.
#[must_use]
pub fn filled(buffer: &[u8], used: usize) -> &[u8] {
    if used == 0 { buffer } else { buffer.get(..used).unwrap_or(buffer) }
}

/// The picture at the start of `data`, without what stands behind its end marker. `None` when there is no
/// start marker, or no end: half a picture is no picture.
#[must_use]
pub fn trim(data: &[u8]) -> Option<&[u8]> {
    if !data.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return None;
    }
    let end = data.windows(2).rposition(|pair| pair == [0xFF, 0xD9])?;
    let whole = data.get(..end + 2)?;
    // Without a scan it is a header with an end: nothing to decode.
    whole.windows(2).any(|pair| pair == [0xFF, 0xDA]).then_some(whole)
}

/// Width and height in px from the frame header, without decoding.
#[must_use]
pub fn size(data: &[u8]) -> Option<(u32, u32)> {
    let mut rest = data.strip_prefix(&[0xFF, 0xD8])?;
    loop {
        let (&[lead, marker], after) = rest.split_first_chunk::<2>()?;
        if lead != 0xFF || marker == 0xFF {
            rest = rest.get(1..)?;
            continue;
        }
        if matches!(marker, 0x01 | 0xD0..=0xD7) {
            rest = after;
            continue;
        }
        let (length, segment) = after.split_first_chunk::<2>()?;
        // Start-of-frame markers; C4, C8 and CC are tables and reserved.
        if matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC) {
            let (&[_, high, low, wide, narrow], _) = segment.split_first_chunk::<5>()?;
            let height = u32::from(u16::from_be_bytes([high, low]));
            let width = u32::from(u16::from_be_bytes([wide, narrow]));
            return (width > 0 && height > 0).then_some((width, height));
        }
        if matches!(marker, 0xD9 | 0xDA) {
            return None;
        }
        rest = after.get(usize::from(u16::from_be_bytes(*length)).max(2)..)?;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn padding_behind_the_end_is_cut_and_half_a_picture_is_none() {
        let whole = [0xFF, 0xD8, 0xFF, 0xDA, 0, 2, 9, 9, 0xFF, 0xD9];
        let padded = [whole.as_slice(), &[0; 30]].concat();
        assert_eq!(trim(&padded), Some(whole.as_slice()));
        assert_eq!(trim(&whole[..9]), None);
        assert_eq!(trim(&[0xFF, 0xD8, 0xFF, 0xD9]), None);
        assert_eq!(trim(b""), None);
    }

    #[test]
    fn half_a_frame_is_not_completed_by_the_tail_of_an_earlier_one() {
        let earlier = [0xFF, 0xD8, 0xFF, 0xDA, 0, 2, 9, 9, 9, 9, 0xFF, 0xD9];
        let mut buffer = earlier;
        buffer[6..8].copy_from_slice(&[5, 5]);
        assert!(trim(&buffer).is_some(), "the markers alone don't tell");
        assert_eq!(trim(filled(&buffer, 8)), None);
        assert_eq!(trim(filled(&buffer, 12)), Some(buffer.as_slice()));
        for says_nothing in [0, 13, usize::MAX] {
            assert_eq!(filled(&buffer, says_nothing), buffer);
        }
    }

    #[test]
    fn the_size_is_read_from_the_frame_header() {
        let header = [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xC0, 0, 11, 8, 1, 0xE0, 2, 0x80, 1];
        assert_eq!(size(&header), Some((640, 480)));
        assert_eq!(size(&header[..14]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(data in prop::collection::vec(any::<u8>(), 0..200)) {
            let start = [&[0xFF, 0xD8, 0xFF][..], &data].concat();
            for bytes in [&data, &start] {
                prop_assert!(trim(bytes).is_none_or(|whole| whole.len() <= bytes.len()));
                prop_assert!(size(bytes).is_none_or(|(width, height)| width > 0 && height > 0));
            }
        }
    }
}
