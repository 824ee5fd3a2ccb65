//! Commands as they can be pasted into a shell.

/// One word of a command line, quoted where a shell would read it otherwise.
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./=:@,+%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// ` --name value`, with the space before it.
pub fn option(name: &str, value: &str) -> String {
    format!(" --{name} {}", word(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_it_must_be() {
        assert_eq!(word("../quality"), "../quality");
        assert_eq!(word("my project"), "'my project'");
        assert_eq!(word("it's"), "'it'\\''s'");
        assert_eq!(word(""), "''");
        assert_eq!(option("author", "Ada <ada@example.com>"), " --author 'Ada <ada@example.com>'");
    }
}
