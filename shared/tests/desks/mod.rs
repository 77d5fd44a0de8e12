//! Desks that the tests share: the shipped folder, and one that uses all fourteen states.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod explore;
pub mod promises;
pub mod story;
pub mod table;

use std::path::{Path, PathBuf};

use shared::desk::Desk;
use shared::desk::load::{Warning, load};

/// The files of a folder as (path inside it, text).
pub fn read_folder(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inside) = folders.pop() {
        for entry in std::fs::read_dir(folder.join(&inside)).unwrap() {
            let entry = entry.unwrap();
            let path = inside.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(entry.path()).unwrap();
                files.push((path.to_str().unwrap().replace('\\', "/"), text));
            }
        }
    }
    files.sort();
    files
}

pub fn shipped(slug: &str) -> Vec<(String, String)> {
    read_folder(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../api/desks")
            .join(slug),
    )
}

pub fn load_folder(slug: &str) -> (Desk, Vec<Warning>) {
    load(&shipped(slug)).unwrap_or_else(|errors| {
        let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

/// The shipped desks.
pub const SHIPPED: [&str; 4] = ["infortec", "icetex", "uspec", "victimas"];

/// A desk that was written from `api/desks/README.md` alone: the help desk of a university library.
pub fn library_files() -> Vec<(String, String)> {
    read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/desks/library"))
}

pub fn library() -> Desk {
    load(&library_files())
        .map(|(desk, _)| desk)
        .unwrap_or_else(|errors| {
            let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
            panic!("{}", lines.join("\n"))
        })
}

/// The four shipped desks and the library, each loaded without an error.
pub fn all() -> Vec<Desk> {
    let shipped = SHIPPED.iter().map(|slug| load_folder(slug).0);
    shipped.chain([library()]).collect()
}

pub fn infortec() -> Desk {
    load_folder("infortec").0
}

/// A small desk that uses every state, every command and every guard.
pub fn full_files() -> Vec<(String, String)> {
    read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/desks/full"))
}

pub fn full() -> Desk {
    load(&full_files())
        .map(|(desk, _)| desk)
        .unwrap_or_else(|errors| {
            let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
            panic!("{}", lines.join("\n"))
        })
}
