//! Semantic types: formats, and patterns that stand for formats nobody needs by name.

use serde_json::{Value, json};

use super::row::column;
use super::{expression, values};
use crate::gx::table::Case;

/// Expectations, less `column_values_to_`, that are formats.
const FORMATS: &[(&str, &str)] = &[
    ("be_iso_languages", "language"),
    ("be_slug", "slug"),
    ("be_valid_base64", "base64"),
    ("be_valid_bic", "bic"),
    ("be_valid_country", "country"),
    ("be_valid_currency_code", "currency"),
    ("be_valid_ean", "ean"),
    ("be_valid_hex_color", "hex_color"),
    ("be_valid_http_methods", "http_method"),
    ("be_valid_iana_timezone", "time_zone"),
    ("be_valid_iban", "iban"),
    ("be_valid_isbn10", "isbn10"),
    ("be_valid_isbn13", "isbn13"),
    ("be_valid_isin", "isin"),
    ("be_valid_iso_country", "country"),
    ("be_valid_mac", "mac"),
    ("be_valid_md5", "md5"),
    ("be_valid_orcid", "orcid"),
    ("be_valid_phonenumber", "phone"),
    ("be_valid_sha1", "sha1"),
    ("be_valid_ssn", "us_ssn"),
    ("be_valid_tcp_port", "port"),
    ("be_valid_udp_port", "port"),
    ("be_valid_us_state_abbreviation", "us_state"),
    ("contain_valid_email", "email"),
];

/// Expectations, less `column_values_to_`, that are patterns of the whole text.
const PATTERNS: &[(&str, &str)] = &[
    ("be_gtin_base_unit", "0[0-9]{13}"),
    ("be_gtin_variable_measure_trade_item", "9[0-9]{13}"),
    ("be_hexadecimal", "[0-9A-Fa-f]+"),
    ("be_icd_ten_category_or_subcategory", r"[A-Z][0-9][0-9AB](?:\.[0-9A-Z]{1,4})?"),
    ("be_private_ip_v6", "(?i)f[cd][0-9a-f]{2}:.*"),
    ("be_valid_arn", "arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[a-z0-9-]*:[^:].*"),
    (
        "be_valid_base32",
        "(?:[A-Z2-7]{8})*(?:[A-Z2-7]{8}|[A-Z2-7]{7}=|[A-Z2-7]{5}={3}|[A-Z2-7]{4}={4}|[A-Z2-7]{2}={6})",
    ),
    (
        "be_valid_bitcoin_address",
        "[123mn][1-9A-HJ-NP-Za-km-z]{25,34}|bc1[02-9ac-hj-np-z]{39}|bc1[02-9ac-hj-np-z]{59}",
    ),
    ("be_valid_city_name", r"[\p{L}][\p{L} .'-]*"),
    ("be_valid_crc32", "[0-9A-Fa-f]{8}"),
    ("be_valid_dot_address", "1[1-9A-HJ-NP-Za-km-z]{46,47}"),
    ("be_valid_eth_address", "(?:0x)?[0-9A-Fa-f]{40}"),
    ("be_valid_ethereum_address", "0x[0-9A-Fa-f]{40}"),
    ("be_valid_formatted_vat", "BE[01][0-9]{9}|GB[0-9]{9}|HU[0-9]{8}"),
    ("be_valid_geohash", "[0-9b-hjkmnp-z]{1,12}"),
    ("be_valid_http_status_code", "[1-5][0-9]{2}"),
    (
        "be_valid_http_status_name",
        "(?i)(?:ok|created|accepted|no[ _]content|moved[ _]permanently|found|not[ _]modified|bad[ _]request|unauthorized|forbidden|not[ _]found|method[ _]not[ _]allowed|conflict|gone|internal[ _]server[ _]error|not[ _]implemented|bad[ _]gateway|service[ _]unavailable|gateway[ _]timeout)",
    ),
    ("be_valid_isan", "(?:[0-9A-F]{4}-){4}[0-9A-Z](?:-[0-9A-F]{4}){2}-[0-9A-Z]|[0-9A-F]{24}"),
    ("be_valid_ltc_address", "[3LMmn][1-9A-HJ-NP-Za-km-z]{26,33}|ltc1[02-9ac-hj-np-z]{39,59}"),
    ("be_valid_mbti", "[EI][NS][FT][JP]"),
    (
        "be_valid_meid",
        "(?:[0-9A-F]{2} ?){7}[0-9A-F]?|[0-9]{5} ?[0-9]{5} ?[0-9]{4} ?[0-9]{4} ?[0-9]?",
    ),
    ("be_valid_mic", "[A-Z0-9]{4}"),
    ("be_valid_price", "[^0-9]*(?:[$£€]|Rp) ?[0-9][0-9.,]*|[0-9][0-9.,]* ?[$£€]"),
    ("be_valid_roman_numeral", "M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"),
    ("be_valid_scientific_notation", r"[+-]?[0-9]\.[0-9]+(?:[eE][+-]?[0-9]+)?"),
    ("be_valid_temperature", r"[+-]?[0-9]+(?:\.[0-9]+)? ?°?[CFK]"),
    ("be_valid_tld", "[a-z]{2,63}"),
    ("be_valid_us_county_fip", "[0-9]{5}"),
    ("be_valid_us_county_name", ".+ (?:Borough|Census Area|County|Parish)"),
    ("be_valid_zip5", "[0-9]{5}"),
    ("be_valid_zip9", "[0-9]{5}-[0-9]{4}"),
    ("have_valid_icd10_code_format", r"[A-Z][0-9][0-9AB](?:\.[0-9A-Z]{1,4})?"),
];

