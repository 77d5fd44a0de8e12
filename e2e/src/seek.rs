//! How a test says what it means on a page: by role and by the words that a person reads or hears.

use std::fmt;

/// A thing on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A button, by its words or its label.
    Button(&'a str),
    /// A link, by its words, those of a line in it, or its label.
    Link(&'a str),
    /// A link that contains these words, such as a row of a list.
    LinkWith(&'a str),
    /// A field, by its label.
    Field(&'a str),
    /// A radio button or a check box, by the question and the answer.
    Choice(&'a str, &'a str),
    /// A radio button or a check box, by its label alone.
    Tick(&'a str),
    /// A radio button or a check box, by words of its label.
    TickWith(&'a str),
    /// A button that answers a question, by the question and the answer.
    Answer(&'a str, &'a str),
    /// A heading of any level.
    Heading(&'a str),
    /// The value of a term in a list of facts.
    Fact(&'a str),
    /// A paragraph or other element that says exactly this.
    Text(&'a str),
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Button(name) => write!(f, "the button {name:?}"),
            Self::Link(name) => write!(f, "the link {name:?}"),
            Self::LinkWith(part) => write!(f, "a link with {part:?}"),
            Self::Field(label) => write!(f, "the field {label:?}"),
            Self::Choice(question, answer) => write!(f, "the answer {answer:?} to {question:?}"),
            Self::Tick(label) => write!(f, "the choice {label:?}"),
            Self::TickWith(part) => write!(f, "a choice with {part:?}"),
            Self::Answer(question, answer) => write!(f, "the button {answer:?} of {question:?}"),
            Self::Heading(text) => write!(f, "the heading {text:?}"),
            Self::Fact(term) => write!(f, "the fact {term:?}"),
            Self::Text(text) => write!(f, "the text {text:?}"),
        }
    }
}

impl Target<'_> {
    /// The search for it, from the node that counts as the page.
    pub fn xpath(&self) -> String {
        let is = |text: &str| format!("normalize-space(.)={}", quoted(text));
        let named = |text: &str| {
            format!(
                "({} or @aria-label={} or .//*[{}])",
                is(text),
                quoted(text),
                is(text)
            )
        };
        match *self {
            Self::Button(name) => format!(".//button[{}]", named(name)),
            Self::Link(name) => format!(".//a[@href][{}]", named(name)),
            Self::LinkWith(part) => format!(
                ".//a[@href][contains(normalize-space(.), {})]",
                quoted(part)
            ),
            Self::Field(label) => {
                let label = quoted(label);
                let is_label =
                    format!("normalize-space(.)={label} or normalize-space(text()[1])={label}");
                // A file control is named by several elements together.
                let parts = format!(
                    "contains(concat(' ', @aria-labelledby, ' '), concat(' ', //*[{is_label}]/@id, ' '))"
                );
                let control = "self::input or self::textarea or self::select";
                format!(
                    ".//*[{control}][@id=//label[{is_label}]/@for or @aria-label={label} or (@aria-labelledby and {parts})]"
                )
            }
            Self::Choice(question, answer) => {
                format!(
                    ".//fieldset[legend[{}]]//input[@aria-label={} or ancestor::label[{}]]",
                    is(question),
                    quoted(answer),
                    named(answer)
                )
            }
            Self::Tick(label) => format!(
                ".//input[@type='radio' or @type='checkbox'][@aria-label={} or ancestor::label[{}]]",
                quoted(label),
                named(label)
            ),
            Self::TickWith(part) => format!(
                ".//input[@type='radio' or @type='checkbox'][ancestor::label[contains(normalize-space(.), {})]]",
                quoted(part)
            ),
            Self::Answer(question, answer) => format!(
                ".//*[@role='group'][@aria-labelledby=//*[{}]/@id]//button[{}]",
                is(question),
                named(answer)
            ),
            Self::Heading(text) => format!(".//*[self::h1 or self::h2 or self::h3][{}]", is(text)),
            Self::Fact(term) => format!(".//dt[{}]/following-sibling::dd[1]", is(term)),
            Self::Text(text) => format!(".//*[{}][not(.//*[{}])]", is(text), is(text)),
        }
    }
}

/// A text as XPath writes it; XPath knows no escapes.
fn quoted(text: &str) -> String {
    if !text.contains('\'') {
        return format!("'{text}'");
    }
    let parts: Vec<String> = text.split('\'').map(|part| format!("'{part}'")).collect();
    format!("concat({})", parts.join(", \"'\", "))
}
