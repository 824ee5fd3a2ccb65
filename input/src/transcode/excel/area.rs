//! Cells by letters and numbers.

/// A rectangle of cells, rows and columns from 0, both ends within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) top: u32,
    pub(super) left: u32,
    pub(super) bottom: u32,
    pub(super) right: u32,
}

impl Area {
    pub(super) const ALL: Self = Self { top: 0, left: 0, bottom: u32::MAX, right: u32::MAX };

    /// Reads `B3:F20`, `$B$3:$F$20`, `B:F` or `3:20`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.trim().split_once(':')?;
        let ((left, top), (right, bottom)) = (corner(from)?, corner(to)?);
        if left.is_some() != right.is_some() || top.is_some() != bottom.is_some() {
            return None;
        }
        let (left, right) = (left.unwrap_or(0), right.unwrap_or(u32::MAX));
        let (top, bottom) = (top.unwrap_or(0), bottom.unwrap_or(u32::MAX));
        (left <= right && top <= bottom).then_some(Self { top, left, bottom, right })
    }

    pub(super) fn holds(&self, row: u32, column: u32) -> bool {
        (self.top..=self.bottom).contains(&row) && (self.left..=self.right).contains(&column)
    }
}

/// Column and row of `B3`, `B` or `3`.
fn corner(text: &str) -> Option<(Option<u32>, Option<u32>)> {
    let text = text.trim().replace('$', "").to_ascii_uppercase();
    let cut = text.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(text.len());
    let (letters, digits) = text.split_at(cut);
    if text.is_empty() || letters.len() > 3 {
        return None;
    }
    let column = letters.bytes().fold(0, |sum, letter| sum * 26 + u32::from(letter - b'A') + 1);
    let row = match digits {
        "" => None,
        digits => Some(digits.parse::<u32>().ok()?.checked_sub(1)?),
    };
    Some((column.checked_sub(1), row))
}

/// The letters of a column, from 0.
pub(super) fn letters(column: u32) -> String {
    let mut rest = u64::from(column) + 1;
    let mut letters = Vec::new();
    while rest > 0 {
        letters.push(b'A' + ((rest - 1) % 26) as u8);
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_letters_are_those_of_spreadsheets() {
        let area = |top, left, bottom, right| Some(Area { top, left, bottom, right });
        assert_eq!(Area::parse("B3:F20"), area(2, 1, 19, 5));
        assert_eq!(Area::parse("$b$3:aa20"), area(2, 1, 19, 26));
        assert_eq!(Area::parse("B:F"), area(0, 1, u32::MAX, 5));
        assert_eq!(Area::parse("3:20"), area(2, 0, 19, u32::MAX));
        for bad in ["", "B3", "B3:F", "F3:B3", "B0:C1", "B3:F20:G1", "ABCD1:ABCD2", "3:B"] {
            assert_eq!(Area::parse(bad), None, "{bad}");
        }
        for (column, text) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (16383, "XFD")] {
            assert_eq!(letters(column), text);
        }
    }
}
