//! Reading a TOML file piece by piece, so that every mistake is found in one go and each one knows
//! its line. A missing or wrong value is noted and left out; reading goes on.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use toml_edit::{Item, TableLike, Value};

use super::profile::Text;

/// Something found in a desk folder: an error, or a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Path of the file inside the folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to write instead; empty where there is nothing to say.
    pub hint: String,
}

/// A mistake that keeps a desk from being installed.
pub type DeskError = Finding;
/// Something that works, but is probably not meant.
pub type Warning = Finding;

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )?;
        if self.hint.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", self.hint)
        }
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Everything noted while a folder is read and checked.
#[derive(Default)]
pub(super) struct Notes {
    errors: RefCell<Vec<Finding>>,
    warnings: RefCell<Vec<Finding>>,
    spots: RefCell<BTreeMap<String, Spot>>,
}

impl Notes {
    pub(super) fn into_findings(self) -> (Vec<Finding>, Vec<Finding>) {
        let sorted = |findings: RefCell<Vec<Finding>>| {
            let mut findings = findings.into_inner();
            findings.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
            findings.dedup();
            findings
        };
        (sorted(self.errors), sorted(self.warnings))
    }

    /// Remembers where a piece of the profile stands, by its path such as `moves.3.to`.
    pub(super) fn put(&self, path: &str, spot: Spot) {
        self.spots.borrow_mut().insert(path.to_owned(), spot);
    }

    /// Where a piece stands, or else the piece that it belongs to.
    pub(super) fn spot(&self, path: &str) -> Spot {
        let spots = self.spots.borrow();
        let mut path = path;
        loop {
            if let Some(spot) = spots.get(path) {
                return spot.clone();
            }
            match path.rfind('.') {
                Some(dot) => path = &path[..dot],
                None => {
                    return Spot {
                        file: super::load::DESK_FILE.to_owned(),
                        line: 1,
                        column: 1,
                    };
                }
            }
        }
    }

    pub(super) fn error(&self, path: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.error_at(self.spot(path), message, hint);
    }

    pub(super) fn warn(&self, path: &str, message: impl Into<String>, hint: impl Into<String>) {
        let found = finding(self.spot(path), message.into(), hint.into());
        self.warnings.borrow_mut().push(found);
    }

    pub(super) fn error_at(&self, spot: Spot, message: impl Into<String>, hint: impl Into<String>) {
        let found = finding(spot, message.into(), hint.into());
        self.errors.borrow_mut().push(found);
    }
}

fn finding(spot: Spot, message: String, hint: String) -> Finding {
    Finding {
        file: spot.file,
        line: spot.line,
        column: spot.column,
        message,
        hint,
    }
}

/// A file under reading.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) notes: &'a Notes,
}

impl Source<'_> {
    pub(super) fn spot(&self, span: Option<Range<usize>>) -> Spot {
        let at = span.map_or(0, |span| span.start).min(self.text.len());
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .map_or(0, |rest| rest.chars().count())
            + 1;
        Spot {
            file: self.file.to_owned(),
            line,
            column,
        }
    }
}

