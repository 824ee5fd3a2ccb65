//! Conversions of columns as layers of a pass.

use std::collections::BTreeMap;

use super::*;
use crate::scope::cast_to;

/// Hidden column: the rejection that meets a row after the conversions of a layer.
const NEXT: &str = "_assay_next";

/// What conversions of columns say in their layers.
#[derive(Default)]
struct Conversions {
    /// The new values under names of their own.
    new: Vec<Expr>,
    /// The columns, and the cells that were emptied.
    set: Vec<Expr>,
    /// Of conversions that reject rows: values, converted values, texts, and the numbers of the rejections.
    values: Vec<Expr>,
    made: Vec<Expr>,
    texts: Vec<Expr>,
    numbers: Vec<i32>,
}

impl Builder<'_> {
    /// Converts columns in one layer; those that have the type already are left out.
    pub(super) fn parse(
        &mut self,
        parses: &[Parse<'_>],
        filter: Option<Expr>,
    ) -> Result<(), Unsaid> {
        let places: BTreeMap<String, usize> =
            self.columns.iter().enumerate().map(|(at, known)| (known.name.clone(), at)).collect();
        let mut layer = Conversions::default();
        for parse in parses {
            let Some(&position) = places.get(parse.column) else {
                return Err(format!("there is no column `{}`", parse.column));
            };
            let Some(from) = self.columns[position].data_type else {
                return Err(format!("the type of `{}` has no name in the language", parse.column));
            };
            if from == parse.to {
                continue;
            }
            let value = Said { expr: column(parse.column), data_type: Some(from) };
            let made = cast_to(value, parse.to, parse.format)?.expr;
            let parsed = format!("_assay_p{}", layer.new.len());
            layer.new.push(made.alias(parsed.as_str()));
            layer.set.push(column(&parsed).alias(parse.column));
            let number =
                self.reject(&parse.step, Some(parse.column), parse.reason(), !parse.reject_row);
            self.columns[position].data_type = Some(parse.to);
            let (own, parsed) = (column(parse.column), column(&parsed));
            if parse.reject_row {
                let number = i32::try_from(number).map_err(|_| "so many rejections".to_owned())?;
                let failed = column(NEXT).eq(lit(number)).and(column(STEP).is_null());
                layer.texts.push(match from {
                    DataType::Text => own.clone(),
                    _ => shown(own.clone(), Some(from), failed)?,
                });
                layer.values.push(own);
                layer.made.push(parsed);
                layer.numbers.push(number);
            } else {
                let emptied = rejection::emptied(column(STEP), filter.clone(), own.clone(), parsed);
                let cell = cell_column(number);
                layer.set.push(shown(own, Some(from), emptied)?.alias(cell.as_str()));
                self.cells.push(cell);
            }
        }
        self.convert_in_layers(layer, filter);
        Ok(())
    }

    /// Adds the layers of conversions.
    fn convert_in_layers(&mut self, made: Conversions, filter: Option<Expr>) {
        let Conversions { new, mut set, values, made, texts, numbers } = made;
        if new.is_empty() {
            return;
        }
        self.with(new);
        if !numbers.is_empty() {
            let found =
                rejection::first_failed(column(STEP), filter, (values, made), numbers.clone());
            self.with(vec![found.alias(NEXT)]);
            let steps = (column(STEP), column(NEXT));
            set.push(rejection::blamed(column(VALUE), steps, texts, numbers).alias(VALUE));
            set.push(column(NEXT).alias(STEP));
        }
        self.with(set);
    }
}
