//! Folding of text for search: lower case, without the accents of Spanish and its neighbours.

/// The form in which text is compared: `Ñandú ÁGIL` and `nandu agil` fold alike.
pub fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .filter_map(|c| match c {
            'á' | 'à' | 'ä' | 'â' | 'ã' | 'å' => Some('a'),
            'é' | 'è' | 'ë' | 'ê' => Some('e'),
            'í' | 'ì' | 'ï' | 'î' => Some('i'),
            'ó' | 'ò' | 'ö' | 'ô' | 'õ' => Some('o'),
            'ú' | 'ù' | 'ü' | 'û' => Some('u'),
            'ñ' => Some('n'),
            'ç' => Some('c'),
            // Combining accents, of text that came decomposed.
            '\u{0300}'..='\u{036f}' => None,
            other => Some(other),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn accents_and_case_do_not_matter() {
        assert_eq!(fold("Ñandú ÁGIL"), "nandu agil");
        assert_eq!(fold("Configuracio\u{0301}n"), "configuracion");
        assert_eq!(fold("HP-2035"), "hp-2035");
    }
}
