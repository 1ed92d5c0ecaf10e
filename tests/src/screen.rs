//! A screen at the door that reads what a browser would: the page by HTTP, its changes as server-sent events.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// What the screen shows after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// `idle`, `hint`, `results`, `trouble` or `aim`.
    pub state: String,
    /// The headings, from top to bottom; of the aim view, the advice.
    pub titles: Vec<String>,
    /// The names beside them.
    pub names: Vec<String>,
    /// Whether it says that central can't be reached.
    pub offline: bool,
}

/// An open stream of the page.
#[derive(Debug)]
pub struct TestScreen {
    answer: reqwest::Response,
    unread: String,
    url: String,
    client: reqwest::Client,
}

impl TestScreen {
    /// Opens the stream as soon as the page is there.
    ///
    /// # Errors
    /// When it isn't within a minute.
    pub async fn open(port: u16) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let url = format!("http://127.0.0.1:{port}");
        let answer =
            crate::process::eventually("the door's page is served", Duration::from_secs(60), async || {
                Ok(client.get(format!("{url}/events")).send().await?.error_for_status().map(Some)?)
            })
            .await?;
        Ok(Self { answer, unread: String::new(), url, client })
    }

    /// What the screen shows next.
    ///
    /// # Errors
    /// When nothing changes within the time, or the door hangs up.
    pub async fn next(&mut self, within: Duration) -> Result<Shown> {
        tokio::time::timeout(within, self.read()).await.context("the screen doesn't change")?
    }

    /// Reads on until the screen shows this; gives all that it showed on the way, this included.
    ///
    /// # Errors
    /// As for [`TestScreen::next`], with what was shown.
    pub async fn until(&mut self, within: Duration, is: impl Fn(&Shown) -> bool) -> Result<Vec<Shown>> {
        let mut all = Vec::new();
        loop {
            let shown = self.next(within).await.with_context(|| format!("after {all:#?}"))?;
            let done = is(&shown);
            all.push(shown);
            if done {
                return Ok(all);
            }
        }
    }

    /// `GET` on the page: status and body.
    ///
    /// # Errors
    /// When the door doesn't answer.
    pub async fn get(&self, path: &str) -> Result<(u16, Vec<u8>)> {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await?;
        Ok((answer.status().as_u16(), answer.bytes().await?.to_vec()))
    }

    async fn read(&mut self) -> Result<Shown> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let shown = shown(block)?;
                self.unread = rest.to_owned();
                match shown {
                    Some(shown) => return Ok(shown),
                    None => continue,
                }
            }
            let Some(chunk) = self.answer.chunk().await? else { bail!("the door hung up") };
            self.unread.push_str(std::str::from_utf8(&chunk)?);
        }
    }
}

fn shown(block: &str) -> Result<Option<Shown>> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let (Some(kind), Some(data)) = (field("event"), field("data")) else { return Ok(None) };
    let texts = |value: Option<&Value>| -> Vec<String> {
        let list = value.and_then(Value::as_array).cloned().unwrap_or_default();
        list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    match kind {
        "screen" => {
            let data: Value = serde_json::from_str(data)?;
            let html = data.get("html").and_then(Value::as_str).context("no html")?;
            Ok(Some(Shown {
                state: data.get("state").and_then(Value::as_str).unwrap_or_default().to_owned(),
                titles: between(html, "<h1>", "</h1>"),
                names: between(html, "<p class=\"name\">", "</p>"),
                offline: data.get("offline").and_then(Value::as_bool).unwrap_or_default(),
            }))
        }
        "aim" => {
            let data: Value = serde_json::from_str(data)?;
            let titles = texts(data.get("advice"));
            Ok(Some(Shown { state: "aim".to_owned(), titles, names: Vec::new(), offline: false }))
        }
        _ => Ok(None),
    }
}

fn between(text: &str, from: &str, to: &str) -> Vec<String> {
    text.split(from)
        .skip(1)
        .filter_map(|rest| rest.split_once(to))
        .map(|(inner, _)| inner.to_owned())
        .collect()
}
