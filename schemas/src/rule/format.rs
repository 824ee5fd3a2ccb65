//! `format`: text is what its kind demands: an address, a number with a check digit, a code.

mod check;
pub(crate) mod list;
mod name;
mod network;
mod pattern;
mod postal;

use schemars::JsonSchema;
use serde::Deserialize;

use super::values::{self, wrong};
use super::{Lowered, Rule, Subject, Target, expect_family};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::doc::Doc;
use crate::plan::{Expr, Function, Literal};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;
use name::Format;

pub(super) struct FormatRule;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The format.
    format: Format,
    /// The country, as ISO 3166-1 alpha-2: demanded of `postal_code`; an `iban`, `bic` or `subdivision` of
    /// another country violates.
    #[serde(default)]
    country: Option<String>,
    /// For `postal_code` of the country `US`: the state, such as `TX`, by the first three digits.
    #[serde(default)]
    region: Option<String>,
    /// For `ipv4` and `ipv6`: whether a length of the network stands behind, as in `10.0.0.0/8`.
    #[serde(default)]
    cidr: Cidr,
    /// For `ipv4`: networks, as in `10.0.0.0/8`, of which one must hold the address.
    #[serde(default)]
    networks: Vec<String>,
    /// For `vin`: leave the check digit alone, which European makers do not write.
    #[serde(default)]
    without_check_digit: bool,
}

/// Whether the length of a network stands behind an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Cidr {
    /// It must not.
    #[default]
    Forbidden,
    /// It may.
    Optional,
    /// It must.
    Required,
}

impl Rule for FormatRule {
    type Parameters = Parameters;
    const NAME: &'static str = "format";
    const DOC: Doc = Doc {
        summary: "Every value is of a known kind: an e-mail address, an IBAN, a country code.",
        semantics: "The whole text must have the form, and where the kind has a check digit, that must be right; \
                    what each format takes stands with it. Codes are compared with the lists of the compiler's \
                    own version and must be written in the case shown there. Whether an address or a number is \
                    in use is not asked. `latitude`, `longitude` and `port` also judge columns of numbers, all \
                    others text alone. Nulls are skipped unless `nulls: violate`; empty text violates.",
        good: "rule_id: iban-right\nrule_type: format\ncolumn: account\nparameters: {format: iban}\n",
        bad: "rule_id: zip-right\nrule_type: format\ncolumn: zip\nparameters: {format: postal_code}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = misplaced(parameters);
        if problems.is_empty() {
            let test = test(parameters, &Expr::Now, false);
            problems.extend(test.err().into_iter().flatten());
        }
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        let families: &[Family] = match parameters.format.is_number() {
            true => &[Family::Text, Family::Number],
            false => &[Family::Text],
        };
        expect_family(Self::NAME, field, families, "column".into())?;
        let number = field.data_type.family() == Family::Number;
        let place = Pointer::from("parameters");
        let holds = test(parameters, &Expr::column(&field.name), number)
            .map_err(|found| found.into_iter().map(|one| one.within(&place)).collect::<Vec<_>>())?;
        let of = match (&parameters.region, &parameters.country) {
            (Some(region), _) => format!(" of `{region}`"),
            (None, Some(country)) => format!(" of `{country}`"),
            (None, None) => String::new(),
        };
        let title = format!("`{}` is {}{of}", field.name, parameters.format.words());
        Ok(values::lowered(field, target, title, holds))
    }
}

/// Parameters that mean nothing to the format, seen from the parameters.
fn misplaced(parameters: &Parameters) -> Vec<Problem> {
    let format = parameters.format;
    let given = [
        ("country", parameters.country.is_some(), format.takes_country()),
        ("region", parameters.region.is_some(), format == Format::PostalCode),
        (
            "cidr",
            parameters.cidr != Cidr::Forbidden,
            matches!(format, Format::Ipv4 | Format::Ipv6 | Format::Ip),
        ),
        ("networks", !parameters.networks.is_empty(), format == Format::Ipv4),
        ("without_check_digit", parameters.without_check_digit, format == Format::Vin),
    ];
    let wrong = given.into_iter().filter(|(_, given, takes)| *given && !takes);
    wrong
        .map(|(name, ..)| {
            let message = format!("`{name}` means nothing to `{}`", format.name());
            Problem::new(Code::BadValue, Pointer::from(name), message).at_key()
        })
        .collect()
}

