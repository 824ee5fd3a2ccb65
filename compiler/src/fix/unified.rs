//! The difference of two texts, as `git diff` prints it.

use std::fmt::Write as _;
use std::ops::Range;

use crate::git::{Hunk, hunks};

/// How many unchanged lines are shown around a change.
const CONTEXT: usize = 3;

/// The unified difference of two states of the file at `path`; empty where they are equal.
pub fn unified(path: &str, before: &str, after: &str) -> String {
    let hunks = hunks(before.as_bytes(), after.as_bytes());
    if hunks.is_empty() {
        return String::new();
    }
    let old: Vec<_> = before.split_inclusive('\n').collect();
    let new: Vec<_> = after.split_inclusive('\n').collect();
    let mut text = format!("--- a/{path}\n+++ b/{path}\n");
    let mut rest = hunks.as_slice();
    while let Some(first) = rest.first() {
        // Changes whose context would meet stand in one block.
        let near = |pair: &[Hunk]| pair[1].before.start - pair[0].before.end <= 2 * CONTEXT;
        let count = 1 + rest.windows(2).take_while(|pair| near(pair)).count();
        let (block, others) = rest.split_at(count);
        rest = others;
        let last = block.last().unwrap_or(first);
        let lead = first.before.start.min(CONTEXT);
        let trail = (old.len() - last.before.end).min(CONTEXT);
        let range = |from: &Range<usize>, to: &Range<usize>| {
            let (start, end) = (from.start - lead, to.end + trail);
            // By custom an empty range is named by the line before it.
            format!("{},{}", if start == end { start } else { start + 1 }, end - start)
        };
        let (minus, plus) = (range(&first.before, &last.before), range(&first.after, &last.after));
        // Writing to a text cannot fail.
        let _ = writeln!(text, "@@ -{minus} +{plus} @@");
        let mut at = first.before.start - lead;
        for hunk in block {
            lines(&mut text, ' ', &old[at..hunk.before.start]);
            lines(&mut text, '-', &old[hunk.before.clone()]);
            lines(&mut text, '+', &new[hunk.after.clone()]);
            at = hunk.before.end;
        }
        lines(&mut text, ' ', &old[at..at + trail]);
    }
    text
}

fn lines(text: &mut String, mark: char, lines: &[&str]) {
    for line in lines {
        text.push(mark);
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_stand_with_their_context() {
        let before: String = (1..=20).map(|line| format!("line {line}\n")).collect();
        let after =
            before.replace("line 2\n", "two\n").replace("line 18\n", "").replace("20\n", "20");
        insta::assert_snapshot!(unified("a.yaml", &before, &after), @r#"
        --- a/a.yaml
        +++ b/a.yaml
        @@ -1,5 +1,5 @@
         line 1
        -line 2
        +two
         line 3
         line 4
         line 5
        @@ -15,6 +15,5 @@
         line 15
         line 16
         line 17
        -line 18
         line 19
        -line 20
        +line 20
        \ No newline at end of file
        "#);
        assert_eq!(unified("a.yaml", &before, &before), "");
    }
}
