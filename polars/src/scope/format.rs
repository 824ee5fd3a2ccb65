//! Dates and times read by strftime patterns, as DuckDB reads them.

use assay_engine::read;

use super::Unsaid;

const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MINUTE: i64 = 60_000_000;
const DAY: i64 = 1440 * MINUTE;

/// A part of a pattern.
enum Part {
    /// These bytes; white space stands for any run of it.
    Literal(Vec<u8>),
    /// A number of at most so many digits: the letter that names it, and its width.
    Number(char, usize),
    /// A name, by its letter.
    Name(char),
    /// `AM` or `PM`.
    Half,
    /// Hours and minutes east of UTC.
    Offset,
}

/// A pattern that can be read.
pub(super) struct Format {
    parts: Vec<Part>,
    /// Years of fewer than four digits are refused.
    long_years: bool,
}

/// What a text says so far.
struct Found {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
    /// Seconds east of UTC.
    offset: i64,
    afternoon: Option<bool>,
    /// The day of the year, where it counts instead of month and day.
    of_year: Option<i64>,
    /// Whether month or day were read as numbers.
    by_month: bool,
}

impl Format {
    /// Reads a pattern.
    ///
    /// # Errors
    /// It names something that is not read here.
    pub(super) fn new(pattern: &str) -> Result<Self, Unsaid> {
        let refused = || format!("text read by the pattern `{pattern}`");
        if pattern.is_empty() || pattern.matches("%j").count() + pattern.matches("%-j").count() > 1
        {
            return Err(refused());
        }
        let whole = pattern.replace("%c", "%x %X").replace("%x", "%Y-%m-%d");
        let whole = whole.replace("%X", "%H:%M:%S").replace("%T", "%H:%M:%S");
        if pattern.contains("%%") && whole != pattern {
            return Err(refused());
        }
        let mut parts = Vec::new();
        let mut literal = Vec::new();
        let mut letters = whole.chars();
        while let Some(letter) = letters.next() {
            if letter != '%' {
                let mut bytes = [0; 4];
                literal.extend_from_slice(letter.encode_utf8(&mut bytes).as_bytes());
                continue;
            }
            let (letter, short) = match letters.next().ok_or_else(refused)? {
                '-' => (letters.next().ok_or_else(refused)?, true),
                other => (other, false),
            };
            let part = match (letter, short) {
                ('%', false) => {
                    literal.push(b'%');
                    continue;
                }
                ('d' | 'm' | 'y' | 'H' | 'I' | 'M' | 'S', _) => Part::Number(letter, 2),
                ('j', _) | ('g', false) => Part::Number(letter, 3),
                ('Y', false) => Part::Number(letter, 4),
                ('f', false) => Part::Number(letter, 6),
                ('h' | 'b', false) => Part::Name('b'),
                ('B' | 'a' | 'A', false) => Part::Name(letter),
                ('p', false) => Part::Half,
                ('z', false) => Part::Offset,
                _ => return Err(refused()),
            };
            parts.push(Part::Literal(std::mem::take(&mut literal)));
            parts.push(part);
        }
        parts.push(Part::Literal(literal));
        Ok(Self { parts, long_years: pattern.contains("%Y") })
    }

    /// Microseconds since 1970-01-01 UTC; `None` where the text is not of the pattern.
    pub(super) fn read(&self, text: &str) -> Option<i64> {
        let mut found = Found {
            year: 1900,
            month: 1,
            day: 1,
            hour: 0,
            minute: 0,
            second: 0,
            micros: 0,
            offset: 0,
            afternoon: None,
            of_year: None,
            by_month: false,
        };
        let text = spaces(text.as_bytes());
        let at = if is_word(text) {
            found.instant()?
        } else {
            let rest =
                self.parts.iter().try_fold(text, |text, part| part.read(text, &mut found))?;
            if !spaces(rest).is_empty() {
                return None;
            }
            found.instant()?
        };
        // The year 24 is what another pattern means by 2024.
        let oldest = read::days(1000, 1, 1)? * DAY;
        (!self.long_years || at >= oldest).then_some(at)
    }
}

/// Whether a text is one of the words that DuckDB takes for any pattern's, of which nothing is then read.
fn is_word(text: &[u8]) -> bool {
    ["epoch", "infinity", "-infinity"].iter().any(|word| {
        let start = text.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
            && spaces(text.get(word.len()..).unwrap_or_default()).is_empty()
    })
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | 9..=13)
}

/// What follows leading white space.
fn spaces(text: &[u8]) -> &[u8] {
    let end = text.iter().take_while(|byte| is_space(**byte)).count();
    text.get(end..).unwrap_or_default()
}

