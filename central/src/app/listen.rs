//! The two listeners: people and doors, each with graceful shutdown.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::connect_info::Connected;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use lintel_runtime::tls::{Clients, Identity, server_config};
use tokio_util::sync::CancellationToken;

/// Requests that run when the server stops may take this long.
const GRACE: Duration = Duration::from_secs(3);

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

impl Connected<SocketAddr> for Peer {
    fn connect_info(address: SocketAddr) -> Self {
        Self(address)
    }
}

/// Takes the port; done before anything is said to be ready.
pub(super) fn bind(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address)
        .with_context(|| format!("can't listen on {address}: is it taken? Set {setting} to another port"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// TLS from two PEM files.
pub(super) fn tls(certificate: &Path, key: &Path) -> anyhow::Result<RustlsConfig> {
    let identity = Identity::from_files(certificate, key)
        .context("the server's certificate: run `lintel-central keys init`")?;
    Ok(RustlsConfig::from_config(Arc::new(server_config(identity, Clients::Anyone)?)))
}

/// Serves until the token is cancelled.
pub(super) async fn serve(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    router: Router,
    token: CancellationToken,
) -> anyhow::Result<()> {
    let handle = Handle::new();
    let service = router.into_make_service_with_connect_info::<Peer>();
    let stop = async {
        token.cancelled().await;
        handle.graceful_shutdown(Some(GRACE));
        // The other branch ends by itself now.
        std::future::pending::<()>().await;
    };
    let run = async {
        match tls {
            Some(tls) => {
                axum_server::from_tcp_rustls(listener, tls)?.handle(handle.clone()).serve(service).await
            }
            None => axum_server::from_tcp(listener)?.handle(handle.clone()).serve(service).await,
        }
    };
    tokio::select! {
        result = run => Ok(result?),
        () = stop => Ok(()),
    }
}
