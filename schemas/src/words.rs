//! Numbers and lists in sentences.

use std::fmt::Display;

/// A number of things: `1 row`, `2 rows`, `0 rows`. The plural of `thing` is made by an `s`.
pub fn counted<N: Display + PartialEq + From<u8>>(number: N, thing: &str) -> String {
    let ending = if number == N::from(1) { "" } else { "s" };
    format!("{number} {thing}{ending}")
}

/// A verb of so many things: of one, `compile` becomes `compiles`.
pub fn does<N: PartialEq + From<u8>>(number: N, verb: &str) -> String {
    let ending = if number == N::from(1) { "s" } else { "" };
    format!("{verb}{ending}")
}

/// The first of several names, and how many more there are: `a, b and 3 more`.
pub fn first<T: AsRef<str>>(names: &[T], most: usize) -> String {
    let shown: Vec<_> = names.iter().take(most).map(AsRef::as_ref).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_no_things() {
        assert_eq!(counted(0, "row"), "0 rows");
        assert_eq!(counted(1_u64, "row"), "1 row");
        assert_eq!(counted(2_usize, "more file"), "2 more files");
        assert_eq!(does(1, "compile"), "compiles");
        assert_eq!(does(2, "compile"), "compile");
    }

    #[test]
    fn what_is_not_named_is_counted() {
        assert_eq!(first(&["a", "b", "c"], 3), "a, b, c");
        assert_eq!(first(&["a", "b", "c"], 1), "a and 2 more");
        assert_eq!(first::<&str>(&[], 1), "");
    }
}
