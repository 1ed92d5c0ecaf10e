//! The two listeners: people and doors, each with graceful shutdown.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::extract::connect_info::Connected;
use axum::middleware::AddExtension;
use axum::{Extension, Router};
use axum_server::Handle;
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use futures_util::future::BoxFuture;
use lintel_runtime::tls::{Clients, Identity, roots_from_file, server_config};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tower::Layer as _;
use tower::util::Either;

use super::keys::KeyPaths;
use crate::auth::door::ShownCertificate;

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

/// TLS for people, from two PEM files.
pub(super) fn people_tls(certificate: &Path, key: &Path) -> anyhow::Result<RustlsConfig> {
    let identity = Identity::from_files(certificate, key).context("server.tls_cert and server.tls_key")?;
    Ok(RustlsConfig::from_config(Arc::new(server_config(identity, Clients::Anyone)?)))
}

/// TLS for doors: the centre's own certificate with its CA sent along, for doors that know the CA by its
/// fingerprint; and theirs are checked against the doors' CA. Who may do what is decided at each request.
pub(super) fn doors_tls(paths: &KeyPaths) -> anyhow::Result<RustlsConfig> {
    let advice = "the doors' listener: run `lintel-central keys init`";
    let identity = Identity::from_files(&paths.tls("server.pem"), &paths.tls("server.key"))
        .and_then(|identity| identity.with_ca(&paths.tls("ca.pem")))
        .context(advice)?;
    let doors = roots_from_file(&paths.tls("devices.pem")).context(advice)?;
    Ok(RustlsConfig::from_config(Arc::new(server_config(identity, Clients::Known(doors))?)))
}

/// The usual acceptor, which also tells each request what certificate its connection showed.
#[derive(Debug, Clone)]
struct TellingAcceptor(RustlsAcceptor);

impl<I, S> Accept<I, S> for TellingAcceptor
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Send + 'static,
{
    type Stream = TlsStream<I>;
    type Service = Either<AddExtension<S, ShownCertificate>, S>;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let acceptor = self.0.clone();
        Box::pin(async move {
            let (stream, service) = acceptor.accept(stream, service).await?;
            let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            let service = match shown.map(|der| ShownCertificate(Sha256::digest(der).into())) {
                Some(shown) => Either::Left(Extension(shown).layer(service)),
                None => Either::Right(service),
            };
            Ok((stream, service))
        })
    }
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
                let acceptor = TellingAcceptor(RustlsAcceptor::new(tls));
                axum_server::from_tcp(listener)?
                    .acceptor(acceptor)
                    .handle(handle.clone())
                    .serve(service)
                    .await
            }
            None => axum_server::from_tcp(listener)?.handle(handle.clone()).serve(service).await,
        }
    };
    tokio::select! {
        result = run => Ok(result?),
        () = stop => Ok(()),
    }
}
