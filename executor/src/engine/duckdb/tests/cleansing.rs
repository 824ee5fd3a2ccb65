//! Steps do what the plan says, and the counts add up.

use assay_schemas::plan::{Keep, Order};

use super::*;

fn set(id: &str, target: &str, value: Expr) -> Step {
    step(id, None, StepBody::Set { column: name(target), value })
}

fn parse(target: &str, to: &str, reject_row: bool) -> Step {
    let to = DataType::parse(to).unwrap();
    let body = StepBody::Parse { column: name(target), to, format: None, reject_row };
    step(&format!("parse:{target}"), None, body)
}

fn deduplicate(columns: &[&str], keep: Keep) -> Step {
    let columns = columns.iter().map(|column| name(column)).collect();
    step("dedup", None, StepBody::Deduplicate { columns, keep })
}

fn output(
    bench: &Bench,
    plan: &DatasetPlan,
    columns: &str,
) -> (Vec<Vec<Option<String>>>, Cleansed) {
    let (engine, cleansed) = bench.cleanse(plan).unwrap();
    assert_eq!(
        cleansed.rows_in,
        cleansed.rows_out + cleansed.rows_rejected + cleansed.rows_merged,
        "{cleansed:?}"
    );
    let query = format!("SELECT {columns} FROM '{}'", cleansed.output.as_ref().unwrap().display());
    (rows(&engine, &query), cleansed)
}

#[test]
fn steps_follow_each_other_and_everything_is_counted() {
    let bench =
        Bench::csv("id,name,n\n1, Ann ,5\n2,Bob,x\n3, Cid,7\n1,Ann,6\n4,,8\n9,Eve,9\nbad\n");
    let mut plan = csv(&[("id", "integer"), ("name", "text"), ("n", "integer")]);
    let trimmed = call(Function::Trim, [column("name")]);
    plan.steps = vec![
        set("trim", "name", trimmed),
        parse("id", "integer", true),
        parse("n", "integer", true),
        step(
            "no-nine",
            None,
            StepBody::Reject {
                when: call(Function::Equal, [column("id"), integer(9)]),
                reason: "nine is not wanted".into(),
                column: None,
            },
        ),
        deduplicate(&["id"], Keep::First),
        step(
            "double",
            Some(call(Function::Greater, [column("n"), integer(6)])),
            StepBody::Set {
                column: name("n"),
                value: call(Function::Multiply, [column("n"), integer(2)]),
            },
        ),
        set("fill", "name", call(Function::Coalesce, [column("name"), text("?")])),
    ];
    let (found, cleansed) = output(&bench, &plan, "id, name, n");
    assert_eq!(
        found,
        [["1", "Ann", "5"], ["3", "Cid", "14"], ["4", "?", "16"]].map(|row| some(&row))
    );
    assert_eq!((cleansed.rows_in, cleansed.rows_out), (7, 3));
    assert_eq!((cleansed.rows_rejected, cleansed.rows_merged, cleansed.malformed), (3, 1, 1));
    let changed: Vec<_> = cleansed
        .changed
        .iter()
        .flat_map(|(step, columns)| {
            columns.iter().map(move |(c, n)| (step.as_str(), c.as_str(), *n))
        })
        .collect();
    assert_eq!(changed, [("double", "n", 2), ("fill", "name", 1), ("trim", "name", 2)]);
    let reasons: Vec<_> = cleansed.reasons.iter().map(|(r, n)| (r.as_str(), *n)).collect();
    assert_eq!(
        reasons,
        [("`n` is not an integer", 1), ("malformed", 1), ("nine is not wanted", 1)]
    );
}

