//! The second road: central's device API, over TLS that believes the join file's CA and nobody else.
//!
//! Answers are bounded before they are parsed. Galleries and heartbeats always go this way.

use std::sync::Arc;
use std::time::Duration;

use lintel_core::ack::SignedAck;
use lintel_core::gallery::SealedDelta;
use lintel_core::limits::MAX_GALLERY_BYTES;
use lintel_core::wire::{EventBatch, GalleryConfirmation, Heartbeat, HeartbeatAnswer};
use lintel_runtime::tls;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use rustls::time_provider::TimeProvider;

use super::SendError;
use crate::faults;
use crate::identity::Identity;

/// An ack, an answer or a problem document is small.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
const TIMEOUT: Duration = Duration::from_secs(10);
const GALLERY_TIMEOUT: Duration = Duration::from_secs(120);

/// Central's device API.
#[derive(Debug, Clone)]
pub struct CentralApi {
    client: Client,
    base: String,
    identity: Arc<Identity>,
}

/// The client can't be made.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// TLS settings.
    #[error("the join file's ca_pem can't be used")]
    Tls(#[from] tls::TlsError),
    /// The HTTP library.
    #[error("can't make an HTTPS client")]
    Client(#[source] reqwest::Error),
}

impl CentralApi {
    /// A client for the central that this door joined.
    ///
    /// # Errors
    /// When the CA can't be used.
    pub fn new(identity: Arc<Identity>, time: Arc<dyn TimeProvider>) -> Result<Self, ApiError> {
        let mut builder = Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            // The token must not travel through whatever the environment names.
            .no_proxy()
            .user_agent(concat!("lintel-kiosk/", env!("CARGO_PKG_VERSION")));
        if identity.central_url.starts_with("https:") {
            let roots = tls::roots_from_pem(identity.ca_pem.as_bytes(), "ca_pem")?;
            let mut config = tls::client_config(roots, None, Some(time))?;
            // One request at a time needs no multiplexing, and the client is built without HTTP/2.
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            builder = builder.tls_backend_preconfigured(config).https_only(true);
        }
        let client = builder.build().map_err(ApiError::Client)?;
        let base = format!("{}/device/v1", identity.central_url);
        Ok(Self { client, base, identity })
    }

    async fn send(
        &self,
        request: RequestBuilder,
        timeout: Duration,
        most: usize,
    ) -> Result<Option<Vec<u8>>, SendError> {
        let request = request.bearer_auth(self.identity.token.expose()).timeout(timeout);
        let answer = request.send().await.map_err(|error| failed(&error))?;
        let status = answer.status();
        if status == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        if !status.is_success() {
            let body = bounded(answer, MAX_ANSWER_BYTES).await.unwrap_or_default();
            return Err(SendError::Refused { status: status.as_u16(), detail: problem(&body) });
        }
        bounded(answer, most).await.map(Some)
    }

    async fn post<T: serde::Serialize>(&self, path: &str, body: &T) -> Result<Option<Vec<u8>>, SendError> {
        let request = self.client.post(format!("{}/{path}", self.base)).json(body);
        self.send(request, TIMEOUT, MAX_ANSWER_BYTES).await
    }

    /// Sends events.
    ///
    /// # Errors
    /// [`SendError`]; the batch may have arrived all the same.
    pub async fn events(&self, batch: &EventBatch) -> Result<SignedAck, SendError> {
        let answer = self.post("events", batch).await?;
        faults::point("https.answered");
        read(answer)
    }

    /// Tells central how the door is.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn heartbeat(&self, beat: &Heartbeat) -> Result<HeartbeatAnswer, SendError> {
        read(self.post("heartbeat", beat).await?)
    }

    /// The step from a revision to the newest one; None when there is none.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn gallery(&self, since: i64, pack: &str) -> Result<Option<SealedDelta>, SendError> {
        let request = self
            .client
            .get(format!("{}/gallery", self.base))
            .query(&[("since", since.to_string().as_str()), ("pack", pack)]);
        // Base64 makes four bytes of three.
        let most = MAX_GALLERY_BYTES / 3 * 4 + MAX_ANSWER_BYTES;
        match self.send(request, GALLERY_TIMEOUT, most).await? {
            Some(body) => read(Some(body)).map(Some),
            None => Ok(None),
        }
    }

    /// Whether central is there and lets this door in, without telling it anything.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn reach(&self) -> Result<(), SendError> {
        // Nobody has templates of this pack, so the answer is small.
        let nothing = [("since", "0"), ("pack", "none")];
        let request = self.client.get(format!("{}/gallery", self.base)).query(&nothing);
        match self.send(request, TIMEOUT, MAX_ANSWER_BYTES).await {
            // 409: it wants a heartbeat first, so it knows who we are.
            Ok(_) | Err(SendError::Refused { status: 409, .. } | SendError::Answer(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Says which gallery is in use.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn confirm_gallery(&self, confirmation: &GalleryConfirmation) -> Result<(), SendError> {
        self.post("gallery/confirm", confirmation).await.map(|_| ())
    }
}

fn read<T: serde::de::DeserializeOwned>(body: Option<Vec<u8>>) -> Result<T, SendError> {
    let body = body.ok_or_else(|| SendError::Answer("it is empty".into()))?;
    serde_json::from_slice(&body).map_err(|error| SendError::Answer(error.to_string()))
}

async fn bounded(mut answer: Response, most: usize) -> Result<Vec<u8>, SendError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > most {
            return Err(SendError::Answer(format!("it is longer than {most} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The words of a problem document (RFC 9457), cut; hostile bytes draw no lines.
fn problem(body: &[u8]) -> String {
    let document: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let text = document.get("detail").or_else(|| document.get("title")).and_then(|text| text.as_str());
    text.unwrap_or("no reason given").chars().filter(|c| !c.is_control()).take(300).collect()
}

fn failed(error: &reqwest::Error) -> SendError {
    if error.is_timeout() {
        return SendError::TimedOut;
    }
    if let Some(words) = tls::explain(error) {
        return SendError::Down(words);
    }
    let mut text = String::from("central can't be reached");
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    SendError::Down(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_document_gives_its_words_and_nothing_else_does() {
        assert_eq!(problem(br#"{"title":"t","detail":"join\nagain"}"#), "joinagain");
        assert_eq!(problem(b"<html>"), "no reason given");
    }
}
