//! The formats by name.

use schemars::JsonSchema;
use serde::Deserialize;

macro_rules! formats {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal $words:literal,)*) => {
        /// What a value can be.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
        pub(super) enum Format {
            $($(#[doc = $doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Format {
            /// Every format, in order of name.
            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The public name.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The format in words, after "is".
            pub(super) fn words(self) -> &'static str {
                match self {
                    $(Self::$variant => $words,)*
                }
            }
        }
    };
}

formats! {
    #[doc = "Base64 by RFC 4648 with its padding; not empty."]
    Base64 "base64" "a text in Base64",
    #[doc = "A BIC by ISO 9362: 8 or 11 capital letters and digits, the fifth and sixth a country or `XK`."]
    Bic "bic" "a BIC",
    #[doc = "A country by ISO 3166-1, alpha-2 or alpha-3."]
    Country "country" "a country code",
    #[doc = "A country by ISO 3166-1 alpha-2: `DE`."]
    CountryAlpha2 "country_alpha2" "a country code",
    #[doc = "A country by ISO 3166-1 alpha-3: `DEU`."]
    CountryAlpha3 "country_alpha3" "a country code",
    #[doc = "A country by ISO 3166-1 numeric, three digits: `276`."]
    CountryNumeric "country_numeric" "a country code",
    #[doc = "A payment card number: 12 to 19 digits, single spaces or hyphens between them, with a right Luhn digit."]
    CreditCard "credit_card" "a card number",
    #[doc = "A currency or fund by ISO 4217: `EUR`."]
    Currency "currency" "a currency code",
    #[doc = "An EAN of 8 or 13 digits with a right check digit."]
    Ean "ean" "an EAN",
    #[doc = "An e-mail address: the part before `@` as RFC 5322 writes it without quotes, 64 characters at most, then a host name with a dot; 254 characters at most."]
    Email "email" "an e-mail address",
    #[doc = "A GTIN of 8, 12, 13 or 14 digits with a right check digit."]
    Gtin "gtin" "a GTIN",
    #[doc = "A colour of 3, 4, 6 or 8 hexadecimal digits behind `#`."]
    HexColor "hex_color" "a colour",
    #[doc = "A host name by RFC 1123: labels of letters, digits and hyphens, 63 characters at most each, 253 in all."]
    Hostname "hostname" "a host name",
    #[doc = "A method of HTTP in capital letters."]
    HttpMethod "http_method" "a method of HTTP",
    #[doc = "An IBAN by ISO 13616: a country of the registry with its length, right check digits; spaces in groups of four are allowed."]
    Iban "iban" "an IBAN",
    #[doc = "An IMEI: 15 digits with a right Luhn digit."]
    Imei "imei" "an IMEI",
    #[doc = "An address that is `ipv4` or `ipv6`."]
    Ip "ip" "an IP address",
    #[doc = "An IPv4 address of four decimal numbers without leading zeros."]
    Ipv4 "ipv4" "an IPv4 address",
    #[doc = "An IPv6 address by RFC 4291, `::` and a trailing IPv4 address allowed, without a zone."]
    Ipv6 "ipv6" "an IPv6 address",
    #[doc = "An ISBN that is `isbn10` or `isbn13`."]
    Isbn "isbn" "an ISBN",
    #[doc = "An ISBN of 10 characters with a right check digit, hyphens or spaces between its parts."]
    Isbn10 "isbn10" "an ISBN",
    #[doc = "An ISBN of 13 digits that begins with 978 or 979, with a right check digit, hyphens or spaces between its parts."]
    Isbn13 "isbn13" "an ISBN",
    #[doc = "An ISIN by ISO 6166: two letters, nine letters or digits, a right check digit."]
    Isin "isin" "an ISIN",
    #[doc = "An ISSN: `0378-5955`, with a right check digit."]
    Issn "issn" "an ISSN",
    #[doc = "A language by ISO 639-1 (two letters) or ISO 639-2 (three), in small letters."]
    Language "language" "a language code",
    #[doc = "A language by ISO 639-1: `de`."]
    LanguageAlpha2 "language_alpha2" "a language code",
    #[doc = "A latitude in degrees, from -90 to 90."]
    Latitude "latitude" "a latitude",
    #[doc = "An LEI by ISO 17442: 18 capital letters and digits and two right check digits."]
    Lei "lei" "an LEI",
    #[doc = "A longitude in degrees, from -180 to 180."]
    Longitude "longitude" "a longitude",
    #[doc = "A MAC address: six pairs of hexadecimal digits with `:` or `-` between them, or three groups of four with dots."]
    Mac "mac" "a MAC address",
    #[doc = "32 hexadecimal digits."]
    Md5 "md5" "an MD5 digest",
    #[doc = "An ORCID iD: four groups of four with hyphens and a right check digit."]
    Orcid "orcid" "an ORCID iD",
    #[doc = "A phone number by E.164: `+`, then 7 to 15 digits of which the first is not 0, single spaces, hyphens, dots, slashes or brackets between them."]
    Phone "phone" "a phone number",
    #[doc = "A port of TCP or UDP, from 0 to 65535, without leading zeros."]
    Port "port" "a port",
    #[doc = "A postal code of the `country`, in the form that its post describes; letters are capital."]
    PostalCode "postal_code" "a postal code",
    #[doc = "A version by Semantic Versioning 2.0.0."]
    Semver "semver" "a version",
    #[doc = "40 hexadecimal digits."]
    Sha1 "sha1" "a SHA-1 digest",
    #[doc = "64 hexadecimal digits."]
    Sha256 "sha256" "a SHA-256 digest",
    #[doc = "Small letters and digits with single hyphens or underscores between them."]
    Slug "slug" "a slug",
    #[doc = "A subdivision of a country by ISO 3166-2: `DE-BE`."]
    Subdivision "subdivision" "a subdivision code",
    #[doc = "A name of the IANA time zone database: `Europe/Berlin`, links such as `UTC` included."]
    TimeZone "time_zone" "a time zone",
    #[doc = "A UPC-A of 12 digits with a right check digit."]
    Upc "upc" "a UPC",
    #[doc = "A URL of `http`, `https`, `ftp` or `ftps` with a host; no white space."]
    Url "url" "a URL",
    #[doc = "A Social Security number of the United States: `856-45-6789`, no group of zeros, not beginning with 666 or 9."]
    UsSsn "us_ssn" "a Social Security number",
    #[doc = "A state or the federal district of the United States by its two letters."]
    UsState "us_state" "a state",
    #[doc = "A UUID by RFC 9562: 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12 with hyphens."]
    Uuid "uuid" "a UUID",
    #[doc = "A vehicle identification number by ISO 3779: 17 capital letters and digits without I, O and Q, the ninth a right check digit."]
    Vin "vin" "a VIN",
}

impl Format {
    /// The numbers that it lies between, where it is one.
    pub(super) fn interval(self) -> Option<(f64, f64)> {
        match self {
            Self::Latitude => Some((-90.0, 90.0)),
            Self::Longitude => Some((-180.0, 180.0)),
            Self::Port => Some((0.0, 65535.0)),
            _ => None,
        }
    }

    /// Whether columns of numbers can hold it.
    pub(super) fn is_number(self) -> bool {
        self.interval().is_some()
    }

    /// Whether it can be of a country.
    pub(super) fn takes_country(self) -> bool {
        matches!(self, Self::PostalCode | Self::Iban | Self::Bic | Self::Subdivision)
    }
}