/// A table under reading. Keys that nobody asked for are noted when it is finished.
pub(super) struct Reader<'a> {
    source: Source<'a>,
    table: &'a dyn TableLike,
    path: String,
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: Source<'a>, table: &'a dyn TableLike, path: &str) -> Reader<'a> {
        Reader {
            source,
            table,
            path: path.to_owned(),
            asked: RefCell::default(),
        }
    }

    /// The full path of a key of this table.
    pub(super) fn at(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    pub(super) fn error(&self, key: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.source.notes.error(&self.at(key), message, hint);
    }

    /// The item of a key, with its place remembered.
    fn item(&self, key: &str) -> Option<&'a Item> {
        self.asked.borrow_mut().insert(key.to_owned());
        let (name, item) = self.table.get_key_value(key)?;
        let span = item
            .span()
            .filter(|_| item.is_value())
            .or_else(|| name.span())
            .or_else(|| item.span());
        self.source.notes.put(&self.at(key), self.source.spot(span));
        (!item.is_none()).then_some(item)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The keys of the table in the order of the file, for tables whose keys are names.
    pub(super) fn keys(&self) -> Vec<String> {
        self.table.iter().map(|(key, _)| key.to_owned()).collect()
    }

    fn required<T>(&self, key: &str, found: Option<T>) -> Option<T> {
        if found.is_none() && !self.has(key) {
            let what = if self.path.is_empty() {
                format!("`{key}` is missing")
            } else {
                format!("`{key}` is missing in `{}`", name_of(&self.path))
            };
            self.source
                .notes
                .error(&self.path, what, format!("add `{key} = …`"));
        }
        found
    }

    fn wrong(&self, key: &str, item: &Item, wanted: &str) {
        self.error(
            key,
            format!("`{key}` is {}, not {wanted}", kind_of(item)),
            format!("write {wanted}"),
        );
    }

    pub(super) fn opt_str(&self, key: &str) -> Option<String> {
        let item = self.item(key)?;
        match item.as_str() {
            Some(text) if !text.trim().is_empty() => return Some(text.trim().to_owned()),
            Some(_) => self.error(key, format!("`{key}` is empty"), "write a text"),
            None => self.wrong(key, item, "a text in quotes"),
        }
        None
    }

    pub(super) fn str(&self, key: &str) -> Option<String> {
        self.required(key, self.opt_str(key))
    }

    pub(super) fn opt_bool(&self, key: &str) -> Option<bool> {
        let item = self.item(key)?;
        let found = item.as_bool();
        if found.is_none() {
            self.wrong(key, item, "true or false");
        }
        found
    }

    pub(super) fn bool_or(&self, key: &str, usual: bool) -> bool {
        self.opt_bool(key).unwrap_or(usual)
    }

    pub(super) fn number<T: TryFrom<i64>>(&self, key: &str) -> Option<T> {
        let item = self.item(key)?;
        match item.as_integer() {
            Some(number) => match T::try_from(number) {
                Ok(number) => return Some(number),
                Err(_) => self.error(key, format!("{number} is out of range"), ""),
            },
            None => self.wrong(key, item, "a whole number"),
        }
        None
    }

    /// A word of a closed set.
    pub(super) fn opt_word<T: FromStr>(&self, key: &str, known: &[&str]) -> Option<T> {
        let word = self.opt_str(key)?;
        self.word_of(&self.at(key), &word, known)
    }

    pub(super) fn word<T: FromStr>(&self, key: &str, known: &[&str]) -> Option<T> {
        self.required(key, self.opt_word(key, known))
    }

    fn word_of<T: FromStr>(&self, path: &str, word: &str, known: &[&str]) -> Option<T> {
        let found = word.parse().ok();
        if found.is_none() {
            let hint = suggestion(word, known);
            self.source
                .notes
                .error(path, format!("`{word}` is not known here"), hint);
        }
        found
    }

    /// A list of texts; a single text is a list of one.
    pub(super) fn strings(&self, key: &str) -> Vec<String> {
        let Some(item) = self.item(key) else {
            return Vec::new();
        };
        if let Some(one) = item.as_str() {
            return vec![one.to_owned()];
        }
        let Some(array) = item.as_array() else {
            self.wrong(key, item, "a list of texts");
            return Vec::new();
        };
        let each = array.iter().enumerate().filter_map(|(index, value)| {
            self.put_element(key, index, value);
            let text = value.as_str();
            if text.is_none() {
                self.source.notes.error(
                    &format!("{}.{index}", self.at(key)),
                    "this is not a text",
                    "write a text in quotes",
                );
            }
            text.map(str::to_owned)
        });
        each.collect()
    }

    /// A list of words of a closed set.
    pub(super) fn words<T: FromStr>(&self, key: &str, known: &[&str]) -> Vec<T> {
        let words = self.strings(key);
        let each = words.iter().enumerate().filter_map(|(index, word)| {
            self.word_of(&format!("{}.{index}", self.at(key)), word, known)
        });
        each.collect()
    }

    pub(super) fn some_words<T: FromStr>(&self, key: &str, known: &[&str]) -> Vec<T> {
        let words = self.words(key, known);
        if words.is_empty() && self.strings(key).is_empty() {
            self.required::<()>(key, None);
            if self.has(key) {
                self.error(
                    key,
                    format!("`{key}` is empty"),
                    format!("name at least one of: {}", known.join(", ")),
                );
            }
        }
        words
    }

    /// A list of whole numbers.
    pub(super) fn numbers(&self, key: &str) -> Vec<i64> {
        let Some(item) = self.item(key) else {
            return Vec::new();
        };
        let values = match item.as_array() {
            Some(array) => array
                .iter()
                .map(Value::as_integer)
                .collect::<Option<Vec<_>>>(),
            None => item.as_integer().map(|one| vec![one]),
        };
        if values.is_none() {
            self.wrong(key, item, "a list of whole numbers");
        }
        values.unwrap_or_default()
    }

    /// A text per language: `{ es = "…", en = "…" }`, or one text in quotes that is the same in both.
    pub(super) fn opt_text(&self, key: &str) -> Option<Text> {
        let item = self.item(key)?;
        if item.is_str() {
            return self.opt_str(key).map(|text| Text::same(&text));
        }
        let Some(table) = item.as_table_like() else {
            self.wrong(key, item, "{ es = \"…\", en = \"…\" }");
            return None;
        };
        let reader = Reader::new(self.source, table, &self.at(key));
        let es = reader.str("es");
        let en = reader.opt_str("en");
        reader.finish();
        let text = Text { es: es?, en };
        if text.en.is_none() {
            let message = format!(
                "`{}` has no English text; Spanish is shown instead",
                name_of(&self.at(key))
            );
            self.source
                .notes
                .warn(&self.at(key), message, "add `en = \"…\"`");
        }
        Some(text)
    }

    pub(super) fn text(&self, key: &str) -> Option<Text> {
        self.required(key, self.opt_text(key))
    }

    pub(super) fn opt_table(&self, key: &str) -> Option<Reader<'a>> {
        let item = self.item(key)?;
        match item.as_table_like() {
            Some(table) => Some(Reader::new(self.source, table, &self.at(key))),
            None => {
                self.wrong(key, item, "a table");
                None
            }
        }
    }

    pub(super) fn table(&self, key: &str) -> Option<Reader<'a>> {
        self.required(key, self.opt_table(key))
    }

    /// A list of tables, written `[[key]]` or `key = [{ … }]`.
    pub(super) fn tables(&self, key: &str) -> Vec<Reader<'a>> {
        let Some(item) = self.item(key) else {
            return Vec::new();
        };
        let path = self.at(key);
        if let Some(tables) = item.as_array_of_tables() {
            let each = tables.iter().enumerate().map(|(index, table)| {
                let path = format!("{path}.{index}");
                self.source.notes.put(&path, self.source.spot(table.span()));
                Reader::new(self.source, table, &path)
            });
            return each.collect();
        }
        let Some(array) = item.as_array() else {
            self.wrong(key, item, "a list of tables");
            return Vec::new();
        };
        let each = array.iter().enumerate().filter_map(|(index, value)| {
            self.put_element(key, index, value);
            let path = format!("{path}.{index}");
            match value.as_inline_table() {
                Some(table) => Some(Reader::new(self.source, table, &path)),
                None => {
                    self.source
                        .notes
                        .error(&path, "this is not a table", "write { … }");
                    None
                }
            }
        });
        each.collect()
    }

    /// A list of lists of texts.
    pub(super) fn grid(&self, key: &str) -> Vec<Vec<String>> {
        let Some(item) = self.item(key) else {
            return Vec::new();
        };
        let row = |value: &Value| {
            let cells = value
                .as_array()?
                .iter()
                .map(|cell| cell.as_str().map(str::to_owned));
            cells.collect::<Option<Vec<_>>>()
        };
        let array = item.as_array();
        for (index, value) in array.into_iter().flat_map(|array| array.iter()).enumerate() {
            self.put_element(key, index, value);
        }
        let rows = array.and_then(|array| array.iter().map(row).collect::<Option<Vec<_>>>());
        if rows.is_none() {
            self.wrong(key, item, "a list of lists of texts");
        }
        rows.unwrap_or_default()
    }

    /// A date, written bare or in quotes.
    pub(super) fn date(&self, key: &str) -> Option<chrono::NaiveDate> {
        let item = self.required(key, self.item(key))?;
        let text = match item.as_datetime() {
            Some(date) => date.to_string(),
            None => item.as_str().unwrap_or_default().to_owned(),
        };
        let date = text.parse().ok();
        if date.is_none() {
            self.wrong(key, item, "a date such as 2026-12-24");
        }
        date
    }

    fn put_element(&self, key: &str, index: usize, value: &Value) {
        let path = format!("{}.{index}", self.at(key));
        self.source.notes.put(&path, self.source.spot(value.span()));
    }

    /// Notes the keys that nobody asked for.
    pub(super) fn finish(self) {
        let asked = self.asked.borrow();
        let known: Vec<&str> = asked.iter().map(String::as_str).collect();
        for (key, item) in self.table.iter() {
            if !asked.contains(key) {
                let span = self
                    .table
                    .key(key)
                    .and_then(toml_edit::Key::span)
                    .or_else(|| item.span());
                let what = if self.path.is_empty() {
                    format!("`{key}` is not known")
                } else {
                    format!("`{key}` is not known in `{}`", name_of(&self.path))
                };
                self.source
                    .notes
                    .error_at(self.source.spot(span), what, suggestion(key, &known));
            }
        }
    }
}

