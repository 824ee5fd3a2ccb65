use super::*;
use crate::plan::{Function, Literal};

fn scope() -> Scope {
    [
        ("fare", DataType::Decimal(10, 2)),
        ("tip", DataType::Double),
        ("count", DataType::Integer),
        ("name", DataType::Text),
        ("code", DataType::Text),
        ("paid", DataType::Boolean),
        ("pickup", DataType::Timestamp),
        ("dropoff", DataType::Timestamp),
        ("day", DataType::Date),
        ("opens", DataType::Time),
        ("Fare Amount", DataType::Double),
        ("größe", DataType::Integer),
        ("package", DataType::Text),
    ]
    .into_iter()
    .map(|(name, data_type)| (ColumnName::new(name).unwrap(), data_type))
    .collect()
}

fn column(name: &str) -> Expr {
    Expr::column(&ColumnName::new(name).unwrap())
}

fn call(function: Function, arguments: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::call(function, arguments)
}

fn decimal(text: &str) -> Expr {
    Expr::literal(Literal::Decimal(text.to_owned()))
}

#[track_caller]
fn is(text: &str, expected: Expr) {
    assert_eq!(predicate(text, &scope()).map_err(|error| error.message), Ok(expected), "{text}");
}

#[track_caller]
fn fails(text: &str, part: &str) -> ExpressionError {
    let error = predicate(text, &scope()).unwrap_err();
    let said = format!("{} {}", error.message, error.hint.clone().unwrap_or_default());
    assert!(said.contains(part), "{text}: {said}");
    error
}

#[test]
fn constants_take_the_type_of_the_column_beside_them() {
    is("fare > 0.1", call(Function::Greater, [column("fare"), decimal("0.1")]));
    is("0 <= fare", call(Function::LessOrEqual, [decimal("0"), column("fare")]));
    let five = Expr::literal(Literal::Double(5.0));
    is("tip == 5", call(Function::Equal, [column("tip"), five]));
    let start = Expr::literal(Literal::Timestamp("2024-01-01T00:00:00".into()));
    is("pickup >= '2024-01-01'", call(Function::GreaterOrEqual, [column("pickup"), start]));
    let day = Expr::literal(Literal::Date("2024-02-29".into()));
    is("day != \"2024-02-29\"", call(Function::NotEqual, [column("day"), day]));
    let opens = Expr::Cast {
        value: Box::new(Expr::literal(Literal::Text("09:00:00".into()))),
        to: DataType::Time,
        format: None,
    };
    is("opens == '09:00'", call(Function::Equal, [column("opens"), opens]));
}

#[test]
fn null_tests_logic_and_membership_lower_to_their_functions() {
    is("name == null", call(Function::IsNull, [column("name")]));
    is("null != name", call(Function::IsNotNull, [column("name")]));
    is("has(name)", call(Function::IsNotNull, [column("name")]));
    is("has(row.name)", call(Function::IsNotNull, [column("name")]));
    is(
        "paid && !paid && (paid && has(name))",
        call(
            Function::And,
            [
                column("paid"),
                call(Function::Not, [column("paid")]),
                column("paid"),
                call(Function::IsNotNull, [column("name")]),
            ],
        ),
    );
    let set = vec![Literal::Integer(1), Literal::Integer(-2)];
    is("count in [1, -2]", Expr::In { value: Box::new(column("count")), set });
    let days = vec![Literal::Date("2024-01-01".into()), Literal::Date("2024-01-02".into())];
    is(
        "day in ['2024-01-01', date('2024-01-02')]",
        Expr::In { value: Box::new(column("day")), set: days },
    );
}

#[test]
fn any_column_can_be_named() {
    let one = || Expr::literal(Literal::Double(1.0));
    is("row[\"Fare Amount\"] > 1", call(Function::Greater, [column("Fare Amount"), one()]));
    is("row.`Fare Amount` > 1", call(Function::Greater, [column("Fare Amount"), one()]));
    is("has(row['größe'])", call(Function::IsNotNull, [column("größe")]));
    is("has(row['package'])", call(Function::IsNotNull, [column("package")]));
}

