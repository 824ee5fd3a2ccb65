//! JSON documents in SQL.

use assay_schemas::plan::{Expr, Function, Literal};

use super::sql::{self, Unsaid};

/// Whether text is JSON. DuckDB also takes `NaN`, `Infinity` and a comma before a closing bracket; outside of
/// strings no other document has such letters.
pub(super) fn valid(text: &str) -> String {
    let string = sql::text(r#"(?s)"(?:[^"\\]|\\.)*""#);
    let foreign = sql::text(r"(?i)nan|inf|,\s*[\]}]");
    format!(
        "(json_valid({text}) AND NOT regexp_matches(regexp_replace({text}, {string}, '\"\"', 'g'), {foreign}))"
    )
}

/// What a document has at a pointer; `names` are the arguments behind it.
///
/// # Errors
/// The pointer is no literal.
pub(super) fn at(
    function: Function,
    document: &str,
    arguments: &[Expr],
    names: &[String],
) -> Result<String, Unsaid> {
    let Some(Expr::Literal { value: Literal::Text(pointer) }) = arguments.get(1) else {
        return Err(format!("the plan calls {function:?} without a literal pointer"));
    };
    // The empty pointer is the document itself.
    let path = if pointer.is_empty() { "'$'".to_owned() } else { sql::text(pointer) };
    // Anything else than a document would be an error of the whole scan. The condition guards the argument, not
    // the call: DuckDB may compute a call that stands twice before it looks at a condition around it.
    let document = format!("(CASE WHEN {} THEN {document} END)", valid(document));
    let found = match function {
        Function::JsonType => {
            let names = [
                ("OBJECT", "object"),
                ("ARRAY", "array"),
                ("VARCHAR", "string"),
                ("BOOLEAN", "boolean"),
                ("NULL", "null"),
                ("BIGINT", "number"),
                ("UBIGINT", "number"),
                ("HUGEINT", "number"),
                ("UHUGEINT", "number"),
                ("DOUBLE", "number"),
            ];
            let branches = names.map(|(from, to)| format!("WHEN '{from}' THEN '{to}'"));
            format!("CASE json_type({document}, {path}) {} END", branches.join(" "))
        }
        Function::JsonText => format!("json_extract_string({document}, {path})"),
        // It counts in unsigned numbers, which have no negative.
        Function::JsonLength => format!("CAST(json_array_length({document}, {path}) AS BIGINT)"),
        // `call` sends nothing but `JsonKeysWithin` here.
        _ => format!(
            "list_has_all(CAST([{}] AS VARCHAR[]), json_keys({document}, {path}))",
            names.join(", ")
        ),
    };
    Ok(found)
}
