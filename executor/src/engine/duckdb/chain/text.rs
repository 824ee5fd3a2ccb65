//! A program as the text of its statements.

use super::*;

impl Program {
    /// The query of a pass. `input` is the source's query in the first pass and the Parquet file that the
    /// pass before has written in the others.
    pub(in crate::engine::duckdb) fn query(&self, number: usize, input: &str) -> String {
        let Some(pass) = self.passes.get(number) else { return input.to_owned() };
        let words = pass.words();
        let fresh: Vec<String> =
            words.iter().map(|word| format!("CAST(0 AS BIGINT) AS {word}")).collect();
        let fresh: Vec<String> = fresh
            .into_iter()
            .chain(self.logs.then(|| {
                format!("CAST([] AS STRUCT(mark INTEGER, was VARCHAR, became VARCHAR)[]) AS {LOG}")
            }))
            .collect();
        let mut layers = match &pass.opening {
            None => {
                let columns: Vec<String> =
                    ["NULL::INTEGER AS ".to_owned() + STEP, "NULL::VARCHAR AS ".to_owned() + VALUE]
                        .into_iter()
                        .chain(fresh)
                        .collect();
                let file = if self.several { format!("{FILE}, ") } else { String::new() };
                let rest = format!(
                    "SELECT * EXCLUDE ({}), {file}{} FROM source",
                    self.excluded(input),
                    columns.join(", ")
                );
                vec![format!("source AS NOT MATERIALIZED (\n{input}\n)"), layer(0, &rest)]
            }
            Some(opening) => opening.layers(number, input, &self.stale(number), &fresh),
        };
        let mut hidden = Vec::new();
        hidden.extend(self.several.then(|| FILE.to_owned()));
        hidden.extend((number > 0).then(|| PLACE.to_owned()));
        hidden.extend(words);
        hidden.extend(self.logs.then(|| LOG.to_owned()));
        for (index, select) in pass.layers.iter().enumerate() {
            let select = select.said(&hidden);
            layers.push(layer(index + 1, &format!("{select} FROM s{index}")));
        }
        let order = match &pass.opening {
            Some(opening) if opening.loses_order() => format!(" ORDER BY {PLACE}"),
            _ => String::new(),
        };
        format!("WITH {}\nSELECT * FROM s{}{order}", layers.join(",\n"), pass.layers.len())
    }

    /// Hidden columns of a source that the chain does not carry.
    fn excluded(&self, input: &str) -> String {
        let row = crate::engine::duckdb::source::ROW;
        if input.contains(&format!("AS {row}")) {
            format!("{row}, {FILE}")
        } else {
            FILE.to_owned()
        }
    }

    /// Marks of the pass before, already counted.
    fn stale(&self, number: usize) -> Vec<String> {
        number
            .checked_sub(1)
            .and_then(|before| self.passes.get(before))
            .map_or_else(Vec::new, Pass::words)
            .into_iter()
            .chain(self.logs.then(|| LOG.to_owned()))
            .collect()
    }
}

impl Layer {
    /// The SELECT without its FROM; `hidden` are the columns that every layer of the pass carries on.
    fn said(&self, hidden: &[String]) -> String {
        let (columns, cells, added, rejection) = match self {
            Self::Said(text) => return text.clone(),
            Self::Listed { columns, cells, added, rejection } => (columns, cells, added, rejection),
        };
        let [step, value] = match rejection {
            Some([step, value]) => [format!("{step} AS {STEP}"), format!("{value} AS {VALUE}")],
            None => [STEP.to_owned(), VALUE.to_owned()],
        };
        let all = columns.iter().chain([&step, &value]).chain(hidden).chain(cells).chain(added);
        format!("SELECT {}", all.map(String::as_str).collect::<Vec<_>>().join(", "))
    }
}

pub(super) fn layer(number: usize, select: &str) -> String {
    format!("s{number} AS NOT MATERIALIZED ({select})")
}
