//! What may be said of files that no contract speaks of.

use clap::Args;

use crate::loose::Loose;

/// How text files are written.
#[derive(Debug, Args)]
pub(super) struct TextArgs {
    /// A cell that means null; may be given several times.
    #[arg(long, value_name = "TOKEN")]
    null: Vec<String>,
    /// What stands between the cells of text files, instead of what the first lines say.
    #[arg(long, value_name = "TEXT")]
    delimiter: Option<String>,
    /// Encoding of text files: utf-8, latin-1 or utf-16.
    #[arg(long, value_parser = ["utf-8", "latin-1", "utf-16"])]
    encoding: Option<String>,
    /// The first line of text files is a row.
    #[arg(long)]
    no_header: bool,
}

impl TextArgs {
    /// The files that these patterns mean, and how they are written.
    pub(super) fn loose(&self, patterns: &[String]) -> Loose {
        Loose {
            patterns: patterns.to_vec(),
            delimiter: self.delimiter.as_deref().map(|text| text.replace("\\t", "\t")),
            encoding: self.encoding.clone(),
            header: !self.no_header,
            null_tokens: self.null.clone(),
        }
    }
}
