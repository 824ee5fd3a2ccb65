//! Redaction of single values: what files that people read may show of a classified column.

use assay_schemas::plan::{DatasetPlan, Redaction};

/// What stands for the hidden part of a value; its length says nothing about the value's.
pub const MASK: &str = "***";

/// A value as results may show it.
pub fn value(redaction: Redaction, value: &str) -> String {
    match redaction {
        Redaction::None => value.to_owned(),
        Redaction::Full => MASK.to_owned(),
        Redaction::Partial => {
            let mut characters = value.chars();
            match (characters.next(), characters.next()) {
                // The first of several characters; a single one would be the whole value.
                (Some(first), Some(_)) => format!("{first}{MASK}"),
                _ => MASK.to_owned(),
            }
        }
    }
}

/// How values of a column are shown, whether it was read or made by a step.
pub fn of_column(dataset: &DatasetPlan, name: &str) -> Redaction {
    let fields = dataset.read_fields().iter().chain(&dataset.fields);
    let known = fields.filter(|field| field.name.as_str() == name);
    known.map(|field| field.redaction).max().unwrap_or_default()
}

/// How text is shown of which nobody knows what columns it is of: a line that could not be split.
pub fn of_line(dataset: &DatasetPlan) -> Redaction {
    let fields = dataset.read_fields().iter().chain(&dataset.fields);
    match fields.map(|field| field.redaction).max().unwrap_or_default() {
        Redaction::None => Redaction::None,
        // Its first character may be the whole of a hidden value.
        Redaction::Partial | Redaction::Full => Redaction::Full,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partly_redacted_value_keeps_its_first_character_and_hides_its_length() {
        assert_eq!(value(Redaction::Partial, "Ärger"), "Ä***");
        assert_eq!(value(Redaction::Partial, "Äx"), "Ä***");
        assert_eq!(value(Redaction::Partial, "x"), "***");
        assert_eq!(value(Redaction::Full, ""), "***");
    }
}
