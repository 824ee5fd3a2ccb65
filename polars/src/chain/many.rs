//! Steps that need to see all rows: what is learnt first, and what each row makes of it.

use assay_engine::text;
use assay_schemas::plan::{
    Agreement, Cluster, Fill, Keep, Lookup, Order, Otherwise, Similarity, Survival, Survivor,
};
use polars::prelude::{
    BooleanChunked, Column as Cells, DataType as Kept, Field, IntoColumn as _, map_multiple,
};

use super::opening::brought;
use super::*;

impl Builder<'_> {
    /// Of rows with the same key, one stays.
    pub(super) fn deduplicate(
        &mut self,
        columns: &[ColumnName],
        keep: &Keep,
        filter: Option<Expr>,
    ) -> Result<(), Unsaid> {
        let key = if columns.is_empty() {
            self.columns.iter().map(|column| column.name.clone()).collect()
        } else {
            self.known(columns)?
        };
        let looked = self.looked_at(&key, filter);
        let task = Task::Deduplicate { key, keep: self.preference(keep)? };
        self.open(Opening {
            purpose: "merge duplicates and cleanse",
            looked,
            task,
            brought: Vec::new(),
        });
        Ok(())
    }

    /// Nulls of a column, filled from its other values.
    pub(super) fn impute(
        &mut self,
        step: &Step,
        (name, with): (&ColumnName, Fill),
        (by, order): (&[ColumnName], Option<(&ColumnName, Order)>),
        filter: Option<Expr>,
    ) -> Result<(), Unsaid> {
        let data_type = self.typed(name)?;
        let numbers =
            matches!(data_type, DataType::Integer | DataType::Decimal(..) | DataType::Double);
        let by = self.known(by)?;
        let looked = self.looked_at(&by, filter);
        let order = match order {
            Some((column, order)) => self.ordered(column, order)?,
            None => Preference::First,
        };
        let with = match with {
            Fill::Mean | Fill::Median if !numbers => {
                return Err(format!("a mean of values of type {data_type}"));
            }
            Fill::Mean => Filling::Mean,
            Fill::Median => Filling::Median,
            Fill::Mode => Filling::Mode,
            Fill::Previous => Filling::Previous(order),
            Fill::Next => Filling::Next(order),
        };
        let task = Task::Impute { column: name.to_string(), data_type, with, by };
        self.open(Opening {
            purpose: "fill nulls and cleanse",
            looked: looked.clone(),
            task,
            brought: brought(1),
        });
        let own = column(name.as_str());
        let met = all([Some(own.clone().is_null()), Some(looked)]);
        let filling = brought(1).iter().map(column).next().unwrap_or(lit(NULL));
        let new = when(met).then(filling).otherwise(own);
        self.assign(&step.step_id, name, (new, data_type))
    }

    /// Rows of a key come to agree on a value.
    pub(super) fn agree(
        &mut self,
        step: &Step,
        (by, columns): (&[ColumnName], &[ColumnName]),
        rule: &Agreement,
        filter: Option<Expr>,
    ) -> Result<(), Unsaid> {
        let key = self.known(by)?;
        let names = self.known(columns)?;
        if let Some(support) = &rule.support {
            self.scope().column(support)?;
        }
        let looked = self.looked_at(&key, filter);
        let winners = brought(names.len());
        let task = Task::Agree { key, columns: names, rule: rule.clone() };
        self.open(Opening {
            purpose: "settle values by votes and cleanse",
            looked: looked.clone(),
            task,
            brought: winners.clone(),
        });
        for (name, winner) in columns.iter().zip(&winners) {
            let data_type = self.typed(name)?;
            let (own, winner) = (column(name.as_str()), column(winner));
            let mut met = vec![Some(looked.clone()), Some(winner.clone().is_not_null())];
            if !rule.fill {
                met.push(Some(own.clone().is_not_null()));
            }
            if let Some(least) = rule.similarity {
                if data_type != DataType::Text {
                    return Err(format!("values of type {data_type} are compared as text"));
                }
                let alike = alike(own.clone(), winner.clone(), least);
                met.push(Some(own.clone().is_null().or(alike)));
            }
            let new = when(all(met)).then(winner).otherwise(own);
            self.assign(&step.step_id, name, (new, data_type))?;
        }
        Ok(())
    }

    /// Rows of a key become one record.
    pub(super) fn survive(
        &mut self,
        step: &Step,
        (by, columns): (&[ColumnName], &[Survivor]),
        filter: Option<Expr>,
    ) -> Result<(), Unsaid> {
        let key = self.known(by)?;
        let looked = self.looked_at(&key, filter);
        let mut surviving = Vec::with_capacity(columns.len());
        for survivor in columns {
            surviving.push((survivor.column.to_string(), self.surviving(survivor)?));
        }
        let names = brought(columns.len() + 1);
        let task = Task::Survive { key, columns: surviving };
        self.open(Opening {
            purpose: "make one record of each key and cleanse",
            looked,
            task,
            brought: names.clone(),
        });
        let Some((golden, values)) = names.split_first() else { return Ok(()) };
        for (survivor, value) in columns.iter().zip(values) {
            let data_type = self.typed(&survivor.column)?;
            let new = when(column(golden).is_not_null())
                .then(column(value))
                .otherwise(column(survivor.column.as_str()));
            self.assign(&step.step_id, &survivor.column, (new, data_type))?;
        }
        Ok(())
    }

    fn surviving(&self, survivor: &Survivor) -> Result<Surviving, Unsaid> {
        let of = |name: &ColumnName, what: &str| match self.typed(name)? {
            DataType::Text => Ok(name.to_string()),
            other => Err(format!("{what} of type {other}")),
        };
        let name = &survivor.column;
        self.typed(name)?;
        Ok(match &survivor.strategy {
            Survival::First => Surviving::First(Preference::First),
            Survival::Last => Surviving::First(Preference::Last),
            Survival::MostFrequent => Surviving::MostFrequent,
            Survival::Longest => {
                of(name, "the longest value")?;
                Surviving::Longest
            }
            Survival::Smallest => Surviving::First(self.ordered(name, Order::Ascending)?),
            Survival::Greatest => Surviving::First(self.ordered(name, Order::Descending)?),
            Survival::By { column, order } => Surviving::First(self.ordered(column, *order)?),
            Survival::Source { column, priority } => {
                Surviving::Source { column: of(column, "a source")?, priority: priority.clone() }
            }
        })
    }

    /// Values taken from another dataset.
    pub(super) fn lookup(
        &mut self,
        step: &Step,
        lookup: &Lookup,
        filter: Option<Expr>,
    ) -> Result<(), Unsaid> {
        let Some(other) = self.outline.lookups.get(&lookup.dataset) else {
            return Err(format!("the dataset {} is not at hand", lookup.dataset));
        };
        let theirs = Scope { columns: other, ..self.scope() };
        let (mut on, mut taken) = (Vec::new(), Vec::new());
        for (mine, their) in &lookup.on {
            let (own, found) = (self.typed(mine)?, theirs.column(their)?.data_type);
            let shared = match (own, found) {
                (own, Some(found)) if own == found => own,
                (DataType::Integer, Some(DataType::Double))
                | (DataType::Double, Some(DataType::Integer)) => DataType::Double,
                _ => return Err(format!("`{mine}` and `{their}` are of different types")),
            };
            on.push((mine.to_string(), their.to_string(), shared));
        }
        for (_, their) in &lookup.take {
            let data_type = theirs.column(their)?.data_type;
            let data_type =
                data_type.ok_or_else(|| format!("`{their}` is of a type without a name"))?;
            taken.push((their.to_string(), data_type));
        }
        let names = brought(taken.len() + 1);
        let take = taken.iter().map(|(their, _)| their.clone()).collect();
        self.open(Opening {
            purpose: "look values up and cleanse",
            looked: lit(true),
            task: Task::Lookup { dataset: lookup.dataset.clone(), on, take },
            brought: names.clone(),
        });
        let Some((hit, values)) = names.split_first() else { return Ok(()) };
        let hit = column(hit);
        if lookup.otherwise == Otherwise::RejectRow {
            let reason = format!("no row of {} matches", lookup.dataset);
            let blamed = lookup.on.first().map(|(mine, _)| mine.as_str());
            let number = self.reject(&step.step_id, blamed, reason, false);
            self.refuse(number, all([filter.clone(), Some(hit.clone().is_null())]), blamed)?;
        }
        for (((mine, _), value), (_, data_type)) in lookup.take.iter().zip(values).zip(taken) {
            if lookup.only_nulls {
                self.scope().column(mine)?;
            }
            let found = match lookup.otherwise {
                Otherwise::SetNull => None,
                _ => Some(hit.clone().is_not_null()),
            };
            let is_null = lookup.only_nulls.then(|| column(mine.as_str()).is_null());
            let conditions = [filter.clone(), found, is_null];
            let met = conditions.iter().any(Option::is_some).then(|| all(conditions));
            let said = Said { expr: column(value), data_type: Some(data_type) };
            self.set_to(step, mine, (said, Some(data_type)), met)?;
        }
        Ok(())
    }

    /// Of rows that mean the same thing although they differ, one stays.
    pub(super) fn cluster(
        &mut self,
        cluster: &Cluster,
        filter: Option<Expr>,
    ) -> Result<(), Unsaid> {
        let looked = self.looked_at(&[], filter);
        let key = |block: &Vec<plan::Expr>| {
            block.iter().map(|part| Ok(self.say(part)?.expr)).collect::<Result<Vec<_>, Unsaid>>()
        };
        let blocks = cluster.blocks.iter().map(key).collect::<Result<Vec<_>, Unsaid>>()?;
        let mut compare = Vec::with_capacity(cluster.compare.len());
        for compared in &cluster.compare {
            let said = self.say(&compared.value)?;
            if let Some(other) = said.data_type.filter(|found| *found != DataType::Text) {
                return Err(format!("values of type {other} are compared as text"));
            }
            compare.push(Compared {
                value: said.expr.cast(Kept::String),
                method: compared.method,
                weight: compared.weight,
                at_least: compared.at_least,
            });
        }
        let task = Task::Cluster {
            blocks,
            compare,
            threshold: cluster.threshold,
            max_block: cluster.max_block,
            keep: self.preference(&cluster.keep)?,
        };
        self.open(Opening {
            purpose: "merge rows that mean the same and cleanse",
            looked,
            task,
            brought: Vec::new(),
        });
        Ok(())
    }

    /// The type of a column.
    fn typed(&self, name: &ColumnName) -> Result<DataType, Unsaid> {
        let found = self.scope().column(name)?.data_type;
        found.ok_or_else(|| format!("the type of `{name}` has no name in the language"))
    }
}

/// Whether two texts are at least so alike, by normalised edit distance.
fn alike(one: Expr, other: Expr, least: f64) -> Expr {
    let compare = move |columns: &mut [Cells]| {
        let series: Vec<_> = columns.iter().map(Cells::as_materialized_series).collect();
        let (ones, others) = (series[0].str()?, series[1].str()?);
        let made = ones.iter().zip(others.iter()).map(|(one, other)| {
            Some(text::similarity(one?, other?, Similarity::Levenshtein) >= least)
        });
        let made: BooleanChunked = made.collect();
        Ok(made.with_name(columns[0].name().clone()).into_column())
    };
    let field = |_: &polars::prelude::Schema, fields: &[Field]| {
        let name = fields.first().map(|field| field.name().clone()).unwrap_or_default();
        Ok(Field::new(name, Kept::Boolean))
    };
    map_multiple(compare, [one, other], field)
}
