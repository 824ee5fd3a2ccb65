//! The one list of diagnostic codes: what each means and how to get out of it.

mod page;

pub use page::{Page, Sample};

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing; never fails anything. No code has this level of itself: a waiver gives it.
    Note,
    /// Compiles, but is probably not what was meant.
    Warning,
    /// Does not compile.
    Error,
}

macro_rules! codes {
    ($($variant:ident $id:literal $level:ident $title:literal $explanation:literal)*) => {
        /// A stable diagnostic code. Codes are never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $variant,)*
        }

        impl Code {
            /// Every code, in order of its id.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The printed id, such as `E0201`.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// Error or warning.
            pub fn level(self) -> Level {
                match self { $(Self::$variant => Level::$level,)* }
            }

            /// Whether a waiver may turn it into a note: it can if what is compiled stays whole.
            pub fn can_be_waived(self) -> bool {
                let waivers = [Self::WaiverExpired, Self::WaiverUnused, Self::NotWaivable];
                let policy = self.is_of_policy() && !waivers.contains(&self);
                self.level() == Level::Warning
                    || policy
                    || matches!(self, Self::LiteralSecret | Self::ReferenceForm)
            }

            /// Whether it says that a policy is not met, rather than that the library is broken.
            pub fn is_of_policy(self) -> bool {
                self.id().starts_with("E05")
            }

            /// A few words that name the fault.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// What it means and how to fix it.
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$variant => $explanation,)* }
            }
        }
    };
}

