//! The smallest project that judges something: a dataset of two columns, one rule set, one job.

use assay_testkit::Project;

/// Keys of nobody, for tests alone.
pub(crate) const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
pub(crate) const OTHER_KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEzNCJso/5bawhuTDKZQzb9zXS4gVGqfz0J1o6jCmZYo\n-----END PRIVATE KEY-----\n";

/// The project: the job `j` judges `id` and `fare` of `d.csv` by the rule set `r`, of which there is none yet.
pub(crate) fn project(rest_of_job: &str) -> Project {
    let project = Project::new();
    project
        .write("environments/dev.yaml", "environment: dev\nbranch: main\nresults: .assay/lake\n");
    project.write(
        "libraries/schemas/s.yaml",
        "schema_id: s\ncolumns:\n  - { name: id, data_type: integer, nullable: false }\n  - { name: fare, data_type: integer }\nprimary_key: [id]\n",
    );
    project.write(
        "libraries/contracts/c.yaml",
        "contract_id: c\ndatasets:\n  - { dataset_contract_id: d, schema: { schema_id: s }, source: { path: d.csv, format: csv }, rule_sets: [{ rule_set_id: r }] }\n",
    );
    project.write(
        "libraries/jobs/j.yaml",
        format!("job_definition_id: j\ndata_contract: {{ contract_id: c }}\n{rest_of_job}"),
    );
    project
}

/// Writes its rules.
pub(crate) fn rules(project: &Project, rules: &str) {
    project.write("libraries/rules/r.yaml", format!("rule_set_id: r\nrules:\n{rules}"));
}

/// Commits everything and seals it.
pub(crate) fn sealed(project: &Project) {
    project.commit("A change");
    project.assayc(&["build", "--env", "dev"]).ends(0);
}
