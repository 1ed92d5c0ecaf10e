//! Where the lines stand that values are read by.

/// Round values from 0 on, at most `most` steps of 1, 2 or 5 times a power of ten of `unit`, the last at or
/// above `max`.
pub(super) fn ticks(max: i64, unit: i64, most: i64) -> Vec<i64> {
    let max = max.max(unit);
    let mut power = unit;
    let step = loop {
        let step = [1, 2, 5].into_iter().map(|times| power.saturating_mul(times));
        if let Some(step) = step.into_iter().find(|step| step.saturating_mul(most) >= max) {
            break step;
        }
        power = power.saturating_mul(10);
    };
    let mut ticks = vec![0];
    let mut last = 0_i64;
    while last < max {
        last = last.saturating_add(step);
        ticks.push(last);
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_at_round_values_up_to_the_largest() {
        assert_eq!(ticks(34, 10, 5), [0, 10, 20, 30, 40]);
        assert_eq!(ticks(345, 10, 5), [0, 100, 200, 300, 400]);
        assert_eq!(ticks(0, 1, 5), [0, 1]);
        assert_eq!(ticks(168, 1, 5), [0, 50, 100, 150, 200]);
        assert!(ticks(i64::MAX, 1, 5).len() < 8);
    }
}
