//! The page of a code: an example that gives it, one that does not, and how to get from one to the other.
//!
//! A page is the file `<ID>.md` beside this one, with the sections `## Bad`, `## Good` and `## Fix`. Examples
//! are fenced; the first line of each is a comment with the path of the file, and behind a comma what else is
//! to be known of it. The compiler's tests compile every example.

use super::Code;

macro_rules! pages {
    ($($id:literal)*) => {
        const PAGES: &[(&str, &str)] =
            &[$(($id, include_str!(concat!($id, ".md"))),)*];
    };
}

pages! {
    "E0101" "E0102" "E0103" "E0104" "E0105" "E0106" "E0107" "E0108" "E0109" "E0110" "E0111" "E0112" "E0113"
    "E0201" "E0202" "E0203" "E0204" "E0205" "E0206" "E0207" "E0208" "E0209" "E0210" "E0211" "E0212" "E0213"
    "E0301" "E0302" "E0303" "E0304" "E0305" "E0306" "E0307" "E0308" "E0309" "E0310" "E0311"
    "E0315" "E0316" "E0317" "E0318" "E0319" "E0320" "E0321" "E0331"
    "E0351" "E0352" "E0353" "E0354" "E0355" "E0356" "E0357" "E0358"
    "E0401" "E0402" "E0403" "E0404"
    "E0501" "E0502" "E0503" "E0504" "E0505" "E0506" "E0507" "E0508" "E0509"
    "W0601" "W0602" "W0603" "W0605" "W0606" "W0608" "W0610" "W0611" "W0612"
    "W0621" "W0622" "W0623" "W0624" "W0625" "W0626" "W0627" "W0628" "W0629" "W0630" "W0651"
    "E0701"
    "E0801" "E0802" "E0803" "E0804" "E0805"
}

/// Examples of a code and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Files that give the code, in an otherwise sound project.
    pub bad: Vec<Sample>,
    /// The same files without the fault.
    pub good: Vec<Sample>,
    /// How to fix it.
    pub fix: &'static str,
}

/// A file of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its path in the project.
    pub path: &'static str,
    /// What the text does not show, such as how it was saved.
    pub note: Option<&'static str>,
    /// What it holds.
    pub text: &'static str,
}

impl Code {
    /// The code's page; `None` where it has none yet.
    pub fn page(self) -> Option<Page> {
        let (_, text) = PAGES.iter().find(|(id, _)| *id == self.id())?;
        let fix = section(text, "Fix").trim();
        Some(Page { bad: samples(section(text, "Bad")), good: samples(section(text, "Good")), fix })
    }
}

/// The text below a heading, up to the next.
fn section(text: &'static str, name: &str) -> &'static str {
    let Some((_, rest)) = text.split_once(&format!("## {name}\n")) else { return "" };
    rest.split("\n## ").next().unwrap_or(rest)
}

fn samples(section: &'static str) -> Vec<Sample> {
    // What stands between fences has odd places; its first line is the language.
    let fenced = section.split("```").skip(1).step_by(2);
    fenced
        .filter_map(|block| {
            let (_, block) = block.split_once('\n')?;
            let (head, text) = block.split_once('\n').unwrap_or((block, ""));
            let head = head.trim_start_matches(['#', '/', ' ']);
            let (path, note) = match head.find([',', ' ']) {
                Some(end) => (&head[..end], Some(head[end..].trim_start_matches([',', ' ']))),
                None => (head, None),
            };
            Some(Sample { path, note, text })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn pages_are_whole_and_listed() {
        for (id, _) in PAGES {
            let code = Code::ALL.iter().find(|code| code.id() == *id);
            let page = code.unwrap_or_else(|| panic!("{id} is no code")).page();
            let page = page.unwrap_or_else(|| panic!("{id} has no page"));
            assert!(!page.bad.is_empty() && !page.good.is_empty(), "{id} lacks an example");
            assert!(page.fix.len() > 20 && page.fix.ends_with('.'), "{id}: {}", page.fix);
            assert_ne!(page.bad, page.good, "{id}");
            for sample in page.bad.iter().chain(&page.good) {
                assert!(sample.path.contains('.'), "{id}: an example names no file: {sample:?}");
            }
        }
        let listed: BTreeSet<_> = PAGES.iter().map(|(id, _)| format!("{id}.md")).collect();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/code");
        let there = fs::read_dir(folder).expect("the pages are listed").flatten();
        let there: BTreeSet<_> = there
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| name.ends_with(".md"))
            .collect();
        assert_eq!(there, listed);
    }
}
