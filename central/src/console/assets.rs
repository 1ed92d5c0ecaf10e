//! Style, script and icon: inside the program, named by their content, so that browsers may keep them for
//! ever and never mix two versions.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lintel_core::chain::Hash;

struct Asset {
    name: String,
    kind: &'static str,
    body: &'static [u8],
}

/// Addresses of the assets, for the templates.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    pub(super) style: String,
    pub(super) live: String,
    pub(super) sheet: String,
    pub(super) icon: String,
}

// Constants of the build; nothing here changes while the program runs.
static ASSETS: LazyLock<[Asset; 6]> = LazyLock::new(|| {
    [
        named("style", "css", "text/css; charset=utf-8", include_bytes!("assets/style.css")),
        named("live", "js", "text/javascript; charset=utf-8", include_bytes!("assets/live.js")),
        named("sheet", "css", "text/css; charset=utf-8", include_bytes!("assets/sheet.css")),
        named("document", "css", "text/css; charset=utf-8", include_bytes!("assets/document.css")),
        named("plots", "css", "text/css; charset=utf-8", include_bytes!("assets/plots.css")),
        named("icon", "svg", "image/svg+xml", include_bytes!("assets/icon.svg")),
    ]
});

fn named(stem: &str, ending: &str, kind: &'static str, body: &'static [u8]) -> Asset {
    let hash: String = Hash::of(body).to_string().chars().take(16).collect();
    Asset { name: format!("{stem}.{hash}.{ending}"), kind, body }
}

pub(super) fn addresses() -> Addresses {
    let [style, live, sheet, _, _, icon] = &*ASSETS;
    Addresses { style: address(style), live: address(live), sheet: address(sheet), icon: address(icon) }
}

/// Where the style of a printed document is.
#[must_use]
pub fn document_style() -> String {
    let [_, _, _, document, _, _] = &*ASSETS;
    address(document)
}

/// Where the style of plots is.
#[must_use]
pub fn plots_style() -> String {
    let [_, _, _, _, plots, _] = &*ASSETS;
    address(plots)
}

fn address(asset: &Asset) -> String {
    format!("/assets/{}", asset.name)
}

/// `GET /assets/{name}`.
pub async fn asset(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|asset| asset.name == name) {
        Some(asset) => (
            [
                (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
                (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
            ],
            asset.body,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
