//! Which test stands for which requirement.
//!
//! Tests name the requirements that they prove in comments: above them (`/// R-152, R-166`) or, better, beside the assertion.
//! In the files of a `tests` folder that may be a step that the test calls. Strings name nothing. The table
//! `e2e/requirements.csv` names every requirement with its section and what becomes of it. [`Trace`] brings both together
//! with the results of the last runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Folders with tests of the product, from the root of the repository.
const FOLDERS: [&str; 6] = [
    "shared/tests",
    "shared/src",
    "api/tests",
    "api/src",
    "web/src",
    "e2e/tests",
];

/// Sections of which every requirement needs a test or a reason.
const STRICT: [u8; 16] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 17, 18, 25, 26];

/// The requirements of Infortec in the other sections, which need them too.
const STRICT_TOO: [RangeInclusive<u16>; 8] = [
    1..=10,
    41..=52,
    255..=258,
    267..=271,
    291..=291,
    332..=338,
    344..=348,
    380..=380,
];

/// How a reason begins that leaves a requirement to an area of the product that is built later.
const LATER: [&str; 5] = [
    "the knowledge base follows",
    "reports follow",
    "intake channels follow",
    "texts of notifications follow",
    "administration pages follow",
];

/// What the table says of a requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Tests prove it, with what was decided about it where that differs from its words.
    Covered(String),
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

impl Requirement {
    /// Whether it must be proved now, or belong to what is built later.
    fn is_strict(&self) -> bool {
        STRICT.contains(&self.section) || STRICT_TOO.iter().any(|ids| ids.contains(&self.id))
    }
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

impl Test {
    fn did_not_run(&self) -> bool {
        self.outcome == Outcome::NotRun
    }
}

/// Requirements, their tests and how these went.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    rows: Vec<Requirement>,
    tests: BTreeMap<u16, BTreeSet<Test>>,
    /// Whether the results of a run were read.
    ran: bool,
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
        let mut results = Vec::new();
        for log in logs {
            let text =
                fs::read_to_string(log).map_err(|error| format!("{}: {error}", log.display()))?;
            results.extend(results_in(&text));
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
                let own = Place::of(&place);
                for (name, ids) in tests_in(&text, own.in_tests) {
                    let test = Test {
                        outcome: own.outcome(&name, &results),
                        name,
                        file: place.clone(),
                    };
                    for id in ids {
                        tests.entry(id).or_default().insert(test.clone());
                    }
                }
            }
        }
        Ok(Self {
            rows,
            tests,
            ran: !logs.is_empty(),
        })
    }

    /// What is wrong with it: requirements that no test proves although they must be proved now, tests that failed, proofs of
    /// which none ran, and ids that the table does not know. A row that still says `pending` although a test proves it is only
    /// out of date.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for row in &self.rows {
            let tests = self.tests.get(&row.id);
            match (&row.plan, tests) {
                (Plan::Covered(_), None) => {
                    faults.push(format!("R-{:03}: no test proves it", row.id));
                }
                (Plan::Pending(reason), None) if row.is_strict() && !is_later(reason) => {
                    faults.push(format!("R-{:03}: pending: {reason}", row.id));
                }
                (_, Some(tests)) if self.ran && tests.iter().all(Test::did_not_run) => {
                    faults.push(format!("R-{:03}: none of its tests ran", row.id));
                }
                (_, _) => {}
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
            (plan, Some(tests)) => {
                let count = tests.len();
                let word = if count == 1 { "test" } else { "tests" };
                match plan {
                    Plan::Covered(decision) if !decision.is_empty() => {
                        format!("{count} {word}; {decision}")
                    }
                    Plan::Covered(_) | Plan::Pending(_) | Plan::NotSoftware(_) => {
                        format!("{count} {word}")
                    }
                }
            }
            (Plan::Covered(_), None) => "no test".to_owned(),
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
            count(|plan| matches!(plan, Plan::Covered(_))),
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
            ("covered", _) => Plan::Covered(reason),
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

/// A line of a source file: what the compiler reads of it, without the content of strings, and its comment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Line {
    code: String,
    comment: String,
}

/// What the end of a line leaves open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Code,
    /// A string; raw ones end with a quote and as many `#`.
    Text(Option<usize>),
    /// A comment between `/*` and `*/`, which names nothing.
    Block,
}

