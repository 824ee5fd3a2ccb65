//! The functions that a query may call: those that compute from their arguments and reach nothing else, and
//! give the same for the same.

/// Functions that make rows, and may stand where a table does.
pub(super) const MAKE_ROWS: &[&str] = &["generate_series", "range", "unnest"];

/// Every function, in order.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    "abs", "acos", "age", "any_value", "approx_count_distinct", "approx_quantile", "arg_max", "arg_min",
    "array_agg", "array_length", "ascii", "asin", "atan", "atan2", "avg", "bit_count", "bit_length",
    "bool_and", "bool_or", "cast", "cbrt", "ceil", "ceiling", "char_length", "character_length", "chr",
    "coalesce", "columns", "concat", "concat_ws", "contains", "corr", "cos", "cot", "count", "count_if",
    "count_star", "covar_pop", "covar_samp", "cume_dist", "damerau_levenshtein", "date", "date_diff",
    "date_part", "date_sub", "date_trunc", "datediff", "datepart", "datesub", "datetrunc", "day", "dayname",
    "dayofmonth", "dayofweek", "dayofyear", "decade", "degrees", "dense_rank", "editdist3", "ends_with",
    "entropy", "epoch", "epoch_ms", "epoch_us", "even", "exp", "extract", "factorial", "favg", "first",
    "first_value", "floor", "fsum", "gcd", "generate_series", "geomean", "greatest", "greatest_common_divisor",
    "grouping", "hamming", "hash", "histogram", "hour", "if", "ifnull", "instr", "isfinite", "isinf", "isnan",
    "isodow", "isoyear", "jaccard", "jaro_similarity", "jaro_winkler_similarity", "json_array_length",
    "json_exists", "json_extract", "json_extract_string", "json_keys", "json_type", "json_valid", "kurtosis",
    "kurtosis_pop", "lag", "last", "last_day", "last_value", "lcase", "lcm", "lead", "least", "left", "len",
    "length", "levenshtein", "list", "list_aggregate", "list_concat", "list_contains", "list_distinct",
    "list_extract", "list_filter", "list_has_all", "list_has_any", "list_max", "list_min", "list_position",
    "list_reduce", "list_sort", "list_sum", "list_transform", "list_unique", "list_value", "ln", "log",
    "log10", "log2", "lower", "lpad", "ltrim", "mad", "make_date", "make_time", "make_timestamp", "map",
    "map_keys", "map_values", "max", "max_by", "md5", "mean", "median", "min", "min_by", "minute", "mod",
    "mode", "month", "monthname", "nfc_normalize", "nth_value", "ntile", "nullif", "octet_length", "overlay",
    "percent_rank", "percentile_cont", "percentile_disc", "pi", "position", "pow", "power", "prefix",
    "printf", "product", "quantile", "quantile_cont", "quantile_disc", "quarter", "radians", "range", "rank",
    "regexp_extract", "regexp_extract_all", "regexp_full_match", "regexp_matches", "regexp_replace",
    "regexp_split_to_array", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2",
    "regr_slope", "repeat", "replace", "reverse", "right", "round", "row", "row_number", "rpad", "rtrim",
    "second", "sem", "sha256", "sign", "sin", "skewness", "split_part", "sqrt", "starts_with", "stddev",
    "stddev_pop", "stddev_samp", "str_split", "strftime", "string_agg", "string_split", "strip_accents",
    "strlen", "strpos", "strptime", "struct_extract", "struct_pack", "substr", "substring", "suffix", "sum",
    "tan", "time_bucket", "to_days", "to_hours", "to_minutes", "to_months", "to_seconds", "to_years",
    "translate", "trim", "trunc", "try_cast", "try_strptime", "typeof", "ucase", "unicode", "unnest",
    "upper", "var_pop", "var_samp", "variance", "week", "weekday", "weekofyear", "xor", "year", "yearweek",
];

/// Whether a query may call a function of this name.
pub(super) fn known(name: &str) -> bool {
    KNOWN.binary_search(&name.to_lowercase().as_str()).is_ok()
}

/// A function that may be meant.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    crate::problem::nearest(&name.to_lowercase(), KNOWN.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order() {
        assert!(KNOWN.is_sorted_by(|one, next| one < next));
        assert!(MAKE_ROWS.iter().all(|name| known(name)));
    }
}
