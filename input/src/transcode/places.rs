//! From data rows to lines.

/// Breakpoints between two entries of the index.
const STRIDE: u64 = 1024;

/// For each data row the line it came from.
///
/// Kept as breakpoints where the difference between line and row grows, each as two small numbers of a byte or
/// two, so that a file whose every record spans lines costs a few bytes a record.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Pairs of rows since the last breakpoint and lines by which the difference grows.
    steps: Vec<u8>,
    /// Every [`STRIDE`]th breakpoint: its row, the difference from there on, and where its successor is in `steps`.
    index: Vec<(u64, u64, usize)>,
    breakpoints: u64,
    row: u64,
    shift: u64,
}

impl Places {
    /// The line of a data row; rows count from 1. A row that was never added follows the last one.
    pub fn line(&self, row: u64) -> u64 {
        let after = self.index.partition_point(|(first, ..)| *first <= row);
        let Some((mut at, mut shift, start)) = after.checked_sub(1).map(|index| self.index[index])
        else {
            return row;
        };
        let mut rest = &self.steps[start..];
        while let (Some(rows), Some(lines)) = (number(&mut rest), number(&mut rest)) {
            at += rows;
            if at > row {
                break;
            }
            shift += lines;
        }
        row + shift
    }

    /// From which rows on, counted from 1, the line is greater by how much.
    pub fn shifts(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let ends = self.index.iter().skip(1).map(|(.., start)| *start).chain([self.steps.len()]);
        self.index.iter().zip(ends).flat_map(|((row, shift, start), end)| {
            let (mut row, mut shift) = (*row, *shift);
            let mut rest = &self.steps[*start..end];
            let more = std::iter::from_fn(move || {
                row += number(&mut rest)?;
                shift += number(&mut rest)?;
                Some((row, shift))
            });
            std::iter::once((row, shift)).chain(more)
        })
    }

    /// Notes that `row`, which is beyond all earlier ones, came from `line`.
    pub(crate) fn add(&mut self, row: u64, line: u64) {
        let shift = line.saturating_sub(row);
        if shift <= self.shift {
            return;
        }
        if self.breakpoints.is_multiple_of(STRIDE) {
            self.index.push((row, shift, self.steps.len()));
        } else {
            push(&mut self.steps, row - self.row);
            push(&mut self.steps, shift - self.shift);
        }
        self.breakpoints += 1;
        self.row = row;
        self.shift = shift;
    }
}

/// Seven bits a byte, the lowest first; the highest bit says that more follows.
fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn without_breakpoints_rows_are_lines() {
        assert_eq!(Places::default().line(7), 7);
    }

    proptest! {
        #[test]
        fn every_row_finds_its_line(
            gaps in proptest::collection::vec(prop_oneof![9 => Just(1_u64), 1 => 1..400_u64], 0..5000),
        ) {
            let mut places = Places::default();
            let mut lines = Vec::new();
            let mut line = 1;
            for (row, gap) in gaps.iter().enumerate() {
                line += gap;
                places.add(row as u64 + 1, line);
                lines.push(line);
            }
            for (row, line) in lines.iter().enumerate() {
                prop_assert_eq!(places.line(row as u64 + 1), *line);
            }
        }
    }
}
