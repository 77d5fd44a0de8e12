//! A window of Chromium with a profile of its own, led like a person leads it.
//!
//! Every method waits until it can do what it says and fails with what stood there instead. An open dialog is all there
//! is, as for the person in front of it.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fantoccini::actions::{InputSource, KeyAction, KeyActions, MouseActions, PointerAction};
use fantoccini::elements::{Element, ElementRef};
use fantoccini::wd::TimeoutConfiguration;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::seek::Target;
use crate::server::free_port;
use crate::{PATIENCE, until};

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The size of a window in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// A desk.
pub const DESKTOP: Size = Size {
    width: 1440,
    height: 900,
};
/// A phone of today.
pub const PHONE: Size = Size {
    width: 390,
    height: 844,
};
/// The narrowest screen that is served.
pub const NARROW: Size = Size {
    width: 360,
    height: 740,
};
/// The widest screen that is served.
pub const WIDE: Size = Size {
    width: 1920,
    height: 1080,
};

/// ChromeDriver, which starts browsers; it ends when it is dropped, and its browsers with it.
pub struct Driver {
    url: String,
    child: Child,
    folder: PathBuf,
    profiles: Cell<u32>,
}

impl Driver {
    /// Starts it on a free port; profiles go below `folder`.
    pub async fn start(folder: &Path) -> Self {
        let port = free_port();
        let log = std::fs::File::create(folder.join("chromedriver.log"))
            .expect("the story's folder can be written");
        let child = Command::new("chromedriver")
            .args([format!("--port={port}"), "--log-level=WARNING".to_owned()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("chromedriver does not start ({error}); `.ci/setup test` installs it")
            });
        let driver = Self {
            url: format!("http://127.0.0.1:{port}"),
            child,
            folder: folder.to_owned(),
            profiles: Cell::new(0),
        };
        let client = reqwest::Client::new();
        let status = format!("{}/status", driver.url);
        until("chromedriver", async || {
            client
                .get(&status)
                .send()
                .await
                .map_err(|error| error.to_string())
        })
        .await;
        driver
    }

    /// Opens a browser that has never been anywhere. `who` names it in reports.
    pub async fn browser(&self, who: &'static str, base: &str) -> Browser {
        let number = self.profiles.get() + 1;
        self.profiles.set(number);
        let profile = self.folder.join(format!("profile-{number}"));
        let mut options = json!({
            "args": [
                format!("--user-data-dir={}", profile.display()),
                format!("--window-size={},{}", DESKTOP.width, DESKTOP.height),
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
                "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
                "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
                "--disable-backgrounding-occluded-windows", "--force-prefers-reduced-motion",
                "--hide-scrollbars", "--lang=es-CO", "--accept-lang=es-CO,es",
            ],
        });
        if Path::new("/usr/bin/chromium").exists() {
            options["binary"] = json!("/usr/bin/chromium");
        }
        let capabilities =
            json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
        let Value::Object(capabilities) = capabilities else {
            unreachable!("an object was just written")
        };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder
            .capabilities(capabilities)
            .connect(&self.url)
            .await
            .unwrap_or_else(|error| panic!("no browser: {error}"));
        let limits = TimeoutConfiguration::new(Some(PATIENCE * 2), Some(PATIENCE * 2), None);
        client
            .update_timeouts(limits)
            .await
            .expect("limits can be set");
        let session = client
            .session_id()
            .await
            .ok()
            .flatten()
            .expect("a session has an id");
        let session = format!("{}/session/{session}", self.url);
        let browser = Browser {
            who,
            base: base.to_owned(),
            client,
            session,
            http: reqwest::Client::new(),
        };
        browser.resize(DESKTOP).await;
        browser
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Asked politely it closes its browsers first.
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let give_up = std::time::Instant::now() + PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) {
            if std::time::Instant::now() > give_up {
                let _ = self.child.kill();
            }
            std::thread::yield_now();
        }
    }
}

/// One window.
#[derive(Clone)]
pub struct Browser {
    /// Whose it is, in reports.
    pub who: &'static str,
    client: Client,
    base: String,
    session: String,
    http: reqwest::Client,
}

