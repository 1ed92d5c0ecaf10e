//! What the tests that need networks share: finding the library, the packs and the pictures.
//!
//! A machine without them fails with what to run; nothing here passes by looking away.

#![allow(dead_code, unreachable_pub, reason = "each test, bench and example uses its own part")]
#![allow(clippy::expect_used, clippy::panic, reason = "a machine that is not set up stops here")]

use std::path::{Path, PathBuf};

use lintel_vision::{LicencePolicy, ModelPack, Pipeline, PipelineOptions, Runtime, locate};

/// ONNX Runtime on one thread.
pub fn runtime() -> Runtime {
    let library = locate::onnxruntime(None).expect("run `make setup` first");
    Runtime::open(&library, 1).expect("run `make setup` again")
}

/// A pack by name, checked.
pub fn pack(name: &str) -> ModelPack {
    let folder = locate::pack(None, name).expect("run `make setup` first");
    ModelPack::load(&folder, &LicencePolicy::default()).expect("run `make setup` again")
}

/// Packs that this machine has; at least one.
pub fn installed_packs() -> Vec<ModelPack> {
    let found: Vec<ModelPack> = ["lintel-1", "open-1"]
        .into_iter()
        .filter(|name| match locate::pack(None, name) {
            Ok(_) => true,
            Err(error) => {
                println!("SKIPPED for {name}: {error}");
                false
            }
        })
        .map(pack)
        .collect();
    assert!(!found.is_empty(), "no model pack is installed: run `make setup`");
    found
}

/// A pipeline on a pack.
pub fn pipeline(pack: &ModelPack, options: PipelineOptions) -> Pipeline {
    Pipeline::open(&runtime(), pack, options).expect("the pack opens")
}

/// The folder of development photographs, when this machine has one.
pub fn faces() -> Option<PathBuf> {
    let folder = std::env::var_os("LINTEL_FACES").map(PathBuf::from)?;
    assert!(folder.join("dev").is_dir(), "LINTEL_FACES={} has no dev folder", folder.display());
    Some(folder)
}

/// Every photograph below a folder, in order.
pub fn photographs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if ["jpg", "jpeg", "png"].contains(&extension.to_ascii_lowercase().as_str()) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Sum of products: the cosine of two normalised templates.
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
