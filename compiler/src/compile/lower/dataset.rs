//! A dataset's plan: its columns, its source and its cleansing.

use assay_schemas::cleanse::Planned;
use assay_schemas::code::Code;
use assay_schemas::id::ColumnName;
use assay_schemas::library::Object;
use assay_schemas::library::data_contract::{FormatName, SourceContract};
use assay_schemas::library::dataset_schema::DatasetSchema;
use assay_schemas::library::entity::Entity;
use assay_schemas::library::governance_profile::GovernanceProfile;
use assay_schemas::library::infra_profile::InfraProfile;
use assay_schemas::plan::{
    CsvDialect, DatasetPlan, Field, Format, JsonDialect, Source, StorageAccess,
};
use assay_schemas::problem::Pointer;
use assay_schemas::problem::Problem;

use super::super::analyse::{Fields, Memory, Written};
use super::super::overlay::Resolved;
use super::field::fields;
use super::{DatasetAt, check, cleansing, partition, target};
use crate::diagnostic::Sink;

/// Plans a dataset; `None` where its schema is missing.
pub(super) fn lower(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    sink: &mut Sink,
) -> Option<DatasetPlan> {
    with_sources(resolved, at, sink).map(|(plan, _)| plan)
}

/// Plans a dataset and analyses its rules.
pub(super) fn analysed(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    memory: &Memory,
    sink: &mut Sink,
) -> Option<DatasetPlan> {
    let mut own = Sink::default();
    let planned = with_sources(resolved, at, &mut own);
    let whole = !own.has_errors() && resolved.linked.library.damaged.is_empty();
    sink.merge(own);
    let (plan, sources) = planned?;
    memory.analyse(resolved, &plan, &sources, sink);
    // Where something is broken, its rules may be those that are missing.
    if let Some((schema, _)) = schema(resolved, at).filter(|_| whole) {
        let fields = Fields {
            contract: resolved.linked.loaded(at.contract.index),
            dataset: at.dataset,
            place: at.pointer(),
            schema: resolved.linked.loaded(schema),
        };
        let policy = resolved.linked.environment.object().policy.coverage;
        fields.uncovered(&plan, policy, sink);
    }
    Some(plan)
}

fn with_sources(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    sink: &mut Sink,
) -> Option<(DatasetPlan, Vec<Written>)> {
    let (schema_index, schema) = schema(resolved, at)?;
    let fields = fields(resolved, at, schema, sink);
    let format = format(&at.dataset.source);
    if let Format::Csv(dialect) = &format {
        check_dialect(resolved, at, dialect, sink);
    }
    partition::check(resolved, at, schema, sink);
    let (cleansed, change_log) = cleansing::lower(resolved, (at, schema), &fields, sink);
    let Planned { steps, fields, reads } = cleansed;
    let (checks, sources) =
        check::lower(resolved, at, check::Schema { index: schema_index, schema }, &fields, sink);
    let plan = DatasetPlan {
        dataset_contract_id: at.dataset.dataset_contract_id.to_string(),
        catalog_entity_id: entity(resolved, at).map(|(_, entity)| entity.entity_id.to_string()),
        source: source(resolved, at, format),
        reads,
        fields,
        primary_key: schema.primary_key.clone(),
        steps,
        withheld: Vec::new(),
        change_log,
        profile: None,
        checks,
    };
    Some((plan, sources))
}

/// The infra profile of a dataset: its own, else the contract's.
pub(super) fn infra<'a>(resolved: &'a Resolved<'_>, at: DatasetAt<'_>) -> Option<&'a InfraProfile> {
    let own = at.pointer().key("infra_profile");
    let (_, found) = target(resolved, at.contract.index, &own)
        .or_else(|| target(resolved, at.contract.index, &Pointer::from("infra_profile")))?;
    match found {
        Object::InfraProfile(profile) => Some(profile),
        _ => None,
    }
}

/// Where the rows are: the path as it is written, or below the location of the infra profile's storage.
fn source(resolved: &Resolved<'_>, at: DatasetAt<'_>, format: Format) -> Source {
    let storage = infra(resolved, at).map(|infra| &infra.storage);
    let location = storage.and_then(|storage| storage.location.as_deref());
    let is_uri = |text: &str| text.contains("://");
    let path = at.dataset.source.path.clone().map(|path| match location {
        Some(location) if is_uri(location) && !is_uri(&path) && !path.starts_with('/') => {
            format!("{}/{path}", location.trim_end_matches('/'))
        }
        _ => path,
    });
    let environment = resolved.linked.environment.object();
    let conn_id = storage.and_then(|storage| storage.conn_id.as_ref());
    // A run may name another input at the same place, so a source without a path has its connection, too.
    let conn_id = conn_id.filter(|_| path.as_deref().is_none_or(is_uri));
    let access = conn_id.and_then(|conn_id| {
        environment.connections.get(conn_id).map(|config| StorageAccess {
            conn_id: conn_id.to_string(),
            url: config.url.clone(),
            region: config.region.clone(),
            account: config.account.clone(),
            secrets: config.secrets.clone(),
        })
    });
    let partitions = at.dataset.source.partitions.clone();
    Source { path, format, partitions, storage: access }
}

