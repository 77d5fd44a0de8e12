//! JSON pointers (RFC 6901) for field errors.

use serde_path_to_error::{Path, Segment};

/// The pointer of a path that deserialization failed at.
pub fn from_path(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer = join(&pointer, &index.to_string()),
            Segment::Map { key } => pointer = join(&pointer, key),
            Segment::Enum { variant } => pointer = join(&pointer, variant),
            Segment::Unknown => {}
        }
    }
    pointer
}

/// A pointer one step deeper.
pub fn join(parent: &str, step: &str) -> String {
    format!("{parent}/{}", step.replace('~', "~0").replace('/', "~1"))
}
