//! From interleaved 8-bit pixels to the planes of floats that the networks take.
//!
//! One pass over the picture, straight into the input tensor's memory. Nothing here knows a model.

use serde::{Deserialize, Serialize};

use crate::decode::BgrImage;

/// Which colour comes first in a network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// blue, green, red
    Bgr,
    /// red, green, blue
    Rgb,
}

/// What is done to each 8-bit value: (x − mean) × scale, per channel in `colour` order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Normalise {
    /// order of the channels
    pub(crate) colour: Colour,
    /// 0 to 255
    pub(crate) mean: [f32; 3],
    /// factor after the mean is taken off
    pub(crate) scale: [f32; 3],
}

impl Normalise {
    /// The values as they are, blue first: what YuNet, CenterFace and MiniFASNet take.
    pub(crate) const RAW_BGR: Normalise = Normalise { colour: Colour::Bgr, mean: [0.0; 3], scale: [1.0; 3] };
}

/// Writes `image` into the top left of three planes of `width` × `height` floats; the rest becomes 0.
/// `out` has 3 × width × height floats; an image that is larger than the planes is cut.
pub(crate) fn pack(image: &BgrImage, normalise: &Normalise, width: usize, height: usize, out: &mut [f32]) {
    let source_row = image.width as usize * 3;
    let (first, rest) = out.split_at_mut(out.len().min(width * height));
    let (second, third) = rest.split_at_mut(rest.len().min(width * height));
    let planes = first
        .chunks_exact_mut(width.max(1))
        .zip(second.chunks_exact_mut(width.max(1)))
        .zip(third.chunks_exact_mut(width.max(1)));
    let [m0, m1, m2] = normalise.mean;
    let [s0, s1, s2] = normalise.scale;
    let mut rows = image.data.chunks_exact(source_row.max(3));
    for ((first, second), third) in planes {
        let row = rows.next().unwrap_or_default();
        let pixels = row.chunks_exact(3).len().min(width);
        for (((pixel, x), y), z) in
            row.chunks_exact(3).zip(first.iter_mut()).zip(second.iter_mut()).zip(third.iter_mut())
        {
            let &[blue, green, red] = pixel else { continue };
            let (a, c) = match normalise.colour {
                Colour::Bgr => (blue, red),
                Colour::Rgb => (red, blue),
            };
            *x = (f32::from(a) - m0) * s0;
            *y = (f32::from(green) - m1) * s1;
            *z = (f32::from(c) - m2) * s2;
        }
        for plane in [first, second, third] {
            plane.get_mut(pixels..).unwrap_or_default().fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_hold_the_channels_in_order_and_the_padding_is_zero() {
        let image = BgrImage { width: 2, height: 1, data: vec![1, 2, 3, 4, 5, 6] };
        let mut out = [9.0; 3 * 3 * 2];
        pack(&image, &Normalise::RAW_BGR, 3, 2, &mut out);
        assert_eq!(out[..6], [1.0, 4.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(out[6..12], [2.0, 5.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(out[12..], [3.0, 6.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn mean_and_scale_follow_the_colour_order() {
        let image = BgrImage { width: 1, height: 1, data: vec![10, 20, 30] };
        let normalise = Normalise { colour: Colour::Rgb, mean: [10.0, 10.0, 10.0], scale: [1.0, 2.0, 3.0] };
        let mut out = [0.0; 3];
        pack(&image, &normalise, 1, 1, &mut out);
        assert_eq!(out, [20.0, 20.0, 0.0]);
    }
}