#[test]
fn functions_lower_to_the_closed_list() {
    let text = |text: &str| Expr::literal(Literal::Text(text.into()));
    is("name.startsWith('a')", call(Function::StartsWith, [column("name"), text("a")]));
    is("startsWith(name, 'a')", call(Function::StartsWith, [column("name"), text("a")]));
    is(
        "size(trim(name)) == 3",
        call(
            Function::Equal,
            [
                call(Function::Length, [call(Function::Trim, [column("name")])]),
                Expr::literal(Literal::Integer(3)),
            ],
        ),
    );
    is(
        r"name.matches('^\\d+$')",
        Expr::Matches { value: Box::new(column("name")), pattern: "^[0-9]+$".into(), whole: false },
    );
    is(
        "dropoff - pickup < duration('24h')",
        call(
            Function::Less,
            [
                call(Function::SecondsBetween, [column("dropoff"), column("pickup")]),
                Expr::literal(Literal::Double(86_400.0)),
            ],
        ),
    );
    is("pickup <= now()", call(Function::LessOrEqual, [column("pickup"), Expr::Now]));
    is(
        "coalesce(fare, 0) >= 0",
        call(
            Function::GreaterOrEqual,
            [call(Function::Coalesce, [column("fare"), decimal("0")]), decimal("0")],
        ),
    );
}

#[test]
fn values_have_types() {
    let scope = scope();
    for (text, data_type) in [
        ("fare + 1", DataType::Decimal(11, 2)),
        ("fare * 0.15", DataType::Decimal(12, 4)),
        ("count + 1", DataType::Integer),
        ("count * 0.5", DataType::Decimal(20, 1)),
        ("count / 2", DataType::Double),
        ("fare + tip", DataType::Double),
        ("name + '-' + code", DataType::Text),
        ("paid ? fare : 0", DataType::Decimal(10, 2)),
        ("paid ? name : null", DataType::Text),
        ("size(name)", DataType::Integer),
        ("date(pickup)", DataType::Date),
        ("-count", DataType::Integer),
        ("round(fare, 1)", DataType::Decimal(10, 2)),
    ] {
        assert_eq!(value(text, &scope).map(|(_, found)| found), Ok(data_type), "{text}");
    }
    assert!(value("dropoff - pickup", &scope).is_err());
    assert!(value("null", &scope).is_err());
}

#[test]
fn types_do_not_mix() {
    fails("name > 5", "quote the number");
    fails("count == '5'", "take the quotes off");
    fails("count && paid", "takes truth values");
    fails("paid < true", "only `==` and `!=`");
    fails("pickup - 5 > 3", "only an instant");
    fails("dropoff - pickup > 3600", "duration(\"24h\")");
    fails("opens == pickup", "timestamp");
    fails("day == '2024-13-01'", "YYYY-MM-DD");
    fails("fare > null", "always null");
    fails("count in [1, 'a']", "not a number");
    fails("count in [1.5]", "too many decimals");
    fails("count in [null]", "not a constant");
    fails("count in count", "list of constants");
    fails("name in []", "empty list");
    fails("paid ? 1 : 'a'", "one result is");
    fails("fare", "not true or false");
    fails("size(count) > 1", "takes text");
    fails("name.matches(code)", "text in quotes");
    fails("name.matches('(?=a)')", "look");
    fails("round(fare, 99) > 1", "0 to 15");
    fails("has()", "takes 1");
}

#[test]
fn unknown_names_get_the_nearest_one() {
    let error = fails("fere > 1", "did you mean `fare`?");
    assert_eq!(error.offset, Some(0));
    fails("sise(name) > 1", "did you mean `size`?");
    fails("[1].exists(x, x > 1)", "no function `exists`");
    let error = fails("paid && card == 1", "no column `card`");
    assert_eq!(error.offset, Some(8));
    let error = fails("name == 'ü' && card", "no column `card`");
    assert_eq!(error.offset, Some("name == 'ü' && ".len()));
}

