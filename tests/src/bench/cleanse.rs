//! TPC-H lineitem as CSV, cleansed to Parquet: the whole process against a bare program that runs SQL by hand
//! in the same DuckDB; and many small files against one of the same rows.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use assay_testkit::{Project, program};

use crate::measure::{bare_command, cache, figure, in_turns, most_memory, ratio, table};
use crate::tpch;

/// Eight steps that look at one row at a time.
const STEPS: &[&str] = &[
    "{ step_id: trim, step_type: trim, parameters: { columns: [l_comment] } }",
    "{ step_id: blanks, step_type: collapse_whitespace, parameters: { columns: [l_comment] } }",
    "{ step_id: hyphen, step_type: replace, parameters: { columns: [l_comment], text: \"ly \", with: ly- } }",
    "{ step_id: small, step_type: change_case, parameters: { columns: [l_shipmode], to: lower } }",
    "{ step_id: words, step_type: map_values, parameters: { column: l_returnflag, map: { A: accepted, \"N\": none, R: returned } } }",
    "{ step_id: none, step_type: null_tokens, parameters: { columns: [l_shipinstruct], tokens: [NONE] } }",
    "{ step_id: most, step_type: clamp, parameters: { column: l_quantity, min: 1, max: 45 } }",
    "{ step_id: dimes, step_type: round, parameters: { columns: [l_extendedprice], digits: 1 } }",
];

/// The step that needs to see all rows.
const ONCE: &str = "{ step_id: once, step_type: deduplicate, parameters: { columns: [l_orderkey, l_linenumber] } }";

/// What a person would write for the steps.
const BY_HAND: &str = "SELECT * REPLACE ( \
     replace(regexp_replace(trim(l_comment), '\\s+', ' ', 'g'), 'ly ', 'ly-') AS l_comment, \
     lower(l_shipmode) AS l_shipmode, \
     CASE l_returnflag WHEN 'A' THEN 'accepted' WHEN 'N' THEN 'none' WHEN 'R' THEN 'returned' \
     ELSE l_returnflag END AS l_returnflag, \
     nullif(l_shipinstruct, 'NONE') AS l_shipinstruct, \
     least(greatest(l_quantity, 1), 45) AS l_quantity, \
     round(l_extendedprice, 1) AS l_extendedprice) FROM lines";

/// Small files, and the rows of each.
const FILES: usize = 1800;
const ROWS: usize = 1000;

pub(crate) fn run(scale: f64) {
    let data = tpch::data(scale);
    for (name, unique, limit, most) in
        [("cleanse", false, 512, 1.15), ("cleanse-once", true, 2048, 1.2)]
    {
        crate::print(&format!(
            "{name}: eight steps of single rows{}; scale {scale}, CSV to Parquet\n",
            if unique { " and a deduplication by two columns" } else { "" }
        ));
        let project = project(&data.lines_csv, "csv", unique, Some(limit));
        let bare = bare_command(name, &data.lines_csv, &data.orders_csv);
        let samples = in_turns(3, &mut [job(&project, "duckdb"), job(&project, "polars"), bare]);
        table(&["assay run", "with Polars", "SQL by hand"], &samples);
        ratio("time, ratio of medians", &samples[0], &samples[2], most);
        let memory = if unique { 2048.0 } else { 614.0 };
        figure("peak memory", most_memory(&samples[0]), memory, "MiB");
    }
}

pub(crate) fn run_small() {
    crate::print(&format!(
        "small-files: {FILES} CSV files of {ROWS} rows against one of them all\n"
    ));
    let (many, one) = small(&tpch::data(1.0).lines_csv);
    let [many, one] = [many, one].map(|lines| project(&lines, "csv", false, Some(1024)));
    let jobs = &mut [job(&many, "auto"), job(&many, "duckdb"), job(&one, "duckdb")];
    let samples = in_turns(3, jobs);
    table(&["many files, auto", "many files, DuckDB", "one file, DuckDB"], &samples);
    ratio("time of auto to one file", &samples[0], &samples[2], 1.5);
    ratio("time of DuckDB to one file", &samples[1], &samples[2], f64::INFINITY);
}

fn job(project: &Project, engine: &str) -> Command {
    let mut assay = Command::new(program("assay"));
    assay.args(["run", "lines", "--engine", engine]).current_dir(project.path());
    assay
}

