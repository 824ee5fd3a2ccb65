//! What ends a transcoding, and how errors of reading become that.

use std::io;

/// Why there is no canonical file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file is not what it should be; the text names file, place and way out.
    #[error("{0}")]
    Data(String),
    /// The machine lacks something: space, memory, rights.
    #[error("{0}")]
    Resource(String),
}

impl Error {
    /// An error of reading the file called `name`.
    pub(crate) fn reading(name: &str, error: &io::Error) -> Self {
        if let Some(complaint) = error.get_ref().and_then(|inner| inner.downcast_ref::<Complaint>())
        {
            return Self::Data(format!("{name}: {complaint}"));
        }
        match error.kind() {
            io::ErrorKind::NotFound => Self::Data(format!("{name}: no such file")),
            io::ErrorKind::UnexpectedEof => Self::Data(format!(
                "{name}: the file ends in the middle; it was cut off, so copy it again"
            )),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Self::Data(format!("{name}: {error}"))
            }
            _ => Self::Resource(format!("{name}: cannot be read: {error}")),
        }
    }
}

/// What a reader has against the bytes of a file; travels as an [`io::Error`] to who knows the file's name.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Complaint(pub(crate) String);

impl Complaint {
    pub(crate) fn error(text: impl Into<String>) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, Self(text.into()))
    }
}