#[test]
fn what_cannot_be_read_says_where_and_what_was_meant() {
    for (text, offset, part) in [
        ("count = 1", 6, "write `==`"),
        ("paid AND paid", 5, "write `&&`"),
        ("paid or paid", 5, "write `||`"),
        ("count <> 1", 7, "write `!=`"),
        ("name is null", 5, "x == null"),
        ("count >", 7, "ends too early"),
        ("fare amount > 1", 5, "row[\"its name\"]"),
        ("größe > 1", 2, "row[\"its name\"]"),
        ("package == 'a'", 0, "row[\"its name\"]"),
        ("name == 'a", 8, "not closed"),
        ("99999999999999999999 > count", 0, "not a number"),
        ("count == 5u", 9, "leave the `u` out"),
        ("name.first == 'a'", 4, "no parts"),
        ("{'a': 1} == name", 0, "not part of the language"),
        ("   ", 0, "empty"),
    ] {
        let error = fails(text, part);
        assert_eq!(error.offset, Some(offset), "{text}: {}", error.message);
    }
    let text = "größe = 1";
    let problem = fails("paid && x", "x").problem("paid && x", Pointer::from("where"));
    assert!(problem.message.ends_with("(at character 9 of the expression)"), "{}", problem.message);
    assert!(predicate(text, &scope()).is_err());
}

#[test]
fn size_is_bounded_before_anything_descends() {
    let chain = |part: &str, count: usize, joint: &str| vec![part; count].join(joint);
    fails(&chain("1", 20_000, "+"), "more than 500 parts");
    fails(&chain("paid", 600, " && "), "more than 500 parts");
    fails(&format!("{}paid", "!".repeat(5_000)), "more than 500 parts");
    fails(&format!("{}paid{}", "(".repeat(40), ")".repeat(40)), "deeper than 32");
    fails(&format!("{} > 0", chain("count", 60, "+")), "deeper than 32");
    fails(&chain("paid ? paid : paid", 40, " : paid ? paid"), "");
    fails(&format!("name == '{}'", "a".repeat(70_000)), "bytes");
    fails("name == r'\\' + '''\n''' + 'a'", "three quotes");
    assert!(predicate(&chain("paid", 200, " || "), &scope()).is_ok());
    let codes: Vec<_> = (0..1000).map(|code| format!("'code-{code:04}.a+b'")).collect();
    assert!(predicate(&format!("name in [{}]", codes.join(",")), &scope()).is_ok());
    fails(&format!("name in [{},'x']", codes.join(",")), "more than 1000 elements");
}

#[test]
fn names_are_read_without_a_scope() {
    let found = names("a > 1 && row['b c'] == null || size(d) > 2").unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a", "b c", "d"]);
}

#[test]
fn the_page_for_users_names_every_function_and_its_examples_compile() {
    let page = include_str!("../../../docs/expressions.md");
    for name in functions::names() {
        assert!(page.contains(&format!("{name}(")), "docs/expressions.md lacks `{name}`");
    }
    let block = page.split("```cel\n").nth(1).and_then(|rest| rest.split("```").next());
    let examples: Vec<_> = block.unwrap_or_default().lines().collect();
    assert!(examples.len() > 10);
    for example in examples {
        predicate(example, &scope()).unwrap_or_else(|error| panic!("{example}: {error:?}"));
    }
}

#[test]
fn parts_of_a_time_are_those_of_cel() {
    let part = |function| call(function, [column("pickup")]);
    let whole = |value| Expr::literal(Literal::Integer(value));
    is("pickup.getHours() == 7", call(Function::Equal, [part(Function::Hour), whole(7)]));
    let month = call(Function::Subtract, [part(Function::Month), whole(1)]);
    is("pickup.getMonth() == 0", call(Function::Equal, [month, whole(0)]));
    fails("day.getHours() == 1", "`getHours` takes instants");
    fails("name.getDate() == 1", "`getDate` takes days or instants");
}
