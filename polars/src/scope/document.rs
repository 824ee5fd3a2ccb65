//! Functions of JSON documents.

use assay_schemas::datatype::DataType;
use assay_schemas::document::DocumentSchema;
use assay_schemas::plan::{Expr, Function, Literal};
use polars::prelude::{BooleanType, Int64Type, IntoSeries as _, StringType, arity};

use super::json::{self, Pointer, Value};
use super::{Said, Unsaid, rowwise};

/// Whether text is a JSON document.
pub(super) fn valid(value: Said) -> Result<Said, Unsaid> {
    let text = value.of(DataType::Text, "JsonValid")?;
    let expr = rowwise::one(text, DataType::Boolean, |texts| {
        let valid = |text: &'_ str| json::valid(text, false);
        let made = arity::unary_elementwise_values::<_, BooleanType, _>(texts.str()?, valid);
        Ok(made.into_series())
    });
    Ok(Said::new(expr, DataType::Boolean))
}

/// Whether text is a document of a schema.
///
/// # Errors
/// The schema is no literal, or none that could be judged by.
pub(super) fn of_schema(document: Said, schema: Option<&Expr>) -> Result<Said, Unsaid> {
    let Some(Expr::Literal { value: Literal::Text(schema) }) = schema else {
        return Err("the plan calls JsonSchema without a literal schema".to_owned());
    };
    let schema = DocumentSchema::parse(schema)?;
    let text = document.of(DataType::Text, "JsonSchema")?;
    let expr = rowwise::one(text, DataType::Boolean, move |texts| {
        let accepts = |text: &'_ str| schema.accepts(text);
        let made = arity::unary_elementwise_values::<_, BooleanType, _>(texts.str()?, accepts);
        Ok(made.into_series())
    });
    Ok(Said::new(expr, DataType::Boolean))
}

/// What a document has at a pointer.
///
/// # Errors
/// The pointer is no literal.
pub(super) fn at(function: Function, document: Said, arguments: &[Expr]) -> Result<Said, Unsaid> {
    let literal = |argument: &Expr| match argument {
        Expr::Literal { value: Literal::Text(text) } => Some(text.clone()),
        _ => None,
    };
    let unsaid = || format!("the plan calls {function:?} without a literal pointer");
    let pointer = arguments.get(1).and_then(literal).ok_or_else(unsaid)?;
    let pointer = Pointer::new(&pointer).ok_or_else(|| format!("the pointer `{pointer}`"))?;
    let names: Option<Vec<_>> = arguments.iter().skip(2).map(literal).collect();
    let names = names.ok_or_else(|| format!("{function:?} with names that are no constants"))?;
    let text = document.of(DataType::Text, &format!("{function:?}"))?;
    let gives = match function {
        Function::JsonType | Function::JsonText => DataType::Text,
        Function::JsonLength => DataType::Integer,
        _ => DataType::Boolean,
    };
    let expr = rowwise::one(text, gives, move |texts| {
        let texts = texts.str()?;
        let find = |text: Option<&'_ str>| -> Option<String> {
            let found =
                text.filter(|text| json::valid(text, false)).and_then(|text| pointer.find(text))?;
            of_text(function, &found)
        };
        Ok(match function {
            Function::JsonType | Function::JsonText => {
                arity::unary_elementwise::<_, StringType, _>(texts, find).into_series()
            }
            Function::JsonLength => {
                arity::unary_elementwise::<_, Int64Type, _>(texts, |text: Option<&str>| {
                    let text = text.filter(|text| json::valid(text, false))?;
                    pointer.find(text).map(|found| found.length())
                })
                .into_series()
            }
            // `call` sends nothing but `JsonKeysWithin` here.
            _ => arity::unary_elementwise::<_, BooleanType, _>(texts, |text: Option<&str>| {
                let text = text.filter(|text| json::valid(text, false))?;
                pointer.find(text).map(|found| found.keys_within(&names))
            })
            .into_series(),
        })
    });
    Ok(Said::new(expr, gives))
}

fn of_text(function: Function, found: &Value<'_>) -> Option<String> {
    match function {
        Function::JsonType => Some(found.kind().to_owned()),
        _ => found.text(),
    }
}