#[test]
fn rejects_say_where_what_and_why() {
    let bench = Bench::csv("id,day\n1,2024-01-01\nx,2024-01-02\n3,2024-13-01\n4,\n");
    let mut plan = csv(&[("id", "integer"), ("day", "date")]);
    plan.steps = vec![parse("id", "integer", true), parse("day", "date", false)];
    let (found, cleansed) = output(&bench, &plan, "id, day");
    assert_eq!(found.len(), 3);
    assert_eq!(found[1], [Some("3".to_owned()), None]);
    assert_eq!((cleansed.rows_in, cleansed.rows_rejected), (4, 1));
    let (engine, _) = bench.cleanse(&plan).unwrap();
    let query = format!(
        "SELECT row, \"column\", value, reason, step FROM '{}' ORDER BY row",
        cleansed.rejects.unwrap().display()
    );
    assert_eq!(
        rows(&engine, &query),
        [
            some(&["2", "id", "x", "`id` is not an integer", "parse:id"]),
            some(&["3", "day", "2024-13-01", "`day` is not a date", "parse:day"]),
        ]
    );
}

#[test]
fn one_row_of_a_key_stays() {
    let text = "k,v\na,2\nb,1\na,3\n,9\n,9\na,1\na,\n";
    let kept = |keep: Keep| {
        let mut plan = csv(&[("k", "text"), ("v", "integer")]);
        plan.steps = vec![parse("v", "integer", true), deduplicate(&["k"], keep)];
        let (found, cleansed) = output(&Bench::csv(text), &plan, "concat(k, v)");
        assert_eq!(cleansed.rows_merged, 3);
        found.into_iter().flatten().flatten().collect::<Vec<_>>()
    };
    assert_eq!(kept(Keep::First), ["a2", "b1", "9", "9"]);
    assert_eq!(kept(Keep::Last), ["b1", "9", "9", "a"]);
    let by = |order| Keep::By { column: name("v"), order };
    assert_eq!(kept(by(Order::Ascending)), ["b1", "9", "9", "a1"]);
    assert_eq!(kept(by(Order::Descending)), ["b1", "a3", "9", "9"]);
}

#[test]
fn whole_rows_are_compared_where_no_key_is_named() {
    let mut plan = csv(&[("a", "text"), ("b", "text")]);
    plan.steps = vec![deduplicate(&[], Keep::First)];
    let (found, cleansed) = output(&Bench::csv("a,b\n1,2\n1,2\n1,3\n1,\n1,\n"), &plan, "a, b");
    assert_eq!(found.len(), 4);
    assert_eq!(cleansed.rows_merged, 1);
}

#[test]
fn many_steps_are_counted_each() {
    let mut plan = csv(&[("a", "integer")]);
    let more =
        |n: usize| set(&format!("s{n:03}"), "a", call(Function::Add, [column("a"), integer(1)]));
    plan.steps = vec![parse("a", "integer", true)];
    plan.steps.extend((0..130).map(more));
    let (found, cleansed) = output(&Bench::csv("a\n1\n\n5\n"), &plan, "a");
    assert_eq!(found, [vec![Some("131".to_owned())], vec![None], vec![Some("135".into())]]);
    assert_eq!(cleansed.changed.len(), 130);
    assert!(cleansed.changed.values().all(|columns| columns["a"] == 2));
}

#[test]
fn typed_files_are_converted_only_where_a_step_says_so() {
    let bench = Bench::parquet(&["SELECT '5' AS n, 1::INTEGER AS i UNION ALL SELECT 'x', 2"]);
    let mut plan = parquet(&[("n", "integer"), ("i", "integer")]);
    let (_, cleansed) = bench.cleanse(&plan).unwrap();
    assert_eq!((cleansed.rows_out, cleansed.output), (2, None));
    plan.steps = vec![parse("i", "integer", true)];
    assert_eq!(bench.cleanse(&plan).unwrap().1.output, None);
    plan.steps = vec![parse("n", "integer", true)];
    let (found, cleansed) = output(&bench, &plan, "n, i");
    assert_eq!(found, [some(&["5", "1"])]);
    assert_eq!(cleansed.rows_rejected, 1);
}

#[test]
fn a_step_that_cannot_be_carried_out_is_named() {
    let mut plan = csv(&[("a", "text")]);
    plan.steps = vec![set("odd", "a", column("b"))];
    let refusal = Bench::csv("a\n1\n").refusal(&plan);
    assert!(refusal.contains("step odd") && refusal.contains("no column `b`"), "{refusal}");
}
