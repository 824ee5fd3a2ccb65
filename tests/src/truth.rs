//! How well policies and rules do on tables whose truth is known. See `tests/cases/cleansing/README.md`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use assay_testkit::{Project, root};
use duckdb::Connection;

/// Right, claimed and wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Score {
    /// Claims that are right.
    pub(crate) right: usize,
    /// All claims.
    pub(crate) claims: usize,
    /// What there was to claim.
    pub(crate) truth: usize,
}

impl Score {
    /// Share of the claims that are right.
    pub(crate) fn precision(self) -> f64 {
        share(self.right, self.claims)
    }

    /// Share of the truth that is claimed.
    pub(crate) fn recall(self) -> f64 {
        share(self.right, self.truth)
    }

    /// Their harmonic mean.
    pub(crate) fn f1(self) -> f64 {
        2.0 * share(self.right, self.claims + self.truth)
    }

    fn of<T: Ord>(claims: &BTreeSet<T>, truth: &BTreeSet<T>) -> Self {
        let right = claims.intersection(truth).count();
        Self { right, claims: claims.len(), truth: truth.len() }
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// How well a dirty table was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repaired {
    /// What the rules claim of the table as it came.
    pub(crate) detection: Score,
    /// What the policy changes.
    pub(crate) repair: Score,
    /// Cells that were right before.
    pub(crate) damage: usize,
}

/// Rules and policy of `hospital` or `beers` against its clean twin.
pub(crate) fn repaired(set: &str) -> Repaired {
    let folder = cases().join(set);
    let project = Project::new();
    let connection = Connection::open_in_memory().expect("a database opens");
    let dirty = table(&connection, &folder.join("dirty.csv"));
    let clean = table(&connection, &folder.join("clean.csv"));
    let columns = header(&folder.join("dirty.csv"));
    write(&project, &folder, &columns);
    project.assay(&["run", "j", "--no-cleanse", "--results", "raw"]);
    project.assay(&["run", "j", "--results", "done"]);
    let wrong: BTreeSet<(usize, usize)> = different(&dirty, &clean);
    let now = rows(&connection, &found(&project, "done", "cleansed.parquet"), &columns);
    assert_eq!(now.len(), clean.len(), "no row is lost");
    let changed = different(&dirty, &now);
    let still = different(&now, &clean);
    let right = changed.iter().filter(|cell| wrong.contains(cell) && !still.contains(cell)).count();
    Repaired {
        detection: Score::of(&claims(&connection, &project, &folder, &columns), &wrong),
        repair: Score { right, claims: changed.len(), truth: wrong.len() },
        damage: still.difference(&wrong).count(),
    }
}

/// Pairs of rows that the policy of `febrl` or `restaurants` takes for the same, against the true ones.
pub(crate) fn paired(set: &str) -> Score {
    let folder = cases().join(set);
    let project = Project::new();
    let names = match set {
        "febrl" => vec!["dataset1.csv"],
        _ => vec!["fodors.csv", "zagats.csv"],
    };
    let mut ids: Vec<String> = Vec::new();
    let mut text = String::new();
    for name in &names {
        let file = fs::read_to_string(folder.join(name)).expect("the table is read");
        for (number, line) in file.lines().enumerate() {
            let line = line.replace(", ", ",");
            if number == 0 && !text.is_empty() {
                continue;
            }
            if number > 0 {
                let id = line.split(',').next().unwrap_or_default().to_owned();
                ids.push(match set {
                    "febrl" => id,
                    _ => format!("{name}:{id}"),
                });
            }
            text.push_str(&line);
            text.push('\n');
        }
    }
    project.write("table.csv", text);
    let policy = folder.join("policy.yaml").display().to_string();
    let run = ["cleanse", "table.csv", "--policy", &policy, "--clusters", "clusters.parquet"];
    project.assay(&run).ends(0);
    let connection = Connection::open_in_memory().expect("a database opens");
    let clusters = project.path().join("clusters.parquet");
    let query = format!(
        "SELECT a.row, b.row FROM '{0}' a JOIN '{0}' b ON a.cluster = b.cluster AND a.row < b.row",
        clusters.display()
    );
    let mut statement = connection.prepare(&query).expect("the clusters are read");
    let found = statement
        .query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
        .expect("the clusters are read");
    let name = |row: i64| ids[usize::try_from(row).expect("a row") - 1].clone();
    let found: BTreeSet<_> = found
        .map(|pair| pair.map(|(one, other)| ordered(name(one), name(other))).expect("a pair"))
        .collect();
    Score::of(&found, &truth(set, &folder, &ids))
}

fn truth(set: &str, folder: &Path, ids: &[String]) -> BTreeSet<(String, String)> {
    if set == "febrl" {
        let originals = ids.iter().filter_map(|id| id.strip_suffix("-org"));
        return originals
            .map(|person| ordered(format!("{person}-org"), format!("{person}-dup-0")))
            .collect();
    }
    let text = fs::read_to_string(folder.join("matches_fodors_zagats.csv")).expect("it is read");
    let pairs = text.lines().skip(1).filter_map(|line| line.trim().split_once(','));
    pairs
        .map(|(one, other)| ordered(format!("fodors.csv:{one}"), format!("zagats.csv:{other}")))
        .collect()
}

fn ordered(one: String, other: String) -> (String, String) {
    if one < other { (one, other) } else { (other, one) }
}

fn cases() -> PathBuf {
    root().join("tests/cases/cleansing")
}

fn header(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("the table is read");
    text.lines().next().unwrap_or_default().split(',').map(str::to_owned).collect()
}

/// The cells of a CSV file as text; null is empty.
fn table(connection: &Connection, file: &Path) -> Vec<Vec<String>> {
    let columns = header(file);
    let from = format!("read_csv('{}', all_varchar = true, header = true)", file.display());
    select(connection, &from, &columns)
}

fn rows(connection: &Connection, file: &Path, columns: &[String]) -> Vec<Vec<String>> {
    select(connection, &format!("read_parquet('{}')", file.display()), columns)
}

fn select(connection: &Connection, from: &str, columns: &[String]) -> Vec<Vec<String>> {
    let list: Vec<_> =
        columns.iter().map(|name| format!("coalesce(CAST(\"{name}\" AS VARCHAR), '')")).collect();
    let query = format!("SELECT {} FROM {from}", list.join(", "));
    let mut statement = connection.prepare(&query).expect("the table is read");
    let cells = statement
        .query_map([], |row| (0..columns.len()).map(|index| row.get(index)).collect())
        .expect("the table is read");
    cells.map(|row: duckdb::Result<Vec<String>>| row.expect("a row")).collect()
}

fn different(one: &[Vec<String>], other: &[Vec<String>]) -> BTreeSet<(usize, usize)> {
    let mut found = BTreeSet::new();
    for (row, (one, other)) in one.iter().zip(other).enumerate() {
        let cells = one.iter().zip(other).enumerate();
        found.extend(cells.filter(|(_, (a, b))| a != b).map(|(column, _)| (row, column)));
    }
    found
}

/// A project around the rules and the policy of a folder.
fn write(project: &Project, folder: &Path, columns: &[String]) {
    let text = |name: &str| fs::read_to_string(folder.join(name)).expect("it is read");
    let columns: Vec<_> =
        columns.iter().map(|name| format!("  - {{name: {name}, data_type: text}}\n")).collect();
    project.write("environments/dev.yaml", "environment: dev\nresults: lake\n");
    project
        .write("libraries/schemas/s.yaml", format!("schema_id: s\ncolumns:\n{}", columns.concat()));
    project.write("libraries/rules/rules.yaml", text("rules.yaml"));
    project.write("libraries/rules/policy.yaml", text("policy.yaml"));
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    project.write(
        "libraries/contracts/c.yaml",
        format!(
            "contract_id: c\ndatasets:\n  - dataset_contract_id: d\n    schema: {{schema_id: s}}\n    source: \
             {{format: csv, path: dirty.csv}}\n    rule_sets: [{{rule_set_id: {name}}}]\n    cleansing_policy: \
             {{cleansing_policy_id: {name}}}\n"
        ),
    );
    project.write(
        "libraries/jobs/j.yaml",
        "job_definition_id: j\ndata_contract: {contract_id: c}\nviolation_rows: 100000\nstages: {profile: false}\n",
    );
    fs::copy(folder.join("dirty.csv"), project.path().join("dirty.csv")).expect("it is copied");
    project.commit("all of it");
    project.seal("dev");
}

/// A file of the only run of a lake.
fn found(project: &Project, lake: &str, name: &str) -> PathBuf {
    let mut pending = vec![project.path().join(lake).join("runs")];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder).expect("the lake is read") {
            let path = entry.expect("the lake is read").path();
            if path.is_dir() {
                pending.push(path);
            } else if path.file_name().is_some_and(|own| own == name) {
                return path;
            }
        }
    }
    panic!("no {name} in {lake}");
}

