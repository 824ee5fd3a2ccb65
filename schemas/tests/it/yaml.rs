//! Just enough YAML for documentation and case files: objects, lists and scalars.

use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

enum Open {
    List(Vec<Value>),
    Object(Map<String, Value>, Option<String>),
}

/// The only document of a text.
pub(crate) fn read(text: &str) -> Value {
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.unwrap_or_else(|error| panic!("{error}\n{text}"));
        let done = match event {
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Object(Map::new(), None));
                continue;
            }
            Event::Scalar(text, style, ..) => scalar(&text, style == ScalarStyle::Plain),
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(items)) => Value::Array(items),
                Some(Open::Object(fields, _)) => Value::Object(fields),
                None => panic!("nothing to end in\n{text}"),
            },
            _ => continue,
        };
        match open.last_mut() {
            None => return done,
            Some(Open::List(items)) => items.push(done),
            Some(Open::Object(fields, key)) => match key.take() {
                None => *key = Some(done.as_str().map_or_else(|| done.to_string(), str::to_owned)),
                Some(key) => {
                    assert!(fields.insert(key.clone(), done).is_none(), "`{key}` twice\n{text}");
                }
            },
        }
    }
    Value::Null
}

fn scalar(text: &str, plain: bool) -> Value {
    let word = text.to_ascii_lowercase();
    match text {
        _ if !plain => Value::from(text),
        "" | "null" => Value::Null,
        "true" => Value::from(true),
        "false" => Value::from(false),
        _ if matches!(word.as_str(), "y" | "n" | "yes" | "no" | "on" | "off" | "~") => {
            panic!("`{text}` wants quotes")
        }
        _ => {
            let number = text
                .parse::<i64>()
                .map(Value::from)
                .or_else(|_| text.parse::<f64>().map(Value::from));
            number.ok().filter(|number| !number.is_null()).unwrap_or_else(|| Value::from(text))
        }
    }
}