/// Finds the first visible thing; an open dialog hides the page under it.
const FIND: &str = r#"
const root = [...document.querySelectorAll('dialog[open]')].pop() || document;
const found = document.evaluate(arguments[0], root, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
for (let place = 0; place < found.snapshotLength; place++) {
    const node = found.snapshotItem(place);
    if (node.checkVisibility({ visibilityProperty: true })) return node;
}
return null;
"#;

/// What a person reads, with each run of blanks as one.
const READ: &str = r#"
const root = [...document.querySelectorAll('dialog[open]')].pop() || document.body;
const toasts = root === document.body ? '' : [...document.querySelectorAll('.toasts')].map(one => one.innerText).join('\n');
return root.innerText + '\n' + toasts;
"#;

impl Browser {
    /// Opens an address, or a path of the server.
    pub async fn open(&self, address: &str) {
        let address = if address.starts_with('/') {
            [&self.base, address].concat()
        } else {
            address.to_owned()
        };
        self.client
            .goto(&address)
            .await
            .unwrap_or_else(|error| panic!("{}: {address} does not open: {error}", self.who));
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.client
            .refresh()
            .await
            .expect("a page can be loaded again");
    }

    /// Goes back to the page before.
    pub async fn back(&self) {
        self.client.back().await.expect("there is a page before");
    }

    /// The path of the page, with its query.
    pub async fn path(&self) -> String {
        let path = self
            .script("return location.pathname + location.search;", vec![])
            .await;
        path.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the path begins like this, and gives the whole.
    pub async fn at(&self, begin: &str) -> String {
        let what = format!("{}: the page {begin}", self.who);
        until(&what, async || {
            let path = self.path().await;
            if path.starts_with(begin) {
                Ok(path)
            } else {
                Err(format!("it is at {path}"))
            }
        })
        .await
    }

    /// Waits for a thing to be there.
    pub async fn find(&self, target: Target<'_>) -> Element {
        let what = format!("{}: {target}", self.who);
        until(&what, async || match self.glimpse(target).await {
            Some(element) => Ok(element),
            None => Err(self.overview().await),
        })
        .await
    }

    /// Whether a thing is there now.
    pub async fn has(&self, target: Target<'_>) -> bool {
        self.glimpse(target).await.is_some()
    }

    /// Waits until a thing is gone.
    pub async fn gone(&self, target: Target<'_>) {
        let what = format!("{}: {target} to go", self.who);
        until(&what, async || {
            if self.has(target).await {
                Err("it is still there".to_owned())
            } else {
                Ok(())
            }
        })
        .await;
    }

    /// Waits until the page says this somewhere; capitals and line breaks do not matter.
    pub async fn see(&self, text: &str) {
        let what = format!("{}: the words {text:?}", self.who);
        let wanted = even(text);
        until(&what, async || {
            if even(&self.text().await).contains(&wanted) {
                Ok(())
            } else {
                Err(self.overview().await)
            }
        })
        .await;
    }

    /// Waits for each of these texts.
    pub async fn see_all(&self, texts: &[&str]) {
        for text in texts {
            self.see(text).await;
        }
    }

    /// Waits until the page says this so many times.
    pub async fn see_times(&self, text: &str, times: usize) {
        let what = format!("{}: the words {text:?}, {times} times", self.who);
        let wanted = even(text);
        until(&what, async || {
            match even(&self.text().await).matches(&wanted).count() {
                found if found == times => Ok(()),
                found => Err(format!("{found} times {}", self.overview().await)),
            }
        })
        .await;
    }

    /// Fails when the page says this anywhere now, seen or hidden.
    pub async fn never(&self, text: &str) {
        let all = self
            .script("return document.documentElement.textContent;", vec![])
            .await;
        let all = even(all.as_str().unwrap_or_default());
        assert!(
            !all.contains(&even(text)),
            "{}: {text:?} stands on {}",
            self.who,
            self.path().await
        );
    }

    /// Waits until this stands anywhere on the page, also under an open window.
    pub async fn holds_somewhere(&self, text: &str) {
        let what = format!("{}: {text:?} anywhere on the page", self.who);
        until(&what, async || {
            let all = self
                .script("return document.documentElement.textContent;", vec![])
                .await;
            if even(all.as_str().unwrap_or_default()).contains(&even(text)) {
                Ok(())
            } else {
                Err(self.overview().await)
            }
        })
        .await;
    }

    /// What the page says now.
    pub async fn text(&self) -> String {
        self.script(READ, vec![])
            .await
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The line that follows a line.
    pub async fn line_after(&self, line: &str) -> String {
        let what = format!("{}: a line after {line:?}", self.who);
        until(&what, async || {
            let text = self.text().await;
            let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let found = lines
                .find(|one| even(one) == even(line))
                .and_then(|_| lines.next())
                .map(str::to_owned);
            match found {
                Some(next) => Ok(next),
                None => Err(self.overview().await),
            }
        })
        .await
    }

    /// Clicks.
    pub async fn click(&self, target: Target<'_>) {
        self.act(target, "click", async |element| element.click().await)
            .await;
    }

    /// Clicks twice, as fast as an impatient hand.
    pub async fn double_click(&self, target: Target<'_>) {
        let element = self.find(target).await;
        self.of(
            &element,
            "arguments[0].scrollIntoView({ block: 'center' });",
        )
        .await;
        let (down, up) = (
            PointerAction::Down { button: 0 },
            PointerAction::Up { button: 0 },
        );
        let hand = MouseActions::new("hand".to_owned())
            .then(PointerAction::MoveToElement {
                element,
                duration: None,
                x: 0.0,
                y: 0.0,
            })
            .then(down.clone())
            .then(up.clone())
            .then(down)
            .then(up);
        self.client
            .perform_actions(hand)
            .await
            .unwrap_or_else(|error| {
                panic!("{}: {target} cannot be clicked twice: {error}", self.who)
            });
    }

    /// Puts a text into a field in place of what is there.
    pub async fn fill(&self, label: &str, text: &str) {
        self.act(Target::Field(label), "filled", async |field| {
            // Ctrl+A, let go, Delete.
            field.send_keys("\u{E009}a\u{E000}\u{E017}").await?;
            field.send_keys(text).await
        })
        .await;
    }

    /// What stands in a field.
    pub async fn value(&self, label: &str) -> String {
        let field = self.find(Target::Field(label)).await;
        self.of(&field, "return arguments[0].value;")
            .await
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Waits until this stands in a field.
    pub async fn holds(&self, label: &str, text: &str) {
        let what = format!("{}: {text:?} in {label:?}", self.who);
        until(&what, async || {
            let value = self.value(label).await;
            if value == text {
                Ok(())
            } else {
                Err(format!("there is {value:?}"))
            }
        })
        .await;
    }

    /// Chooses a day in a field for days.
    pub async fn set_day(&self, label: &str, day: chrono::NaiveDate) {
        let field = self.find(Target::Field(label)).await;
        let set = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', { bubbles: true }));";
        let element = json!({ ELEMENT: field.element_id().to_string() });
        self.script(set, vec![element, json!(day.to_string())])
            .await;
        self.holds(label, &day.to_string()).await;
    }

    /// Chooses an option of a list: the first that begins so.
    pub async fn select(&self, label: &str, option: &str) {
        let xpath = format!(".//option[starts-with(normalize-space(.), '{option}')]");
        self.act(Target::Field(label), option, async |list| {
            list.find(fantoccini::Locator::XPath(&xpath))
                .await?
                .click()
                .await
        })
        .await;
    }

    /// The option that is chosen in a list.
    pub async fn selected(&self, label: &str) -> String {
        let list = self.find(Target::Field(label)).await;
        self.of(&list, "return arguments[0].selectedOptions[0].text;")
            .await
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Chooses an answer to a question of radio buttons.
    pub async fn choose(&self, question: &str, answer: &str) {
        self.tick(Target::Choice(question, answer)).await;
    }

    /// Chooses a radio button, or ticks a box.
    pub async fn tick(&self, target: Target<'_>) {
        let what = format!("{}: {target} to be chosen", self.who);
        until(&what, async || {
            let Some(input) = self.glimpse(target).await else {
                return Err(self.overview().await);
            };
            if self.is_chosen(&input).await {
                return Ok(());
            }
            input.click().await.map_err(|error| error.to_string())?;
            if self.is_chosen(&input).await {
                Ok(())
            } else {
                Err("a click did not choose it".to_owned())
            }
        })
        .await;
    }

    /// Whether a radio button is chosen, or a box ticked.
    pub async fn is_ticked(&self, target: Target<'_>) -> bool {
        let input = self.find(target).await;
        self.is_chosen(&input).await
    }

    async fn is_chosen(&self, input: &Element) -> bool {
        self.of(input, "return arguments[0].checked;").await == json!(true)
    }

    /// Gives files to a file field.
    pub async fn attach(&self, label: &str, files: &[&Path]) {
        let paths: Vec<String> = files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        self.act(Target::Field(label), "given files", async |field| {
            field.send_keys(&paths.join("\n")).await
        })
        .await;
    }

    /// Types on the keyboard, wherever the focus is.
    pub async fn press(&self, keys: &str) {
        let mut keyboard = KeyActions::new("keyboard".to_owned());
        for value in keys.chars() {
            keyboard = keyboard
                .then(KeyAction::Down { value })
                .then(KeyAction::Up { value });
        }
        self.client
            .perform_actions(keyboard)
            .await
            .unwrap_or_else(|error| panic!("{}: {keys:?} cannot be typed: {error}", self.who));
    }

    /// What a screen reader calls the thing that has the focus.
    pub async fn focus(&self) -> String {
        let Ok(active) = self.client.active_element().await else {
            return String::new();
        };
        let address = format!(
            "{}/element/{}/computedlabel",
            self.session,
            active.element_id().as_ref()
        );
        let answer =
            self.http.get(address).send().await.unwrap_or_else(|error| {
                panic!("{}: chromedriver does not answer: {error}", self.who)
            });
        let answer: Value = answer.json().await.expect("chromedriver speaks JSON");
        answer["value"]
            .as_str()
            .unwrap_or_default()
            .trim()
            .to_owned()
    }

    /// Waits until this has the focus.
    pub async fn focused(&self, name: &str) {
        let what = format!("{}: the focus on {name:?}", self.who);
        until(&what, async || {
            let focus = self.focus().await;
            if even(&focus).starts_with(&even(name)) {
                Ok(())
            } else {
                Err(format!("it is on {focus:?}"))
            }
        })
        .await;
    }

    /// Presses Tab until this has the focus, and gives the stops on the way.
    ///
    /// # Panics
    /// When it never gets there.
    pub async fn tab_to(&self, name: &str) -> Vec<String> {
        let mut stops = Vec::new();
        while stops.len() < 120 {
            self.press("\u{E004}").await;
            let stop = self.focus().await;
            if even(&stop).starts_with(&even(name)) {
                return stops;
            }
            stops.push(stop);
        }
        panic!("{}: Tab never reaches {name:?}: {stops:?}", self.who);
    }

    /// Makes the window as large as this.
    pub async fn resize(&self, size: Size) {
        let metrics = json!({ "width": size.width, "height": size.height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        // The window has its new size before everything in it is laid out anew, which the second frame shows.
        let laid_out = "const width = arguments[0]; \
             return new Promise(done => { \
                 const look = () => requestAnimationFrame(() => innerWidth === width ? requestAnimationFrame(() => done(true)) : look()); \
                 look(); \
             });";
        self.script(laid_out, vec![json!(size.width)]).await;
    }

    /// Makes the device prefer a dark ground, or a light one.
    pub async fn prefer_dark(&self, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// Keeps the page from reaching these addresses, in which `*` stands for anything, until others are named; naming none
    /// gives all of them back.
    pub async fn cut_off(&self, addresses: &[&str]) {
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.setBlockedURLs", json!({ "urls": addresses }))
            .await;
    }

    /// Makes every answer from now on take this much longer.
    pub async fn slow_down(&self, milliseconds: u32) {
        let conditions = json!({ "offline": false, "latency": milliseconds, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.emulateNetworkConditions", conditions)
            .await;
    }

    /// Comes back to the window from another one; then a page asks for news at once.
    pub async fn come_back(&self) {
        self.script("window.dispatchEvent(new Event('focus'));", vec![])
            .await;
    }

    /// Asks the browser's own tools.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.ask(
            "goog/cdp/execute",
            &json!({ "cmd": command, "params": parameters }),
        )
        .await
    }

    /// Runs a script and gives what it returns.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client
            .execute(script, arguments)
            .await
            .unwrap_or_else(|error| panic!("{}: a script failed: {error}", self.who))
    }

    /// Draws the page's frames late, as a busy machine does; with zero as fast as the browser can.
    pub async fn late_frames(&self, milliseconds: u32) {
        let script = "const drawn = window.frameOfBrowser ??= window.requestAnimationFrame.bind(window); window.requestAnimationFrame = arguments[0] === 0 ? drawn : react => setTimeout(() => drawn(react), arguments[0]);";
        self.script(script, vec![json!(milliseconds)]).await;
    }

    /// Waits until every frame has been drawn that the page asked for before, if frames are as late as they were then.
    pub async fn frames_pass(&self) {
        self.script_later("requestAnimationFrame(() => arguments[0]());", vec![])
            .await;
    }

    /// Runs a script that answers by its last argument.
    pub async fn script_later(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client
            .execute_async(script, arguments)
            .await
            .unwrap_or_else(|error| panic!("{}: a script failed: {error}", self.who))
    }

    /// Fails on errors in the browser's console: scripts, blocked content, missing files, failures of the server.
    /// Refusals of the API (4xx) are the story's business and no errors of the page; nor is the icon that the browser looks
    /// for by itself where a page names none.
    pub async fn check_console(&self) {
        let lines = self.console().await;
        let of_the_story = |line: &str| {
            // What the API refuses, and what a story keeps away from the page.
            line.contains("/api/v1/")
                && (line.contains("status of 4") || line.contains("net::ERR_BLOCKED_BY_CLIENT"))
        };
        let is_error = |line: &&String| {
            line.starts_with("SEVERE") && !of_the_story(line) && !line.contains("/favicon.ico")
        };
        let errors: Vec<&String> = lines.iter().filter(is_error).collect();
        assert!(
            errors.is_empty(),
            "{}: the browser's console has errors: {errors:#?}",
            self.who
        );
    }

    /// How things stand, for the report of a failure: address, text, console; and a picture in `picture`.
    pub async fn report(&self, picture: &Path) -> String {
        if let Ok(bytes) = self.client.screenshot().await {
            // Without a picture the words must do.
            let _ = std::fs::write(picture, bytes);
        }
        let console = self.console().await.join("\n");
        let address = self
            .client
            .current_url()
            .await
            .map(|url| url.to_string())
            .unwrap_or_default();
        format!(
            "-- {} at {address}\n{}\n-- console\n{console}",
            self.who,
            self.text().await
        )
    }

    /// Closes the window.
    pub async fn close(self) {
        // The driver closes what is left when it ends.
        let _ = self.client.close().await;
    }

    async fn console(&self) -> Vec<String> {
        let lines = self.ask("se/log", &json!({ "type": "browser" })).await;
        let line = |line: &Value| {
            [
                line["level"].as_str().unwrap_or_default(),
                " ",
                line["message"].as_str().unwrap_or_default(),
            ]
            .concat()
        };
        lines.as_array().into_iter().flatten().map(line).collect()
    }

    async fn ask(&self, path: &str, body: &Value) -> Value {
        let answer = self
            .http
            .post(format!("{}/{path}", self.session))
            .json(body)
            .send()
            .await;
        let answer = answer
            .unwrap_or_else(|error| panic!("{}: chromedriver does not answer: {error}", self.who));
        let mut answer: Value = answer.json().await.expect("chromedriver speaks JSON");
        let value = answer["value"].take();
        assert!(
            value.get("error").is_none(),
            "{}: {path}: {value}",
            self.who
        );
        value
    }

    async fn glimpse(&self, target: Target<'_>) -> Option<Element> {
        // While a page loads there is no document to ask.
        let found = self
            .client
            .execute(FIND, vec![json!(target.xpath())])
            .await
            .ok()?;
        let id = found.get(ELEMENT)?.as_str()?.to_owned();
        Some(Element::from_element_id(
            self.client.clone(),
            ElementRef::from(id),
        ))
    }

    /// Waits until no window is open over the page.
    pub async fn no_window(&self) {
        let what = format!("{}: the window to close", self.who);
        until(&what, async || {
            let open = self
                .script(
                    "return document.querySelector('dialog[open]') !== null;",
                    vec![],
                )
                .await;
            if open == json!(false) {
                Ok(())
            } else {
                Err(self.overview().await)
            }
        })
        .await;
    }

    /// Clicks the first of these that is there; tells what stood there when none ever is.
    pub async fn click_first(&self, targets: &[Target<'_>]) {
        let what = format!("{}: one of {targets:?}", self.who);
        until(&what, async || {
            for target in targets {
                if let Some(element) = self.glimpse(*target).await {
                    let clicked = element.click().await;
                    // The last one only leads to the others.
                    return match clicked {
                        Ok(()) if Some(target) != targets.last() => Ok(()),
                        Ok(()) => Err(self.overview().await),
                        Err(error) => Err(error.to_string()),
                    };
                }
            }
            Err(self.overview().await)
        })
        .await;
    }

    /// Does something to a thing; tries again while the page is drawn anew under the hand.
    async fn act(
        &self,
        target: Target<'_>,
        what: &str,
        act: impl AsyncFn(Element) -> Result<(), fantoccini::error::CmdError>,
    ) {
        let what = format!("{}: {target} to be ready ({what})", self.who);
        until(&what, async || {
            let Some(element) = self.glimpse(target).await else {
                return Err(self.overview().await);
            };
            act(element).await.map_err(|error| error.to_string())
        })
        .await;
    }

    async fn of(&self, element: &Element, script: &str) -> Value {
        self.script(
            script,
            vec![json!({ ELEMENT: element.element_id().to_string() })],
        )
        .await
    }

    /// The page in short, for a message.
    async fn overview(&self) -> String {
        let text = match self.client.execute(READ, vec![]).await {
            Ok(text) => text
                .as_str()
                .unwrap_or_default()
                .chars()
                .take(1500)
                .collect(),
            Err(error) => error.to_string(),
        };
        format!(
            "at {}:\n{text}",
            self.client
                .current_url()
                .await
                .map(|url| url.to_string())
                .unwrap_or_default()
        )
    }
}

/// A text without the differences that do not matter: line breaks, repeated blanks, capitals by style.
fn even(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}
