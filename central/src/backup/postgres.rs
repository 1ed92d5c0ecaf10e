//! PostgreSQL's own programs for copying: which one, told what, and what they say when they fail.
//!
//! The address goes through the environment: an argument would show the password to everybody on the
//! machine.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use url::Url;

use super::BackupError;
use crate::store::DbOptions;
use crate::store::copies::Half;

/// Where Debian and others keep PostgreSQL's programs, one folder per version.
const HOMES: &[(&str, &str)] = &[("/usr/lib/postgresql", "bin"), ("/usr", "bin")];

/// How PostgreSQL's programs reach the database.
#[derive(Clone)]
pub(super) struct Tools {
    environment: Vec<(&'static str, String)>,
    schema: String,
    server: u32,
}

impl std::fmt::Debug for Tools {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tools(PostgreSQL {})", self.server)
    }
}

impl Tools {
    /// For a database whose tables are in `schema`, on a server of a major version.
    #[must_use]
    pub(super) fn new(options: &DbOptions, schema: &str, server: u32) -> Self {
        Self { environment: environment(options), schema: schema.to_owned(), server }
    }

    /// Starts writing a copy of one half; read it from [`Running::stdout`].
    ///
    /// # Errors
    /// [`BackupError::Tool`] when no fitting `pg_dump` is installed.
    pub(super) fn dump(&self, half: Half) -> Result<Running, BackupError> {
        let mut command = self.command("pg_dump")?;
        // Packing is done once, outside.
        command.args(["--format=custom", "--compress=0", "--no-owner", "--no-privileges"]);
        command.arg("--lock-wait-timeout=30s").arg(format!("--schema={}", self.name_of(half)));
        Running::start(command, Stdio::null(), Stdio::piped())
    }

    /// Starts taking a copy in; write it to [`Running::stdin`].
    ///
    /// # Errors
    /// [`BackupError::Tool`].
    pub(super) fn restore(&self, half: Half) -> Result<Running, BackupError> {
        let mut command = self.command("pg_restore")?;
        command.args(["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]);
        // Without it the archive would also make the schema, which is there for the main half.
        if half == Half::Main {
            command.arg(format!("--schema={}", self.schema));
        }
        if let Some((_, database)) = self.environment.iter().find(|(name, _)| *name == "PGDATABASE") {
            command.arg(format!("--dbname={database}"));
        }
        Running::start(command, Stdio::piped(), Stdio::null())
    }

    /// Starts reading a copy from end to end without a database.
    ///
    /// # Errors
    /// [`BackupError::Tool`].
    pub(super) fn check(&self) -> Result<Running, BackupError> {
        let mut command = self.command("pg_restore")?;
        command.arg("--file=/dev/null");
        Running::start(command, Stdio::piped(), Stdio::null())
    }

    fn name_of(&self, half: Half) -> &str {
        match half {
            Half::Main => &self.schema,
            Half::Vault => "vault",
        }
    }

    fn command(&self, program: &'static str) -> Result<Command, BackupError> {
        let path = find(program, self.server)?;
        let mut command = Command::new(path);
        command.env("LC_ALL", "C");
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        Ok(command)
    }
}

/// The newest installed one that is not older than the server: an older one refuses, and a newer one reads
/// what older ones wrote.
fn find(program: &'static str, server: u32) -> Result<PathBuf, BackupError> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for (home, bin) in HOMES {
        let Ok(entries) = std::fs::read_dir(home) else { continue };
        for entry in entries.filter_map(Result::ok) {
            let version =
                entry.file_name().to_str().and_then(|name| name.trim_start_matches("pgsql-").parse().ok());
            let path = entry.path().join(bin).join(program);
            if let Some(version) = version.filter(|_| path.is_file()) {
                found.push((version, path));
            }
        }
    }
    found.extend(on_path(program));
    found.sort();
    match found.pop() {
        Some((version, path)) if version >= server => Ok(path),
        Some((version, _)) => Err(BackupError::ToolTooOld { program, version, server }),
        None if server == 0 => Err(BackupError::Tool { program, package: "postgresql-client".to_owned() }),
        None => Err(BackupError::Tool { program, package: format!("postgresql-client-{server}") }),
    }
}

fn on_path(program: &'static str) -> Option<(u32, PathBuf)> {
    let said = Command::new(program).arg("--version").output().ok()?;
    // "pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let version = text.split_whitespace().find_map(|word| word.split('.').next()?.parse().ok())?;
    Some((version, PathBuf::from(program)))
}

fn environment(options: &DbOptions) -> Vec<(&'static str, String)> {
    let mut environment = Vec::new();
    // The database was opened with this URL, so it reads.
    let Ok(url) = Url::parse(options.url.expose()) else { return environment };
    let plain = |text: &str| percent_decoded(text);
    let mut put = |name: &'static str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            environment.retain(|(there, _): &(&str, String)| *there != name);
            environment.push((name, value));
        }
    };
    put("PGHOST", url.host_str().map(|host| plain(host.trim_matches(['[', ']']))));
    put("PGPORT", url.port().map(|port| port.to_string()));
    put("PGUSER", Some(plain(url.username())));
    put("PGPASSWORD", url.password().map(plain));
    put("PGDATABASE", Some(plain(url.path().trim_start_matches('/'))));
    for (key, value) in url.query_pairs() {
        let name = match &*key {
            "host" => "PGHOST",
            "port" => "PGPORT",
            "user" => "PGUSER",
            "password" => "PGPASSWORD",
            "dbname" => "PGDATABASE",
            "sslmode" | "ssl-mode" => "PGSSLMODE",
            "sslrootcert" | "ssl-root-cert" | "ssl-ca" => "PGSSLROOTCERT",
            _ => continue,
        };
        put(name, Some(value.into_owned()));
    }
    if options.ssl_require || options.ssl_root_cert.is_some() {
        put("PGSSLMODE", Some("verify-full".to_owned()));
    }
    put("PGSSLROOTCERT", options.ssl_root_cert.as_ref().map(|path| path.display().to_string()));
    environment
}

