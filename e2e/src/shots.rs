//! Looking at a page in all its faces: pictures for desktop and phone, axe-core by day and by night, and nothing that
//! sticks out on the narrowest screen, nor on the widest.

use std::cell::RefCell;

use serde_json::{Value, json};

use crate::browser::{Browser, DESKTOP, NARROW, PHONE, Size, WIDE};
use crate::output;

/// What sticks out to the right of the window, also where a box cuts it off; and boxes that scroll sideways without saying so
/// (a box that is meant to can be reached with Tab).
const STICKS_OUT: &str = r#"
const style = node => getComputedStyle(node);
const scrolls = node => ['auto', 'scroll'].includes(style(node).overflowX);
const held = node => {
    for (let one = node.parentElement; one; one = one.parentElement) {
        if (scrolls(one) || (style(one).overflowX !== 'visible' && style(one).textOverflow === 'ellipsis')) return true;
    }
    return false;
};
const all = [...document.body.querySelectorAll('*')].filter(node => node.checkVisibility());
const boxes = all.filter(node => node.tagName !== 'TEXTAREA' && !node.hasAttribute('tabindex') && scrolls(node) && node.scrollWidth > node.clientWidth + 1);
const wide = document.documentElement.scrollWidth > innerWidth;
// What is hidden takes its room all the same, but where a box cuts it off, nobody misses it.
const matters = node => wide || style(node).visibility === 'visible';
const out = all.filter(node => node.getBoundingClientRect().right > innerWidth + 0.5 && matters(node) && !held(node));
return boxes.concat(out.slice(0, 5)).map(node => node.outerHTML.slice(0, 160));
"#;

/// Looks at pages and remembers what is wrong, so that one run tells everything.
pub struct Inspector<'a> {
    browser: &'a Browser,
    part: &'static str,
    faults: RefCell<Vec<String>>,
    seen: RefCell<u32>,
}

impl<'a> Inspector<'a> {
    /// For the pages of one part of the product.
    pub fn new(browser: &'a Browser, part: &'static str) -> Self {
        Self {
            browser,
            part,
            faults: RefCell::default(),
            seen: RefCell::default(),
        }
    }

    /// Looks at the page as it stands.
    pub async fn look(&self, name: &str) {
        let browser = self.browser;
        let number = {
            let mut seen = self.seen.borrow_mut();
            *seen += 1;
            *seen
        };
        let file = |face: &str| format!("{}-{number:02}-{name}-{face}.png", self.part);
        browser.resize(DESKTOP).await;
        // A sentence whose word for a ticket was forgotten.
        let text = browser.text().await;
        if let Some(line) = text.lines().find(|line| line.contains('{')) {
            let fault = format!("{name}: a place that was not filled in: {line}");
            self.faults.borrow_mut().push(fault);
        }
        self.axe(name, "light").await;
        self.picture(&file("desktop"), DESKTOP).await;
        browser.prefer_dark(true).await;
        self.axe(name, "dark").await;
        self.picture(&file("desktop-dark"), DESKTOP).await;
        browser.prefer_dark(false).await;
        browser.resize(PHONE).await;
        self.axe(name, "phone").await;
        self.picture(&file("phone"), PHONE).await;
        for size in [NARROW, WIDE] {
            self.fits(name, size).await;
        }
        browser.resize(DESKTOP).await;
    }

    /// Looks at a page that others draw, in their colours: axe-core by day, nothing else.
    pub async fn look_by_day(&self, name: &str) {
        *self.seen.borrow_mut() += 1;
        self.browser.resize(DESKTOP).await;
        self.browser.prefer_dark(false).await;
        self.axe(name, "light").await;
    }

    async fn fits(&self, name: &str, size: Size) {
        self.browser.resize(size).await;
        let out = self.browser.script(STICKS_OUT, vec![]).await;
        let out: Vec<&str> = out
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if !out.is_empty() {
            self.faults.borrow_mut().push(format!(
                "{name}: wider than the screen of {}: {}",
                size.width,
                out.join("\n      ")
            ));
        }
    }

    /// Fails if anything was wrong, with all of it.
    pub fn finish(self) {
        let faults = self.faults.into_inner();
        println!("{}: {} pages looked at", self.part, self.seen.into_inner());
        assert!(
            faults.is_empty(),
            "{} faults:\n{}",
            faults.len(),
            faults.join("\n\n")
        );
    }

    async fn axe(&self, name: &str, face: &str) {
        let found = self.browser.violations().await;
        self.faults.borrow_mut().extend(
            found
                .into_iter()
                .map(|one| format!("{name} ({face}): {one}")),
        );
    }

    /// The whole page at this width, at most three windows long.
    async fn picture(&self, file: &str, size: Size) {
        let height = self
            .browser
            .script("return document.documentElement.scrollHeight;", vec![])
            .await
            .as_u64()
            .unwrap_or_default();
        let height = height.clamp(u64::from(size.height), u64::from(size.height) * 3);
        let clip = json!({ "x": 0, "y": 0, "width": size.width, "height": height, "scale": 1 });
        let parameters = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let answer = self
            .browser
            .devtools("Page.captureScreenshot", parameters)
            .await;
        let picture = crate::mail::from_base64(answer["data"].as_str().unwrap_or_default());
        std::fs::write(output("screenshots").join(file), picture)
            .expect("the output folder can be written");
    }
}
