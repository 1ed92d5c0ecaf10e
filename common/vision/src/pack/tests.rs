//! What makes a pack be refused before any network runs.

use proptest::prelude::*;

use super::*;

const MODEL: &[u8] = b"not a network, but hashed like one";

fn manifest(change: impl Fn(String) -> String) -> tempfile::TempDir {
    let sha256: String = Sha256::digest(MODEL).iter().map(|b| format!("{b:02x}")).collect();
    let text = format!(
        r#"
[pack]
name = "trial"
version = 1
summary = "for tests"
trial_only = true
[[file]]
path = "model.onnx"
sha256 = "{sha256}"
licence = "MIT"
source = "made here"
[detector]
kind = "yunet"
file = "model.onnx"
score_threshold = 0.8
nms_iou = 0.3
stride_multiple = 32
[embedder]
kind = "face-5-point"
file = "model.onnx"
input = "input"
output = "embedding"
input_size = [128, 128]
width = 256
colour = "bgr"
mean = [0.0, 0.0, 0.0]
scale = [1, 1, 1]
template_size = [96, 112]
template = [[30, 51], [65, 51], [48, 71], [33, 92], [62, 92]]
[thresholds]
match_score = 0.5
margin = 0.05
measured = "nowhere"
[[self_test]]
model = "detector"
width = 64
height = 64
seed = 1
tolerance = 0.002
outputs = [{{ tensor = "cls_8", samples = [[0, 0.5], [3, 1]] }}]
[[self_test]]
model = "embedder"
width = 128
height = 128
seed = 1
tolerance = 0.002
outputs = [{{ tensor = "embedding", samples = [[0, 0.5]] }}]
"#
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(MANIFEST), change(text)).unwrap();
    std::fs::write(folder.path().join("model.onnx"), MODEL).unwrap();
    folder
}

fn load(change: impl Fn(String) -> String) -> Result<ModelPack, PackError> {
    ModelPack::load(manifest(change).path(), &LicencePolicy::default())
}

#[test]
fn a_pack_in_order_loads_and_says_what_it_is() {
    let pack = load(|text| text).unwrap();
    assert_eq!((pack.name(), pack.version(), pack.trial_only()), ("trial", 1, true));
    assert_eq!((pack.embedding_width(), pack.liveness().len()), (256, 0));
    assert_eq!(pack.files().collect::<Vec<_>>(), [("model.onnx", "MIT", "made here")]);
}

#[test]
fn a_flipped_byte_in_a_model_is_refused_with_both_hashes() {
    let folder = manifest(|text| text);
    let mut damaged = MODEL.to_vec();
    damaged[7] ^= 1;
    std::fs::write(folder.path().join("model.onnx"), damaged).unwrap();
    let error = ModelPack::load(folder.path(), &LicencePolicy::default()).unwrap_err();
    assert!(matches!(&error, PackError::WrongHash { file, .. } if file == "model.onnx"), "{error}");
}

#[test]
fn a_model_that_is_damaged_after_loading_is_refused_when_it_is_read_again() {
    let folder = manifest(|text| text);
    let pack = ModelPack::load(folder.path(), &LicencePolicy::default()).unwrap();
    std::fs::write(folder.path().join("model.onnx"), b"swapped").unwrap();
    assert!(matches!(pack.read_model("model.onnx"), Err(PackError::WrongHash { .. })));
}

#[test]
fn a_licence_outside_the_policy_is_refused_by_name() {
    let error = load(|text| text.replace("\"MIT\"", "\"CC-BY-NC-4.0\"")).unwrap_err();
    assert!(error.to_string().contains("\"CC-BY-NC-4.0\", allowed are Apache-2.0, MIT"), "{error}");
    let folder = manifest(|text| text);
    let none = LicencePolicy { allowed: vec![] };
    assert!(matches!(ModelPack::load(folder.path(), &none), Err(PackError::Licence { .. })));
}

#[test]
fn an_unknown_kind_is_refused_with_what_would_be_known() {
    for (from, section) in [("\"yunet\"", "detector"), ("\"face-5-point\"", "embedder")] {
        let error = load(|text| text.replace(from, "\"tarot\"")).unwrap_err();
        assert!(error.to_string().contains(&format!("{section} of the unknown kind \"tarot\"")), "{error}");
    }
}

#[test]
fn a_manifest_with_a_mistake_is_refused_with_the_key() {
    let cases = [
        ("score_threshold = 0.8", "score_treshold = 0.8", "score_treshold"),
        ("width = 256", "width = 0", "embedder.width"),
        ("model = \"embedder\"", "model = \"detector\"", "no self_test for embedder"),
        ("file = \"model.onnx\"", "file = \"other.onnx\"", "\"other.onnx\" is used"),
        ("path = \"model.onnx\"", "path = \"../model.onnx\"", "plain name"),
        ("sha256 = \"", "sha256 = \"zz", "64 hex digits"),
        ("match_score = 0.5", "match_score = nan", "match_score"),
        ("[pack]", "[pack", "pack.toml"),
    ];
    for (from, to, expected) in cases {
        let error = load(|text| text.replace(from, to)).unwrap_err();
        assert!(matches!(error, PackError::Manifest { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error} does not name {expected}");
    }
}

#[test]
fn a_folder_without_a_manifest_says_what_to_run() {
    let folder = tempfile::tempdir().unwrap();
    let error = ModelPack::load(folder.path(), &LicencePolicy::default()).unwrap_err();
    assert!(error.to_string().contains("run `make setup`"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn loading_never_panics_on_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(MANIFEST), bytes).unwrap();
        prop_assert!(ModelPack::load(folder.path(), &LicencePolicy::default()).is_err());
    }

    #[test]
    fn loading_never_panics_on_a_damaged_manifest(at in 0usize..1500, with in "[ -~]{0,4}") {
        drop(load(|mut text| {
            let at = at % text.len();
            text.replace_range(at..(at + 3).min(text.len()), &with);
            text
        }));
    }
}
