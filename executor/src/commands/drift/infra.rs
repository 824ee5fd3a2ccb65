//! The engines, the machine and the connections that are there, beside what infra profiles and the environment say.
//! Everything is asked within a time, once, and nothing is written anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use assay_schemas::drift::Class;
use assay_schemas::id::{Version, VersionRequest};
use assay_schemas::library::infra_profile::EngineName;
use assay_schemas::plan::{Connection, StorageAccess};
use serde_json::Value;

use super::super::{CommandError, engine};
use super::Look;
use crate::deliver;
use crate::drift::machine::Machine;
use crate::drift::{Finding, State};
use crate::input::acquire;

/// Connections that are asked at once.
const AT_ONCE: usize = 8;

pub(super) fn found(look: &Look<'_>) -> Result<Vec<Finding>, CommandError> {
    let mut differences = Vec::new();
    let mut engines = BTreeMap::from([("DuckDB".to_owned(), EngineName::Duckdb)]);
    let machine = Machine::here();
    for (id, profile) in look.bundle.objects("infra_profile")? {
        let compute = &profile["compute"];
        let memory = compute["memory_limit_mib"].as_u64();
        let threads = compute["threads"].as_u64().and_then(|number| u32::try_from(number).ok());
        let mut tell = |words: String| differences.push(format!("infra profile `{id}` {words}"));
        machine.lacks(memory, threads).into_iter().for_each(&mut tell);
        let named = EngineName::ALL.into_iter().find(|own| compute["engine"] == own.name());
        let name = named.unwrap_or_default();
        if name == EngineName::Polars {
            engines.insert("Polars".to_owned(), name);
        }
        match engine::version(name, memory, threads) {
            Err(error) => tell(format!("names an engine that does not start: {error}")),
            Ok(version) => {
                let asked = compute["engine_version"].as_str();
                let unmet = asked.filter(|asked| !accepts(asked, &version));
                unmet
                    .into_iter()
                    .for_each(|asked| tell(format!("asks for {asked}, here is {version}")));
            }
        }
    }
    differences.extend(of_runs(look, &engines)?);
    differences.extend(of_connections(look)?);
    let state = if differences.is_empty() { State::None } else { State::Differs };
    Ok(vec![Finding::new(Class::Infra, None, (state, differences))])
}

/// Whether the version in a text such as `DuckDB 1.4.1` is one that is asked for.
fn accepts(asked: &str, version: &str) -> bool {
    let number = version.split_whitespace().last().unwrap_or_default();
    match (VersionRequest::new(asked), Version::new(number)) {
        (Ok(asked), Ok(version)) => asked.accepts(&version),
        _ => false,
    }
}

/// Whether what computed the latest runs is what would compute the next.
fn of_runs(
    look: &Look<'_>,
    engines: &BTreeMap<String, EngineName>,
) -> Result<Vec<String>, CommandError> {
    let query = format!(
        "select engine, count(*), min(job) from (select job, arg_max(engine, started_at) as engine from run where \
         outcome not in ('skipped', 'error') and environment = '{}' group by tenant, job) group by engine order by 1",
        look.environment()
    );
    let mut differences = Vec::new();
    for row in look.views()?.query(&query)?.rows {
        let [Value::String(ran), jobs, Value::String(job)] = row.as_slice() else { continue };
        let own = ran.split_whitespace().next().and_then(|name| engines.get(name));
        let Some(here) = own.and_then(|name| engine::version(*name, None, None).ok()) else {
            continue;
        };
        if here != *ran {
            let whose = match jobs.as_i64() {
                Some(1) => format!("the latest run of `{job}`"),
                _ => format!("the latest runs of {jobs} jobs, `{job}` among them,"),
            };
            let verb = if jobs.as_i64() == Some(1) { "was" } else { "were" };
            differences.push(format!("{whose} {verb} computed by {ran}, here is {here}"));
        }
    }
    Ok(differences)
}

/// Something that is asked whether it is there.
enum Asked {
    /// Object storage, with a location below it.
    Storage(Option<StorageAccess>, String),
    /// A connection of actions.
    Web(Connection),
}

/// What connections of the environment and locations of data answer.
fn of_connections(look: &Look<'_>) -> Result<Vec<String>, CommandError> {
    let mut asked = Vec::new();
    let mut of_storage = BTreeSet::new();
    let mut places = BTreeSet::new();
    for (tenant, entry) in look.bundle.jobs()? {
        let own = (tenant != assay_schemas::bundle::SHARED).then_some(tenant.as_str());
        let plan = look.bundle.job(&entry.id, own)?.plan;
        for dataset in [&plan.dataset].into_iter().chain(&plan.lookups) {
            let source = &dataset.source;
            let conn_id = source.storage.as_ref().map(|storage| storage.conn_id.clone());
            of_storage.extend(conn_id.clone());
            let path = source.path.as_deref().filter(|path| acquire::is_uri(path));
            // One location of a bucket speaks for all of them.
            if let Some(path) = path
                && places.insert((conn_id, bucket(path).to_owned()))
            {
                asked.push(Asked::Storage(source.storage.clone(), path.to_owned()));
            }
        }
    }
    let declared = look.bundle.environment_object()?["connections"].clone();
    let web = declared.as_object().into_iter().flatten();
    let web = web.filter(|(conn_id, _)| !of_storage.contains(*conn_id));
    asked.extend(web.map(|(conn_id, config)| Asked::Web(connection(conn_id, config))));
    let (mut told, time) = (Vec::new(), look.timeout);
    for few in asked.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            let calls: Vec<_> = few.iter().map(|one| scope.spawn(|| answer(one, time))).collect();
            told.extend(calls.into_iter().filter_map(|call| call.join().ok().flatten()));
        });
    }
    Ok(told)
}

/// What is wrong with it, where anything is.
fn answer(asked: &Asked, time: Duration) -> Option<String> {
    match asked {
        Asked::Storage(storage, place) => {
            let error = acquire::probe(storage.as_ref(), place, time).err()?;
            let conn_id = storage.as_ref().map(|own| format!("connection `{}`: ", own.conn_id));
            Some(format!("{}{error}", conn_id.unwrap_or_default()))
        }
        Asked::Web(connection) => {
            let error = deliver::probe(connection, time).err()?;
            Some(format!("connection `{}` {error}", connection.conn_id))
        }
    }
}

/// The part of a location that says who is asked and for which bucket.
fn bucket(place: &str) -> &str {
    let after = place.find("://").map_or(0, |at| at + 3);
    let end = place[after..].find('/').map_or(place.len(), |at| after + at);
    &place[..end]
}

fn connection(conn_id: &str, config: &Value) -> Connection {
    let text = |name: &str| config[name].as_str().map(str::to_owned);
    let headers = config["headers"].as_object().into_iter().flatten();
    Connection {
        conn_id: conn_id.to_owned(),
        url: text("url").unwrap_or_default(),
        token: text("token"),
        headers: headers
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_engines_say_of_themselves() {
        assert!(accepts("^1.4", "DuckDB 1.4.1") && accepts("1.4.1", "DuckDB 1.4.1"));
        assert!(!accepts("^1.5", "DuckDB 1.4.1") && !accepts("^1", "DuckDB"));
    }

    #[test]
    fn a_bucket_speaks_for_what_lies_in_it() {
        assert_eq!(bucket("s3://data/taxi/*.parquet"), "s3://data");
        assert_eq!(bucket("https://x.example"), "https://x.example");
    }
}