/// Row and column of each violation; the column is the one that its rule judges, or that depends on others.
fn claims(
    connection: &Connection,
    project: &Project,
    folder: &Path,
    columns: &[String],
) -> BTreeSet<(usize, usize)> {
    let text = fs::read_to_string(folder.join("rules.yaml")).expect("the rules are read");
    let between = |line: &str, from: &str, to: char| -> Option<String> {
        let rest = line.split_once(from)?.1;
        Some(rest.split(to).next()?.trim().to_owned())
    };
    let claimed: Vec<(String, usize)> = text
        .lines()
        .filter_map(|line| {
            let id = between(line, "rule_id: ", ',')?;
            let column = between(line, "dependents: [", ']')
                .or_else(|| between(line, " column: ", ',').map(|name| name.replace('}', "")))?;
            let index = columns.iter().position(|name| *name == column)?;
            Some((id, index))
        })
        .collect();
    let file = found(project, "raw", "violation.parquet");
    let query = format!("SELECT check_id, row_number FROM '{}'", file.display());
    let mut statement = connection.prepare(&query).expect("the violations are read");
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))
        .expect("the violations are read");
    rows.filter_map(|row| {
        let (check, row) = row.expect("a violation");
        let (_, column) = claimed.iter().find(|(id, _)| check.split('/').any(|part| part == id))?;
        Some((usize::try_from(row).ok()? - 1, *column))
    })
    .collect()
}
