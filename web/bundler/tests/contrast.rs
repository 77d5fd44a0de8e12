//! Every pair of ink and ground that the components use meets WCAG 2.2 AA, in both themes and for any accent a desk may choose.

use std::{collections::HashMap, fs, path::Path};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Theme {
    Light,
    Dark,
}

/// Linear red, green and blue, 0 to 1.
type Linear = [f64; 3];

const TEXT: f64 = 4.5;
const SHAPE: f64 = 3.0;

#[test]
fn text_is_readable_on_every_ground_it_stands_on() {
    let grounds = ["ground", "surface", "raised", "sunken", "hover", "field"];
    let mut pairs: Vec<(String, String)> = Vec::new();
    for ground in grounds {
        pairs.push(("ink".into(), ground.into()));
        pairs.push(("muted".into(), ground.into()));
    }
    for meaning in [
        "new", "active", "waiting", "solved", "closed", "danger", "note",
    ] {
        for ground in ["surface", "ground", "raised"] {
            pairs.push((format!("{meaning}-ink"), ground.into()));
        }
        pairs.push((format!("{meaning}-ink"), format!("{meaning}-tint")));
        pairs.push(("ink".into(), format!("{meaning}-tint")));
        pairs.push(("muted".into(), format!("{meaning}-tint")));
    }
    let tokens = Tokens::load();
    for theme in [Theme::Light, Theme::Dark] {
        for (ink, ground) in &pairs {
            tokens.check(ink, ground, theme, None, TEXT);
        }
        for fill in ["danger-fill", "danger-fill-hover", "note-fill"] {
            tokens.check("on-accent", fill, theme, None, TEXT);
        }
    }
}

#[test]
fn borders_of_controls_and_the_focus_ring_stand_out() {
    let tokens = Tokens::load();
    for theme in [Theme::Light, Theme::Dark] {
        for ground in ["surface", "ground", "field", "raised"] {
            for shape in ["line-strong", "focus", "danger-ink", "danger-edge"] {
                tokens.check(shape, ground, theme, None, SHAPE);
            }
        }
        tokens.check("star", "surface", theme, None, SHAPE);
        tokens.check("note-line", "note-tint", theme, None, SHAPE);
    }
}

#[test]
fn any_colour_of_a_desk_stays_readable() {
    let (tokens, plain) = (Tokens::load(), Tokens::plain());
    let mut seeds = vec![
        "#ffffff".to_owned(),
        "#000000".to_owned(),
        "#0b6275".to_owned(),
    ];
    for step in 0..24 {
        for (saturation, lightness) in [(1.0, 0.5), (0.6, 0.3), (0.9, 0.75), (0.35, 0.55)] {
            seeds.push(hsl(f64::from(step) * 15.0, saturation, lightness));
        }
    }
    for seed in seeds {
        for (tokens, theme) in [
            (&tokens, Theme::Light),
            (&tokens, Theme::Dark),
            (&plain, Theme::Light),
        ] {
            let seed = Some(seed.as_str());
            for ground in ["surface", "ground", "raised", "accent-tint"] {
                tokens.check("accent", ground, theme, seed, TEXT);
            }
            for ink in ["ink", "muted"] {
                tokens.check(ink, "accent-tint", theme, seed, TEXT);
            }
            tokens.check("on-accent", "accent-fill", theme, seed, TEXT);
            tokens.check("on-accent", "accent-fill-hover", theme, seed, TEXT);
        }
    }
}

#[test]
fn old_browsers_see_the_light_theme() {
    let (tokens, plain) = (Tokens::load(), Tokens::plain());
    for (name, value) in &tokens.0 {
        let Some(plain_value) = plain.0.get(name) else {
            assert_eq!(name, "accent-seed", "--{name} has no plain value");
            continue;
        };
        let light = light(value);
        if light.starts_with("oklch(") {
            assert_eq!(
                plain.colour(name, Theme::Light, None).map(byte),
                tokens.colour(name, Theme::Light, None).map(byte),
                "--{name}: {plain_value}"
            );
        } else {
            assert_eq!(*plain_value, light, "--{name}");
        }
    }
}

