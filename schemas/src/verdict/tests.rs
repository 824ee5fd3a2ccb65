use super::*;

#[test]
fn a_figure_that_is_no_number_survives_json() {
    for value in [None, Some(1.5), Some(f64::INFINITY), Some(f64::NEG_INFINITY)] {
        let figure = Measurement::Figure {
            value,
            shown: None,
            within: false,
            names: Vec::new(),
            adapted: None,
        };
        let text = serde_json::to_string(&figure).unwrap();
        assert_eq!(serde_json::from_str::<Measurement>(&text).unwrap(), figure, "{text}");
    }
    let nan = Measurement::Figure {
        value: Some(f64::NAN),
        shown: None,
        within: false,
        names: Vec::new(),
        adapted: None,
    };
    let text = serde_json::to_string(&nan).unwrap();
    assert!(text.contains("\"NaN\""), "{text}");
}

#[test]
fn a_share_exactly_at_the_bound_is_tolerated() {
    let tolerance = Tolerance { max_violations: None, max_violation_ratio: Some(0.05) };
    assert!(!exceeds(&tolerance, 100, 5));
    assert!(exceeds(&tolerance, 100, 6));
    assert!(exceeds(&Tolerance { max_violations: Some(5), ..tolerance }, 1000, 6));
    assert!(exceeds(&Tolerance::default(), 1000, 1));
}
