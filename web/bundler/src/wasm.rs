//! Compiles both apps for wasm32 and writes their glue.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use wasm_bindgen_cli_support::Bindgen;
use wasm_split_cli_support::Options;

use crate::{
    App, Mode,
    failure::{Failure, Result},
};

const TARGET: &str = "wasm32-unknown-unknown";

/// Runs cargo for wasm32 and answers with the folder that holds `portal.wasm` and `console.wasm`.
///
/// It has a target folder of its own: where the toolchain lacks a standard library for wasm32, it is built along, with settings that
/// host builds must not see.
pub fn compile(root: &Path, mode: Mode) -> Result<PathBuf> {
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root.join(folder).join("web"),
        None => root.join("target/web"),
    };
    let (profile, folder) = match mode {
        Mode::Release | Mode::Fast => ("wasm", "wasm"),
        Mode::Dev => ("dev", "debug"),
    };
    println!("bundler: compiling portal and console (profile {profile})");
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--package", "web", "--bins", "--target", TARGET])
        .args(["--profile", profile])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", &target)
        .envs(toolchain(root)?)
        .status()
        .map_err(|e| Failure::io("cargo", e))?;
    if !status.success() {
        return Err(Failure::new("the web crate does not compile for wasm32"));
    }
    Ok(target.join(TARGET).join(folder))
}

/// Asks `.ci/wasm-toolchain` for a compiler that can build wasm32; it prints `export NAME=value ...` lines.
fn toolchain(root: &Path) -> Result<Vec<(String, String)>> {
    let script = root.join(".ci/wasm-toolchain");
    let output = Command::new("bash")
        .arg(&script)
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|e| Failure::io(&script, e))?;
    if !output.status.success() {
        return Err(Failure::new("no compiler for wasm32, see above"));
    }
    Ok(exports(&String::from_utf8_lossy(&output.stdout)))
}

fn exports(script: &str) -> Vec<(String, String)> {
    script
        .lines()
        .filter_map(|line| line.strip_prefix("export "))
        .flat_map(str::split_whitespace)
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Script that loads the pieces of an app that is cut.
pub const PIECES_SCRIPT: &str = "pieces.js";

/// Writes `<app>.js`, `<app>_bg.wasm` and the snippets of its dependencies into a folder, with its pieces and [`PIECES_SCRIPT`].
/// Answers with the pieces.
pub fn bind(compiled: &Path, app: App, mode: Mode, into: &Path) -> Result<Vec<PathBuf>> {
    let input = compiled.join(format!("{}.wasm", app.name()));
    let keep_names = mode == Mode::Dev;
    let (whole, pieces) = cut(&input, app, into)?;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(&whole)
        .web(true)
        .map_err(|e| Failure::new(format!("{e:#}")))?
        .typescript(false)
        .out_name(app.name())
        // What the pieces take from the module is named by the linker.
        .keep_lld_exports(!pieces.is_empty())
        .demangle(pieces.is_empty())
        .debug(keep_names)
        .keep_debug(keep_names)
        .remove_name_section(!keep_names)
        .remove_producers_section(!keep_names)
        .generate(into)
        .map_err(|e| Failure::new(format!("{}: {e:#}", input.display())))?;
    if whole != input {
        fs::remove_file(&whole).map_err(|e| Failure::io(&whole, e))?;
    }
    Ok(pieces)
}

/// Cuts a module where its source says `wasm_split`: answers with the main module, not yet bound, and the pieces.
fn cut(input: &Path, app: App, into: &Path) -> Result<(PathBuf, Vec<PathBuf>)> {
    let bytes = fs::read(input).map_err(|e| Failure::io(input, e))?;
    let main = into.join("unbound.wasm");
    let script = format!("./{PIECES_SCRIPT}");
    let module = format!("./{}.js", app.name());
    let mut options = Options::new(&bytes);
    options.output_dir = into;
    options.main_out_path = &main;
    options.link_name = &script;
    options.main_module = &module;
    let pieces = wasm_split_cli_support::transform(options)
        .map_err(|e| Failure::new(format!("{}: {e:#}", input.display())))?
        .split_modules;
    if pieces.is_empty() {
        return Err(Failure::new(format!(
            "{}: no cut was found; are relocations kept (.cargo/config.toml)?",
            input.display()
        )));
    }
    Ok((main, pieces))
}

#[cfg(test)]
mod tests {
    use super::exports;

    #[test]
    fn export_lines_become_variables() {
        let script = "export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1\nnot this\nexport A=b,c\n";
        let pairs = exports(script);
        let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["RUSTC", "RUSTC_BOOTSTRAP", "A"]);
        assert_eq!(pairs[2].1, "b,c");
    }
}
