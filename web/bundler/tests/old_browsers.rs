//! What the stylesheets take for granted in a browser: no colours that only new ones can compute, and no nesting but the first kind.

use std::{collections::HashSet, fs, path::Path};

/// `name: value;` and the heads of the blocks around it, from the outside in.
struct Declaration {
    blocks: Vec<String>,
    name: String,
    value: String,
}

impl Declaration {
    /// Whether the browser has been asked before it reads this.
    fn is_asked_for(&self) -> bool {
        self.blocks.iter().any(|head| head.starts_with("@supports"))
    }

    /// Whether an old browser keeps the value, and only when it is used finds that it is none.
    fn is_new(&self) -> bool {
        self.value.contains("light-dark(") || self.value.contains("(from ")
    }

    /// Whether it reads a property and says nothing for the case that there is none.
    fn reads(&self, property: &str) -> bool {
        self.value.contains(&format!("var({property})"))
    }
}

#[test]
fn colours_of_new_browsers_have_a_plain_value() {
    let all = declarations();
    let plain: HashSet<&str> = all
        .iter()
        .filter(|it| !it.is_asked_for())
        .map(|it| it.name.as_str())
        .collect();
    let mut new = 0;
    for it in all.iter().filter(|it| it.is_new()) {
        new += 1;
        let name = it.name.as_str();
        assert!(
            it.is_asked_for(),
            "{name}: {} is only for browsers that know it: it belongs inside the @supports of tokens.css",
            it.value
        );
        assert!(
            name.starts_with("--"),
            "{name} takes its colour from tokens.css"
        );
        let reader = all
            .iter()
            .find(|reader| !reader.is_asked_for() && reader.reads(name));
        if let Some(reader) = reader {
            assert!(
                plain.contains(name),
                "{name} has no plain value outside of @supports, and {} in {:?} reads it",
                reader.name,
                reader.blocks
            );
        }
    }
    assert!(new > 0, "tokens.css was read");
}

/// Chrome 112 to 119 and Safari 16.5 to 17.1 take `h2 {` inside of a rule for a property and drop what follows; `& h2 {` they know.
#[test]
fn a_rule_inside_a_rule_begins_with_a_sign() {
    for it in declarations() {
        let mut rules = it.blocks.iter().filter(|head| !head.starts_with('@'));
        rules.next();
        for selector in rules.flat_map(|head| head.lines()).map(str::trim) {
            assert!(
                !selector.starts_with(|letter: char| letter.is_ascii_alphabetic()),
                "write `& {selector}` in {:?}",
                it.blocks
            );
        }
    }
}

/// The declarations of all stylesheets.
fn declarations() -> Vec<Declaration> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../style");
    let mut found = Vec::new();
    for name in ["tokens", "base", "components", "portal", "console"] {
        let path = folder.join(name).with_extension("css");
        let css = fs::read_to_string(path).expect("the stylesheet is readable");
        let css = without_comments(&css);
        let mut blocks: Vec<String> = Vec::new();
        let mut rest = css.as_str();
        while let Some(at) = rest.find(['{', '}', ';']) {
            let text = rest[..at].trim();
            match &rest[at..=at] {
                "{" => blocks.push(text.to_owned()),
                "}" => {
                    blocks.pop();
                }
                _ => {
                    if let Some((name, value)) = text.split_once(':') {
                        found.push(Declaration {
                            blocks: blocks.clone(),
                            name: name.trim().to_owned(),
                            value: value.trim().to_owned(),
                        });
                    }
                }
            }
            rest = &rest[at + 1..];
        }
        assert!(blocks.is_empty(), "{name}.css ends inside of {blocks:?}");
    }
    found
}

fn without_comments(css: &str) -> String {
    let mut kept = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept + rest
}
