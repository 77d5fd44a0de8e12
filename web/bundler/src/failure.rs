use std::{fmt, io, path::Path};

/// What went wrong, in one sentence for the person at the terminal.
#[derive(Debug)]
pub struct Failure(String);

pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub fn new(sentence: impl Into<String>) -> Failure {
        Failure(sentence.into())
    }

    /// A file operation that failed, with the file's name.
    pub fn io(path: impl AsRef<Path>, error: io::Error) -> Failure {
        Failure(format!("{}: {error}", path.as_ref().display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
