//! Makes the glue and the module smaller than wasm-bindgen leaves them: names that only the two of them know become short ones, comments
//! go, and what nobody can call any more is dropped. Together some 2 % of the download.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use walrus::Module;

use crate::{
    failure::{Failure, Result},
    wasm::PIECES_SCRIPT,
};

/// Stream classes of the crate `wasm-streams`. They are exported, and so kept, even when no stream is ever made.
const STREAMS: &str = "intounderlying";

/// Shrinks `<name>.js` and `<name>_bg.wasm` in a folder, and the pieces that were cut off with the script that loads them.
pub fn shrink(folder: &Path, name: &str, pieces: &[PathBuf]) -> Result<()> {
    let mut shared = HashSet::new();
    if !pieces.is_empty() {
        let path = folder.join(PIECES_SCRIPT);
        let script = fs::read_to_string(&path).map_err(|e| Failure::io(&path, e))?;
        shared.extend(words(&script).map(str::to_owned));
        fs::write(&path, without_comments(&script)).map_err(|e| Failure::io(&path, e))?;
    }
    for piece in pieces {
        let mut module = read(piece)?;
        shared.extend(module.imports.iter().map(|import| import.name.clone()));
        let bytes = module.emit_wasm();
        fs::write(piece, bytes).map_err(|e| Failure::io(piece, e))?;
    }
    let module_path = folder.join(format!("{name}_bg.wasm"));
    let glue_path = folder.join(format!("{name}.js"));
    let glue = fs::read_to_string(&glue_path).map_err(|e| Failure::io(&glue_path, e))?;

    let mut module = read(&module_path)?;
    drop_unused_streams(&mut module);
    let short = shorten_names(&mut module, &shared);
    let bytes = module.emit_wasm();
    let glue = without_comments(&rename(&glue, &short));

    fs::write(&module_path, bytes).map_err(|e| Failure::io(&module_path, e))?;
    fs::write(&glue_path, glue).map_err(|e| Failure::io(&glue_path, e))
}

/// A module without the linker's notes, which only cutting needs.
fn read(path: &Path) -> Result<Module> {
    let bytes = fs::read(path).map_err(|e| Failure::io(path, e))?;
    let mut module = walrus::ModuleConfig::new()
        .generate_name_section(false)
        .generate_producers_section(false)
        .parse(&bytes)
        .map_err(|e| Failure::new(format!("{}: {e:#}", path.display())))?;
    let notes: Vec<_> = module
        .customs
        .iter()
        .filter(|(_, section)| {
            let name = section.name();
            name == "linking" || name.starts_with("reloc.") || name.starts_with("__wasm_split")
        })
        .map(|(id, _)| id)
        .collect();
    for note in notes {
        module.customs.delete(note);
    }
    Ok(module)
}

/// A stream in use would have an import that makes its JavaScript object.
fn drop_unused_streams(module: &mut Module) {
    if module
        .imports
        .iter()
        .any(|import| import.name.contains(STREAMS))
    {
        return;
    }
    let unused: Vec<_> = module
        .exports
        .iter()
        .filter(|export| export.name.contains(STREAMS))
        .map(walrus::Export::id)
        .collect();
    for export in unused {
        module.exports.delete(export);
    }
    walrus::passes::gc::run(module);
}

/// Gives every import and export a short name and answers with the old ones. Names that people write stay: `memory`, `main`; and those
/// that the pieces share.
fn shorten_names(module: &mut Module, shared: &HashSet<String>) -> HashMap<String, String> {
    let mut short = HashMap::new();
    let mut rename = |name: &mut String| {
        if name.len() > 8 && !shared.contains(name) {
            let next = format!("_{:x}_", short.len());
            name.clone_from(short.entry(name.clone()).or_insert(next));
        }
    };
    for import in module.imports.iter_mut() {
        rename(&mut import.name);
    }
    for export in module.exports.iter_mut() {
        rename(&mut export.name);
    }
    short
}

/// Whether a letter can be in an identifier.
fn is_part(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '$'
}

/// The identifiers of a script.
fn words(script: &str) -> impl Iterator<Item = &str> {
    script
        .split(|letter| !is_part(letter))
        .filter(|word| !word.is_empty())
}

/// Replaces whole identifiers.
fn rename(glue: &str, short: &HashMap<String, String>) -> String {
    let mut renamed = String::with_capacity(glue.len());
    let mut rest = glue;
    while let Some(start) = rest.find(is_part) {
        let (before, from_word) = rest.split_at(start);
        let end = from_word
            .find(|letter| !is_part(letter))
            .unwrap_or(from_word.len());
        let (word, after) = from_word.split_at(end);
        renamed.push_str(before);
        renamed.push_str(short.get(word).map_or(word, String::as_str));
        rest = after;
    }
    renamed.push_str(rest);
    renamed
}

/// Drops indentation, empty lines and lines that are comments.
fn without_comments(glue: &str) -> String {
    let mut kept = String::with_capacity(glue.len());
    let mut in_comment = false;
    for line in glue.lines().map(str::trim) {
        in_comment |= line.starts_with("/*");
        if !in_comment && !line.is_empty() && !line.starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
        if line.ends_with("*/") {
            in_comment = false;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{rename, without_comments};

    #[test]
    fn only_whole_identifiers_are_renamed() {
        let short = HashMap::from([("__wbg_now_46".to_owned(), "_0_".to_owned())]);
        let glue = "{ __wbg_now_46: function() { wasm.__wbg_now_46x(); }, y: \"__wbg_now_46\" }";
        assert_eq!(
            rename(glue, &short),
            "{ _0_: function() { wasm.__wbg_now_46x(); }, y: \"_0_\" }"
        );
    }

    #[test]
    fn comments_go_and_code_stays() {
        let glue = "/* @ts-self-types */\n/**\n * what\n */\nfunction a() {\n    // why\n    return 'x//y';\n}\n";
        assert_eq!(
            without_comments(glue),
            "function a() {\nreturn 'x//y';\n}\n"
        );
    }
}