impl Part {
    /// Takes the part off the start of a text.
    fn read<'t>(&self, text: &'t [u8], found: &mut Found) -> Option<&'t [u8]> {
        match self {
            Self::Literal(literal) => without(text, literal),
            Self::Number(letter, width) => {
                let most = text.iter().take(*width);
                let digits = most.take_while(|byte| byte.is_ascii_digit()).count();
                let (number, rest) = text.split_at_checked(digits).filter(|_| digits > 0)?;
                let number: i64 = std::str::from_utf8(number).ok()?.parse().ok()?;
                let missing = u32::try_from(*width - digits).ok()?;
                found.number(*letter, number, missing)?;
                Some(rest)
            }
            Self::Name(letter) => {
                let names: &[&str] =
                    if letter.eq_ignore_ascii_case(&'a') { &DAYS } else { &MONTHS };
                let length = |name: &str| if letter.is_ascii_uppercase() { name.len() } else { 3 };
                let place = names.iter().position(|name| {
                    let name = name.as_bytes().get(..length(name)).unwrap_or_default();
                    text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
                })?;
                if letter.eq_ignore_ascii_case(&'b') {
                    found.month = i64::try_from(place).ok()? + 1;
                }
                text.get(length(names.get(place)?)..)
            }
            Self::Half => {
                let (half, rest) = text.split_at_checked(2)?;
                found.afternoon = Some(match half.to_ascii_lowercase().as_slice() {
                    b"am" => false,
                    b"pm" => true,
                    _ => return None,
                });
                Some(rest)
            }
            Self::Offset => offset(text, found),
        }
    }
}

/// What follows a literal; runs of white space match runs of it.
fn without<'t>(mut text: &'t [u8], mut literal: &[u8]) -> Option<&'t [u8]> {
    while let Some((first, rest)) = literal.split_first() {
        let (found, after) = text.split_first()?;
        if is_space(*first) {
            if !is_space(*found) {
                return None;
            }
            (text, literal) = (spaces(after), spaces(rest));
        } else if found == first {
            (text, literal) = (after, rest);
        } else {
            return None;
        }
    }
    Some(text)
}

/// `±HH`, `±HHMM`, `±HH:MM` or `±HH:MM:SS`.
fn offset<'t>(text: &'t [u8], found: &mut Found) -> Option<&'t [u8]> {
    let pair = |text: &'t [u8]| -> Option<(i64, &'t [u8])> {
        let (number, rest) = text.split_at_checked(2)?;
        let digits = number.iter().all(u8::is_ascii_digit);
        let number = std::str::from_utf8(number).ok().filter(|_| digits)?;
        Some((number.parse().ok()?, rest))
    };
    let (sign, rest) = text.split_first()?;
    let east = match sign {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, mut rest) = pair(rest)?;
    let mut seconds = hours * 3600;
    let colon = rest.first() == Some(&b':');
    let after = if colon { rest.get(1..)? } else { rest };
    match pair(after) {
        Some((minutes, after)) => {
            seconds += minutes * 60;
            rest = after;
            if colon && after.first() == Some(&b':') {
                let (more, after) = pair(after.get(1..)?)?;
                seconds += more;
                rest = after;
            }
        }
        None if colon || after.len() >= 2 && after.first().is_some_and(u8::is_ascii_digit) => {
            return None;
        }
        None => {}
    }
    found.offset = east * seconds;
    Some(rest)
}

impl Found {
    /// Takes a number in; `missing` digits of its width were not there.
    fn number(&mut self, letter: char, number: i64, missing: u32) -> Option<()> {
        let within = |least: i64, most: i64| (least..=most).contains(&number).then_some(number);
        match letter {
            'd' => {
                self.day = within(1, 31)?;
                self.by_month = true;
            }
            'm' => {
                self.month = within(1, 12)?;
                self.by_month = true;
            }
            'y' => self.year = if number >= 69 { 1900 + number } else { 2000 + number },
            'Y' => self.year = number,
            'H' => self.hour = within(0, 23)?,
            'I' => self.hour = within(1, 12)?,
            'M' => self.minute = within(0, 59)?,
            'S' => self.second = within(0, 59)?,
            'j' => self.of_year = Some(within(1, 366)?),
            'g' => self.micros = number * 10_i64.pow(missing) * 1000,
            // `new` lets nothing but `f` through here.
            _ => self.micros = number * 10_i64.pow(missing),
        }
        Some(())
    }

    fn instant(&self) -> Option<i64> {
        let hour = match self.afternoon {
            Some(_) if self.hour > 12 => return None,
            Some(false) if self.hour == 12 => 0,
            Some(true) if self.hour != 12 => self.hour + 12,
            _ => self.hour,
        };
        let days = match self.of_year.filter(|_| !self.by_month) {
            Some(of_year) => read::days(self.year, 1, 1)? + of_year - 1,
            None => read::days(self.year, self.month, self.day)?,
        };
        let seconds = (hour * 60 + self.minute) * 60 + self.second - self.offset;
        Some(days * DAY + seconds * 1_000_000 + self.micros)
    }
}