/// The bare program.
pub(crate) fn bare(name: &str, lines: &str) {
    let folder = cache().join(format!("{name}-bare"));
    std::fs::create_dir_all(&folder).expect("the cache folder is made");
    let memory = if name == "cleanse" { "512MB" } else { "2GB" };
    let database = duckdb::Connection::open_in_memory().expect("DuckDB opens");
    let columns: Vec<_> = tpch::LINES
        .iter()
        .map(|(name, kind)| {
            let kind = match *kind {
                "text" => "VARCHAR".to_owned(),
                "integer" => "BIGINT".to_owned(),
                other => other.to_uppercase(),
            };
            format!("'{name}': '{kind}'")
        })
        .collect();
    let qualify = match name {
        "cleanse" => "",
        _ => " QUALIFY row_number() OVER (PARTITION BY l_orderkey, l_linenumber) = 1",
    };
    let sql = format!(
        "SET memory_limit = '{memory}'; SET temp_directory = '{folder}'; \
         CREATE VIEW lines AS SELECT * FROM read_csv('{lines}', columns = {{{}}}, header = true, \
         auto_detect = false, delim = ',', quote = '\"', escape = '\"'); \
         COPY ({BY_HAND}{qualify}) TO '{folder}/out.parquet' (FORMAT parquet, COMPRESSION zstd, \
         COMPRESSION_LEVEL 1)",
        columns.join(", "),
        folder = folder.display(),
    );
    database.execute_batch(&sql).expect("the rows are cleansed");
}

/// Small files and one file with the rows of all of them; made where they are not there yet.
fn small(lines: &Path) -> (PathBuf, PathBuf) {
    let folder = cache().join("small");
    let whole = cache().join("small.csv");
    if !whole.exists() {
        std::fs::create_dir_all(&folder).expect("the cache folder is made");
        let mut source = BufReader::new(File::open(lines).expect("lineitem is there")).lines();
        let header = source.next().expect("a header").expect("the header is read");
        let partial = whole.with_extension("partial");
        let mut all = BufWriter::new(File::create(&partial).expect("the cache is writable"));
        writeln!(all, "{header}").expect("the cache is writable");
        for number in 0..FILES {
            let path = folder.join(format!("{number:04}.csv"));
            let mut part = BufWriter::new(File::create(path).expect("the cache is writable"));
            writeln!(part, "{header}").expect("the cache is writable");
            for line in source.by_ref().take(ROWS) {
                let line = line.expect("lineitem is read");
                writeln!(part, "{line}").expect("the cache is writable");
                writeln!(all, "{line}").expect("the cache is writable");
            }
            part.flush().expect("the cache is writable");
        }
        all.flush().expect("the cache is writable");
        std::fs::rename(partial, &whole).expect("the cache is writable");
    }
    (folder.join("*.csv"), whole)
}

/// A project of one job that cleanses; `memory` is a limit in MiB.
pub(crate) fn project(lines: &Path, format: &str, unique: bool, memory: Option<u32>) -> Project {
    let project = Project::new();
    project.write("environments/dev.yaml", "environment: dev\nresults: lake\n");
    let columns: String = tpch::LINES
        .iter()
        .map(|(name, kind)| format!("  - {{ name: {name}, data_type: \"{kind}\" }}\n"))
        .collect();
    project.write("libraries/schemas/lines.yaml", format!("schema_id: lines\ncolumns:\n{columns}"));
    let steps: String =
        STEPS.iter().chain(unique.then_some(&ONCE)).map(|step| format!("  - {step}\n")).collect();
    project.write(
        "libraries/rules/lines.yaml",
        format!("cleansing_policy_id: lines\nsteps:\n{steps}"),
    );
    project.write(
        "libraries/rules/rows.yaml",
        "rule_set_id: rows\nrules:\n  - { rule_id: rows, rule_type: row_count, parameters: { min: 1 } }\n",
    );
    project.write(
        "libraries/infra/small.yaml",
        match memory {
            Some(memory) => {
                format!("infra_profile_id: small\ncompute: {{ memory_limit_mib: {memory} }}\n")
            }
            None => "infra_profile_id: small\n".to_owned(),
        },
    );
    project.write(
        "libraries/contracts/lines.yaml",
        format!(
            "contract_id: lines\ninfra_profile: {{ infra_profile_id: small }}\ndatasets:\n  \
             - dataset_contract_id: lines\n    schema: {{ schema_id: lines }}\n    \
             cleansing_policy: {{ cleansing_policy_id: lines }}\n    \
             rule_sets: [{{ rule_set_id: rows }}]\n    \
             source: {{ path: \"{}\", format: {format} }}\n",
            lines.display(),
        ),
    );
    project.write(
        "libraries/jobs/lines.yaml",
        "job_definition_id: lines\ndata_contract: { contract_id: lines }\nstages: { profile: false }\n",
    );
    project.seal("dev");
    project
}
