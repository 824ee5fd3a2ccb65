//! Formats that a pattern describes, wholly or up to their check digits.

use super::name::Format;
use super::{Cidr, list};
use crate::plan::Expr;

/// A label of a host name.
const LABEL: &str = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";

/// A decimal number of a byte.
const BYTE: &str = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";

/// Whether a text matches as a whole.
pub(super) fn matches(value: &Expr, pattern: impl Into<String>) -> Expr {
    Expr::Matches { value: Box::new(value.clone()), pattern: pattern.into(), whole: true }
}

/// The pattern of a format; `None` where a list or a number describes it.
pub(super) fn of(format: Format, country: Option<&str>) -> Option<String> {
    let host = format!(r"{LABEL}(?:\.{LABEL})*");
    Some(match format {
        Format::Base64 => {
            "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)".to_owned()
        }
        Format::Bic => {
            let country = country.map_or_else(
                || list::countries().chain(["XK"]).collect::<Vec<_>>().join("|"),
                str::to_owned,
            );
            format!("[A-Z0-9]{{4}}(?:{country})[A-Z0-9]{{2}}(?:[A-Z0-9]{{3}})?")
        }
        Format::CreditCard => "[0-9](?:[ -]?[0-9]){11,18}".to_owned(),
        Format::Ean => "[0-9]{8}|[0-9]{13}".to_owned(),
        Format::Email => {
            let atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
            format!(r"{atom}(?:\.{atom})*@(?:{LABEL}\.)+[A-Za-z][A-Za-z0-9-]{{0,61}}[A-Za-z0-9]")
        }
        Format::Gtin => "[0-9]{8}|[0-9]{12,14}".to_owned(),
        Format::HexColor => "#(?:[0-9A-Fa-f]{3,4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})".to_owned(),
        Format::Hostname => host,
        Format::HttpMethod => "CONNECT|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT|TRACE".to_owned(),
        Format::Iban => list::iban(country),
        Format::Imei => "[0-9]{15}".to_owned(),
        Format::Isbn => format!("{}|{}", isbn10(), isbn13()),
        Format::Isbn10 => isbn10(),
        Format::Isbn13 => isbn13(),
        Format::Isin => "[A-Z]{2}[A-Z0-9]{9}[0-9]".to_owned(),
        Format::Issn => "[0-9]{4}-[0-9]{3}[0-9X]".to_owned(),
        Format::Lei => "[A-Z0-9]{18}[0-9]{2}".to_owned(),
        Format::Mac => {
            let pair = "[0-9A-Fa-f]{2}";
            format!(
                r"{pair}(?::{pair}){{5}}|{pair}(?:-{pair}){{5}}|[0-9A-Fa-f]{{4}}(?:\.[0-9A-Fa-f]{{4}}){{2}}"
            )
        }
        Format::Md5 => "[0-9A-Fa-f]{32}".to_owned(),
        Format::Orcid => "(?:[0-9]{4}-){3}[0-9]{3}[0-9X]".to_owned(),
        Format::Phone => r"\+ ?\(?[1-9](?:[ ./()-]{0,2}[0-9]){6,14}".to_owned(),
        Format::Semver => {
            let number = "(?:0|[1-9][0-9]*)";
            let part = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
            format!(
                r"{number}\.{number}\.{number}(?:-{part}(?:\.{part})*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
            )
        }
        Format::Sha1 => "[0-9A-Fa-f]{40}".to_owned(),
        Format::Sha256 => "[0-9A-Fa-f]{64}".to_owned(),
        Format::Slug => "[a-z0-9]+(?:[-_][a-z0-9]+)*".to_owned(),
        Format::Upc => "[0-9]{12}".to_owned(),
        Format::Url => {
            let user = "(?:[^/@?#[:space:]]+@)?";
            let address = format!(r"(?:{host}|\[(?:{})\])", ipv6(Cidr::Forbidden));
            format!(r"(?i:https?|ftps?)://{user}{address}(?::[0-9]{{1,5}})?(?:[/?#][^[:space:]]*)?")
        }
        Format::UsSsn => {
            "(?:00[1-9]|0[1-9][0-9]|[1-578][0-9]{2}|6[0-57-9][0-9]|66[0-57-9])-(?:0[1-9]|[1-9][0-9])-\
             (?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
                .to_owned()
        }
        Format::Uuid => "[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}".to_owned(),
        Format::Vin => "[A-HJ-NPR-Z0-9]{17}".to_owned(),
        _ => return None,
    })
}

fn isbn10() -> String {
    "[0-9](?:[ -]?[0-9]){8}[ -]?[0-9X]".to_owned()
}

fn isbn13() -> String {
    "97[89](?:[ -]?[0-9]){10}".to_owned()
}

/// An address with the length of a network, as far as it is wanted.
fn with_length(address: &str, length: &str, cidr: Cidr) -> String {
    match cidr {
        Cidr::Forbidden => format!("(?:{address})"),
        Cidr::Optional => format!("(?:{address})(?:/(?:{length}))?"),
        Cidr::Required => format!("(?:{address})/(?:{length})"),
    }
}

/// An IPv4 address.
pub(super) fn ipv4(cidr: Cidr) -> String {
    with_length(&format!(r"(?:{BYTE}\.){{3}}{BYTE}"), "[12]?[0-9]|3[0-2]", cidr)
}

/// An IPv6 address: eight groups, or fewer around one `::`; the last two may be written as IPv4.
pub(super) fn ipv6(cidr: Cidr) -> String {
    let group = "[0-9A-Fa-f]{1,4}";
    let last = format!(r"(?:{group}:{group}|(?:{BYTE}\.){{3}}{BYTE})");
    let mut forms = vec![format!("(?:{group}:){{6}}{last}")];
    // So many groups stand behind `::`, the last two of them possibly as IPv4.
    for behind in (2..=7).rev() {
        let before = 7 - behind;
        let tail = format!("(?:{group}:){{{}}}{last}", behind - 2);
        forms.push(match before {
            0 => format!("::{tail}"),
            _ => format!("(?:{group}(?::{group}){{0,{}}})?::{tail}", before - 1),
        });
    }
    forms.push(format!("(?:{group}(?::{group}){{0,5}})?::{group}"));
    forms.push(format!("(?:{group}(?::{group}){{0,6}})?::"));
    with_length(&forms.join("|"), "[1-9]?[0-9]|1[01][0-9]|12[0-8]", cidr)
}