fn lines_of(text: &str) -> Vec<Line> {
    let mut inside = Inside::Code;
    text.lines()
        .map(|line| {
            let letters: Vec<char> = line.chars().collect();
            let mut found = Line::default();
            let mut at = 0;
            while at < letters.len() {
                at = step(&letters, at, &mut inside, &mut found);
            }
            found
        })
        .collect()
}

/// Reads one token of a line; gives where the next one begins.
fn step(letters: &[char], at: usize, inside: &mut Inside, found: &mut Line) -> usize {
    let rest = &letters[at..];
    let hashes = |from: usize| {
        let hashes = rest.get(from..).unwrap_or_default().iter();
        hashes.take_while(|letter| **letter == '#').count()
    };
    match *inside {
        Inside::Block => {
            if rest.starts_with(&['*', '/']) {
                *inside = Inside::Code;
                return at + 2;
            }
        }
        Inside::Text(None) => match rest[0] {
            '\\' => return at + 2,
            '"' => *inside = Inside::Code,
            _ => {}
        },
        Inside::Text(Some(count)) => {
            if rest[0] == '"' && hashes(1) >= count {
                *inside = Inside::Code;
                return at + 1 + count;
            }
        }
        Inside::Code => match rest {
            ['/', '/', ..] => {
                let words: String = rest.iter().collect();
                words
                    .trim_start_matches(['/', '!'])
                    .clone_into(&mut found.comment);
                return letters.len();
            }
            ['/', '*', ..] => {
                *inside = Inside::Block;
                return at + 2;
            }
            ['"', ..] => *inside = Inside::Text(None),
            ['r', ..] if rest.get(1 + hashes(1)) == Some(&'"') && begins_word(letters, at) => {
                *inside = Inside::Text(Some(hashes(1)));
                return at + 2 + hashes(1);
            }
            ['\'', '\\', _, ..] => {
                let end = rest.iter().skip(3).position(|letter| *letter == '\'');
                return end.map_or(letters.len(), |end| at + end + 4);
            }
            ['\'', _, '\'', ..] => return at + 3,
            [letter, ..] => found.code.push(*letter),
            [] => {}
        },
    }
    at + 1
}

/// Whether a letter is the first of its word; `b` may stand before the `r` of a raw string.
fn begins_word(letters: &[char], at: usize) -> bool {
    let mut before = letters[..at].iter().rev();
    let within = |letter: &char| letter.is_alphanumeric() || *letter == '_';
    match before.next() {
        Some('b') => !before.next().is_some_and(within),
        Some(letter) => !within(letter),
        None => true,
    }
}

/// A function of a file.
#[derive(Default)]
struct Function {
    name: String,
    is_test: bool,
    /// What its comments name.
    ids: BTreeSet<u16>,
    /// The words of its body, of which some are functions.
    words: BTreeSet<String>,
}

/// The functions of a file. A formatted function ends with a brace at its own indentation.
fn functions_in(text: &str) -> Vec<Function> {
    let mut found = Vec::new();
    let mut above = String::new();
    let mut is_test = false;
    // Between `both! {` and its brace every function is a test on each database.
    let mut on_both = false;
    let mut inside: Option<(Function, String)> = None;
    for line in lines_of(text) {
        let code = line.code.trim_end();
        let words = code.trim_start();
        if let Some((function, end)) = &mut inside {
            function.ids.extend(ids_in(&line.comment));
            function.words.extend(words_in(words));
            if code == end.as_str() {
                found.push(std::mem::take(function));
                inside = None;
            }
            continue;
        }
        if words == "both! {" || code == "}" {
            on_both = words != "}";
        }
        if words.is_empty() && !line.comment.is_empty() {
            above.push_str(line.comment.trim());
            above.push(' ');
            continue;
        }
        if words.starts_with("#[") {
            is_test |= words.starts_with("#[test") || words.contains("::test");
            continue;
        }
        if let Some(name) = function_name(words) {
            let function = Function {
                name,
                is_test: is_test || on_both,
                ids: ids_in(&above),
                words: words_in(words).collect(),
            };
            if words.ends_with('}') {
                found.push(function);
            } else {
                let indentation = &code[..code.len() - words.len()];
                inside = Some((function, [indentation, "}"].concat()));
            }
        }
        above.clear();
        is_test = false;
    }
    found
}

