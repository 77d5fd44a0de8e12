//! Which test stands for which requirement.
//!
//! Tests name the requirements that they prove in the comments above them (`/// R-152, R-166`) or anywhere within them. The table
//! `e2e/requirements.csv` names every requirement with its section and what becomes of it. [`Trace`] brings both together
//! with the results of the last runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders with tests, from the root of the repository.
const FOLDERS: [&str; 7] = [
    "shared/tests",
    "shared/src",
    "api/tests",
    "api/src",
    "web/src",
    "e2e/src",
    "e2e/tests",
];

/// Sections of which every requirement needs a test or a reason.
const STRICT: [u8; 16] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 17, 18, 25, 26];

/// What the table says of a requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Tests prove it.
    Covered,
    /// It is not proved yet, for this reason.
    Pending(String),
    /// No software can do it, for this reason.
    NotSoftware(String),
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Its number: 152 for R-152.
    pub id: u16,
    /// Its section.
    pub section: u8,
    /// What becomes of it.
    pub plan: Plan,
}

/// How a test went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It passed in every run that was read.
    Passed,
    /// It failed in some run.
    Failed,
    /// No run that was read had it.
    NotRun,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotRun => "not run",
        }
    }
}

/// A test and where it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Test {
    /// Its name, which is a sentence.
    pub name: String,
    /// Its file, from the root of the repository.
    pub file: String,
    /// How it went.
    pub outcome: Outcome,
}

/// Requirements, their tests and how these went.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    rows: Vec<Requirement>,
    tests: BTreeMap<u16, BTreeSet<Test>>,
}

impl Trace {
    /// Reads the table, the tests and the logs of test runs.
    ///
    /// # Errors
    /// In words, when a file cannot be read or a row of the table is malformed.
    pub fn read(root: &Path, logs: &[PathBuf]) -> Result<Self, String> {
        let table = root.join("e2e/requirements.csv");
        let text =
            fs::read_to_string(&table).map_err(|error| format!("{}: {error}", table.display()))?;
        let rows = parse_table(&text)?;
        let mut outcomes = BTreeMap::new();
        for log in logs {
            let text =
                fs::read_to_string(log).map_err(|error| format!("{}: {error}", log.display()))?;
            read_log(&text, &mut outcomes);
        }
        let mut tests: BTreeMap<u16, BTreeSet<Test>> = BTreeMap::new();
        for folder in FOLDERS {
            for file in sources(&root.join(folder)) {
                let text = fs::read_to_string(&file)
                    .map_err(|error| format!("{}: {error}", file.display()))?;
                let place = file
                    .strip_prefix(root)
                    .unwrap_or(&file)
                    .display()
                    .to_string();
                for (name, ids) in tests_in(&text) {
                    let test = Test {
                        outcome: outcomes.get(&name).copied().unwrap_or(Outcome::NotRun),
                        name,
                        file: place.clone(),
                    };
                    for id in ids {
                        tests.entry(id).or_default().insert(test.clone());
                    }
                }
            }
        }
        Ok(Self { rows, tests })
    }