/// The custom properties of tokens.css by name, unevaluated.
struct Tokens(HashMap<String, String>);

impl Tokens {
    /// What a browser of today sees.
    fn load() -> Tokens {
        Tokens::read("light-dark(")
    }

    /// What one sees that knows neither `light-dark()` nor relative colours.
    fn plain() -> Tokens {
        Tokens::read("color-mix(")
    }

    /// The values outside of `@supports`, and those inside of the one that asks for `known`.
    fn read(known: &str) -> Tokens {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../style/tokens.css");
        let css = fs::read_to_string(path).expect("tokens.css is readable");
        let mut values = HashMap::new();
        let mut blocks: Vec<&str> = Vec::new();
        for line in css.lines().map(str::trim) {
            if let Some(head) = line.strip_suffix('{') {
                blocks.push(head);
                continue;
            }
            if line == "}" {
                blocks.pop();
                continue;
            }
            let counts = blocks.iter().all(|head| {
                !head.starts_with("@media")
                    && (!head.starts_with("@supports") || head.contains(known))
            });
            if let Some((name, value)) = line
                .strip_prefix("--")
                .and_then(|line| line.split_once(": "))
                .filter(|_| counts)
            {
                values.insert(name.to_owned(), value.trim_end_matches(';').to_owned());
            }
        }
        Tokens(values)
    }

    fn check(&self, ink: &str, ground: &str, theme: Theme, seed: Option<&str>, least: f64) {
        let ratio = contrast(
            self.colour(ink, theme, seed),
            self.colour(ground, theme, seed),
        );
        assert!(
            ratio >= least,
            "--{ink} on --{ground} has {ratio:.2}:1 in {theme:?}, needs {least}:1 (accent {seed:?})"
        );
    }

    fn colour(&self, name: &str, theme: Theme, seed: Option<&str>) -> Linear {
        let value = self
            .0
            .get(name)
            .unwrap_or_else(|| panic!("--{name} is a token"));
        self.evaluate(value, theme, seed)
    }

    fn evaluate(&self, value: &str, theme: Theme, seed: Option<&str>) -> Linear {
        let value = value.trim();
        if let Some(inside) = call(value, "light-dark") {
            let both = arguments(inside);
            let chosen = if theme == Theme::Light {
                both[0]
            } else {
                both[1]
            };
            return self.evaluate(chosen, theme, seed);
        }
        if let Some(inside) = call(value, "oklch") {
            let mut parts = words(inside).into_iter();
            assert_eq!(parts.next(), Some("from"));
            let origin = parts.next().expect("a colour after `from`");
            let [l, c, h] = to_oklch(self.evaluate(origin, theme, seed));
            let mut channel = || number(parts.next().expect("three channels"), l, c, h);
            return from_oklch([channel(), channel(), channel()]);
        }
        if let Some(inside) = call(value, "color-mix") {
            let parts = arguments(inside);
            assert_eq!(
                (parts[0], parts[2]),
                ("in srgb", "#000000"),
                "only black is mixed in"
            );
            let (colour, share) = parts[1].rsplit_once(' ').expect("a colour and its share");
            let share: f64 = share.trim_end_matches('%').parse().expect("a percentage");
            return self
                .evaluate(colour, theme, seed)
                .map(|channel| linear(encoded(channel) * share / 100.0));
        }
        if let Some(inside) = call(value, "var") {
            let parts = arguments(inside);
            let name = parts[0].trim_start_matches("--");
            return match (name, seed) {
                ("desk-accent" | "desk-accent-dark", Some(seed)) => hex(seed),
                ("desk-accent" | "desk-accent-dark" | "desk-dark", None) => {
                    self.evaluate(parts[1], theme, seed)
                }
                _ => self.colour(name, theme, seed),
            };
        }
        hex(value)
    }
}

/// The inside of `name(...)`.
fn call<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    value
        .strip_prefix(name)?
        .strip_prefix('(')?
        .strip_suffix(')')
}

