//! Fields of servers: each type has its own.

use serde_json::{Map, Value};

use super::contract::{CUSTOM_PROPERTIES, ROLES};
use super::{Field, Form, Table, may, must};

pub(super) static SERVER: Table = Table {
    name: "a server",
    fields: &[
        may("id", Form::StableId),
        must("server", Form::Text),
        must("type", Form::OneOf(SERVER_TYPES)),
        may("description", Form::Text),
        may("environment", Form::Text),
        may("roles", ROLES),
        may("customProperties", CUSTOM_PROPERTIES),
    ],
    more: by_type,
    together: |_| None,
};

/// The types of servers.
pub const SERVER_TYPES: &[&str] = &[
    "api",
    "athena",
    "azure",
    "bigquery",
    "clickhouse",
    "databricks",
    "denodo",
    "dremio",
    "duckdb",
    "glue",
    "cloudsql",
    "db2",
    "hive",
    "impala",
    "informix",
    "kafka",
    "kinesis",
    "local",
    "mysql",
    "oracle",
    "postgresql",
    "postgres",
    "presto",
    "pubsub",
    "redshift",
    "s3",
    "sftp",
    "snowflake",
    "sqlserver",
    "synapse",
    "trino",
    "vertica",
    "zen",
    "custom",
];

const TEXT: Form = Form::Text;
const PORT: Form = Form::Whole;

/// The fields of each type of server.
static TYPES: &[(&[&str], &[Field])] = &[
    (&["api"], &[must("location", TEXT)]),
    (
        &["athena"],
        &[
            must("stagingDir", TEXT),
            must("schema", TEXT),
            may("catalog", TEXT),
            may("regionName", TEXT),
        ],
    ),
    (&["azure"], &[must("location", TEXT), must("format", TEXT), may("delimiter", TEXT)]),
    (&["bigquery"], &[must("project", TEXT), must("dataset", TEXT)]),
    (
        &["clickhouse", "mysql", "synapse"],
        &[must("host", TEXT), must("port", PORT), must("database", TEXT)],
    ),
    (&["databricks"], &[may("host", TEXT), must("catalog", TEXT), must("schema", TEXT)]),
    (&["denodo"], &[must("host", TEXT), must("port", PORT), may("database", TEXT)]),
    (&["dremio"], &[must("host", TEXT), must("port", PORT), may("schema", TEXT)]),
    (&["duckdb"], &[must("database", TEXT), may("schema", TEXT)]),
    (
        &["glue"],
        &[
            must("account", TEXT),
            must("database", TEXT),
            may("location", TEXT),
            may("format", TEXT),
        ],
    ),
    (
        &["cloudsql", "postgresql", "postgres", "vertica"],
        &[must("host", TEXT), must("port", PORT), must("database", TEXT), must("schema", TEXT)],
    ),
    (
        &["db2"],
        &[must("host", TEXT), must("port", PORT), must("database", TEXT), may("schema", TEXT)],
    ),
    (
        &["hive", "impala", "informix", "zen"],
        &[must("host", TEXT), may("port", PORT), must("database", TEXT)],
    ),
    (
        &["custom"],
        &[
            may("account", TEXT),
            may("catalog", TEXT),
            may("database", TEXT),
            may("dataset", TEXT),
            may("delimiter", TEXT),
            may("endpointUrl", TEXT),
            may("format", TEXT),
            may("host", TEXT),
            may("location", TEXT),
            may("path", TEXT),
            may("port", PORT),
            may("project", TEXT),
            may("region", TEXT),
            may("regionName", TEXT),
            may("schema", TEXT),
            may("serviceName", TEXT),
            may("stagingDir", TEXT),
            may("warehouse", TEXT),
            may("stream", TEXT),
        ],
    ),
    (&["kafka"], &[must("host", TEXT), may("format", TEXT)]),
    (&["kinesis"], &[may("region", TEXT), may("format", TEXT)]),
    (&["local"], &[must("path", TEXT), must("format", TEXT)]),
    (&["oracle"], &[must("host", TEXT), must("port", PORT), must("serviceName", TEXT)]),
    (&["presto"], &[must("host", TEXT), may("catalog", TEXT), may("schema", TEXT)]),
    (&["pubsub"], &[must("project", TEXT)]),
    (
        &["redshift"],
        &[
            may("host", TEXT),
            must("database", TEXT),
            must("schema", TEXT),
            may("region", TEXT),
            may("account", TEXT),
        ],
    ),
    (
        &["s3"],
        &[
            must("location", TEXT),
            may("endpointUrl", TEXT),
            may("format", TEXT),
            may("delimiter", TEXT),
        ],
    ),
    (&["sftp"], &[must("location", TEXT), may("format", TEXT), may("delimiter", TEXT)]),
    (
        &["snowflake"],
        &[
            may("host", TEXT),
            may("port", PORT),
            must("account", TEXT),
            must("database", TEXT),
            must("schema", TEXT),
            may("warehouse", TEXT),
        ],
    ),
    (
        &["sqlserver"],
        &[must("host", TEXT), may("port", PORT), must("database", TEXT), must("schema", TEXT)],
    ),
    (
        &["trino"],
        &[must("host", TEXT), must("port", PORT), must("catalog", TEXT), must("schema", TEXT)],
    ),
];

fn by_type(server: &Map<String, Value>) -> &'static [Field] {
    let name = server.get("type").and_then(Value::as_str).unwrap_or_default();
    TYPES.iter().find(|(names, _)| names.contains(&name)).map_or(&[], |(_, fields)| *fields)
}
