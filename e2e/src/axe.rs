//! Accessibility by axe-core: WCAG 2.0, 2.1 and 2.2, levels A and AA.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::browser::Browser;

const RUN: &str = r#"
const done = arguments[arguments.length - 1];
const rules = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] };
axe.run(document, { runOnly: rules, resultTypes: ['violations'] }).then(
    found => done(found.violations.map(one => ({
        rule: one.id, help: one.help,
        nodes: one.nodes.map(node => node.target.join(' ') + '\n' + node.html.slice(0, 200) + '\n' + (node.failureSummary || '')),
    }))),
    error => done([{ rule: 'axe-core itself', help: String(error), nodes: [] }]));
"#;

/// Two frames, and then the end of every transition: until then colours are mixtures that nobody reads.
const SETTLE: &str = r#"
const done = arguments[arguments.length - 1];
const ends = one => Number.isFinite(one.effect?.getComputedTiming().endTime ?? 0);
const settle = () => Promise.allSettled(document.getAnimations().filter(ends).map(one => one.finished)).then(() => done(true));
requestAnimationFrame(() => requestAnimationFrame(settle));
"#;

impl Browser {
    /// Waits until nothing on the page moves.
    pub async fn settle(&self) {
        self.script_later(SETTLE, vec![]).await;
    }

    /// What axe-core objects to on the page as it stands, one text for each; empty when all is well.
    pub async fn violations(&self) -> Vec<String> {
        self.settle().await;
        if self
            .script("return typeof axe === 'undefined';", vec![])
            .await
            == json!(true)
        {
            self.script(&source(), vec![]).await;
        }
        let found = self.script_later(RUN, vec![]).await;
        found
            .as_array()
            .into_iter()
            .flatten()
            .map(in_words)
            .collect()
    }
}

fn in_words(violation: &Value) -> String {
    let nodes = violation["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let nodes: Vec<String> = nodes
        .map(|node| ["      ", &node.replace('\n', "\n      ")].concat())
        .collect();
    format!(
        "{}: {}\n{}",
        violation["rule"].as_str().unwrap_or_default(),
        violation["help"].as_str().unwrap_or_default(),
        nodes.join("\n")
    )
}

/// axe-core's own source; it adds a global `axe`.
fn source() -> String {
    let path = std::env::var_os("ATIENDE_E2E_AXE").map_or_else(fetched, PathBuf::from);
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; `.ci/setup test` fetches axe-core",
            path.display()
        )
    })
}

fn fetched() -> PathBuf {
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    home.join(".cache/atiende/axe-core/axe.min.js")
}