/// States of the United States by name and code.
const STATES: &[(&str, &str)] = &[
    ("Alabama", "AL"),
    ("Alaska", "AK"),
    ("Arizona", "AZ"),
    ("Arkansas", "AR"),
    ("California", "CA"),
    ("Colorado", "CO"),
    ("Connecticut", "CT"),
    ("Delaware", "DE"),
    ("Florida", "FL"),
    ("Georgia", "GA"),
    ("Hawaii", "HI"),
    ("Idaho", "ID"),
    ("Illinois", "IL"),
    ("Indiana", "IN"),
    ("Iowa", "IA"),
    ("Kansas", "KS"),
    ("Kentucky", "KY"),
    ("Louisiana", "LA"),
    ("Maine", "ME"),
    ("Maryland", "MD"),
    ("Massachusetts", "MA"),
    ("Michigan", "MI"),
    ("Minnesota", "MN"),
    ("Mississippi", "MS"),
    ("Missouri", "MO"),
    ("Montana", "MT"),
    ("Nebraska", "NE"),
    ("Nevada", "NV"),
    ("New Hampshire", "NH"),
    ("New Jersey", "NJ"),
    ("New Mexico", "NM"),
    ("New York", "NY"),
    ("North Carolina", "NC"),
    ("North Dakota", "ND"),
    ("Ohio", "OH"),
    ("Oklahoma", "OK"),
    ("Oregon", "OR"),
    ("Pennsylvania", "PA"),
    ("Rhode Island", "RI"),
    ("South Carolina", "SC"),
    ("South Dakota", "SD"),
    ("Tennessee", "TN"),
    ("Texas", "TX"),
    ("Utah", "UT"),
    ("Vermont", "VT"),
    ("Virginia", "VA"),
    ("Washington", "WA"),
    ("West Virginia", "WV"),
    ("Wisconsin", "WI"),
    ("Wyoming", "WY"),
    ("Washington Dc", "DC"),
];

/// Territories of the United States.
const TERRITORIES: [&str; 5] = ["AS", "GU", "MP", "PR", "VI"];

pub(super) fn of(name: &str, case: &Case) -> Option<Value> {
    let known = |list: &'static [(&str, &str)], name: &str| {
        list.iter().find(|(known, _)| *known == name).map(|(_, means)| *means)
    };
    if let Some(short) = name.strip_prefix("column_values_to_") {
        if let Some(format) = known(FORMATS, short) {
            return values(case, "format", json!({ "format": format }));
        }
        if let Some(pattern) = known(PATTERNS, short) {
            return values(case, "regex", json!({ "pattern": pattern }));
        }
        if let Some(mapped) = zip(short, case) {
            return Some(mapped);
        }
    }
    special(name, case)
}

