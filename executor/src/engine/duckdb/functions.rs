//! Functions of the plan that DuckDB has none for, or none that means the same: made in Rust and known to
//! every statement of a connection.
//!
//! Keys of pseudonyms stay in here: statements, which are recorded, name the reference alone.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, RwLock};

use assay_schemas::document::DocumentSchema;
use assay_schemas::plan::PseudonymForm;
use duckdb::Connection;
use duckdb::arrow::array::{Array, ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray};
use duckdb::arrow::datatypes::DataType;
use duckdb::core::{DataChunkHandle, LogicalTypeId};
use duckdb::vscalar::{ArrowFunctionSignature, ScalarFunctionSignature, VArrowScalar, VScalar};
use duckdb::vtab::arrow::WritableVector;

use super::connection::fault;
use super::reading;
use super::vector::map_to_texts;
use crate::engine::{EngineError, text};
use crate::secret;

/// Name of `normalize(text, form)`.
pub(super) const NORMALIZE: &str = "assay_normalize";
/// Name of `trim(text)`, which takes every white space of Unicode for one; DuckDB's own, given so many characters,
/// is many times slower.
pub(super) const TRIM: &str = "assay_trim";
/// Name of `title_case(text)`.
pub(super) const TITLE_CASE: &str = "assay_title_case";
/// Name of `similarity(one, other, method)`.
pub(super) const SIMILARITY: &str = "assay_similarity";
/// Name of `json_schema(text, schema)`.
pub(super) const JSON_SCHEMA: &str = "assay_json_schema";
/// Name of `pseudonym(text, secret, form, prefix)`.
pub(super) const PSEUDONYM: &str = "assay_pseudonym";

/// Keys by the reference that names them.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys(Arc<RwLock<BTreeMap<String, secret::Secret>>>);

impl Keys {
    /// Reads the keys that are named.
    ///
    /// # Errors
    /// One of them is not to be had.
    pub(super) fn learn(&self, references: &[&str]) -> Result<(), EngineError> {
        for reference in references {
            let key = secret::resolve(reference)
                .map_err(|error| EngineError::Resource(format!("a step needs a key: {error}")))?;
            if let Ok(mut keys) = self.0.write() {
                keys.insert((*reference).to_owned(), key);
            }
        }
        Ok(())
    }
}

/// Makes the functions known to a connection.
pub(super) fn register(connection: &Connection) -> Result<Keys, EngineError> {
    let keys = Keys::default();
    connection
        .register_scalar_function::<Normalize>(NORMALIZE)
        .and_then(|()| connection.register_scalar_function::<Trim>(TRIM))
        .and_then(|()| connection.register_scalar_function::<TitleCase>(TITLE_CASE))
        .and_then(|()| connection.register_scalar_function::<Alike>(SIMILARITY))
        .and_then(|()| connection.register_scalar_function::<OfSchema>(JSON_SCHEMA))
        .and_then(|()| {
            connection.register_scalar_function_with_state::<Pseudonym>(PSEUDONYM, &keys)
        })
        .and_then(|()| reading::register(connection))
        .map_err(|error| fault(&error))?;
    Ok(keys)
}

type Outcome = Result<Arc<dyn Array>, Box<dyn Error>>;

fn texts(arguments: usize, gives: DataType) -> Vec<ArrowFunctionSignature> {
    vec![ArrowFunctionSignature::exact(vec![DataType::Utf8; arguments], gives)]
}

/// An argument as texts.
fn column(input: &RecordBatch, number: usize) -> Result<&StringArray, Box<dyn Error>> {
    let column: &ArrayRef = input.column(number);
    column.as_any().downcast_ref().ok_or_else(|| "an argument is not text".into())
}

struct Normalize;

impl VArrowScalar for Normalize {
    type State = ();

    fn invoke((): &(), input: RecordBatch) -> Outcome {
        let (texts, forms) = (column(&input, 0)?, column(&input, 1)?);
        let made = texts.iter().zip(forms).map(|(text, form)| text::normalize(text?, form?));
        Ok(Arc::new(made.collect::<StringArray>()))
    }

    fn signatures() -> Vec<ArrowFunctionSignature> {
        texts(2, DataType::Utf8)
    }
}

struct Trim;

impl VScalar for Trim {
    type State = ();

