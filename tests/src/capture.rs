//! Listening in on both roads, and what `docs/data-flow.toml` allows on them.
//!
//! The HTTPS road is captured by a plain proxy on loopback that the door is pointed at and that talks TLS
//! to the centre; the MQTT road by a relay that reads the packets it passes on. Bodies are captured; queries,
//! headers and how a connection says who it is are not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use rumqttc::v5::mqttbytes::v5::Packet;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Largest MQTT packet that the relay reads, in bytes.
const MAX_PACKET: u32 = 1 << 20;

/// Messages by their name in the manifest.
pub type Captured = Arc<Mutex<Vec<(String, Value)>>>;

/// Message name → allowed paths.
pub type Manifest = BTreeMap<String, BTreeSet<String>>;

/// Reads the manifest.
///
/// # Errors
/// When it is not what its head says.
pub fn manifest(text: &str) -> Result<Manifest> {
    let document: toml::Table = text.parse()?;
    let retention = document.get("retention").and_then(|r| r.as_table()).context("no [retention]")?;
    let mut manifest = Manifest::new();
    for message in document.get("message").and_then(|m| m.as_array()).context("no [[message]]")? {
        let name = message.get("name").and_then(|n| n.as_str()).context("a message has no name")?;
        let mut paths = BTreeSet::new();
        for field in message.get("field").and_then(|f| f.as_array()).context("a message has no field")? {
            let text = |key: &str| field.get(key).and_then(|v| v.as_str()).map(str::to_owned);
            let path = text("path").context("a field has no path")?;
            anyhow::ensure!(text("why").is_some_and(|why| !why.is_empty()), "{path}: say why");
            let kept = text("kept").unwrap_or_default();
            anyhow::ensure!(retention.contains_key(&kept), "{path}: {kept:?} is no [retention]");
            paths.insert(path);
        }
        manifest.insert(name.to_owned(), paths);
    }
    Ok(manifest)
}

/// The paths of all leaves of a message, in the manifest's spelling.
#[must_use]
pub fn paths(message: &Value) -> BTreeSet<String> {
    fn walk(value: &Value, at: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    let dot = if at.is_empty() { "" } else { "." };
                    walk(field, &format!("{at}{dot}{name}"), found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, &format!("{at}[]"), found)),
            _ => {
                found.insert(at.to_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(message, "", &mut found);
    found
}

#[derive(Clone)]
struct Proxy {
    client: reqwest::Client,
    upstream: String,
    captured: Captured,
}

/// Starts a proxy to a centre's device listener; gives its `http://` address.
///
/// # Errors
/// When no port is free.
pub async fn https_road(client: reqwest::Client, upstream: &str, captured: Captured) -> Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    let proxy = Proxy { client, upstream: upstream.trim_end_matches('/').to_owned(), captured };
    let app = axum::Router::new().fallback(forward).with_state(proxy);
    #[expect(clippy::disallowed_methods, reason = "lives as long as the test's runtime")]
    drop(tokio::spawn(async move { axum::serve(listener, app).await }));
    Ok(address)
}

async fn forward(State(proxy): State<Proxy>, request: Request) -> Response {
    match relay(&proxy, request).await {
        Ok(answer) => answer,
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
    }
}

async fn relay(proxy: &Proxy, request: Request) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1 << 20).await?;
    let name = match parts.uri.path() {
        "/device/v1/events" => "events",
        "/device/v1/heartbeat" => "heartbeat",
        "/device/v1/gallery/confirm" => "gallery_confirm",
        other => other,
    };
    if !body.is_empty() {
        let message = serde_json::from_slice(&body).context("a body that is no JSON left the door")?;
        record(&proxy.captured, name, message);
    }
    let url = format!("{}{}", proxy.upstream, parts.uri.path_and_query().map_or("", |pq| pq.as_str()));
    let mut onward = proxy.client.request(parts.method, url).body(body);
    for (header, value) in &parts.headers {
        if header != "host" && header != "content-length" {
            onward = onward.header(header, value);
        }
    }
    let answer = onward.send().await?;
    let status = answer.status();
    let kind = answer.headers().get("content-type").cloned();
    let mut response = (status, answer.bytes().await?).into_response();
    if let Some(kind) = kind {
        response.headers_mut().insert("content-type", kind);
    }
    Ok(response)
}