/// Postal codes, most of them of a state.
fn zip(short: &str, case: &Case) -> Option<Value> {
    let place = short.strip_prefix("be_valid_")?;
    let (country, region) = match place {
        "general_zipcode" => (case.text("country_code").to_uppercase(), None),
        "india_zip" => ("IN".to_owned(), None),
        _ => {
            let state = place.strip_suffix("_zip")?.trim_end_matches("_state").replace('_', " ");
            let found = STATES.iter().find(|(name, _)| name.to_lowercase() == state);
            ("US".to_owned(), Some(found?.1))
        }
    };
    values(case, "format", json!({ "format": "postal_code", "country": country, "region": region }))
}

fn special(name: &str, case: &Case) -> Option<Value> {
    let country = case.text("country_code").to_uppercase();
    match name {
        "column_values_bic_belong_to_country" => {
            values(case, "format", json!({ "format": "bic", "country": country }))
        }
        "column_values_imsi_belong_to_country_code" if country == "CN" => {
            values(case, "regex", json!({ "pattern": "460[0-9]{12}" }))
        }
        "column_values_ip_address_in_network" => values(
            case,
            "format",
            json!({ "format": "ipv4", "networks": case.kwargs["ip_network"] }),
        ),
        "column_values_to_be_private_ipv4_class" => {
            let network = |class: &&str| match *class {
                "A" => "10.0.0.0/8",
                "B" => "172.16.0.0/12",
                _ => "192.168.0.0/16",
            };
            let classes = case.texts("ip_class");
            let networks: Vec<_> = classes.iter().map(network).collect();
            values(case, "format", json!({ "format": "ipv4", "networks": networks }))
        }
        "column_values_to_be_valid_uuid" => {
            let plain = "[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}";
            let pattern = format!(r"(?:urn:uuid:)?(?:{plain}|\{{{plain}\}})");
            values(case, "regex", json!({ "pattern": pattern }))
        }
        "column_values_to_be_secure_passwords" => {
            let patterns = ["[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]", ".{8}"];
            let parameters = json!({ "patterns": patterns, "match_on": "all", "mode": "search" });
            values(case, "regex", parameters)
        }
        "column_values_to_be_valid_http_method" => {
            let methods =
                ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
            values(case, "in_set", json!({ "values": methods, "ignore_case": true }))
        }
        "column_values_to_be_valid_us_state" => {
            let names: Vec<_> = STATES.iter().map(|(name, _)| *name).collect();
            values(case, "in_set", json!({ "values": names }))
        }
        "column_values_to_be_valid_us_state_or_territory_abbreviation" => {
            let codes: Vec<_> = STATES.iter().map(|(_, code)| *code).chain(TERRITORIES).collect();
            values(case, "in_set", json!({ "values": codes }))
        }
        "column_values_to_be_valid_leap_year" => {
            let column = column(case.text("column"));
            let mut mapped = expression(case, &format!("date({column} + \"-02-29\") != null"))?;
            mapped["rule"]["where"] = format!("{column} != null").into();
            Some(mapped)
        }
        "column_values_after_split_to_be_in_set" => {
            let one = format!("(?:{})", case.texts("value_set").join("|"));
            let pattern = format!("{one}(?:{}{one})*", case.text("delimiter"));
            values(case, "regex", json!({ "pattern": pattern }))
        }
        // The case's own rule: the first or the second two characters.
        "column_values_to_follow_rule" => {
            values(case, "regex", json!({ "pattern": "12.*|.{2}12.*" }))
        }
        "value_at_index" => {
            let value = case.text("value").replace('.', r"\.");
            let pattern = match case.kwargs["index"].as_i64()? {
                at if at < 0 => format!("(?s).*{value}.{{{}}}", -1 - at),
                at => format!("(?s).{{{at}}}{value}.*"),
            };
            values(case, "regex", json!({ "pattern": pattern }))
        }
        _ => None,
    }
}
