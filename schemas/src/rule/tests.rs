//! What holds for every rule type.

use super::*;

#[test]
fn the_list_is_sorted_and_documented() {
    let names: Vec<_> = ALL.iter().map(|rule_type| rule_type.name()).collect();
    assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
    for rule_type in ALL {
        let doc = rule_type.doc();
        let name = rule_type.name();
        for text in [doc.summary, doc.semantics, doc.good, doc.bad] {
            assert!(!text.trim().is_empty(), "{name}");
            assert!(!text.contains("  "), "{name}: {text}");
        }
        assert!(doc.good.contains(&format!("rule_type: {name}\n")), "{name}");
        assert_ne!(doc.good, doc.bad, "{name}");
        let fields = rule_type.shape().schema()["properties"].as_object();
        for (field, shape) in fields.into_iter().flatten() {
            assert!(shape.get("description").is_some(), "{name}.{field} says nothing of itself");
        }
    }
}
