//! Conditions of action types: not over rows, but over the object, the caller and the parameters.
//!
//! Names are paths, written `target_object['properties']['status']` or `context.user.role`. What the
//! catalog and the action declare has its type; what only the running system knows may be of any.

use super::syntax::{self, Node};
use super::typed::{self, Type};
use super::{ExpressionError, Scope};
use crate::datatype::DataType;
use crate::id::ColumnName;

/// Where paths begin.
pub(super) const ROOTS: &[&str] = &["context", "params", "target_object"];

/// What an object has beside its properties.
const OF_OBJECT: &[&str] = &[
    "created_at",
    "display_name",
    "id",
    "object_type",
    "object_type_api_name",
    "pk",
    "pk_value",
    "primary_key",
    "rid",
    "updated_at",
    "version",
];

/// The paths that a condition may name.
#[derive(Clone, Debug)]
pub struct Names(Scope);

/// The paths of an action type: those of an object with these attributes, of the caller, and of these
/// parameters. No attribute at all means that any may be there.
pub fn action_names(
    attributes: &[(&str, Option<DataType>)],
    parameters: &[(&str, DataType)],
) -> Names {
    let mut scope = Scope::default().called("name");
    let mut add = |path: String, kind: Type| {
        if let Ok(name) = ColumnName::new(&path) {
            scope.names.insert(path, (name, kind));
        }
    };
    for (name, data_type) in attributes {
        let kind = data_type.map_or(Type::Any, Type::Data);
        add(format!("target_object.properties.{name}"), kind);
    }
    for (name, data_type) in parameters {
        add(format!("params.{name}"), Type::Data(*data_type));
    }
    for name in OF_OBJECT {
        add(format!("target_object.{name}"), Type::Any);
    }
    for name in ["id", "role"] {
        add(format!("context.user.{name}"), Type::Data(DataType::Text));
    }
    scope.open = vec!["context", "target_object.links", "target_object.metadata"];
    if attributes.is_empty() {
        scope.open.push("target_object.properties");
    }
    Names(scope)
}

/// Checks a condition for its form, its names and its types.
///
/// # Errors
/// The text is no expression, names something unknown, mixes types, or is not a truth value.
pub fn condition(text: &str, names: &Names) -> Result<(), ExpressionError> {
    let node: Node = syntax::read_paths(text, ROOTS)?;
    let typed = typed::lower(&node, &names.0)?;
    if matches!(typed.kind, Type::Data(DataType::Boolean) | Type::Any) {
        return Ok(());
    }
    let message = format!("this is {}, not true or false", typed.kind.word());
    Err(ExpressionError::new(node.offset, message).hint("compare it with something"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), String> {
        let attributes =
            [("status", Some(DataType::Text)), ("amount", Some(DataType::Decimal(10, 2)))];
        let parameters = [("limit", DataType::Integer), ("message", DataType::Text)];
        condition(text, &action_names(&attributes, &parameters))
            .map_err(|error| format!("{} | {}", error.message, error.hint.unwrap_or_default()))
    }

    #[test]
    fn what_is_known_is_accepted_in_both_notations() {
        for good in [
            "target_object['properties']['status']=='PENDING'",
            "target_object.properties.status == 'PENDING'",
            "context['user']['role'] == 'admin'",
            "context.request.ip.startsWith('10.') && context.flags.live",
            "params['limit'] > 0 && params.limit < target_object.properties.amount",
            "params.message.size() <= 200 || context.user.role in ['admin', 'owner']",
            "context.age in [1, 2] && context.age + 1 > 2",
            "target_object.rid != null && !has(target_object.links.owner)",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn slips_are_refused_and_the_right_name_is_told() {
        for (bad, words) in [
            ("target_object['properties']['statuss'] == 'X'", "target_object.properties.status"),
            ("target_object['propertys']['status'] == 'X'", "target_object.properties.status"),
            ("targt_object['properties']['status'] == 'X'", "target_object"),
            ("params.lmit > 0", "params.limit"),
            ("params['message'] > 5", "between what is text"),
            ("target_object.properties.amount", "not true or false"),
            ("status == 'PENDING'", "there is no name `status`"),
            ("params.message = 'x'", "write `==`"),
            ("target_object['properties'][0] == 1", "texts in quotes"),
            ("__import__('os').system('true') == 0", "`system`"),
        ] {
            let message = check(bad).unwrap_err();
            assert!(message.contains(words), "{bad}: {message}");
        }
    }
}
