//! A real Chromium, driven as a person would: pages are opened, fields are filled, buttons are pressed.
//!
//! Pages are looked at in light and dark and on a phone's width; with `LINTEL_SCREENSHOTS` set to a folder
//! each look is kept there as a picture. Waits are for what the page shows, never for time to pass.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::central::TestCentral;
use crate::look::CHECKS;
use crate::process::{Running, free_port};

/// How long a page may take to show what is waited for; the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(30);

/// A size and a colour scheme that pages are looked at in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// For the picture's name.
    pub name: &'static str,
    /// In CSS pixels.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
    /// Whether the reader prefers dark pages.
    pub dark: bool,
}

/// The looks that each page must bear.
pub const LOOKS: [Look; 3] = [
    Look { name: "light", width: 1280, height: 900, dark: false },
    Look { name: "dark", width: 1280, height: 900, dark: true },
    Look { name: "phone", width: 360, height: 740, dark: false },
];

/// Chromium with its driver; both end with the value.
#[derive(Debug)]
pub struct TestBrowser {
    client: Client,
    driver: Running,
    profile: TempDir,
}

impl Drop for TestBrowser {
    /// A failed test ends the driver before it can end the browser; its profile's name finds what is left.
    fn drop(&mut self) {
        let profile = self.profile.path().display().to_string();
        std::process::Command::new("pkill").args(["-KILL", "-f", &profile]).status().ok();
    }
}

/// A command of Chromium's own protocol, through the driver.
#[derive(Debug)]
struct Devtools {
    command: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for Devtools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _url: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "cmd": self.command, "params": self.parameters }).to_string()))
    }
}

