//! Lays out one app: an asset folder named by the hash of its content, and the page that loads it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{
    App, Mode,
    failure::{Failure, Result},
    shrink, stamp, wasm,
};

/// Styles of both apps, in the order of their layers; the app's own file follows.
const STYLES: [&str; 3] = ["tokens", "base", "components"];

/// Pictures of both apps.
const PICTURES: [&str; 2] = ["icons.svg", "favicon.svg"];

/// Pictures that only the portal has, because only it can be installed.
const INSTALL_PICTURES: [&str; 2] = ["icon.svg", "icon-maskable.svg"];

/// File in `web/dist` that the running bundler holds.
pub const LOCK: &str = ".lock";

/// One finished app inside the staging folder.
pub struct Bundle {
    pub app: App,
    /// Files of the first load, relative to the staging folder.
    pub first_load: Vec<PathBuf>,
    /// Pieces that are loaded when they are needed, relative to the staging folder.
    pub later: Vec<PathBuf>,
}

/// Empties the staging folder, or makes it.
pub fn start_afresh(staged: &Path) -> Result<()> {
    if staged.exists() {
        fs::remove_dir_all(staged).map_err(|e| Failure::io(staged, e))?;
    }
    fs::create_dir_all(staged).map_err(|e| Failure::io(staged, e))
}

/// Puts one app together in the staging folder.
pub fn build(root: &Path, staged: &Path, compiled: &Path, app: App, mode: Mode) -> Result<Bundle> {
    let home = staged.join(app.base().trim_matches('/'));
    let draft = home.join("assets/draft");
    fs::create_dir_all(&draft).map_err(|e| Failure::io(&draft, e))?;

    let pieces = wasm::bind(compiled, app, mode, &draft)?;
    if mode != Mode::Dev {
        shrink::shrink(&draft, app.name(), &pieces)?;
    }
    put(&draft.join("app.css"), &styles(root, app)?)?;
    put(&draft.join("theme.js"), include_str!("../static/theme.js"))?;
    put(&draft.join("boot.js"), &boot_script(app))?;
    for picture in pictures(app) {
        let from = root.join("web/assets").join(picture);
        let to = draft.join(picture);
        fs::copy(&from, &to).map_err(|e| Failure::io(&from, e))?;
    }

    let hash = content_hash(&draft, page(app))?;
    let folder = home.join("assets").join(&hash);
    fs::rename(&draft, &folder).map_err(|e| Failure::io(&folder, e))?;
    let assets = format!("{}assets/{hash}/", app.base());
    put(
        &home.join("index.html"),
        &page(app).replace("{assets}", &assets),
    )?;

    let mut files = Vec::new();
    stamp::collect(&folder, &mut files)?;
    files.sort();
    if app == App::Portal {
        let manifest = include_str!("../static/manifest.webmanifest").replace("{assets}", &assets);
        put(&home.join("manifest.webmanifest"), &manifest)?;
        put(&home.join("sw.js"), &service_worker(&hash, staged, &files)?)?;
    }
    files.retain(|file| {
        !INSTALL_PICTURES
            .iter()
            .any(|picture| file.ends_with(picture))
    });
    files.push(home.join("index.html"));
    let (later, first_load) = files
        .iter()
        .filter_map(|file| file.strip_prefix(staged).ok().map(Path::to_owned))
        .partition(|file| {
            pieces
                .iter()
                .any(|piece| piece.file_name() == file.file_name())
        });
    Ok(Bundle {
        app,
        first_load,
        later,
    })
}

/// Moves the finished tree into `web/dist`; what lay there goes.
pub fn publish(root: &Path, staged: &Path) -> Result<()> {
    let dist = root.join("web/dist");
    for entry in entries(&dist)? {
        if entry == *staged || entry.ends_with(LOCK) {
            continue;
        }
        let removed = if entry.is_dir() {
            fs::remove_dir_all(&entry)
        } else {
            fs::remove_file(&entry)
        };
        removed.map_err(|e| Failure::io(&entry, e))?;
    }
    for entry in entries(staged)? {
        if let Some(name) = entry.file_name() {
            fs::rename(&entry, dist.join(name)).map_err(|e| Failure::io(&entry, e))?;
        }
    }
    fs::remove_dir(staged).map_err(|e| Failure::io(staged, e))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    fs::read_dir(folder)
        .map_err(|e| Failure::io(folder, e))?
        .map(|entry| {
            entry
                .map(|entry| entry.path())
                .map_err(|e| Failure::io(folder, e))
        })
        .collect()
}

fn put(path: &Path, content: &str) -> Result<()> {
    fs::write(path, content).map_err(|e| Failure::io(path, e))
}

fn page(app: App) -> &'static str {
    match app {
        App::Portal => include_str!("../static/portal.html"),
        App::Console => include_str!("../static/console.html"),
    }
}

fn boot_script(app: App) -> String {
    let start = include_str!("../static/boot.js").replace("{app}", app.name());
    match app {
        App::Portal => start + include_str!("../static/register.js"),
        App::Console => start,
    }
}

fn pictures(app: App) -> Vec<&'static str> {
    match app {
        App::Portal => PICTURES.into_iter().chain(INSTALL_PICTURES).collect(),
        App::Console => PICTURES.to_vec(),
    }
}

fn styles(root: &Path, app: App) -> Result<String> {
    let mut css = String::new();
    for name in STYLES.into_iter().chain([app.name()]) {
        let path = root.join("web/style").join(name).with_extension("css");
        css.push_str(&fs::read_to_string(&path).map_err(|e| Failure::io(&path, e))?);
    }
    Ok(without_comments(&css))
}

/// Drops comments, indentation and empty lines; the rest stays readable in the browser's tools.
fn without_comments(css: &str) -> String {
    let mut kept = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    let mut lines = String::with_capacity(kept.len());
    for line in kept.lines().map(str::trim).filter(|line| !line.is_empty()) {
        lines.push_str(line);
        lines.push('\n');
    }
    lines
}

/// The page counts too: when only it changes, the service worker must still notice.
fn content_hash(folder: &Path, page: &str) -> Result<String> {
    let mut files = Vec::new();
    stamp::collect(folder, &mut files)?;
    files.sort();
    let mut hash = Sha256::new();
    hash.update(page);
    for file in files {
        let content = fs::read(&file).map_err(|e| Failure::io(&file, e))?;
        hash.update(
            file.strip_prefix(folder)
                .unwrap_or(&file)
                .as_os_str()
                .as_encoded_bytes(),
        );
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(content);
    }
    Ok(stamp::hex(&hash.finalize()[..8]))
}

/// The service worker with the list of what it keeps: the page, the manifest and every asset.
fn service_worker(hash: &str, staged: &Path, files: &[PathBuf]) -> Result<String> {
    let mut kept = vec!["/".to_owned(), "/manifest.webmanifest".to_owned()];
    for file in files {
        let relative = file.strip_prefix(staged).unwrap_or(file);
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        kept.push(format!("/{}", parts.join("/")));
    }
    let list = serde_json::to_string_pretty(&kept).map_err(|e| Failure::new(e.to_string()))?;
    Ok(include_str!("../static/sw.js")
        .replace("{hash}", hash)
        .replace("{files}", &list))
}

#[cfg(test)]
mod tests {
    use super::without_comments;

    #[test]
    fn comments_and_indentation_go_and_rules_stay() {
        let css = "/* head */\n@layer a {\n  .b {\n    color: red; /* why */\n  }\n}\n";
        assert_eq!(
            without_comments(css),
            "@layer a {\n.b {\ncolor: red;\n}\n}\n"
        );
    }
}
