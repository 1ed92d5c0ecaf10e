//! A private PostgreSQL for the store's tests, from the system's binaries, reached by a Unix socket only.
//!
//! One server is shared by the tests that run at the same time, and gone with the last of them; each test
//! has a database of its own.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};

/// A running server.
pub struct Server {
    dir: tempfile::TempDir,
    bin: PathBuf,
    databases: AtomicU32,
}

static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());

impl Server {
    /// The shared server; started when no test holds it.
    pub fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return server;
        }
        let server = Arc::new(Self::start());
        *shared = Arc::downgrade(&server);
        server
    }

    fn start() -> Self {
        let bin = newest_bin();
        let dir = tempfile::Builder::new().prefix("lintel-pg-").tempdir().unwrap();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(dir.path()));
        }
        let data = dir.path().join("data");
        run(as_owner(&bin.join("initdb")).arg("-D").arg(&data).args([
            "-U",
            "lintel",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]));
        let options = format!("-c listen_addresses='' -c fsync=off -k {}", dir.path().display());
        run(as_owner(&bin.join("pg_ctl"))
            .args(["-w", "-t", "60", "-s", "-o", &options, "-D"])
            .arg(&data)
            .arg("-l")
            .arg(dir.path().join("log"))
            .arg("start"));
        Self { dir, bin, databases: AtomicU32::new(0) }
    }

    /// Where the tables of all databases are.
    pub fn files(&self) -> PathBuf {
        self.dir.path().join("data/base")
    }

    /// Makes an empty database; its URL.
    pub fn database(&self) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        run(Command::new(self.bin.join("createdb"))
            .arg("-h")
            .arg(self.dir.path())
            .args(["-U", "lintel", &name]));
        format!("postgres://lintel@localhost/{name}?host={}", self.dir.path().display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.dir.path().join("data");
        let mut stop = as_owner(&self.bin.join("pg_ctl"));
        stop.args(["-s", "-m", "immediate", "-D"]).arg(data).arg("stop");
        if !stop.status().is_ok_and(|status| status.success()) {
            eprintln!("the tests' PostgreSQL in {} didn't stop", self.dir.path().display());
        }
    }
}

/// PostgreSQL refuses to run as root, so root hands over to the package's own user.
fn as_owner(program: &Path) -> Command {
    if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
        command.current_dir("/");
        command
    } else {
        Command::new(program)
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

fn run(command: &mut Command) {
    // A file, not a pipe: the server would keep the pipe's end open and `output` would wait for it.
    let log = tempfile::NamedTempFile::new().unwrap();
    let status = command
        .stdin(std::process::Stdio::null())
        .stdout(log.reopen().unwrap())
        .stderr(log.reopen().unwrap())
        .status()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; run `make setup`"));
    assert!(status.success(), "{command:?}: {}", std::fs::read_to_string(log.path()).unwrap());
}

fn newest_bin() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is not installed: run `make setup`")
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop().expect("PostgreSQL is not installed: run `make setup`")
}