fn words_in(code: &str) -> impl Iterator<Item = String> {
    let within = |letter: char| letter.is_alphanumeric() || letter == '_';
    let words = code.split(move |letter| !within(letter));
    words.filter(|word| !word.is_empty()).map(str::to_owned)
}

/// The tests of a file with what their comments name; with `steps`, what the comments of the functions name that a test
/// comes by is the test's as well.
fn tests_in(text: &str, steps: bool) -> Vec<(String, BTreeSet<u16>)> {
    let functions = functions_in(text);
    let ids_of = |test: &Function| {
        let mut ids = BTreeSet::new();
        let mut seen = BTreeSet::from([test.name.clone()]);
        let mut ahead = vec![test];
        while let Some(function) = ahead.pop() {
            ids.extend(&function.ids);
            let called = functions
                .iter()
                .filter(|other| steps && !other.is_test && function.words.contains(&other.name));
            ahead.extend(called.filter(|other| seen.insert(other.name.clone())));
        }
        ids
    };
    functions
        .iter()
        .filter(|function| function.is_test)
        .map(|test| (test.name.clone(), ids_of(test)))
        .filter(|(_, ids)| !ids.is_empty())
        .collect()
}

fn function_name(line: &str) -> Option<String> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    let rest = line.strip_prefix("fn ")?;
    let end = rest.find(['(', '<'])?;
    Some(rest[..end].to_owned())
}

/// A test that ran, as a log tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ran {
    /// Its package; `cargo test` tells it of unit tests only.
    package: Option<String>,
    /// The file or folder of an integration test; none for unit tests.
    target: Option<String>,
    /// Modules and name.
    path: Vec<String>,
    outcome: Outcome,
}

/// The results that `cargo test` and `cargo nextest` print.
fn results_in(text: &str) -> Vec<Ran> {
    let mut found = Vec::new();
    let (mut package, mut target, mut documentation) = (None, None, false);
    for line in text.lines().map(str::trim) {
        if let Some(of) = line.strip_prefix("Running ") {
            let built = of.rsplit_once('/').map_or(of, |(_, built)| built);
            let name = built.rsplit_once('-').map_or(built, |(name, _)| name);
            let name = name.replace('-', "_");
            let is_unit = of.starts_with("unittests ");
            package = (is_unit && of.contains("src/lib.rs")).then(|| name.clone());
            target = (!is_unit).then_some(name);
            documentation = false;
        } else if line.starts_with("Doc-tests ") {
            documentation = true;
        } else if let Some(ran) = nextest_result(line) {
            found.push(ran);
        } else if let Some((name, how)) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.split_once(" ... "))
            .filter(|_| !documentation)
        {
            let outcome = match how {
                "ok" => Outcome::Passed,
                "FAILED" => Outcome::Failed,
                _ => continue,
            };
            found.push(Ran {
                package: package.clone(),
                target: target.clone(),
                path: path_of(name),
                outcome,
            });
        }
    }
    found
}

/// `PASS [   0.009s] (  1/736) shared::desk_icetex names_and_mails_are_those_of_the_document`.
fn nextest_result(line: &str) -> Option<Ran> {
    let outcome = match line.split_once(" [")?.0 {
        "PASS" => Outcome::Passed,
        "FAIL" => Outcome::Failed,
        _ => return None,
    };
    let (rest, name) = line.rsplit_once(' ')?;
    let binary = rest.rsplit_once(' ')?.1;
    let (package, target) = match binary.split_once("::") {
        Some((package, target)) => (package, Some(target)),
        None => (binary, None),
    };
    Some(Ran {
        package: Some(package.to_owned()),
        target: target
            .filter(|target| !target.starts_with("bin/"))
            .map(str::to_owned),
        path: path_of(name),
        outcome,
    })
}

/// A test on both databases is a module with one function for each.
fn path_of(name: &str) -> Vec<String> {
    let parts = name.trim().split("::").map(str::to_owned);
    let own = |part: &String| !matches!(part.as_str(), "on_sqlite" | "on_postgres");
    parts.filter(own).collect()
}

/// Where a file's tests are found in the logs.
struct Place {
    package: String,
    in_tests: bool,
    /// The names of folders and file below `src` or `tests`.
    parts: Vec<String>,
}

