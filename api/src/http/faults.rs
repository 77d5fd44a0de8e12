//! Collecting every wrong field of a request before refusing it, so that people correct all at once.

use shared::ticket::text::TextError;

use super::error::{ApiError, Fault, Text};

/// The wrong fields found so far.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Nothing wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a wrong field.
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// The parsed text, or nothing and a note of what is wrong with it.
    pub fn take<T>(&mut self, pointer: &str, parsed: Result<T, TextError>) -> Option<T> {
        parsed
            .map_err(|error| self.add(text_fault(pointer, error)))
            .ok()
    }

    /// Like [`Faults::take`], for a field that may be absent.
    pub fn take_optional<T>(
        &mut self,
        pointer: &str,
        text: Option<&str>,
        parse: impl Fn(&str) -> Result<T, TextError>,
    ) -> Option<T> {
        text.and_then(|text| self.take(pointer, parse(text)))
    }

    /// Whether anything is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The refusal, with everything that is wrong.
    pub fn into_error(self) -> ApiError {
        ApiError::validation(self.0)
    }

    /// Refuses when anything is wrong.
    ///
    /// # Errors
    /// `validation`.
    pub fn check(self) -> Result<(), ApiError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.into_error())
        }
    }
}

/// The fault of a text that could not be taken, in words for the person who wrote it.
pub fn text_fault(pointer: &str, error: TextError) -> Fault {
    let detail = match error {
        TextError::Empty => Text::new("Escriba este dato.", "Fill this in."),
        TextError::TooLong { max } => Text::new(
            format!("Es demasiado largo: el máximo es {max}."),
            format!("It is too long: at most {max}."),
        ),
        TextError::ControlCharacters => Text::new(
            "Quite los saltos de línea y los caracteres de control.",
            "Remove line breaks and control characters.",
        ),
        TextError::NotAnAddress => Text::new(
            "Escriba un correo como ana@example.org.",
            "Write an address such as ana@example.org.",
        ),
        TextError::NonAsciiDomain => Text::new(
            "Escriba la parte después de @ sin tildes ni eñes.",
            "Write the part after @ without accents.",
        ),
        TextError::NotAPhoneNumber => Text::new(
            "Escriba un número de teléfono, como 601 555 0134.",
            "Write a telephone number such as 601 555 0134.",
        ),
        TextError::OutOfRange => Text::new(
            "Elija un número dentro del rango.",
            "Choose a number within the range.",
        ),
    };
    Fault {
        pointer: pointer.to_owned(),
        code: error.code().into(),
        detail,
    }
}

#[cfg(test)]
mod tests {
    use shared::ticket::text::{EmailAddress, Subject};

    use super::*;

    #[test]
    fn all_wrong_fields_are_told_at_once() {
        let mut faults = Faults::new();
        assert!(faults.take("/subject", Subject::parse(" ")).is_none());
        assert!(
            faults
                .take("/email", EmailAddress::parse("ana@example.org"))
                .is_some()
        );
        assert!(
            faults
                .take_optional("/email", Some("ana"), EmailAddress::parse)
                .is_none()
        );
        assert!(
            faults
                .take_optional("/email", None, EmailAddress::parse)
                .is_none()
        );
        let error = faults.check().unwrap_err();
        let found: Vec<_> = error
            .faults()
            .iter()
            .map(|fault| (fault.pointer.as_str(), fault.code.as_ref()))
            .collect();
        assert_eq!(
            found,
            [("/subject", "required"), ("/email", "not_an_address")]
        );
    }
}
