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
        let mut layers = match &pass.duplicates {
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
            Some(duplicates) => duplicates.layers(number, input, &self.stale(number), &fresh),
        };
        let mut hidden = Vec::new();
        hidden.extend(self.several.then(|| FILE.to_owned()));
        hidden.extend((number > 0).then(|| PLACE.to_owned()));
        hidden.extend(words);
        for (index, select) in pass.layers.iter().enumerate() {
            let select = select.said(&hidden);
            layers.push(layer(index + 1, &format!("{select} FROM s{index}")));
        }
        format!("WITH {}\nSELECT * FROM s{}", layers.join(",\n"), pass.layers.len())
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

fn layer(number: usize, select: &str) -> String {
    format!("s{number} AS NOT MATERIALIZED ({select})")
}

impl Duplicates {
    /// The rows of `input` without those that are merged into others.
    fn layers(
        &self,
        number: usize,
        input: &str,
        stale: &[String],
        fresh: &[String],
    ) -> Vec<String> {
        let place =
            if number == 1 { vec![format!("file_row_number + 1 AS {PLACE}")] } else { Vec::new() };
        let extra: String = place.iter().chain(fresh).map(|column| format!(", {column}")).collect();
        let exclude = if stale.is_empty() {
            String::new()
        } else {
            format!(" EXCLUDE ({})", stale.join(", "))
        };
        vec![
            format!(
                "merged AS NOT MATERIALIZED (\n  SELECT place FROM (\n    SELECT file_row_number AS place, \
                 row_number() OVER (PARTITION BY {} ORDER BY {}) AS rank\n    FROM {input} WHERE {}\n  ) \
                 WHERE rank > 1\n)",
                self.key.join(", "),
                self.order,
                self.filter
            ),
            layer(
                0,
                &format!(
                    "SELECT input.*{exclude}{extra} FROM {input} AS input ANTI JOIN merged ON \
                     input.file_row_number = merged.place"
                ),
            ),
        ]
    }
}
