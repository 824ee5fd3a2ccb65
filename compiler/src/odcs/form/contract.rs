//! Fields of a contract outside its schema and servers.

use serde_json::{Map, Value};

use super::schema::OBJECT;
use super::server::SERVER;
use super::{Form, Table, Together, may, must};
use assay_schemas::code::Code;

pub(super) const TEXTS: Form = Form::List(&Form::Text);

/// Versions of the standard whose contracts have this form.
const API_VERSIONS: &[&str] = &["v3.1.0", "v3.0.2", "v3.0.1", "v3.0.0"];

pub(super) const CUSTOM_PROPERTIES: Form = Form::List(&Form::Object(&CUSTOM_PROPERTY));
pub(super) const DEFINITIONS: Form = Form::List(&Form::Object(&DEFINITION));
pub(super) const ROLES: Form = Form::List(&Form::Object(&ROLE));

static CUSTOM_PROPERTY: Table = Table::of(
    "a custom property",
    &[
        may("id", Form::StableId),
        must("property", Form::Text),
        must("value", Form::Any),
        may("description", Form::Text),
    ],
);

static DEFINITION: Table = Table::of(
    "an authoritative definition",
    &[
        may("id", Form::StableId),
        must("url", Form::Text),
        must("type", Form::Text),
        may("description", Form::Text),
    ],
);

/// A whole contract.
pub static CONTRACT: Table = Table {
    name: "the contract",
    fields: &[
        must("version", Form::Text),
        must("kind", Form::OneOf(&["DataContract"])),
        must("apiVersion", Form::Text),
        must("id", Form::Text),
        may("name", Form::Text),
        may("tenant", Form::Text),
        may("tags", TEXTS),
        must("status", Form::Text),
        may("servers", Form::List(&Form::Object(&SERVER))),
        may("dataProduct", Form::Text),
        may("description", Form::Object(&DESCRIPTION)),
        may("domain", Form::Text),
        may("schema", Form::List(&Form::Object(&OBJECT))),
        may("support", Form::List(&Form::Object(&SUPPORT))),
        may("price", Form::Object(&PRICE)),
        may("team", Form::Either(&[Form::Object(&TEAM), Form::List(&Form::Object(&MEMBER))])),
        may("roles", ROLES),
        may("slaDefaultElement", Form::Text),
        may("slaProperties", Form::List(&Form::Object(&SLA))),
        may("authoritativeDefinitions", DEFINITIONS),
        may("customProperties", CUSTOM_PROPERTIES),
        may("contractCreatedTs", Form::Text),
    ],
    more: |_| &[],
    together: known_version,
};

fn known_version(contract: &Map<String, Value>) -> Option<Together> {
    let version = contract.get("apiVersion")?.as_str()?;
    (!API_VERSIONS.contains(&version)).then(|| Together {
        field: Some("apiVersion"),
        code: Code::BadValue,
        message: format!("`{version}` is no version of the standard that is read"),
        hint: format!("read are {}; older contracts have another form", API_VERSIONS.join(", ")),
        since_3_1: false,
    })
}

static DESCRIPTION: Table = Table::of(
    "the description",
    &[
        may("usage", Form::Text),
        may("purpose", Form::Text),
        may("limitations", Form::Text),
        may("authoritativeDefinitions", DEFINITIONS),
        may("customProperties", CUSTOM_PROPERTIES),
    ],
);

static SUPPORT: Table = Table::of(
    "a support channel",
    &[
        may("id", Form::StableId),
        must("channel", Form::Text),
        may("url", Form::Text),
        may("description", Form::Text),
        may("tool", Form::Text),
        may("scope", Form::Text),
        may("invitationUrl", Form::Text),
        may("customProperties", CUSTOM_PROPERTIES),
    ],
);

static PRICE: Table = Table::of(
    "the price",
    &[
        may("id", Form::StableId),
        may("priceAmount", Form::Number),
        may("priceCurrency", Form::Text),
        may("priceUnit", Form::Text),
    ],
);

static TEAM: Table = Table::of(
    "the team",
    noted![may("name", Form::Text), may("members", Form::List(&Form::Object(&MEMBER))),],
);

static MEMBER: Table = Table::of(
    "a member of the team",
    noted![
        must("username", Form::Text),
        may("name", Form::Text),
        may("role", Form::Text),
        may("dateIn", Form::Text),
        may("dateOut", Form::Text),
        may("replacedByUsername", Form::Text),
    ],
);

static ROLE: Table = Table::of(
    "a role",
    &[
        may("id", Form::StableId),
        must("role", Form::Text),
        may("description", Form::Text),
        may("access", Form::Text),
        may("firstLevelApprovers", Form::Text),
        may("secondLevelApprovers", Form::Text),
        may("customProperties", CUSTOM_PROPERTIES),
    ],
);

static SLA: Table = Table::of(
    "a service level",
    &[
        may("id", Form::StableId),
        must("property", Form::Text),
        must("value", Form::Single),
        may("valueExt", Form::Single),
        may("unit", Form::Text),
        may("element", Form::Text),
        may("driver", Form::Text),
        may("description", Form::Text),
        may("scheduler", Form::Text),
        may("schedule", Form::Text),
    ],
);