impl Place {
    fn of(file: &str) -> Self {
        let mut parts = file.trim_end_matches(".rs").split('/').map(str::to_owned);
        let package = parts.next().unwrap_or_default();
        let in_tests = parts.next().as_deref() == Some("tests");
        let mut parts: Vec<String> = parts.collect();
        if let Some("mod" | "main" | "lib") = parts.last().map(String::as_str) {
            parts.pop();
        }
        Self {
            package,
            in_tests,
            parts,
        }
    }

    /// How the test of this file with this name went in all runs.
    fn outcome(&self, name: &str, results: &[Ran]) -> Outcome {
        let own = results.iter().filter(|ran| self.has(name, ran));
        let mut outcome = Outcome::NotRun;
        for ran in own {
            if ran.outcome == Outcome::Failed {
                return Outcome::Failed;
            }
            outcome = ran.outcome;
        }
        outcome
    }

    fn has(&self, name: &str, ran: &Ran) -> bool {
        let package = ran.package.as_deref().is_none_or(|own| own == self.package);
        let named = ran.path.last().is_some_and(|last| last == name);
        let below = |modules: &[String]| ran.path.starts_with(modules);
        let placed = match (&ran.target, self.parts.split_first()) {
            (None, _) => !self.in_tests && below(&self.parts),
            // A file of its own, a module of a folder, or a module that several files share.
            (Some(target), Some((first, rest))) => {
                self.in_tests && ((target == first && below(rest)) || below(&self.parts))
            }
            (Some(_), None) => false,
        };
        package && named && placed
    }
}

