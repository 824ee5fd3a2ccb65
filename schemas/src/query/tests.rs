use super::*;

#[track_caller]
fn refused(text: &str, part: &str) {
    match read(text) {
        Ok(_) => panic!("not refused: {text}"),
        Err(refusal) => assert!(refusal.message.contains(part), "{text}: {}", refusal.message),
    }
}

#[test]
fn what_only_reads_passes() {
    for text in [
        "SELECT * FROM {dataset}",
        "select d.a, count(*) n from {dataset} as d group by d.a having count(*) > 1",
        "SELECT * FROM {dataset} d LEFT JOIN {zones} z USING (zone_id) WHERE z.zone_id IS NULL",
        "SELECT d.* FROM {dataset} d, {zones} z WHERE d.zone = z.zone_id ORDER BY 1 LIMIT 5",
        "WITH few AS (SELECT a FROM {dataset}), more (x, y) AS NOT MATERIALIZED (SELECT a, a FROM few) \
         SELECT * FROM more JOIN few ON x = a",
        "SELECT sum(x) FILTER (WHERE x > 0) / nullif(count(*), 0) FROM {dataset}",
        "SELECT * FROM (SELECT *, lag(a) OVER (PARTITION BY b ORDER BY c) p FROM {dataset}) WHERE p > a",
        "SELECT * FROM {dataset} WHERE a IS NOT DISTINCT FROM b AND extract(year FROM day) > 2020",
        "SELECT * FROM {dataset} WHERE trim(both ' ' FROM name) = '' OR CAST(a AS DECIMAL(10, 2)) > 1",
        "SELECT a::DECIMAL(5,2), \"load\", d.set FROM {dataset} d -- a comment; with {braces}",
        "SELECT * FROM {dataset} t(a, b) WHERE EXISTS (SELECT 1 FROM {zones} WHERE a IN ('x; y', 'it''s'))",
        "SELECT * FROM ({dataset} d JOIN {zones} z ON d.a = z.a) CROSS JOIN (VALUES (1), (2)) v(n)",
        "SELECT quantile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM {dataset}",
        "SELECT * EXCLUDE (b) FROM {dataset}, unnest([1, 2]) u(n), LATERAL (SELECT n + 1)",
        "SELECT 1 FROM {dataset} UNION ALL SELECT 2 FROM {zones} EXCEPT SELECT 3 FROM {zones}",
    ] {
        if let Err(refusal) = read(text) {
            panic!("{text}: {} at {}", refusal.message, refusal.offset);
        }
    }
}

#[test]
fn what_writes_or_changes_is_refused() {
    for text in [
        "DELETE FROM {dataset}",
        "INSERT INTO {dataset} VALUES (1)",
        "COPY (SELECT 1) TO 'x.csv'",
        "ATTACH 'x.db'",
        "INSTALL httpfs",
        "SET memory_limit = '1GB'",
        "PRAGMA database_list",
        "CREATE TABLE t AS SELECT * FROM {dataset}",
        "EXPLAIN ANALYZE SELECT * FROM {dataset}",
        "FROM {dataset}",
        "",
    ] {
        refused(text, "a query is one `SELECT`");
    }
    refused("SELECT 1 FROM {dataset}; DROP TABLE x", "without `;`");
    refused("SELECT * INTO t FROM {dataset}", "has no place");
    refused("WITH gone AS (DELETE FROM {dataset} RETURNING *) SELECT * FROM gone", "has no place");
    refused("WITH RECURSIVE t AS (SELECT 1) SELECT * FROM t, {dataset}", "has no place");
    refused("SELECT * FROM (DESCRIBE {dataset})", "has no place");
    refused("SELECT * FROM {dataset}, (TABLE secrets)", "has no place");
    refused("SELECT * FROM {dataset}, (SHOW TABLES)", "has no place");
}

#[test]
fn what_reads_anything_but_datasets_is_refused() {
    refused("SELECT * FROM read_csv('/etc/passwd')", "may not read from `read_csv`");
    refused("SELECT * FROM {dataset}, read_text('/etc/passwd')", "may not read from");
    refused("SELECT * FROM '/etc/passwd'", "reads no files");
    refused("SELECT * FROM {dataset} JOIN 'x.parquet' ON true", "reads no files");
    refused("SELECT * FROM {dataset} d, \"x.parquet\"", "is no table of this query");
    refused("SELECT * FROM {dataset}, (FROM 'x.csv')", "reads no files");
    refused("SELECT * FROM {dataset}, (SELECT * FROM glob('*'))", "may not read from");
    refused("SELECT * FROM {dataset}, information_schema.tables", "is no table");
    refused("SELECT * FROM dataset", "is no table");
    refused("WITH x AS (SELECT 1 FROM {dataset}) SELECT * FROM x.y", "is no table");
    refused("WITH \"x.csv\" AS (SELECT 1 FROM {dataset}) SELECT * FROM \"x.csv\"", "is no table");
    refused("SELECT getenv('HOME') FROM {dataset}", "may not call `getenv`");
    refused("SELECT \"getenv\"('HOME') FROM {dataset}", "may not call");
    refused("SELECT 'HOME'.getenv() FROM {dataset}", "may not call");
    refused("SELECT current_setting('threads') FROM {dataset}", "may not call");
    refused("SELECT random() FROM {dataset}", "may not call");
    refused("SELECT nextval('s') FROM {dataset}", "may not call");
    // A word that looks like the end of the tables, within a condition.
    refused(
        "SELECT 1 FROM {dataset} a JOIN {zones} b ON sum(x) WITHIN GROUP (ORDER BY 1) > 1, 'x.csv'",
        "reads no files",
    );
    refused("SELECT * FROM {dataset} WHERE a = E'\\' FROM x' ", "a letter before its quotes");
    refused("SELECT $$a$$ FROM {dataset}", "is no sign of a query");
    refused("SELECT ? FROM {dataset}", "is no sign of a query");
    refused("SELECT 1 /* a /* b */ */ FROM {dataset}", "the comment");
    refused("SELECT 'a FROM {dataset}", "not closed");
    refused("SELECT 1", "reads no dataset");
    refused("SELECT {dataset}.a FROM {dataset}", "none is read here");
    refused("SELECT * FROM {dataset} WHERE (a", "not closed");
    refused("SELECT * FROM {dataset})", "closes nothing");
    refused("SELECT * FROM", "a table is missing");
    refused("SELECT * FROM {dataset}, WHERE a", "is no table");
    refused(&format!("SELECT {}1 FROM {{dataset}}", "(".repeat(60)), "nested");
}

#[test]
fn a_query_is_cut_where_datasets_stand() {
    let parts = read("SELECT '{x}' FROM {dataset} d JOIN {my-zones} USING (id)").unwrap();
    assert_eq!(
        parts,
        [
            Part::Text("SELECT '{x}' FROM ".to_owned()),
            Part::Judged,
            Part::Text(" d JOIN ".to_owned()),
            Part::Dataset("my-zones".to_owned()),
            Part::Text(" USING (id)".to_owned()),
        ]
    );
    let near = read("SELECT lenght(a) FROM {dataset}").unwrap_err();
    assert_eq!(near.hint.as_deref(), Some("did you mean `length`?"));
}