/// A path for people: without the places in lists.
fn name_of(path: &str) -> String {
    path.split('.')
        .filter(|part| part.parse::<usize>().is_err())
        .collect::<Vec<_>>()
        .join(".")
}

fn kind_of(item: &Item) -> &'static str {
    match item.type_name() {
        "string" => "a text",
        "integer" => "a number",
        "float" => "a number with decimals",
        "boolean" => "true or false",
        "array" => "a list",
        "array of tables" => "a list of tables",
        "table" | "inline table" => "a table",
        "datetime" => "a date",
        _ => "nothing",
    }
}

/// What somebody probably meant, or else everything that there is.
pub(super) fn suggestion(word: &str, known: &[&str]) -> String {
    let close = known
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .min();
    match close {
        Some((steps, candidate)) if steps <= 1 + candidate.chars().count() / 4 => {
            format!("did you mean `{candidate}`?")
        }
        Some(_) => format!("one of: {}", known.join(", ")),
        None => String::new(),
    }
}

/// How many letters must change to make one word of another.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_word_is_suggested_and_a_far_one_lists_all() {
        assert_eq!(
            suggestion("solvd", &["new", "solved"]),
            "did you mean `solved`?"
        );
        assert_eq!(
            suggestion("xyzw", &["new", "solved"]),
            "one of: new, solved"
        );
    }
}