fn percent_decoded(text: &str) -> String {
    // The query's decoder, which leaves a plus as it is when it is written as %2B.
    let query = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(query.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// A program that runs, with its complaints kept.
#[derive(Debug)]
pub(super) struct Running {
    program: String,
    child: Child,
    complaints: File,
}

impl Running {
    fn start(mut command: Command, stdin: Stdio, stdout: Stdio) -> Result<Self, BackupError> {
        let program = command.get_program().to_string_lossy().into_owned();
        let failed = |source| BackupError::Run { program: program.clone(), source };
        // A file, because a pipe that nobody reads would stop the program.
        let complaints = tempfile::tempfile().map_err(failed)?;
        let stderr = complaints.try_clone().map_err(failed)?;
        let child = command.stdin(stdin).stdout(stdout).stderr(stderr).spawn().map_err(failed)?;
        Ok(Self { program, child, complaints })
    }

    /// Its output.
    pub(super) fn stdout(&mut self) -> impl io::Read + use<> {
        self.child.stdout.take().map_or_else(
            || Box::new(io::empty()) as Box<dyn io::Read + Send>,
            |out| Box::new(out) as Box<dyn io::Read + Send>,
        )
    }

    /// Its input; it ends when this is dropped.
    pub(super) fn stdin(&mut self) -> impl Write + use<> {
        self.child.stdin.take().map_or_else(
            || Box::new(io::sink()) as Box<dyn Write + Send>,
            |input| Box::new(input) as Box<dyn Write + Send>,
        )
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// [`BackupError::ToolFailed`] with its own words.
    pub(super) fn end(mut self) -> Result<(), BackupError> {
        let failed = |source| BackupError::Run { program: self.program.clone(), source };
        let status = self.child.wait().map_err(failed)?;
        if status.success() {
            return Ok(());
        }
        Err(BackupError::ToolFailed { program: short(&self.program), said: self.said() })
    }

    /// Ends it and gives its words, for a failure on this side of the pipe.
    #[must_use]
    pub(super) fn cut_off(mut self) -> String {
        // Ended already, most likely: that is why the pipe broke.
        self.child.kill().ok();
        self.child.wait().ok();
        self.said()
    }

    fn said(&mut self) -> String {
        let mut text = String::new();
        // Words are a help, not a result.
        self.complaints.rewind().ok();
        io::Read::by_ref(&mut self.complaints).take(4_000).read_to_string(&mut text).ok();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn short(program: &str) -> String {
    PathBuf::from(program).file_name().and_then(OsStr::to_str).unwrap_or(program).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Vec<(&'static str, String)> {
        let mut found = environment(&DbOptions::for_url(url));
        found.sort();
        found
    }

    #[test]
    fn an_address_becomes_the_environment_of_the_programs() {
        let pairs = |list: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
            list.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
        };
        assert_eq!(
            of("postgres://u:p%40ss+1@db.example.org:5433/lintel?sslmode=require"),
            pairs(&[
                ("PGDATABASE", "lintel"),
                ("PGHOST", "db.example.org"),
                ("PGPASSWORD", "p@ss+1"),
                ("PGPORT", "5433"),
                ("PGSSLMODE", "require"),
                ("PGUSER", "u"),
            ])
        );
        assert_eq!(
            of("postgres://lintel@localhost/t0?host=/run/postgresql"),
            pairs(&[("PGDATABASE", "t0"), ("PGHOST", "/run/postgresql"), ("PGUSER", "lintel")])
        );
    }

    #[test]
    fn verified_tls_is_asked_of_the_programs_too() {
        let mut options = DbOptions::for_url("postgres://u@h/x");
        options.ssl_root_cert = Some("/ca.pem".into());
        let found = environment(&options);
        assert!(found.contains(&("PGSSLMODE", "verify-full".into())), "{found:?}");
        assert!(found.contains(&("PGSSLROOTCERT", "/ca.pem".into())), "{found:?}");
    }

    #[test]
    fn a_server_that_is_newer_than_every_program_is_named() {
        let error = find("pg_dump", 9_999).unwrap_err().to_string();
        assert!(error.contains("9999"), "{error}");
        assert!(find("pg_nothing", 15).unwrap_err().to_string().contains("postgresql-client-15"));
    }
}