/// Whether a value is of the format; problems are seen from the parameters.
fn test(parameters: &Parameters, value: &Expr, number: bool) -> Result<Expr, Vec<Problem>> {
    let format = parameters.format;
    if let Some(country) = &parameters.country {
        known_country(country)?;
    }
    if let Some((min, max)) = format.interval() {
        return Ok(between(value, (min, max), number, format));
    }
    match format {
        Format::PostalCode => {
            postal::test(value, parameters.country.as_deref(), parameters.region.as_deref())
        }
        Format::Ipv4 => {
            let form = pattern::matches(value, pattern::ipv4(parameters.cidr));
            let networks = network::within(value, &parameters.networks)?;
            Ok(Expr::all([form].into_iter().chain(networks)))
        }
        Format::Ipv6 => Ok(pattern::matches(value, pattern::ipv6(parameters.cidr))),
        Format::Ip => Ok(values::any([
            pattern::matches(value, pattern::ipv4(parameters.cidr)),
            pattern::matches(value, pattern::ipv6(parameters.cidr)),
        ])),
        _ => {
            let mut tests = Vec::new();
            tests.extend(
                pattern::of(format, parameters.country.as_deref())
                    .map(|pattern| pattern::matches(value, pattern)),
            );
            tests.extend(list::of(format, value, parameters.country.as_deref()));
            tests.extend(check::of(format, value, parameters.without_check_digit));
            Ok(Expr::all(tests))
        }
    }
}

fn known_country(country: &str) -> Result<(), Vec<Problem>> {
    if list::countries().any(|known| known == country) {
        return Ok(());
    }
    let message = format!("`{country}` is no country of ISO 3166-1 alpha-2");
    let problem = Problem::new(Code::BadValue, Pointer::from("country"), message);
    Err(vec![problem.did_you_mean(country, list::countries().collect::<Vec<_>>())])
}

fn between(value: &Expr, (min, max): (f64, f64), number: bool, format: Format) -> Expr {
    let read = match number {
        true => value.clone(),
        false => Expr::Cast { value: Box::new(value.clone()), to: DataType::Double, format: None },
    };
    let bound = |function, bound| {
        Expr::call(function, [read.clone(), Expr::literal(Literal::Double(bound))])
    };
    let mut tests = vec![bound(Function::GreaterOrEqual, min), bound(Function::LessOrEqual, max)];
    if format == Format::Port {
        tests.insert(
            0,
            match number {
                false => pattern::matches(value, "0|[1-9][0-9]{0,4}"),
                true => {
                    let one = Expr::literal(Literal::Integer(1));
                    let rest = Expr::call(Function::Modulo, [value.clone(), one]);
                    Expr::call(Function::Equal, [rest, Expr::literal(Literal::Integer(0))])
                }
            },
        );
    }
    // Text that is no number reads as null, which must not count as unknown.
    let no = Expr::literal(Literal::Boolean(false));
    Expr::call(Function::Coalesce, [Expr::all(tests), no])
}

/// A problem with a parameter, seen from the parameters.
fn fault(name: &str, message: impl Into<String>) -> Vec<Problem> {
    let seen_from_rule = wrong(name, message);
    let pointer = Pointer::from(name);
    seen_from_rule
        .into_iter()
        .map(|problem| Problem { pointer: pointer.clone(), ..problem })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::name::Format;
    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn every_format_lowers_to_patterns_that_every_engine_runs() {
        let fields = fields(&[("t", "text"), ("n", "double"), ("d", "date")]);
        for format in Format::ALL {
            let mut parameters = json!({"format": format.name()});
            if *format == Format::PostalCode {
                parameters["country"] = json!("DE");
            }
            let lowered = lower("format", parameters.clone(), Some("t"), &fields).unwrap();
            let body = serde_json::to_value(lowered.body).unwrap();
            let mut open = vec![&body];
            while let Some(value) = open.pop() {
                if let Some(pattern) = value["pattern"].as_str() {
                    regex::Regex::new(pattern).unwrap_or_else(|error| panic!("{error}"));
                }
                open.extend(value.as_object().into_iter().flat_map(|fields| fields.values()));
                open.extend(value.as_array().into_iter().flatten());
            }
            let numbers = lower("format", parameters.clone(), Some("n"), &fields).is_ok();
            assert_eq!(numbers, format.is_number(), "{}", format.name());
            assert!(lower("format", parameters, Some("d"), &fields).is_err());
        }
    }

    #[test]
    fn parameters_go_with_the_format() {
        let of = |parameters| problems("format", parameters);
        assert_eq!(of(json!({"format": "postal_code"})), ["/country"]);
        assert_eq!(of(json!({"format": "postal_code", "country": "ZZ"})), ["/country"]);
        assert_eq!(
            of(json!({"format": "postal_code", "country": "DE", "region": "TX"})),
            ["/region"]
        );
        assert_eq!(of(json!({"format": "uuid", "country": "DE"})), ["/country"]);
        assert_eq!(of(json!({"format": "ipv4", "networks": ["10.0.0.0/33"]})), ["/networks/0"]);
        assert_eq!(of(json!({"format": "mail"})), ["/format"]);
    }
}