fn is_later(reason: &str) -> bool {
    LATER.iter().any(|area| reason.starts_with(area))
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

    fn named(found: &[(&str, &[u16])]) -> Vec<(String, BTreeSet<u16>)> {
        let each = found.iter();
        each.map(|(name, ids)| ((*name).to_owned(), ids.iter().copied().collect()))
            .collect()
    }

    #[test]
    fn only_tests_count_and_their_inner_comments_do() {
        let text = "both! {\n    // R-005\n    async fn on_all(app: TestApp) {\n        assert!(true); // why (R-006)\n    }\n}\n/// R-001\nfn helper() {}\n\n/// R-002\n#[test]\nfn a_rule() {\n    // R-003\n    check();\n}\n\n    /// R-004\n    #[actix_web::test]\n    async fn another() {\n    }\n";
        let expected = named(&[("on_all", &[5, 6]), ("a_rule", &[2, 3]), ("another", &[4])]);
        assert_eq!(tests_in(text, false), expected);
        assert_eq!(tests_in(text, true), expected);
    }

    #[test]
    fn strings_name_nothing() {
        let text = "#[test]\nfn a_rule() {\n    let one = \"// R-001\";\n    let two = r#\"\n// R-002 \\\"\n}\n\"#; // R-003\n    let quote = '\"'; // R-004\n    let long = \"\n    // R-005\n    \";\n    /* R-006 */ let tick = '\\''; // R-007\n    let life: &'static str = \"https://example.org/R-008\"; // R-009\n}\n";
        assert_eq!(tests_in(text, false), named(&[("a_rule", &[3, 4, 7, 9])]));
    }

    #[test]
    fn the_steps_of_a_story_are_the_storys() {
        let text = "#[test]\nfn on_sqlite() {\n    play(story);\n}\n\n#[test]\nfn on_postgresql() {\n    play(story);\n}\n\n/// R-001\nasync fn story() {\n    begins().await;\n}\n\nasync fn begins() {\n    // R-002\n    story();\n}\n\n/// R-003\nfn nobody_calls_it() {}\n";
        let expected = named(&[("on_sqlite", &[1, 2]), ("on_postgresql", &[1, 2])]);
        assert_eq!(tests_in(text, true), expected);
        assert!(tests_in(text, false).is_empty());
    }

    fn outcome(file: &str, name: &str, log: &str) -> Outcome {
        Place::of(file).outcome(name, &results_in(log))
    }

    #[test]
    fn a_failure_in_any_run_counts() {
        let log = "        PASS [   0.1s] (1/2) api::api process::third::on_sqlite\n        FAIL [   0.1s] (2/2) api::api process::third::on_postgres\n        PASS [   0.1s] api::api process::fourth";
        let of = |name| outcome("api/tests/api/process.rs", name, log);
        assert_eq!(of("third"), Outcome::Failed);
        assert_eq!(of("fourth"), Outcome::Passed);
        assert_eq!(of("fifth"), Outcome::NotRun);
    }

    #[test]
    fn a_test_is_known_by_its_file_and_name() {
        let log = "     Running unittests src/lib.rs (target/debug/deps/web-a3fc)\ntest i18n::dates::tests::told ... ok\n     Running tests/edges.rs (target/debug/deps/edges-21ac)\ntest told ... FAILED\ntest kept ... ignored\n   Doc-tests e2e\ntest told ... ok\n        PASS [   0.1s] (1/3) shared::desk_icetex walked\n        PASS [   0.1s] (2/3) shared::sla shipped::walked\n        PASS [   0.1s] (3/3) shared::ticket_machine desks::story::tried\n        PASS [   0.1s] api::bin/atiende cli::tests::said";
        for (file, name, expected) in [
            ("web/src/i18n/dates.rs", "told", Outcome::Passed),
            ("api/src/i18n/dates.rs", "told", Outcome::NotRun),
            ("web/src/i18n/mod.rs", "told", Outcome::Passed),
            ("web/src/components/mod.rs", "told", Outcome::NotRun),
            ("e2e/tests/edges.rs", "told", Outcome::Failed),
            ("e2e/tests/edges.rs", "kept", Outcome::NotRun),
            ("e2e/tests/pages.rs", "told", Outcome::NotRun),
            ("shared/tests/desk_icetex.rs", "walked", Outcome::Passed),
            ("shared/tests/desk_uspec.rs", "walked", Outcome::NotRun),
            ("shared/tests/sla/shipped.rs", "walked", Outcome::Passed),
            ("shared/tests/sla/oracle.rs", "walked", Outcome::NotRun),
            ("shared/tests/desks/story.rs", "tried", Outcome::Passed),
            ("shared/tests/desks/table.rs", "tried", Outcome::NotRun),
            ("api/src/cli/mod.rs", "said", Outcome::Passed),
        ] {
            assert_eq!(outcome(file, name, log), expected, "{file} {name}");
        }
    }

    fn trace(table: &str, tests: &[(u16, Outcome)], ran: bool) -> Trace {
        let rows = parse_table(&["id,section,status,reason\n", table].concat());
        let tests = tests.iter().map(|(id, outcome)| {
            let test = Test {
                name: "a_rule".to_owned(),
                file: "api/tests/api/desks.rs".to_owned(),
                outcome: *outcome,
            };
            (*id, BTreeSet::from([test]))
        });
        Trace {
            rows: rows.expect("the rows are well formed"),
            tests: tests.collect(),
            ran,
        }
    }

    #[test]
    fn what_must_be_proved_now_needs_a_test_or_an_area_that_is_built_later() {
        let table = "R-100,6,covered,\nR-101,6,pending,not looked at\nR-102,6,pending,reports follow: no page yet\nR-103,13,pending,not looked at\n\
            R-256,13,pending,not looked at\nR-104,6,not software,a principle\nR-105,13,covered,\nR-106,6,pending,out of date\n";
        let trace = trace(table, &[(106, Outcome::NotRun)], false);
        assert_eq!(
            trace.faults(),
            [
                "R-100: no test proves it",
                "R-101: pending: not looked at",
                "R-256: pending: not looked at",
                "R-105: no test proves it",
            ]
        );
        assert!(parse_table("id,section,status,reason\nR-001,6,pending,\n").is_err());
    }

    #[test]
    fn a_proof_must_have_run_where_runs_were_read() {
        let table = "R-100,6,covered,\nR-101,6,covered,\nR-102,6,covered,\n";
        let tests = [
            (100, Outcome::Passed),
            (101, Outcome::NotRun),
            (102, Outcome::Failed),
            (999, Outcome::Passed),
        ];
        let unknown = "R-999: a_rule names it, the table does not";
        assert_eq!(
            trace(table, &tests, true).faults(),
            [
                "R-101: none of its tests ran",
                "R-102: a_rule failed",
                unknown
            ]
        );
        let untold = trace(table, &tests[..2], false);
        assert_eq!(untold.faults(), ["R-102: no test proves it"]);
    }
}
