//! The table of what was measured, beside what was wanted.

use std::fmt::Write as _;

/// One line of the table.
pub struct Row {
    what: String,
    measured: String,
    goal: String,
    met: Option<bool>,
}

impl Row {
    /// A figure without a goal.
    pub fn plain(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            measured: measured.into(),
            goal: String::new(),
            met: None,
        }
    }

    /// A figure that should be at least the goal.
    pub fn at_least(
        what: impl Into<String>,
        value: f64,
        goal: f64,
        unit: &str,
        details: &str,
    ) -> Self {
        Self::with_goal(
            what,
            value,
            unit,
            details,
            format!("at least {}", figure(goal, unit)),
            value >= goal,
        )
    }

    /// A figure that should be at most the goal.
    pub fn at_most(
        what: impl Into<String>,
        value: f64,
        goal: f64,
        unit: &str,
        details: &str,
    ) -> Self {
        Self::with_goal(
            what,
            value,
            unit,
            details,
            format!("at most {}", figure(goal, unit)),
            value <= goal,
        )
    }

    fn with_goal(
        what: impl Into<String>,
        value: f64,
        unit: &str,
        details: &str,
        goal: String,
        met: bool,
    ) -> Self {
        let details = if details.is_empty() {
            String::new()
        } else {
            format!(" ({details})")
        };
        Self {
            what: what.into(),
            measured: format!("{}{details}", figure(value, unit)),
            goal,
            met: Some(met),
        }
    }

    /// Whether a goal was missed.
    pub fn is_missed(&self) -> bool {
        self.met == Some(false)
    }
}

fn figure(value: f64, unit: &str) -> String {
    match unit {
        "ms" if value < 10.0 => format!("{value:.2} ms"),
        "MB" => format!("{value:.1} MB"),
        _ => format!("{value:.0} {unit}"),
    }
}

/// The table in Markdown.
pub fn table(rows: &[Row]) -> String {
    let mut text = "| What | Measured | Goal | Met |\n| --- | --- | --- | --- |\n".to_owned();
    for row in rows {
        let met = match row.met {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        // Writing into a string cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {met} |",
            row.what, row.measured, row.goal
        );
    }
    text
}
