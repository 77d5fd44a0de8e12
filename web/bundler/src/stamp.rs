//! Decides whether there is anything to do: a hash over every input, kept beside the result. Times of files are not trusted, because a
//! fresh clone has new ones.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{
    Mode,
    failure::{Failure, Result},
};

const INPUTS: [&str; 9] = [
    "web/src",
    "web/style",
    "web/assets",
    "web/Cargo.toml",
    "web/budget.json",
    "web/bundler",
    "shared",
    "Cargo.toml",
    ".cargo/config.toml",
];

/// The hash of all inputs and of the mode. `Cargo.lock` counts too: it decides the versions of everything compiled.
pub fn of_inputs(root: &Path, mode: Mode) -> Result<String> {
    let mut files = vec![root.join("Cargo.lock")];
    for input in INPUTS {
        collect(&root.join(input), &mut files)?;
    }
    files.sort();
    let mut hash = Sha256::new();
    hash.update(format!("{mode:?}"));
    for file in files {
        let content = fs::read(&file).map_err(|e| Failure::io(&file, e))?;
        hash.update(
            file.strip_prefix(root)
                .unwrap_or(&file)
                .as_os_str()
                .as_encoded_bytes(),
        );
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(content);
    }
    Ok(hex(&hash.finalize()))
}

/// Whether `web/dist` was made from exactly these inputs.
pub fn is_current(root: &Path, stamp: &str) -> bool {
    let whole = ["index.html", "console/index.html", "sw.js"]
        .iter()
        .all(|file| root.join("web/dist").join(file).is_file());
    whole && fs::read_to_string(path(root)).is_ok_and(|kept| kept == stamp)
}

/// Remembers what `web/dist` was made from.
pub fn write(root: &Path, stamp: &str) -> Result<()> {
    let path = path(root);
    fs::write(&path, stamp).map_err(|e| Failure::io(&path, e))
}

fn path(root: &Path) -> PathBuf {
    root.join("web/dist/.stamp")
}

/// Every file below a path, or the path itself when it is a file.
pub fn collect(path: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        into.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(|e| Failure::io(path, e))? {
        let entry = entry.map_err(|e| Failure::io(path, e))?;
        collect(&entry.path(), into)?;
    }
    Ok(())
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