impl TestBrowser {
    /// Starts both.
    ///
    /// # Errors
    /// When `chromedriver` or `chromium` is missing: `make setup` installs them.
    pub async fn start() -> Result<Self> {
        let profile = tempfile::Builder::new().prefix("lintel-browser-").tempdir()?;
        let port = free_port()?;
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}"));
        let mut driver = Running::start("chromedriver", command, &profile.path().join("driver.log"))
            .context("chromedriver is missing: run `make setup`")?;
        let options = json!({
            "args": [
                "--headless=new",
                // Tests run as root in containers, where the sandbox can't start; pages are our own.
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                format!("--user-data-dir={}", profile.path().join("profile").display()),
            ],
        });
        let mut wanted = Capabilities::new();
        wanted.insert("goog:chromeOptions".to_owned(), options);
        // The console of the page, so that an error in a script fails the test.
        wanted.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
        let url = format!("http://127.0.0.1:{port}");
        let client = driver
            .wait_until("the browser is there", PATIENCE, async || {
                let mut builder =
                    ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
                builder.capabilities(wanted.clone());
                builder.connect(&url).await.ok()
            })
            .await?;
        let browser = Self { client, driver, profile };
        browser.look(LOOKS[0]).await?;
        Ok(browser)
    }

    /// Starts both and comes in as admin by a one-time link.
    ///
    /// # Errors
    /// As [`TestBrowser::start`], or when the centre makes no link.
    pub async fn with_a_link(central: &TestCentral) -> Result<Self> {
        let said = central.cli(["link"]).await?.ok()?;
        let link =
            said.split_whitespace().find(|word| word.contains("/console/login/")).context("no link")?;
        let browser = Self::start().await?;
        browser.open_link(link).await?;
        Ok(browser)
    }

    /// Opens a one-time link and presses its button.
    ///
    /// # Errors
    /// When it shows none, or the console doesn't come.
    pub async fn open_link(&self, link: &str) -> Result<()> {
        self.open(link).await?;
        self.press_text("Open the console").await?;
        let wait = self.client.wait().at_most(PATIENCE);
        wait.for_element(Locator::Css("main:not(.threshold)")).await.context("the link opened nothing")?;
        Ok(())
    }

    /// Fills in the log-in page that is shown.
    ///
    /// # Errors
    /// When it isn't.
    pub async fn log_in(&self, name: &str, password: &str) -> Result<()> {
        self.fill("input[name=name]", name).await?;
        self.fill("input[name=password]", password).await?;
        self.press("form.stack button").await
    }

    /// Logs out by the menu under somebody's name.
    ///
    /// # Errors
    /// When nobody of that name is logged in.
    pub async fn log_out(&self, who: &str) -> Result<()> {
        self.unfold(who).await?;
        self.press_text("Log out").await?;
        self.says("Forgotten your password?").await
    }

    async fn devtools(&self, command: &'static str, parameters: Value) -> Result<Value> {
        Ok(self.client.issue_cmd(Devtools { command, parameters }).await?)
    }

    /// Sees pages in another size and colour scheme from now on.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn look(&self, look: Look) -> Result<()> {
        let scheme = if look.dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", features).await?;
        let size = json!({
            "width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await?;
        Ok(())
    }

    /// Opens an address.
    ///
    /// # Errors
    /// When it can't be loaded.
    pub async fn open(&self, url: &str) -> Result<()> {
        self.client.goto(url).await.with_context(|| format!("opening {url}"))
    }

    /// The address that is shown.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn address(&self) -> Result<String> {
        Ok(self.client.current_url().await?.to_string())
    }

    /// The path of the address that is shown, without query.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn path(&self) -> Result<String> {
        Ok(self.client.current_url().await?.path().to_owned())
    }

    /// Types into the field that a selector finds, in place of what was there.
    ///
    /// # Errors
    /// When there is no such field.
    pub async fn fill(&self, selector: &str, text: &str) -> Result<()> {
        let field = self.find(selector).await?;
        field.clear().await?;
        Ok(field.send_keys(text).await?)
    }

    /// Sets a field that has a picker of its own (dates and times), as the picker would.
    ///
    /// # Errors
    /// When there is no such field.
    pub async fn set(&self, selector: &str, value: &str) -> Result<()> {
        let field = serde_json::to_value(self.find(selector).await?)?;
        let script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change', {bubbles: true}))";
        self.client.execute(script, vec![field, json!(value)]).await?;
        Ok(())
    }

    /// Chooses files for a file field.
    ///
    /// # Errors
    /// When there is no such field.
    pub async fn choose(&self, selector: &str, files: &[PathBuf]) -> Result<()> {
        let paths: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        Ok(self.find(selector).await?.send_keys(&paths.join("\n")).await?)
    }

    /// Presses what a selector finds.
    ///
    /// # Errors
    /// When there is nothing, or something lies over it.
    pub async fn press(&self, selector: &str) -> Result<()> {
        Ok(self.find(selector).await?.click().await?)
    }

    /// Opens the fold whose summary has this text.
    ///
    /// # Errors
    /// When there is none.
    pub async fn unfold(&self, summary: &str) -> Result<()> {
        let path = format!("//summary[normalize-space()={summary:?}]");
        let wait = self.client.wait().at_most(PATIENCE);
        wait.for_element(Locator::XPath(&path))
            .await
            .with_context(|| format!("no fold {summary:?}"))?
            .click()
            .await?;
        Ok(())
    }

    /// Presses the button or link with this text.
    ///
    /// # Errors
    /// When there is none.
    pub async fn press_text(&self, text: &str) -> Result<()> {
        let path = format!("(//button|//a)[normalize-space()={text:?}]");
        let wait = self.client.wait().at_most(PATIENCE);
        let found = wait.for_element(Locator::XPath(&path)).await;
        found.with_context(|| format!("no button or link {text:?}"))?.click().await?;
        Ok(())
    }

    /// The text that a selector finds.
    ///
    /// # Errors
    /// When there is nothing.
    pub async fn text(&self, selector: &str) -> Result<String> {
        Ok(self.find(selector).await?.text().await?)
    }

    /// Waits until the page says something.
    ///
    /// # Errors
    /// At the deadline, with what it says instead.
    pub async fn says(&self, text: &str) -> Result<()> {
        let path = format!("//body[contains(normalize-space(.), {text:?})]");
        if self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(&path)).await.is_err() {
            let said = self.text("body").await.unwrap_or_default();
            anyhow::bail!("the page never said {text:?}; it says:\n{said}");
        }
        Ok(())
    }

    /// Whether the page says something now.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn is_saying(&self, text: &str) -> Result<bool> {
        Ok(self.text("body").await?.contains(text))
    }

    async fn find(&self, selector: &str) -> Result<fantoccini::elements::Element> {
        let wait = self.client.wait().at_most(PATIENCE);
        wait.for_element(Locator::Css(selector))
            .await
            .with_context(|| format!("nothing is {selector:?} on the page"))
    }

    /// Looks at the page in light, in dark and on a phone, and checks what a reader would stumble over
    /// ([`CHECKS`]). Pictures are kept where `LINTEL_SCREENSHOTS` says.
    ///
    /// # Errors
    /// When a check finds something, naming it.
    pub async fn looks(&self, name: &str) -> Result<()> {
        let kept = std::env::var_os("LINTEL_SCREENSHOTS").map(PathBuf::from);
        for look in LOOKS {
            self.look(look).await?;
            for check in CHECKS {
                let found = self.client.execute(check.script, Vec::new()).await?;
                let found = found.as_str().unwrap_or_default();
                ensure!(found.is_empty(), "{name} in {}: {}: {found}", look.name, check.what);
            }
            if let Some(folder) = &kept {
                self.keep(&folder.join(format!("{name}-{}.png", look.name)), true).await?;
            }
        }
        self.look(LOOKS[0]).await
    }

    /// Keeps a picture of the part of the page that a reader sees first, in one look.
    ///
    /// # Errors
    /// When it can't be made or written.
    pub async fn picture(&self, look: Look, file: &Path) -> Result<()> {
        self.look(look).await?;
        self.keep(file, false).await?;
        self.look(LOOKS[0]).await
    }

    /// Moves what a selector finds to the middle of the window.
    ///
    /// # Errors
    /// When there is nothing.
    pub async fn bring(&self, selector: &str) -> Result<()> {
        let found = serde_json::to_value(self.find(selector).await?)?;
        self.client.execute("arguments[0].scrollIntoView({ block: 'center' })", vec![found]).await?;
        Ok(())
    }

    /// How many elements of the page a selector finds now.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn count(&self, selector: &str) -> Result<usize> {
        Ok(self.client.find_all(Locator::Css(selector)).await?.len())
    }

    async fn keep(&self, file: &Path, whole: bool) -> Result<()> {
        let wanted = json!({ "captureBeyondViewport": whole });
        let picture = self.devtools("Page.captureScreenshot", wanted).await?;
        let data = picture.get("data").and_then(Value::as_str).context("no picture")?;
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        use base64::Engine as _;
        Ok(std::fs::write(file, base64::engine::general_purpose::STANDARD.decode(data)?)?)
    }

    /// Gives the driver its time to end, and says what it wrote when something was wrong.
    ///
    /// # Errors
    /// When the browser doesn't close.
    pub async fn close(self) -> Result<()> {
        self.client.clone().close().await.with_context(|| self.driver.log())
    }
}
