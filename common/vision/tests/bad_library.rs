//! A file that is not ONNX Runtime is refused with its path. In a process of its own, because the library that
//! is loaded first stays for good.

use lintel_vision::{Runtime, RuntimeError};

#[test]
fn a_file_that_is_not_a_library_is_refused_and_the_right_one_still_loads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libonnxruntime.so");
    std::fs::write(&path, b"#!/bin/sh\n").unwrap();
    let error = Runtime::open(&path, 1).unwrap_err();
    assert!(matches!(error, RuntimeError::Load { .. }), "{error}");
    assert!(error.to_string().contains("can't be used as ONNX Runtime"), "{error}");
    let library = lintel_vision::locate::onnxruntime(None).expect("run `make setup` first");
    assert_eq!(Runtime::open(&library, 0).unwrap().intra_threads(), 1);
}

/// A pipeline is made on one thread and lives on the vision worker's.
#[test]
fn a_pipeline_can_move_to_another_thread_and_an_index_can_be_shared() {
    fn moves<T: Send>() {}
    fn shared<T: Send + Sync>() {}
    moves::<lintel_vision::Pipeline>();
    shared::<lintel_vision::GalleryIndex>();
    shared::<Runtime>();
    shared::<lintel_vision::ModelPack>();
}