    /// What is wrong with it: requirements of the strict sections without test and reason, tests that failed, and ids that the
    /// table does not know. A row that still says `pending` although a test proves it is only out of date.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for row in &self.rows {
            let tests = self.tests.get(&row.id);
            if row.plan == Plan::Covered && tests.is_none() && STRICT.contains(&row.section) {
                faults.push(format!("R-{:03}: no test proves it", row.id));
            }
            for test in tests.into_iter().flatten() {
                if test.outcome == Outcome::Failed {
                    faults.push(format!("R-{:03}: {} failed", row.id, test.name));
                }
            }
        }
        let known: BTreeSet<u16> = self.rows.iter().map(|row| row.id).collect();
        for (id, tests) in &self.tests {
            if let (false, Some(test)) = (known.contains(id), tests.first()) {
                faults.push(format!(
                    "R-{id:03}: {} names it, the table does not",
                    test.name
                ));
            }
        }
        faults
    }

    /// A line for each requirement, and one for each of its tests.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let _ = writeln!(
                text,
                "R-{:03}  section {:2}  {}",
                row.id,
                row.section,
                self.state(row)
            );
            for test in self.tests.get(&row.id).into_iter().flatten() {
                let _ = writeln!(
                    text,
                    "       {:7}  {}  ({})",
                    test.outcome.word(),
                    test.name,
                    test.file
                );
            }
        }
        let _ = writeln!(text, "\n{}", self.summary());
        text
    }

    fn state(&self, row: &Requirement) -> String {
        match (&row.plan, self.tests.get(&row.id)) {
            (_, Some(tests)) => {
                let count = tests.len();
                format!("{count} {}", if count == 1 { "test" } else { "tests" })
            }
            (Plan::Covered, None) => "no test".to_owned(),
            (Plan::Pending(reason), None) => format!("pending: {reason}"),
            (Plan::NotSoftware(reason), None) => format!("not software: {reason}"),
        }
    }

    fn summary(&self) -> String {
        let count = |test: fn(&Plan) -> bool| {
            self.rows
                .iter()
                .filter(|row| !self.tests.contains_key(&row.id) && test(&row.plan))
                .count()
        };
        let proved = self
            .rows
            .iter()
            .filter(|row| self.tests.contains_key(&row.id))
            .count();
        format!(
            "{} requirements: {proved} with tests, {} pending, {} not software, {} without either",
            self.rows.len(),
            count(|plan| matches!(plan, Plan::Pending(_))),
            count(|plan| matches!(plan, Plan::NotSoftware(_))),
            count(|plan| *plan == Plan::Covered),
        )
    }

    /// The same as a page.
    pub fn html(&self) -> String {
        let mut rows = String::new();
        for row in &self.rows {
            let mut tests = String::new();
            for test in self.tests.get(&row.id).into_iter().flatten() {
                let _ = write!(
                    tests,
                    "<li class=\"{}\"><b>{}</b> {} <small>{}</small></li>",
                    test.outcome.word().replace(' ', "-"),
                    test.outcome.word(),
                    escaped(&test.name.replace('_', " ")),
                    escaped(&test.file)
                );
            }
            let _ = write!(
                rows,
                "<tr><th scope=\"row\">R-{:03}</th><td>{}</td><td>{}</td><td><ul>{tests}</ul></td></tr>",
                row.id,
                row.section,
                escaped(&self.state(row)),
            );
        }
        let style = "body{font:16px/1.5 system-ui,sans-serif;margin:2rem;color:#1c1c1c}table{border-collapse:collapse;width:100%}\
            th,td{border:1px solid #bbb;padding:.3rem .6rem;text-align:left;vertical-align:top}ul{margin:0;padding-left:1rem}\
            .failed b{color:#a30000}.passed b{color:#0a5c2b}small{color:#555}";
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Requirements and their tests</title><style>{style}</style></head>\
             <body><h1>Requirements and their tests</h1><p>{}</p><table><thead><tr><th scope=\"col\">Requirement</th><th scope=\"col\">Section</th>\
             <th scope=\"col\">State</th><th scope=\"col\">Tests</th></tr></thead><tbody>{rows}</tbody></table></body></html>\n",
            escaped(&self.summary())
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return found;
    };
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn parse_table(text: &str) -> Result<Vec<Requirement>, String> {
    let mut rows = Vec::new();
    for line in text.lines().skip(1).filter(|line| !line.trim().is_empty()) {
        let wrong = || format!("requirements.csv: {line:?} is no row");
        let mut parts = line.splitn(4, ',');
        let mut next = || parts.next().map(str::trim).ok_or_else(wrong);
        let id = next()?
            .strip_prefix("R-")
            .and_then(|id| id.parse().ok())
            .ok_or_else(wrong)?;
        let section = next()?.parse().map_err(|_| wrong())?;
        let (status, reason) = (next()?, parts.next().unwrap_or_default().trim().to_owned());
        let plan = match (status, reason.is_empty()) {
            ("covered", true) => Plan::Covered,
            ("pending", false) => Plan::Pending(reason),
            ("not software", false) => Plan::NotSoftware(reason),
            _ => return Err(wrong()),
        };
        rows.push(Requirement { id, section, plan });
    }
    Ok(rows)
}

/// The requirements that a comment names; `R-304…R-306` and `R-216 to R-219` name those between, too.
fn ids_in(text: &str) -> BTreeSet<u16> {
    let mut ids = BTreeSet::new();
    let mut last = None::<(u16, usize)>;
    for (at, _) in text.match_indices("R-") {
        let digits = text.get(at + 2..at + 5).unwrap_or_default();
        let before = text[..at].chars().next_back();
        let alone = before.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_');
        let Some(id) = digits
            .parse::<u16>()
            .ok()
            .filter(|_| alone && digits.len() == 3)
        else {
            continue;
        };
        if let Some((from, end)) = last
            && matches!(text[end..at].trim(), "…" | "to" | "-" | "–")
        {
            ids.extend(from..=id);
        }
        ids.insert(id);
        last = Some((id, at + 5));
    }
    ids
}

