//! Where the ONNX Runtime library, the model packs and the development pictures are on this machine.
//!
//! One order everywhere: what was said explicitly, then the environment, then where the packages put it, then
//! the cache that `make setup` fills. It looks, and never fetches or creates anything.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Environment variable with the library's file.
pub const ONNXRUNTIME_VARIABLE: &str = "LINTEL_ONNXRUNTIME";
/// Environment variable with the folder that holds the packs.
pub const PACKS_VARIABLE: &str = "LINTEL_PACKS";
/// Environment variable with the cache folder that `make setup` fills.
pub const CACHE_VARIABLE: &str = "LINTEL_CACHE";
const PACKAGED_LIBRARY: &str = "/usr/lib/lintel/libonnxruntime.so";
const PACKAGED_PACKS: &str = "/usr/share/lintel/models";

/// Nothing was found, with every place that was looked at.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{what} was not found (looked at {}): run `make setup`, or set {variable}", places(.tried))]
pub struct LocateError {
    /// what was looked for
    pub what: String,
    /// the variable that would name it
    pub variable: &'static str,
    /// where, in order
    pub tried: Vec<PathBuf>,
}

fn places(tried: &[PathBuf]) -> String {
    tried.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// The ONNX Runtime library file.
///
/// # Errors
/// When no place has it; an explicit or environment setting that points at nothing is an error too, because
/// silently taking another library would hide the mistake.
pub fn onnxruntime(explicit: Option<&Path>) -> Result<PathBuf, LocateError> {
    let env = std::env::var_os;
    find(
        "the ONNX Runtime library",
        ONNXRUNTIME_VARIABLE,
        explicit,
        env(ONNXRUNTIME_VARIABLE),
        &[PathBuf::from(PACKAGED_LIBRARY), cache_with(env).join("onnxruntime/libonnxruntime.so")],
        Path::is_file,
    )
}

/// The folder that holds the model packs.
///
/// # Errors
/// As for [`onnxruntime`].
pub fn packs_dir(explicit: Option<&Path>) -> Result<PathBuf, LocateError> {
    let env = std::env::var_os;
    find(
        "the folder of model packs",
        PACKS_VARIABLE,
        explicit,
        env(PACKS_VARIABLE),
        &[PathBuf::from(PACKAGED_PACKS), cache_with(env).join("packs")],
        Path::is_dir,
    )
}

/// The folder of one pack: a path that holds a `pack.toml`, or a pack's name in [`packs_dir`].
///
/// # Errors
/// [`LocateError`] when there is no such pack.
pub fn pack(packs: Option<&Path>, name_or_path: &str) -> Result<PathBuf, LocateError> {
    let direct = PathBuf::from(name_or_path);
    if direct.join("pack.toml").is_file() {
        return Ok(direct);
    }
    let folder = packs_dir(packs)?.join(name_or_path);
    if folder.join("pack.toml").is_file() {
        return Ok(folder);
    }
    Err(LocateError {
        what: format!("the model pack {name_or_path:?}"),
        variable: PACKS_VARIABLE,
        tried: vec![direct, folder],
    })
}

/// The pack that this machine runs when nothing else is said: what set-up linked as `default`, else `lintel-1`,
/// else `open-1`.
///
/// # Errors
/// [`LocateError`] when none of them is there.
pub fn best_pack(packs: Option<&Path>) -> Result<PathBuf, LocateError> {
    let packs = packs_dir(packs)?;
    let names = ["default", "lintel-1", "open-1"];
    let folders: Vec<PathBuf> = names.iter().map(|name| packs.join(name)).collect();
    match folders.iter().find(|folder| folder.join("pack.toml").is_file()) {
        Some(folder) => Ok(folder.clone()),
        None => {
            Err(LocateError { what: "a model pack".to_owned(), variable: PACKS_VARIABLE, tried: folders })
        }
    }
}

/// The cache folder that `make setup` fills: `LINTEL_CACHE`, else `lintel` in the user's cache folder.
pub fn cache_dir() -> PathBuf {
    cache_with(std::env::var_os)
}

fn cache_with(env: impl Fn(&'static str) -> Option<OsString>) -> PathBuf {
    let set = |name| env(name).filter(|value| !value.is_empty());
    if let Some(cache) = set(CACHE_VARIABLE) {
        return PathBuf::from(cache);
    }
    let home = set("HOME").unwrap_or_else(|| OsString::from("/root"));
    PathBuf::from(home).join(".cache/lintel")
}

fn find(
    what: &str,
    variable: &'static str,
    explicit: Option<&Path>,
    from_env: Option<OsString>,
    standard: &[PathBuf],
    there: impl Fn(&Path) -> bool,
) -> Result<PathBuf, LocateError> {
    let from_env = from_env.filter(|value| !value.is_empty()).map(PathBuf::from);
    let tried = match explicit.map(Path::to_owned).or(from_env) {
        Some(named) => vec![named],
        None => standard.to_vec(),
    };
    match tried.iter().find(|path| there(path)) {
        Some(path) => Ok(path.clone()),
        None => Err(LocateError { what: what.to_owned(), variable, tried }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(explicit: Option<&str>, env: Option<&str>, there: &[&str]) -> Result<PathBuf, LocateError> {
        find(
            "the thing",
            PACKS_VARIABLE,
            explicit.map(Path::new),
            env.map(OsString::from),
            &[PathBuf::from("/packaged"), PathBuf::from("/cache")],
            |path| there.contains(&path.to_str().unwrap()),
        )
    }

    #[test]
    fn explicit_comes_before_the_environment_before_packages_before_the_cache() {
        let all = ["/said", "/env", "/packaged", "/cache"];
        assert_eq!(look(Some("/said"), Some("/env"), &all), Ok("/said".into()));
        assert_eq!(look(None, Some("/env"), &all), Ok("/env".into()));
        assert_eq!(look(None, Some(""), &all), Ok("/packaged".into()));
        assert_eq!(look(None, None, &["/cache"]), Ok("/cache".into()));
    }

    #[test]
    fn a_setting_that_points_at_nothing_is_an_error_not_another_file() {
        let error = look(None, Some("/env"), &["/packaged"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the thing was not found (looked at /env): run `make setup`, or set LINTEL_PACKS"
        );
    }

    #[test]
    fn the_cache_is_lintel_cache_or_in_the_home_folder() {
        let cache = cache_with(|name| (name == CACHE_VARIABLE).then(|| "/c".into()));
        assert_eq!(cache, PathBuf::from("/c"));
        let home = cache_with(|name| (name == "HOME").then(|| "/home/a".into()));
        assert_eq!(home, PathBuf::from("/home/a/.cache/lintel"));
    }
}