codes! {
    Unreadable "E0101" Error "file cannot be read as text"
        "An authoring file must be UTF-8 without NUL bytes and at most 16 MiB. Save it as UTF-8, or split it."
    BadSyntax "E0102" Error "syntax error"
        "The file is not well-formed YAML or JSON. The place is where the reader gave up; the cause is often an unclosed quote or bracket shortly before it."
    DuplicateKey "E0103" Error "duplicate key"
        "The same key stands twice in one object, so one of the two values would be lost. Remove one."
    AmbiguousScalar "E0104" Error "scalar that YAML readers disagree on"
        "Unquoted `yes`, `no`, `on`, `off`, numbers with a leading zero, `.nan`, `.inf` and integers beyond 2^53 mean different things to different readers. Quote the value, or write `true` or `false`."
    TooDeep "E0105" Error "document too deep or too large"
        "Documents nest at most 64 levels and, after anchors are expanded, hold at most one million nodes."
    Unsupported "E0106" Error "YAML beyond the language"
        "Of YAML, the language leaves out tags, keys that are not text, and versions other than 1.2: other readers of the same file would see something else. Write plain objects, lists and scalars."
    BadWorkbook "E0107" Error "workbook cannot be read"
        "The file is not a whole Excel workbook (`.xlsx`), is protected by a password, or holds more than is read: 128 MiB once unpacked, 64 MiB of text, one million cells. Save it as `.xlsx` without a password, or split it."
    UnknownSheet "E0108" Error "sheet names no kind"
        "Each sheet of a workbook holds objects of one kind and is named after it: `rule_set`, `Rule Sets`, `rule_set (billing)`. A sheet for people alone begins with `_` or `#` and is not read."
    UnknownHeading "E0109" Error "heading names no field"
        "The headings of a sheet are paths of fields of its kind, such as `rules.parameters.min`, each once. A column for people alone has a heading that begins with `#`."
    BadCell "E0110" Error "cell does not fit its field"
        "The cell holds an error, a formula that was never computed, or something other than its field takes. Excel turns `1.10` into the number 1.1 and `007` into 7, so fields of text take no numbers: format the column as text and type the value again."
    CellConflict "E0111" Error "rows contradict each other"
        "Rows with the same id belong to one object. What they repeat must be the same, else one of the two values would be lost."
    StrayCell "E0112" Error "cell that belongs to nothing"
        "A cell stands in a column without a heading, or in a row that belongs to no object because no id stands in it or above it."
    BadTable "E0113" Error "CSV file of a taxonomy cannot be used"
        "A taxonomy that says `values_from` takes its codes from a CSV file of the same library: UTF-8, commas, a first line with the names of the columns, each code once. The place is the line and column of the file."
    NotAnObject "E0201" Error "not an object"
        "A library file holds one object, a list of objects, or several documents separated by `---`."
    UnknownKind "E0202" Error "unknown kind"
        "The folder under `libraries/` and the id field together tell what an object is; here they name none."
    UnknownField "E0203" Error "unknown field"
        "The kind has no field of this name. Unknown fields are errors, so that a slip of the pen never switches a check off silently."
    MissingField "E0204" Error "missing field"
        "The kind requires this field."
    WrongType "E0205" Error "wrong type"
        "The value has another type than the field takes."
    BadValue "E0206" Error "value not allowed"
        "The value has the right type but is outside what the field takes: a name outside the list, a number out of range, a text of the wrong form."
    UnknownRuleType "E0207" Error "unknown rule type"
        "No rule type has this name. `assayc explain rules` lists them."
    UnknownStepType "E0208" Error "unknown cleansing step"
        "No cleansing step has this name."
    UnknownActionType "E0209" Error "unknown action type"
        "No action type has this name."
    BadExpression "E0210" Error "expression cannot be understood"
        "Filters, thresholds and derived values are written in a small language that is checked for names and types when it is compiled."
    LiteralSecret "E0211" Error "secret written as a literal"
        "Secrets are references only, such as `secret://env/NAME`. The value itself must not stand in Git; treat it as leaked and replace it."
    BadSchedule "E0212" Error "schedule that cannot be kept"
        "A schedule is a cron expression of five fields (minute, hour, day of the month, month, day of the week) that comes due at some time, read in a time zone of the IANA database."
    BadEventPath "E0213" Error "path into an event that leads nowhere"
        "What a workflow sets off takes values from the event of the upstream job: by a dotted path such as `artifacts.output_path` in `parameter_mapping`, or as `${artifacts.output_path}` in arguments. This path has the wrong form, or its first name looks like a slip of one that events have."
    DuplicateId "E0301" Error "duplicate object"
        "Two objects have the same kind, tenant, id and version."
    DanglingReference "E0302" Error "reference to nothing"
        "No object of that kind, id and version is visible from here."
    CrossTenant "E0303" Error "reference crosses tenants"
        "An object may refer to its own tenant's objects and to shared ones, never to another tenant's."
    CyclicReference "E0304" Error "cyclic reference"
        "Objects refer to each other in a circle, so none of them can be sealed first."
    NotAdmitted "E0305" Error "reference to an object that the environment does not admit"
        "The environment's policy admits certain lifecycle statuses; this object depends on one that is not admitted."
    ReferenceForm "E0306" Error "reference form not accepted"
        "The environment's policy names which forms a reference may take: exact, range, or active."
    UnknownColumn "E0307" Error "unknown column"
        "The dataset schema that the contract names has no such column."
    ColumnType "E0308" Error "column has an unsuitable type"
        "The rule or step does not apply to columns of this type."
    UnknownAttribute "E0309" Error "unknown catalog attribute"
        "No entity of the catalog has such an attribute."
    AmbiguousMapping "E0310" Error "name that means two attributes"
        "A mapping template must say of each name of a column which one catalog attribute it means. An exact name goes before an alias and an alias before a pattern; two of the same rank contradict each other."
    UnknownDimension "E0311" Error "unknown dimension of a KPI"
        "A KPI job filters by the dimensions that the contract of its KPI declares, and asks for the views that the contract names; this is none of them."
    LibraryNotLocked "E0315" Error "shared library is not locked"
        "`assay.yaml` declares a library of another Git repository, and `assay.lock` does not say which commit of it is meant. `assayc lock` finds out and writes it down; commit both files."
    LockOutOfDate "E0316" Error "lock is out of date"
        "`assay.lock` was written for another declaration than `assay.yaml` has now. `assayc lock` brings it up to date and leaves alone what has not changed."
    LibraryConflict "E0317" Error "object of two libraries"
        "Each id belongs to one library: an object of this kind and id is declared in two of them, or in one and in the project. Versions of two owners cannot be told apart by a reference. Rename one, or leave one of the libraries out."
    LibraryUnavailable "E0318" Error "shared library cannot be read"
        "The repository, the revision or the folder of a shared library is not there, or is on a network, which only `assayc lock --fetch` reaches. Or name a clone by `--library NAME=DIR`."
    LibraryAltered "E0319" Error "shared library is not what was locked"
        "The files of the locked commit have another digest than `assay.lock` says: the lock file or the repository was tampered with, or the folder inside it is another one."
    BadLock "E0320" Error "lock file cannot be read"
        "`assay.lock` is written by `assayc lock` alone. Write it anew; after a merge, that settles both sides."
    UnusedOverride "E0321" Error "override applies to nothing"
        "An override of a dataset contract names a rule that does not reach the dataset, or columns that it does not judge. A slip here would leave a rule in force that was meant to be changed, so it is an error. `assayc show --effective CONTRACT` lists the rules."
    Contradiction "E0331" Error "rules that no row can pass"
        "Rules of one dataset exclude each other: whatever a row holds, it violates one of them. It is an error where each of them fails the run for a single row (severity error or critical, no `where`, nothing tolerated) and where null, which most rules skip, is no way out, because the column may not be null; otherwise it is the warning W0621. Bounds that do not meet, lists without a common value, a pattern and a length that exclude each other, figures with bounds that do not meet and comparisons of columns that run in a circle are found. Correct one of the rules, or give each the rows that it is meant for by `where`. Bad: `range` of `fare` with `max: 5` in a rule set, and with `min: 10` in a binding. Good: the same with `where: kind == \"local\"` and `where: kind == \"airport\"`."
    FixtureRule "E0351" Error "expectation of a rule that is not there"
        "A fixture names a rule that neither its rule set nor its dataset has, or a column that the rule does not judge. Name the rule by its `rule_id` or `binding_id`."
    FixtureColumn "E0352" Error "row of a fixture has an unknown column"
        "The columns of a fixture are those that its `columns` give or, in a contract, those of the dataset's schema."
    FixtureValue "E0353" Error "value of a fixture does not fit its column"
        "Each value must be one of the column's type: days as `YYYY-MM-DD`, instants as `YYYY-MM-DDTHH:MM:SS`, exact decimals as numbers or text, bytes as hexadecimal digits."
    FixtureRows "E0354" Error "expected rows that cannot be"
        "Rows are counted from 1 in the order of the fixture, and only rules that judge single rows mark any."
    FixtureBlind "E0355" Error "fixture cannot show what it expects"
        "The rule reads a column or a dataset that the fixture does not have, so it is not judged there. Give the column a value in some row, or declare it under `columns`; give the rows of other datasets under `references`."
    FixtureReference "E0356" Error "rows of a dataset that is not there"
        "`references` gives the rows of datasets that rules look into, each by its `dataset_contract_id`; the contract has none of this name."
    FixtureAmbiguous "E0357" Error "expectation fits several rules"
        "Several rule sets of the dataset have a rule of this name. Write the name with its rule set before it: `trip-rules/fare-range`."
    FixtureVerdict "E0358" Error "verdict that the rule cannot give"
        "A rule of severity error or critical fails and one of severity warning or info warns, so the other verdict never comes of it."
    UnknownVariable "E0401" Error "unknown variable"
        "`${name}` is replaced by a variable of the environment file; this one is not declared there."
    UnknownConnection "E0402" Error "unknown connection"
        "A `conn_id` names a connection of the environment file; this one is not declared there."
    BadVariable "E0403" Error "malformed variable"
        "`${name}` stands for a variable of the environment, `${run.field}` for something of a run, and `$${` for the characters `${` themselves. Anything else that begins with `${` is a slip."
    VariableInVariable "E0404" Error "variable inside a variable"
        "The values of variables are put in place as they are and not looked at again, so one variable cannot refer to another. Write the value out."
    PolicyDenied "E0501" Error "denied by the environment's policy"
        "The environment's policy forbids this, or demands something that is missing."
    ApprovalMissing "E0502" Error "approval is missing"
        "The environment's policy demands that a change to this object carries the approval of its owners: an `Approved-by: Name <mail>` trailer in a commit that leaves the object as it is now. An author of the change cannot approve it, and the approval of an earlier state does not count."
    NobodyApproves "E0503" Error "nobody can approve the change"
        "The environment's policy demands approval by owners, but the object has none, or none of them has a mail address. Name an `owner`, and its `mails` under `contacts` of the environment or of a governance profile."
    ApprovalsNotJudged "E0504" Error "approvals cannot be judged"
        "The environment's policy demands approvals and denies what cannot be judged. Name the revision that the changes start from with `--base`, of a commit rather than of the working tree."
    RequiredRule "E0505" Error "required rule is missing"
        "The environment's policy demands that data of this class or criticality has a rule of this type, of at least this severity, over all rows. Add it to a rule set or a binding, or in the catalog for every column mapped to the attribute."
    EgressDenied "E0506" Error "connection to a host that is not admitted"
        "The environment's policy lists the hosts that connections may lead to; this one is not among them."
    WaiverExpired "E0507" Error "waiver has expired"
        "The waiver held until its last day. Fix the finding, or decide again and move the day. Days are those of the commit, in UTC, or that of `--now`."
    WaiverUnused "E0508" Error "waiver waives nothing"
        "There is no such finding, so the waiver would only hide one to come. Remove it, or correct its selector."
    NotWaivable "E0509" Error "finding cannot be waived"
        "Only warnings, secrets and what a policy demands can be waived; any other error leaves nothing that could be compiled."
    UnusedRule "W0601" Warning "rule applies to nothing"
        "The rule is bound to a catalog attribute that no column of the contract is mapped to, so it is never evaluated."
    NoConnection "W0602" Warning "action has no connection"
        "The action needs a connection that the environment does not declare; at run time it is recorded as skipped."
    SuspiciousList "W0603" Warning "list with commas"
        "The elements of a list in a cell are separated by `;` or line breaks, so a text with commas is one element. Write `;`, or put the text in double quotes if it is one element."
    LibraryUnlocked "W0605" Warning "shared library was read without a lock"
        "The library was read as its repository is now, so the next compile may see something else. `assayc lock` pins it; `--locked` makes this an error."
    RetiredReference "W0606" Warning "reference to a retired object"
        "The object referred to is retired: it still works where the policy admits it, but is no longer meant for use. Refer to the version that has taken its place."
    UnknownTenant "W0608" Warning "environment serves a tenant that owns nothing"
        "An environment that lists `tenants` leaves out the objects of all others. A listed tenant that owns no object is often a slip of the pen, which would leave out the tenant that was meant."
    ApprovalsUnknown "W0610" Warning "approvals were not judged"
        "The environment's policy demands approvals, but it is not known since which commit changes count, or the files are not those of a commit. Name it with `--base`."
    OwnerWithoutHandle "W0611" Warning "owner has no handle"
        "CODEOWNERS names users and teams of the repository host. Add `handles` for this owner under `contacts` of an environment or a governance profile."
    SeveralOwners "W0612" Warning "objects of several owners in one file"
        "CODEOWNERS knows files, not objects, so all of these owners are asked about each change to the file. Give each owner's objects a file of their own."
    ContradictoryRules "W0621" Warning "rules that no value satisfies together"
        "As E0331, but the run need not fail: only rows with a null can pass, or one of the rules has a severity below error, tolerates violations, or looks at some rows only."
    DuplicateRule "W0622" Warning "rule that stands twice"
        "Two rules of one dataset mean the same: type, parameters, filter, severity and tolerance. Every violation would be reported twice. They often come from different places: `nullable: false` of a schema and a `not_null` rule, a rule inherited through the catalog and one of the dataset's own. Remove one. Bad: `nullable: false` in the schema and `{ rule_type: not_null, column: id }` in a rule set. Good: one of them."
    ShadowedRule "W0623" Warning "rule that another one implies"
        "Whatever passes the other rule passes this one, and the other is at least as severe and tolerates no more, so this one never tells anything new. Remove it, raise its severity, or narrow it by `where`. Bad: `range` from 0 to 100 and `range` from 0 to 500, both of severity error. Good: the wide one as error and the narrow one as warning."
    FilterNeverHolds "W0624" Warning "filter that no row passes"
        "No row that is as it should be passes the rule's `where`, so the rule judges nothing and looks as if all were well. Either the conditions exclude each other, or the column's type has no such value, or another rule that fails the run forbids it. Bad: `where: fare > 10 && fare < 5`, or `where: id == null` for a column with `nullable: false`. Good: `where: fare > 5 && fare < 10`."
    FilterAlwaysHolds "W0625" Warning "filter that every row passes"
        "The rule's `where` excludes nothing. Remove it, or correct it. Bad: `where: fare == null || fare != null`."
    RuleNeverFails "W0626" Warning "rule that cannot fail"
        "Every value passes the rule: its bounds lie beyond what the column's type can hold, its pattern matches every text, or its filter already says the same. Tighten it, or remove it. Bad: `regex` with `(?s).*`, `row_count` with `min: 0`. Good: `row_count` with `min: 1`."
    RuleNeverPasses "W0627" Warning "rule that no value passes"
        "No value passes the rule, so every row that it judges violates it. Its bounds exclude each other or lie beyond what the column's type can hold, its pattern matches no text, or its filter admits only rows that violate it. To forbid the rows of a filter on purpose, use an `expression` rule whose expression is `false`. Bad: `regex` with `a$b`. Good: `regex` with `a\\$b`."
    UncoveredField "W0628" Warning "column that no rule judges"
        "A column that the contract names has no rule: neither of its schema (`nullable: false`, `taxonomy`), nor inherited through the catalog, nor of a rule set or binding. `coverage` in an environment's policy says which columns are expected to have one: `contract` (those under `columns` of the dataset contract; the default), `all`, or `none`."
    UnusedTemplate "W0629" Warning "template that nothing uses"
        "No rule set and no contract refers to this rule template, so it has no effect. Bind it, or remove it. Libraries without contracts, made for others to use, are not told this."
    IdleThreshold "W0630" Warning "threshold that decides nothing"
        "A comparison of `severity_threshold` that every run meets, or none. Rates lie between 0 and 1; no figure is below zero. Bad: `hard_failure_rate<0`. Good: `hard_failure_rate<0.01`."
    FixtureClock "W0651" Warning "fixture depends on the time of day"
        "A rule of the fixture compares with the time of the run, so its verdict changes as time goes by. Give the fixture a `now`."
    NoEnvironment "E0701" Error "no such environment"
        "Environments are the files under `environments/`."
    ReviewVerdict "E0801" Error "change of what rules find"
        "A change makes a rule looser, so that it finds less than it did, or changes what is found in a way that is incomparable or unknown. `assayc diff` tells it; `--gate` demands a waiver."
    ReviewContract "E0802" Error "change of a promise"
        "A change breaks what a contract, a schema or the catalog promises to those who rely on it. `assayc diff` tells it; `--gate` demands a waiver."
    ReviewCoverage "E0803" Error "change of what is judged"
        "After a change, less data is judged, less is asked of it, or other data is judged. `assayc diff` tells it; `--gate` demands a waiver."
    ReviewEffect "E0804" Error "change of what is done"
        "After a change, more is done after a run, or it is done elsewhere or at another time. `assayc diff` tells it; `--gate` demands a waiver."
    ReviewGovernance "E0805" Error "change of how data is guarded"
        "After a change, data or rules are guarded less: values are shown that were not, an owner or an approval is gone, a failure no longer stops anything. `assayc diff` tells it; `--gate` demands a waiver."
}

/// What the codes that begin alike are about: their first two digits, and a few words.
pub const GROUPS: &[(&str, &str)] = &[
    ("01", "reading files"),
    ("02", "single objects"),
    ("03", "references between objects"),
    ("04", "variables and connections of an environment"),
    ("05", "the environment's policy"),
    ("06", "what is probably not meant"),
    ("07", "the project"),
    ("08", "what a change means"),
];

impl Code {
    /// What the code is about, in a few words.
    pub fn group(self) -> &'static str {
        let digits = &self.id()[1..3];
        GROUPS.iter().find(|(group, _)| *group == digits).map_or("other", |(_, words)| words)
    }
}