/// The tests of a file with what their comments name. A formatted function ends with a brace at its own indentation.
fn tests_in(text: &str) -> Vec<(String, BTreeSet<u16>)> {
    let mut found = Vec::new();
    let mut above = String::new();
    let mut is_test = false;
    // Between `both! {` and its brace every function is a test on each database.
    let mut on_both = false;
    let mut inside: Option<(String, BTreeSet<u16>, String)> = None;
    for line in text.lines() {
        let words = line.trim_start();
        let indentation = &line[..line.len() - words.len()];
        if let Some((name, ids, end)) = &mut inside {
            ids.extend(ids_in(words));
            if line == end.as_str() {
                found.push((std::mem::take(name), std::mem::take(ids)));
                inside = None;
            }
            continue;
        }
        if words == "both! {" || line == "}" {
            on_both = words != "}";
        }
        if words.starts_with("//") {
            above.push_str(words);
            above.push('\n');
            continue;
        }
        if words.starts_with("#[") {
            is_test |= words.starts_with("#[test") || words.contains("::test");
            continue;
        }
        if let Some(name) = function_name(words).filter(|_| is_test || on_both) {
            let ids = ids_in(&above.replace("\n/// ", " ").replace("\n// ", " "));
            if words.ends_with('}') {
                found.push((name, ids));
            } else {
                inside = Some((name, ids, [indentation, "}"].concat()));
            }
        }
        above.clear();
        is_test = false;
    }
    found.retain(|(_, ids)| !ids.is_empty());
    found
}

fn function_name(line: &str) -> Option<String> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    let rest = line.strip_prefix("fn ")?;
    let end = rest.find(['(', '<'])?;
    Some(rest[..end].to_owned())
}

/// Reads the results that `cargo test` and `cargo nextest` print.
fn read_log(text: &str, outcomes: &mut BTreeMap<String, Outcome>) {
    for line in text.lines() {
        let line = line.trim();
        let told = match line
            .strip_prefix("test ")
            .and_then(|rest| rest.split_once(" ... "))
        {
            Some((name, how)) => Some((name, how.starts_with("ok"), how.starts_with("FAILED"))),
            None => line.rsplit_once(' ').and_then(|(_, name)| {
                let (passed, failed) = (line.starts_with("PASS ["), line.starts_with("FAIL ["));
                (passed || failed).then_some((name, passed, failed))
            }),
        };
        let Some((path, passed, failed)) = told else {
            continue;
        };
        // A test on both databases is a module with one function for each.
        let own = |part: &&str| !matches!(*part, "on_sqlite" | "on_postgres");
        let name = path
            .trim()
            .rsplit("::")
            .find(own)
            .unwrap_or(path)
            .to_owned();
        let outcome = match (passed, failed) {
            (_, true) => Outcome::Failed,
            (true, false) => Outcome::Passed,
            (false, false) => continue,
        };
        let kept = outcomes.entry(name).or_insert(outcome);
        if outcome == Outcome::Failed {
            *kept = Outcome::Failed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_name_requirements_alone_and_in_rows() {
        let cases: [(&str, &[u16]); 5] = [
            ("/// R-152, R-166", &[152, 166]),
            ("// The rating closes it (R-304…R-306).", &[304, 305, 306]),
            ("/// R-216 to R-218 and R-234", &[216, 217, 218, 234]),
            ("/// WR-152 and R-12 name nothing.", &[]),
            ("/// R-107; level R-1000", &[107, 100]),
        ];
        for (text, ids) in cases {
            assert_eq!(ids_in(text), ids.iter().copied().collect(), "{text}");
        }
    }

    #[test]
    fn only_tests_count_and_their_inner_comments_do() {
        let text = "both! {\n    // R-005\n    async fn on_all(app: TestApp) {\n        assert!(true, \"why (R-006)\");\n    }\n}\n/// R-001\nfn helper() {}\n\n/// R-002\n#[test]\nfn a_rule() {\n    // R-003\n    check();\n}\n\n    /// R-004\n    #[actix_web::test]\n    async fn another() {\n    }\n";
        let found = tests_in(text);
        let expected = [
            ("on_all", vec![5, 6]),
            ("a_rule", vec![2, 3]),
            ("another", vec![4]),
        ];
        let expected: Vec<(String, BTreeSet<u16>)> = expected
            .into_iter()
            .map(|(name, ids)| (name.to_owned(), ids.into_iter().collect()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_failure_in_any_run_counts() {
        let mut outcomes = BTreeMap::new();
        read_log(
            "test a::b::first ... ok\ntest second ... ok\n        PASS [   0.1s] api::api third",
            &mut outcomes,
        );
        read_log(
            "test second ... FAILED\n        FAIL [   0.1s] api fourth",
            &mut outcomes,
        );
        let of = |name: &str| outcomes.get(name).copied();
        assert_eq!(of("first"), Some(Outcome::Passed));
        assert_eq!(of("second"), Some(Outcome::Failed));
        assert_eq!(of("third"), Some(Outcome::Passed));
        assert_eq!(of("fourth"), Some(Outcome::Failed));
    }

    #[test]
    fn the_strict_sections_need_a_test_or_a_reason() {
        let rows = parse_table(
            "id,section,status,reason\nR-001,6,covered,\nR-002,6,pending,comes with reports\nR-003,1,covered,\n",
        )
        .expect("the rows are well formed");
        let trace = Trace {
            rows,
            tests: BTreeMap::new(),
        };
        assert_eq!(trace.faults(), ["R-001: no test proves it"]);
        assert!(parse_table("id,section,status,reason\nR-001,6,pending,\n").is_err());
    }
}
