//! What applying another version of a desk would change, line by line, for the person who decides it.

use serde_json::{Map, Value};

use super::profile::Desk;

/// What differs between two versions of a desk: one line for each value, such as
/// `acceptance.mode: "survey" -> "desk_validates"`. The version numbers themselves are left out.
pub fn diff(old: &Desk, new: &Desk) -> Vec<String> {
    let mut lines = Vec::new();
    let (old, new) = (comparable(old), comparable(new));
    compare("", &old, &new, &mut lines);
    lines
}

fn comparable(desk: &Desk) -> Value {
    serde_json::to_value(desk.clone().with_version(0)).unwrap_or(Value::Null)
}

fn compare(path: &str, old: &Value, new: &Value, lines: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => compare_tables(path, old, new, lines),
        (Value::Array(old), Value::Array(new)) => compare_lists(path, old, new, lines),
        (old, new) if old == new => {}
        (old, new) => lines.push(format!("{path}: {old} -> {new}")),
    }
}

fn compare_tables(
    path: &str,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    lines: &mut Vec<String>,
) {
    for (key, value) in old {
        let path = join(path, key);
        match new.get(key) {
            Some(other) => compare(&path, value, other, lines),
            None => lines.push(format!("{path}: {value} removed")),
        }
    }
    for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
        lines.push(format!("{}: {value} added", join(path, key)));
    }
}

/// Lists of named things are compared by name, others by place.
fn compare_lists(path: &str, old: &[Value], new: &[Value], lines: &mut Vec<String>) {
    let named = |values: &[Value]| values.iter().map(name_of).collect::<Option<Vec<_>>>();
    let (Some(old_names), Some(new_names)) = (named(old), named(new)) else {
        return compare_places(path, old, new, lines);
    };
    let repeats = |names: &[String]| {
        let mut places = names.iter().enumerate();
        places.any(|(place, name)| names[..place].contains(name))
    };
    if repeats(&old_names) || repeats(&new_names) {
        return compare_places(path, old, new, lines);
    }
    for (name, value) in old_names.iter().zip(old) {
        let path = format!("{path}[{name}]");
        match new_names.iter().position(|other| other == name) {
            Some(place) => compare(&path, value, &new[place], lines),
            None => lines.push(format!("{path} removed")),
        }
    }
    for name in new_names.iter().filter(|name| !old_names.contains(name)) {
        lines.push(format!("{path}[{name}] added"));
    }
    let kept_old: Vec<_> = old_names
        .iter()
        .filter(|name| new_names.contains(name))
        .collect();
    let kept_new: Vec<_> = new_names
        .iter()
        .filter(|name| old_names.contains(name))
        .collect();
    if kept_old != kept_new {
        lines.push(format!("{path}: order changed"));
    }
}

fn compare_places(path: &str, old: &[Value], new: &[Value], lines: &mut Vec<String>) {
    for (place, (old, new)) in old.iter().zip(new).enumerate() {
        compare(&format!("{path}[{place}]"), old, new, lines);
    }
    for (place, value) in old.iter().enumerate().skip(new.len()) {
        lines.push(format!("{path}[{place}]: {value} removed"));
    }
    for (place, value) in new.iter().enumerate().skip(old.len()) {
        lines.push(format!("{path}[{place}]: {value} added"));
    }
}

fn name_of(value: &Value) -> Option<String> {
    let table = value.as_object()?;
    let plain = |key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
    let article = plain("slug")
        .zip(plain("lang"))
        .map(|(slug, lang)| format!("{slug}.{lang}"));
    let level = table
        .get("level")
        .filter(|_| table.contains_key("groups"))
        .map(Value::to_string);
    let name = ["key", "id", "is", "notice"].into_iter().find_map(plain);
    name.or(article).or(level)
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}