/// A value with the light one of each of its pairs.
fn light(value: &str) -> String {
    let Some((before, pair)) = value.split_once("light-dark(") else {
        return value.to_owned();
    };
    let mut depth = 1;
    let end = pair
        .find(|letter| {
            depth += match letter {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        })
        .expect("the pair ends");
    let (pair, after) = pair.split_at(end);
    format!("{before}{}{}", arguments(pair)[0], light(&after[1..]))
}

/// Splits at commas outside parentheses.
fn arguments(list: &str) -> Vec<&str> {
    split(list, ',')
}

/// Splits at spaces outside parentheses.
fn words(list: &str) -> Vec<&str> {
    split(list, ' ')
}

fn split(list: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, letter) in list.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if letter == separator && depth == 0 => {
                parts.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(list[start..].trim());
    parts
}

/// A channel of a relative colour: `l`, `c`, `h`, a number, `min()`, `clamp()`, or `calc(a - b)`.
fn number(text: &str, l: f64, c: f64, h: f64) -> f64 {
    let value = |text: &str| number(text, l, c, h);
    if let Some(inside) = call(text, "min") {
        return arguments(inside)
            .into_iter()
            .map(value)
            .fold(f64::INFINITY, f64::min);
    }
    if let Some(inside) = call(text, "clamp") {
        let parts: Vec<f64> = arguments(inside).into_iter().map(value).collect();
        return parts[1].clamp(parts[0], parts[2]);
    }
    if let Some(inside) = call(text, "calc") {
        let parts = words(inside);
        assert_eq!(parts[1], "-", "only subtraction is used: {text}");
        return value(parts[0]) - value(parts[2]);
    }
    match text {
        "l" => l,
        "c" => c,
        "h" => h,
        digits => digits
            .parse()
            .unwrap_or_else(|_| panic!("a number: {digits}")),
    }
}

fn hex(text: &str) -> Linear {
    let digits = text
        .strip_prefix('#')
        .unwrap_or_else(|| panic!("a colour: {text}"));
    [0, 2, 4].map(|at| {
        let byte = u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits");
        linear(f64::from(byte) / 255.0)
    })
}

fn linear(channel: f64) -> f64 {
    if channel <= 0.040_45 {
        channel / 12.92
    } else {
        ((channel + 0.055) / 1.055).powf(2.4)
    }
}

/// The inverse of `linear`.
fn encoded(channel: f64) -> f64 {
    if channel <= 0.003_130_8 {
        channel * 12.92
    } else {
        1.055 * channel.powf(1.0 / 2.4) - 0.055
    }
}

fn byte(channel: f64) -> u8 {
    (encoded(channel) * 255.0).round() as u8
}

fn hsl(hue: f64, saturation: f64, lightness: f64) -> String {
    let channel = |n: f64| {
        let k = (n + hue / 30.0) % 12.0;
        let a = saturation * f64::min(lightness, 1.0 - lightness);
        let value = lightness - a * f64::min(k - 3.0, 9.0 - k).clamp(-1.0, 1.0);
        (value * 255.0).round()
    };
    format!(
        "#{:02x}{:02x}{:02x}",
        channel(0.0) as u8,
        channel(8.0) as u8,
        channel(4.0) as u8
    )
}

fn luminance(colour: Linear) -> f64 {
    0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]
}

fn contrast(one: Linear, other: Linear) -> f64 {
    let (a, b) = (luminance(one) + 0.05, luminance(other) + 0.05);
    a.max(b) / a.min(b)
}

// Oklab as published by Björn Ottosson (2020); CSS Color 4 uses the same matrices.

fn to_oklch([r, g, b]: Linear) -> [f64; 3] {
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    let lightness = 0.210_454_255_3 * l + 0.793_617_785 * m - 0.004_072_046_8 * s;
    let a = 1.977_998_495_1 * l - 2.428_592_205 * m + 0.450_593_709_9 * s;
    let b = 0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766 * s;
    [lightness, a.hypot(b), b.atan2(a)]
}

/// Colours outside sRGB are clipped, as browsers do.
fn from_oklch([lightness, chroma, hue]: [f64; 3]) -> Linear {
    let (a, b) = (chroma * hue.cos(), chroma * hue.sin());
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s,
    ]
    .map(|channel| channel.clamp(0.0, 1.0))
}