    fn invoke(
        (): &(),
        input: &mut DataChunkHandle,
        output: &mut dyn WritableVector,
    ) -> Result<(), Box<dyn Error>> {
        map_to_texts(input, output, |text| {
            std::str::from_utf8(text).map_or(text, |text| text.trim().as_bytes())
        })
    }

    fn signatures() -> Vec<ScalarFunctionSignature> {
        let text = || LogicalTypeId::Varchar.into();
        vec![ScalarFunctionSignature::exact(vec![text()], text())]
    }
}

struct TitleCase;

impl VArrowScalar for TitleCase {
    type State = ();

    fn invoke((): &(), input: RecordBatch) -> Outcome {
        let made = column(&input, 0)?.iter().map(|text| text.map(text::title_case));
        Ok(Arc::new(made.collect::<StringArray>()))
    }

    fn signatures() -> Vec<ArrowFunctionSignature> {
        texts(1, DataType::Utf8)
    }
}

struct Alike;

impl VArrowScalar for Alike {
    type State = ();

    fn invoke((): &(), input: RecordBatch) -> Outcome {
        let (ones, others, methods) = (column(&input, 0)?, column(&input, 1)?, column(&input, 2)?);
        let made = ones.iter().zip(others).zip(methods).map(|((one, other), method)| {
            Some(text::similarity(one?, other?, text::method(method?)?))
        });
        Ok(Arc::new(made.collect::<Float64Array>()))
    }

    fn signatures() -> Vec<ArrowFunctionSignature> {
        texts(3, DataType::Float64)
    }
}

struct OfSchema;

impl VArrowScalar for OfSchema {
    type State = Schemas;

    fn invoke(schemas: &Schemas, input: RecordBatch) -> Outcome {
        let (texts, written) = (column(&input, 0)?, column(&input, 1)?);
        let mut made = Vec::with_capacity(texts.len());
        // The schema is a constant, so that all rows have the same.
        let mut last: Option<(&str, Arc<DocumentSchema>)> = None;
        for (text, written) in texts.iter().zip(written) {
            let (Some(text), Some(written)) = (text, written) else {
                made.push(None);
                continue;
            };
            let schema = match &last {
                Some((known, schema)) if *known == written => Arc::clone(schema),
                _ => schemas.get(written)?,
            };
            made.push(Some(schema.accepts(text)));
            last = Some((written, schema));
        }
        Ok(Arc::new(BooleanArray::from(made)))
    }

    fn signatures() -> Vec<ArrowFunctionSignature> {
        texts(2, DataType::Boolean)
    }
}

/// The schemas that have been read.
#[derive(Clone, Debug, Default)]
struct Schemas(Arc<RwLock<BTreeMap<String, Arc<DocumentSchema>>>>);

impl Schemas {
    fn get(&self, written: &str) -> Result<Arc<DocumentSchema>, Box<dyn Error>> {
        let lost = "the schemas cannot be read";
        if let Some(known) = self.0.read().map_err(|_| lost)?.get(written) {
            return Ok(Arc::clone(known));
        }
        let schema = Arc::new(DocumentSchema::parse(written)?);
        self.0.write().map_err(|_| lost)?.insert(written.to_owned(), Arc::clone(&schema));
        Ok(schema)
    }
}

struct Pseudonym;

impl VArrowScalar for Pseudonym {
    type State = Keys;

    fn invoke(keys: &Keys, input: RecordBatch) -> Outcome {
        let (texts, references) = (column(&input, 0)?, column(&input, 1)?);
        let (forms, prefixes) = (column(&input, 2)?, column(&input, 3)?);
        let keys = keys.0.read().map_err(|_| "the keys cannot be read")?;
        let mut made = Vec::with_capacity(texts.len());
        for row in 0..texts.len() {
            if texts.is_null(row) {
                made.push(None);
                continue;
            }
            let key = keys.get(references.value(row)).ok_or("a key was not read")?;
            let form = match forms.value(row) {
                "hex" => PseudonymForm::Hex,
                "shape" => PseudonymForm::Shape,
                _ => PseudonymForm::Token { prefix: prefixes.value(row).to_owned() },
            };
            made.push(Some(text::pseudonym(texts.value(row), key.expose().as_bytes(), &form)));
        }
        Ok(Arc::new(StringArray::from(made)))
    }

    fn signatures() -> Vec<ArrowFunctionSignature> {
        texts(4, DataType::Utf8)
    }
}
