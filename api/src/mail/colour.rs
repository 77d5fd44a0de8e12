//! The desk's accent colour, made readable on both grounds.

/// The product's own accent (`--accent-seed` of the web client).
const DEFAULT: Colour = Colour {
    red: 0x0b,
    green: 0x62,
    blue: 0x75,
};
/// WCAG 2.2, 1.4.3: contrast of text.
const READABLE: f64 = 4.5;
const WHITE: Colour = Colour {
    red: 255,
    green: 255,
    blue: 255,
};
/// The card's ground in a dark mail client.
const DARK_GROUND: Colour = Colour {
    red: 0x16,
    green: 0x19,
    blue: 0x1d,
};

/// A colour of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// Two shades of one accent, as `#rrggbb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Accent {
    /// Dark enough for white text on it, and as text on white.
    pub(super) on_light: String,
    /// Light enough as text on the dark card.
    pub(super) on_dark: String,
}

impl Accent {
    /// Shades of a desk's colour; anything but `#rrggbb` gives the product's own.
    pub(super) fn of(colour: Option<&str>) -> Self {
        let seed = colour.and_then(Colour::parse).unwrap_or(DEFAULT);
        let black = Colour {
            red: 0,
            green: 0,
            blue: 0,
        };
        Self {
            on_light: seed.until_readable_on(WHITE, black).hex(),
            on_dark: seed.until_readable_on(DARK_GROUND, WHITE).hex(),
        }
    }
}

impl Colour {
    fn parse(text: &str) -> Option<Self> {
        let hex = text
            .strip_prefix('#')
            .filter(|hex| hex.len() == 6 && hex.chars().all(|c| c.is_ascii_hexdigit()))?;
        let channel = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).ok();
        Some(Self {
            red: channel(0)?,
            green: channel(2)?,
            blue: channel(4)?,
        })
    }

    fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }

    /// Mixes in more and more of `towards` until the contrast with `ground` is enough.
    fn until_readable_on(self, ground: Colour, towards: Colour) -> Colour {
        (0..=20u16)
            .map(|twentieths| self.mixed(towards, twentieths))
            .find(|mix| mix.contrast(ground) >= READABLE)
            .unwrap_or(towards)
    }

    fn mixed(self, other: Colour, twentieths: u16) -> Colour {
        let mix = |a: u8, b: u8| {
            ((u16::from(a) * (20 - twentieths) + u16::from(b) * twentieths) / 20) as u8
        };
        Colour {
            red: mix(self.red, other.red),
            green: mix(self.green, other.green),
            blue: mix(self.blue, other.blue),
        }
    }

    /// WCAG contrast ratio, 1 to 21.
    fn contrast(self, other: Colour) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.03928 {
                share / 12.92
            } else {
                ((share + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accent_is_readable_on_both_grounds() {
        for seed in [
            "#000000", "#ffffff", "#ffff00", "#0b6275", "#7f7f7f", "#00ff88", "#c2185b",
        ] {
            let accent = Accent::of(Some(seed));
            let on_light = Colour::parse(&accent.on_light).unwrap();
            let on_dark = Colour::parse(&accent.on_dark).unwrap();
            assert!(on_light.contrast(WHITE) >= READABLE, "{seed} {accent:?}");
            assert!(
                on_dark.contrast(DARK_GROUND) >= READABLE,
                "{seed} {accent:?}"
            );
        }
    }

    #[test]
    fn what_is_not_a_colour_gives_the_products_own() {
        let own = Accent::of(None);
        for bad in [
            "red",
            "#fff",
            "#12345",
            "#12345g",
            "#0b6275;background:url(x)",
            "#é1234",
        ] {
            assert_eq!(Accent::of(Some(bad)), own, "{bad}");
        }
        assert_eq!(own.on_light, "#0b6275");
    }
}