/// Takes the policy's steps out of a plan, but for the conversions to the declared types, and keeps them for
/// runs that ask to cleanse.
///
/// # Errors
/// Names a column that is not there without the steps, or not as it is declared.
pub(super) fn without_cleansing(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    plan: &mut DatasetPlan,
) -> Result<(), ColumnName> {
    let Some((_, schema)) = schema(resolved, at) else { return Ok(()) };
    let declared = plan.read_fields().to_vec();
    let there = |field: &&Field| declared.contains(field);
    if let Some(missing) = plan.fields.iter().find(|field| !there(field)) {
        return Err(missing.name.clone());
    }
    let conversions = cleansing::planned(resolved, (at, schema), &declared, &[]);
    plan.withheld = match plan.reads.take() {
        None => std::mem::take(&mut plan.steps),
        Some(reads) => {
            plan.fields = reads;
            Vec::new()
        }
    };
    plan.steps = conversions.map(|planned| planned.steps).unwrap_or_default();
    if plan.withheld == plan.steps {
        plan.withheld.clear();
    }
    Ok(())
}

fn schema<'a>(resolved: &'a Resolved<'_>, at: DatasetAt<'_>) -> Option<(usize, &'a DatasetSchema)> {
    match target(resolved, at.contract.index, &at.pointer().key("schema"))? {
        (index, Object::DatasetSchema(schema)) => Some((index, schema)),
        _ => None,
    }
}

/// The catalog entity that a dataset is mapped to: by itself, or by its mapping template.
pub(super) fn entity<'a>(
    resolved: &'a Resolved<'_>,
    at: DatasetAt<'_>,
) -> Option<(usize, &'a Entity)> {
    let of_template = |(index, _)| target(resolved, index, &Pointer::from("catalog_entity"));
    let template = at.pointer().key("mapping_template");
    let found = target(resolved, at.contract.index, &at.pointer().key("catalog_entity"))
        .or_else(|| target(resolved, at.contract.index, &template).and_then(of_template))?;
    match found {
        (index, Object::Entity(entity)) => Some((index, entity)),
        _ => None,
    }
}

/// The governance profile of a dataset: its own, else the contract's, else its entity's.
pub(super) fn governance<'a>(
    resolved: &'a Resolved<'_>,
    at: DatasetAt<'_>,
) -> Option<(usize, &'a GovernanceProfile)> {
    let whole = Pointer::from("governance_profile");
    let found = target(resolved, at.contract.index, &at.pointer().key("governance_profile"))
        .or_else(|| target(resolved, at.contract.index, &whole))
        .or_else(|| entity(resolved, at).and_then(|(index, _)| target(resolved, index, &whole)))?;
    match found {
        (index, Object::GovernanceProfile(profile)) => Some((index, profile)),
        _ => None,
    }
}

/// How the files are written.
fn format(source: &SourceContract) -> Format {
    let json = || source.json.clone().unwrap_or_default();
    match source.format {
        FormatName::Csv => Format::Csv(source.csv.clone().unwrap_or_default()),
        FormatName::Parquet => Format::Parquet,
        FormatName::Json => Format::Json(json()),
        FormatName::Ndjson => Format::Json(JsonDialect { lines: true, ..json() }),
        FormatName::Excel => Format::Excel(source.excel.clone().unwrap_or_default()),
        FormatName::Avro => Format::Avro,
    }
}

fn check_dialect(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    dialect: &CsvDialect,
    sink: &mut Sink,
) {
    let place = at.pointer().key("source").key("csv");
    let mut fault = |field: &str, message: String| {
        let problem = Problem::new(Code::BadValue, place.key(field), message);
        sink.push(resolved.linked.loaded(at.contract.index).diagnostic(problem));
    };
    let line = |text: &str| text.contains(['\n', '\r']);
    if dialect.delimiter.is_empty() || line(&dialect.delimiter) {
        fault("delimiter", format!("`{}` stands between no two cells", dialect.delimiter));
    }
    let single = |text: &str| text.chars().count() == 1 && !line(text);
    for (field, text) in [("quote", &dialect.quote), ("escape", &dialect.escape)] {
        if !text.is_empty() && !single(text) {
            fault(field, format!("`{text}` is not one character"));
        }
    }
    if let Some(comment) = dialect.comment.as_ref().filter(|comment| !single(comment)) {
        fault("comment", format!("`{comment}` is not one character"));
    }
    if !ENCODINGS.contains(&dialect.encoding.as_str()) {
        let known = ENCODINGS.join(", ");
        fault("encoding", format!("unknown encoding `{}`: use one of {known}", dialect.encoding));
    }
}

/// Character sets that executors read, by the names of the WHATWG Encoding Standard.
const ENCODINGS: &[&str] = &[
    "utf-8",
    "latin-1",
    "utf-16",
    "utf-16le",
    "utf-16be",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "iso-8859-2",
    "iso-8859-5",
    "iso-8859-7",
    "iso-8859-15",
    "koi8-r",
    "macintosh",
    "shift_jis",
    "euc-jp",
    "euc-kr",
    "gb18030",
    "gbk",
    "big5",
];

/// The columns of a dataset after cleansing, without reporting anything.
pub(super) fn declared(resolved: &Resolved<'_>, at: DatasetAt<'_>) -> Option<Vec<Field>> {
    let (_, schema) = schema(resolved, at)?;
    let fields = fields(resolved, at, schema, &mut Sink::default());
    Some(cleansing::columns_after(resolved, (at, schema), fields))
}
