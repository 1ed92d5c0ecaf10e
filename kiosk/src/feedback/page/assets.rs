//! Style, script and icon: inside the program, named by their content, so that a browser that stands there
//! for months never mixes two versions.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lintel_core::chain::Hash;

struct Asset {
    address: String,
    kind: &'static str,
    body: &'static str,
}

/// Addresses of the assets, for the template.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    pub(super) style: &'static str,
    pub(super) script: &'static str,
    pub(super) icon: &'static str,
    /// Changes with anything that a page that is open would have to be loaded again for.
    pub(super) build: &'static str,
}

struct Assets {
    all: [Asset; 3],
    build: String,
}

// Constants of the build; nothing here changes while the program runs.
static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let page = [include_str!("templates/page.html"), include_str!("templates/icons.html")].concat();
    let all = [
        named("style", "css", "text/css; charset=utf-8", include_str!("assets/screen.css")),
        named("screen", "js", "text/javascript; charset=utf-8", include_str!("assets/screen.js")),
        named("icon", "svg", "image/svg+xml", include_str!("assets/icon.svg")),
    ];
    let together: String = all.iter().map(|asset| asset.body).chain([page.as_str()]).collect();
    Assets { all, build: fingerprint(&together) }
});

fn fingerprint(text: &str) -> String {
    Hash::of(text.as_bytes()).to_string().chars().take(16).collect()
}

fn named(stem: &str, ending: &str, kind: &'static str, body: &'static str) -> Asset {
    Asset { address: format!("/assets/{stem}.{}.{ending}", fingerprint(body)), kind, body }
}

pub(super) fn addresses() -> Addresses {
    let Assets { all: [style, script, icon], build } = &*ASSETS;
    Addresses { style: &style.address, script: &script.address, icon: &icon.address, build }
}

/// `GET /assets/{name}`.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let named = |asset: &&Asset| asset.address.strip_prefix("/assets/") == Some(&name);
    let Some(asset) = ASSETS.all.iter().find(named) else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("max-age=31536000, immutable")),
    ];
    (headers, asset.body).into_response()
}
