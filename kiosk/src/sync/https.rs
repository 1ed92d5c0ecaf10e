//! The second road: central's device API, over TLS that believes the joined central's CA and nobody else,
//! and shows the door's own certificate.
//!
//! Answers are bounded before they are parsed. Galleries and heartbeats always go this way.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use lintel_core::ack::SignedAck;
use lintel_core::gallery::SealedDelta;
use lintel_core::join::{JoinAnswer, JoinCode, JoinRequest, RenewAnswer, RenewRequest};
use lintel_core::limits::MAX_GALLERY_BYTES;
use lintel_core::wire::{EventBatch, GalleryConfirmation, Heartbeat, HeartbeatAnswer};
use lintel_runtime::tls;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use rustls::time_provider::TimeProvider;

use super::SendError;
use crate::faults;
use crate::identity::Identity;

/// An ack, an answer or a problem document is small.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
const TIMEOUT: Duration = Duration::from_secs(10);
const GALLERY_TIMEOUT: Duration = Duration::from_secs(120);

/// Central's device API. Clones share the certificate that it shows.
#[derive(Clone)]
pub struct CentralApi {
    client: Arc<ArcSwap<Client>>,
    base: String,
    identity: Arc<Identity>,
    time: Arc<dyn TimeProvider>,
}

/// The client can't be made.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// TLS settings.
    #[error("the door's certificate or central's CA can't be used")]
    Tls(#[from] tls::TlsError),
    /// The HTTP library.
    #[error("can't make an HTTPS client")]
    Client(#[source] reqwest::Error),
}

impl CentralApi {
    /// A client for the central that this door joined; `own` is the certificate that it shows.
    ///
    /// # Errors
    /// When the CA or the certificate can't be used.
    pub fn new(
        identity: Arc<Identity>,
        own: Option<tls::Identity>,
        time: Arc<dyn TimeProvider>,
    ) -> Result<Self, ApiError> {
        let client = Arc::new(ArcSwap::from_pointee(client(&identity, own, Arc::clone(&time))?));
        let base = format!("{}/device/v1", identity.central_url);
        Ok(Self { client, base, identity, time })
    }

    /// The same central, shown another certificate; the clones of this one go on with theirs.
    ///
    /// # Errors
    /// As for [`CentralApi::new`].
    pub fn showing(&self, own: tls::Identity) -> Result<Self, ApiError> {
        Self::new(Arc::clone(&self.identity), Some(own), Arc::clone(&self.time))
    }

    /// Takes another one's certificate over, for all clones.
    pub fn adopt(&self, other: &Self) {
        self.client.store(other.client.load_full());
    }

    fn at(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.load().request(method, format!("{}/{path}", self.base))
    }

    async fn send(
        &self,
        request: RequestBuilder,
        timeout: Duration,
        most: usize,
    ) -> Result<Option<Vec<u8>>, SendError> {
        // A certificate says it better, and a token that isn't sent can't be seen.
        let token = self.identity.token.as_ref().filter(|_| self.identity.certificate.is_none());
        let request = match token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        };
        let request = request.timeout(timeout);
        taken(request.send().await.map_err(|error| failed(&error))?, most).await
    }

    async fn post<T: serde::Serialize>(&self, path: &str, body: &T) -> Result<Option<Vec<u8>>, SendError> {
        let request = self.at(Method::POST, path).json(body);
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
        let request =
            self.at(Method::GET, "gallery").query(&[("since", since.to_string().as_str()), ("pack", pack)]);
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
        self.send(self.at(Method::GET, "hello"), TIMEOUT, MAX_ANSWER_BYTES).await.map(|_| ())
    }

    /// Asks for a new certificate with the one that is shown.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn renew(&self, csr: String) -> Result<RenewAnswer, SendError> {
        read(self.post("renew", &RenewRequest { csr }).await?)
    }

    /// Says which gallery is in use.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn confirm_gallery(&self, confirmation: &GalleryConfirmation) -> Result<(), SendError> {
        self.post("gallery/confirm", confirmation).await.map(|_| ())
    }
}

/// Joins with a code: believes the CA that the code names and nobody else. `time` must not lie before the
/// code's own.
///
/// # Errors
/// [`SendError`] with central's words, or why it can't be reached.
pub async fn join(
    code: &JoinCode,
    csr: String,
    time: Arc<dyn TimeProvider>,
) -> Result<JoinAnswer, SendError> {
    let down = |error: ApiError| SendError::Down(lintel_runtime::exit::chain(&error.into()));
    let config = tls::pinned_client_config(code.ca, time).map_err(|error| down(error.into()))?;
    let client = build(Some(config)).map_err(down)?;
    let request = JoinRequest { token: code.token.to_text(), csr };
    let url = format!("{}/device/v1/join", code.address);
    let answer = client.post(url).json(&request).timeout(TIMEOUT).send().await;
    read(taken(answer.map_err(|error| failed(&error))?, MAX_ANSWER_BYTES).await?)
}

fn client(
    identity: &Identity,
    own: Option<tls::Identity>,
    time: Arc<dyn TimeProvider>,
) -> Result<Client, ApiError> {
    if !identity.central_url.starts_with("https:") {
        return build(None);
    }
    let roots = tls::roots_from_pem(identity.ca_pem.as_bytes(), "ca_pem")?;
    build(Some(tls::client_config(roots, own, Some(time))?))
}

fn build(tls: Option<rustls::ClientConfig>) -> Result<Client, ApiError> {
    let mut builder = Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
        // The token must not travel through whatever the environment names.
        .no_proxy()
        .user_agent(concat!("lintel-kiosk/", env!("CARGO_PKG_VERSION")));
    if let Some(mut config) = tls {
        // One request at a time needs no multiplexing, and the client is built without HTTP/2.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        builder = builder.tls_backend_preconfigured(config).https_only(true);
    }
    builder.build().map_err(ApiError::Client)
}

fn read<T: serde::de::DeserializeOwned>(body: Option<Vec<u8>>) -> Result<T, SendError> {
    let body = body.ok_or_else(|| SendError::Answer("it is empty".into()))?;
    serde_json::from_slice(&body).map_err(|error| SendError::Answer(error.to_string()))
}

/// The body of a success, nothing of a 204, the words of a refusal.
async fn taken(answer: Response, most: usize) -> Result<Option<Vec<u8>>, SendError> {
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
