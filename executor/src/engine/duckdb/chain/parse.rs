//! Conversions of columns as layers of a pass.

use std::collections::BTreeMap;

use super::super::cast::cast;

use super::*;

impl Builder<'_> {
    /// Converts columns in one layer; those that have the type already are left out.
    pub(super) fn parse(
        &mut self,
        parses: &[Parse<'_>],
        filter: Option<&str>,
    ) -> Result<(), Unsaid> {
        let places: BTreeMap<String, usize> =
            self.columns.iter().enumerate().map(|(at, known)| (known.name.clone(), at)).collect();
        let names: Vec<String> =
            self.columns.iter().map(|column| sql::identifier(&column.name)).collect();
        let known_cells = self.cells.clone();
        let mut layer = Conversions { columns: names.clone(), ..Conversions::default() };
        for parse in parses {
            let Some(&position) = places.get(parse.column) else {
                return Err(format!("there is no column `{}`", parse.column));
            };
            let from = self.columns[position].data_type;
            if from == Some(parse.to) {
                continue;
            }
            let name = &names[position];
            let parsed = format!("_assay_p{}", layer.new.len());
            let value = cast(name, from, parse.to, parse.format);
            layer.new.push(format!("{value} AS {parsed}"));
            layer.columns[position] = format!("{parsed} AS {name}");
            let number =
                self.reject(&parse.step, Some(parse.column), parse.reason(), !parse.reject_row);
            let failed = all([filter, Some(&format!("{name} IS NOT NULL AND {parsed} IS NULL"))]);
            let shown = format!("CAST({name} AS VARCHAR)");
            if parse.reject_row {
                layer.rejects.push(format!("WHEN {failed} THEN {number}"));
                layer.values.push(format!("WHEN {failed} THEN {shown}"));
            } else {
                let cell = cell_column(number);
                layer.cells.push(format!(
                    "CASE WHEN {STEP} IS NULL AND {failed} THEN {shown} END AS {cell}"
                ));
                self.cells.push(cell);
            }
            self.columns[position].data_type = Some(parse.to);
        }
        self.convert_in_layers(layer, (names, known_cells));
        Ok(())
    }

    /// Adds the layers of conversions; `names` are the columns before them and `cells` the emptied cells.
    fn convert_in_layers(&mut self, made: Conversions, (names, cells): (Vec<String>, Vec<String>)) {
        if made.new.is_empty() {
            return;
        }
        self.pass.layers.push(Layer::Listed {
            columns: names,
            cells: cells.clone(),
            added: made.new,
            rejection: None,
        });
        let rejection = (!made.rejects.is_empty()).then(|| {
            [(STEP, made.rejects), (VALUE, made.values)].map(|(name, branches)| {
                format!("CASE WHEN {STEP} IS NOT NULL THEN {name} {} END", branches.join(" "))
            })
        });
        self.pass.layers.push(Layer::Listed {
            columns: made.columns,
            cells,
            added: made.cells,
            rejection,
        });
        self.worked = true;
    }
}

/// What conversions of columns say in their layers.
#[derive(Default)]
struct Conversions {
    /// The new values.
    new: Vec<String>,
    /// The columns afterwards.
    columns: Vec<String>,
    /// Conditions under which rows are rejected, and the values that are to blame.
    rejects: Vec<String>,
    values: Vec<String>,
    /// Emptied cells.
    cells: Vec<String>,
}