/// Starts a relay to a broker; gives its `mqtt://` address.
///
/// # Errors
/// When no port is free.
pub async fn mqtt_road(broker_port: u16, captured: Captured) -> Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = format!("mqtt://{}", listener.local_addr()?);
    let accept = async move {
        while let Ok((door, _)) = listener.accept().await {
            let captured = captured.clone();
            #[expect(clippy::disallowed_methods, reason = "lives as long as the test's runtime")]
            drop(tokio::spawn(async move {
                if let Err(error) = relay_packets(door, broker_port, &captured).await {
                    record(&captured, "undecodable", Value::String(format!("{error:#}")));
                }
            }));
        }
    };
    #[expect(clippy::disallowed_methods, reason = "lives as long as the test's runtime")]
    drop(tokio::spawn(accept));
    Ok(address)
}

fn record(captured: &Captured, name: &str, message: Value) {
    if let Ok(mut messages) = captured.lock() {
        messages.push((name.to_owned(), message));
    }
}

async fn relay_packets(door: TcpStream, broker_port: u16, captured: &Captured) -> Result<()> {
    let (mut from_door, mut to_door) = door.into_split();
    // With the broker stopped the door is hung up on, as by a broker that is not there.
    let Ok(broker) = TcpStream::connect(("127.0.0.1", broker_port)).await else { return Ok(()) };
    let (mut from_broker, mut to_broker) = broker.into_split();
    let back = async {
        // Either end may go away at any moment; that is the connection's end, not the test's.
        tokio::io::copy(&mut from_broker, &mut to_door).await.map(|_| ()).ok();
        Ok(())
    };
    let forth = async {
        let mut buffer = BytesMut::new();
        let mut chunk = vec![0_u8; 16 * 1024];
        loop {
            let Ok(read) = from_door.read(&mut chunk).await else { return Ok(()) };
            let Some(bytes) = chunk.get(..read).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
            if to_broker.write_all(bytes).await.is_err() {
                return Ok(());
            }
            buffer.extend_from_slice(bytes);
            note_packets(&mut buffer, captured)?;
        }
    };
    tokio::select! { end = back => end, end = forth => end }
}

/// Records what the door publishes, and the last will that it leaves.
fn note_packets(buffer: &mut BytesMut, captured: &Captured) -> Result<()> {
    loop {
        let (topic, payload) = match Packet::read(buffer, Some(MAX_PACKET)) {
            Ok(Packet::Publish(publish)) => (publish.topic, publish.payload),
            Ok(Packet::Connect(_, Some(will), _)) => (will.topic, will.message),
            Ok(_) => continue,
            Err(rumqttc::v5::mqttbytes::Error::InsufficientBytes(_)) => return Ok(()),
            Err(error) => anyhow::bail!("{error}"),
        };
        let topic = String::from_utf8(topic.to_vec())?;
        let name = topic.rsplit('/').next().unwrap_or_default();
        record(captured, name, serde_json::from_slice(&payload).context("no JSON on MQTT")?);
    }
}

/// Names every captured field that the manifest does not allow.
#[must_use]
pub fn undeclared(captured: &Captured, manifest: &Manifest) -> Vec<String> {
    let nothing = BTreeSet::new();
    let messages = captured.lock().map(|messages| messages.clone()).unwrap_or_default();
    messages
        .iter()
        .flat_map(|(name, message)| {
            let allowed = manifest.get(name).unwrap_or(&nothing);
            paths(message)
                .into_iter()
                .filter(|path| !allowed.contains(path))
                .map(|path| format!("{name}: {path}"))
                .collect::<Vec<_>>()
        })
        .collect()
}
