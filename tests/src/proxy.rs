//! nginx or Caddy in front of a centre, running the samples of `config/`.
//!
//! Only what belongs to a machine is replaced in the samples: names, ports and certificate paths. A
//! replacement that no longer finds its text fails, so that a sample can't change unseen.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::central::TestCentral;
use crate::process::{Running, free_port, run};

/// A proxy with the centre's own certificate.
#[derive(Debug)]
pub struct TestProxy {
    _server: Running,
    _dir: TempDir,
    tls_port: u16,
    plain_port: u16,
}

impl TestProxy {
    /// nginx with `config/nginx.conf`, checked by `nginx -t` first.
    ///
    /// # Errors
    /// When it is not installed, refuses the sample, or does not start.
    pub async fn nginx(central: &TestCentral) -> Result<Self> {
        let (dir, tls_port, plain_port) = place()?;
        let site = replaced(
            "nginx.conf",
            &[
                ("listen 443 ssl;", &format!("listen 127.0.0.1:{tls_port} ssl;")),
                ("    listen [::]:443 ssl;\n", ""),
                ("listen 80;", &format!("listen 127.0.0.1:{plain_port};")),
                ("    listen [::]:80;\n", ""),
                ("lintel.example.org;", "localhost;"),
                (
                    "/etc/letsencrypt/live/lintel.example.org/fullchain.pem",
                    &shown(&central.tls_file("server.pem")),
                ),
                (
                    "/etc/letsencrypt/live/lintel.example.org/privkey.pem",
                    &shown(&central.tls_file("server.key")),
                ),
                ("127.0.0.1:8080", &format!("127.0.0.1:{}", central.people_port())),
            ],
        )?;
        let at = shown(dir.path());
        // Debian's own nginx.conf wraps sites the same way; files go to the test's folder.
        let whole = format!(
            "{user}pid {at}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n\
             client_body_temp_path {at}/body;\nproxy_temp_path {at}/proxy;\nfastcgi_temp_path {at}/fastcgi;\n\
             uwsgi_temp_path {at}/uwsgi;\nscgi_temp_path {at}/scgi;\n{site}\n}}\n",
            user = if is_root() { "user root;\n" } else { "" },
        );
        let file = dir.path().join("nginx.conf");
        std::fs::write(&file, whole)?;
        let nginx = installed(&["/usr/sbin/nginx", "/usr/bin/nginx"])?;
        let said = run(Command::new(&nginx), ["-t", "-c", &shown(&file)]).await?;
        ensure!(said.code == 0, "nginx refuses the sample: {}", said.err);
        let mut command = Command::new(nginx);
        command.args(["-c", &shown(&file), "-g", "daemon off;"]);
        Self::start("nginx", command, dir, tls_port, plain_port).await
    }

    /// Caddy with `config/Caddyfile`, checked by `caddy validate` first.
    ///
    /// # Errors
    /// When it is not installed, refuses the sample, or does not start.
    pub async fn caddy(central: &TestCentral) -> Result<Self> {
        let (dir, tls_port, plain_port) = place()?;
        let certificate = format!(
            "tls {} {}",
            shown(&central.tls_file("server.pem")),
            shown(&central.tls_file("server.key"))
        );
        let site = replaced(
            "Caddyfile",
            &[
                // A certificate of its own: there is no public authority to ask here.
                ("lintel.example.org {", &format!("localhost {{\n\tbind 127.0.0.1\n\t{certificate}")),
                ("127.0.0.1:8080", &format!("127.0.0.1:{}", central.people_port())),
            ],
        )?;
        let global = format!(
            "{{\n\tadmin off\n\thttp_port {plain_port}\n\thttps_port {tls_port}\n\tauto_https disable_certs\n}}\n"
        );
        let file = dir.path().join("Caddyfile");
        std::fs::write(&file, format!("{global}{site}"))?;
        let caddy = installed(&["/usr/bin/caddy", "/usr/local/bin/caddy"])?;
        let with_home = |verb: &str| {
            let mut command = Command::new(&caddy);
            command.env("HOME", dir.path()).env_remove("XDG_DATA_HOME").env_remove("XDG_CONFIG_HOME");
            command.args([verb, "--adapter", "caddyfile", "--config"]).arg(&file);
            command
        };
        let said = run(with_home("validate"), [""; 0]).await?;
        ensure!(said.code == 0, "caddy refuses the sample: {}", said.err);
        let command = with_home("run");
        Self::start("caddy", command, dir, tls_port, plain_port).await
    }

    async fn start(
        name: &str,
        command: Command,
        dir: TempDir,
        tls_port: u16,
        plain_port: u16,
    ) -> Result<Self> {
        let mut server = Running::start(name, command, &dir.path().join("log"))?;
        server
            .wait_until("the proxy listens", Duration::from_secs(20), async || {
                TcpStream::connect(("127.0.0.1", tls_port)).await.ok()
            })
            .await?;
        Ok(Self { _server: server, _dir: dir, tls_port, plain_port })
    }

    /// An address behind its TLS.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.tls_port)
    }

    /// An address on its plain port, which only redirects.
    #[must_use]
    pub fn plain_url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.plain_port)
    }
}

fn place() -> Result<(TempDir, u16, u16)> {
    Ok((tempfile::Builder::new().prefix("lintel-proxy-").tempdir()?, free_port()?, free_port()?))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0)
}

fn installed(places: &[&str]) -> Result<PathBuf> {
    let found = places.iter().map(PathBuf::from).find(|path| path.is_file());
    found.with_context(|| format!("{places:?} is not installed: run `make setup`"))
}

fn replaced(sample: &str, changes: &[(&str, &str)]) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config").join(sample);
    let mut text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    for (from, to) in changes {
        ensure!(text.contains(from), "config/{sample} has no {from:?} any more");
        text = text.replace(from, to);
    }
    Ok(text)
}
