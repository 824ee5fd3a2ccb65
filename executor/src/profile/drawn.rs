//! Histograms in a line of text.

/// Eight heights.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Counts as bars, at most `width` of them, neighbours taken together. A bin with any row is never empty.
pub fn spark(counts: &[u64], width: usize) -> String {
    if counts.is_empty() || width == 0 {
        return String::new();
    }
    let together = counts.len().div_ceil(width);
    let bins: Vec<u64> = counts.chunks(together).map(|chunk| chunk.iter().sum()).collect();
    let most = bins.iter().copied().max().unwrap_or(0).max(1);
    bins.iter()
        .map(|count| match count {
            0 => ' ',
            count => BARS[((count * 8).div_ceil(most) as usize).clamp(1, 8) - 1],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_high_as_their_share() {
        assert_eq!(spark(&[0, 1, 50, 100], 10), " ▁▄█");
        assert_eq!(spark(&[1, 1, 4, 0], 2), "▄█");
        assert_eq!(spark(&[], 5), "");
    }
}
