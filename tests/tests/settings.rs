//! The sample settings in `config/` are what the programs print, and unknown names are refused or warned of.

use std::path::Path;

use anyhow::Result;
use lintel_tests::process::{Said, program, run};
use tokio::process::Command;

async fn ask(binary: &str, args: &[&str], variable: Option<&str>) -> Result<Said> {
    let mut command = Command::new(program(binary)?);
    if let Some(name) = variable {
        command.env(name, "1");
    }
    run(command, args).await
}

#[tokio::test]
async fn the_samples_are_the_programs_own_templates() -> Result<()> {
    for (binary, sample) in [("lintel-kiosk", "kiosk.toml"), ("lintel-central", "central.toml")] {
        let template = ask(binary, &["config", "template"], None).await?.ok()?;
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config").join(sample);
        let kept = std::fs::read_to_string(path)?;
        assert_eq!(kept, template, "run `{binary} config template > config/{sample}`");
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_name_in_file_or_environment_is_refused_by_the_check() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let cases = [
        ("lintel-kiosk", "LINTEL_KIOSK__CAMERA__WIDHT"),
        ("lintel-central", "LINTEL_CENTRAL__SERVER__LISTN"),
    ];
    for (binary, variable) in cases {
        let said = ask(binary, &["config", "check"], Some(variable)).await?;
        assert_eq!(said.code, 2, "{binary}: {}{}", said.out, said.err);
        assert!(said.err.contains(variable), "{}", said.err);

        let file = dir.path().join(format!("{binary}.toml"));
        std::fs::write(&file, "[nonsense]\nkey = 1\n")?;
        let file = file.display().to_string();
        let said = ask(binary, &["config", "check", "--config", &file], None).await?;
        assert_eq!(said.code, 2, "{binary}: {}{}", said.out, said.err);
        assert!(said.err.contains("nonsense"), "{}", said.err);
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_is_a_clear_error_that_does_not_show_it() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let data_dir = format!("storage.data_dir={}", dir.path().display());
    ask("lintel-central", &["keys", "init", "--set", &data_dir], None).await?.ok()?;
    ask("lintel-central", &["migrate", "--set", &data_dir], None).await?.ok()?;
    let mut command = Command::new(program("lintel-central")?);
    command.env("FACE_DATA_ENCRYPTION_KEY", "hunter2");
    let said = run(command, ["serve", "--set", &data_dir, "--set", "server.listen=127.0.0.1:0"]).await?;
    assert!(matches!(said.code, 1 | 2), "{}: {}", said.code, said.err);
    assert!(said.err.contains("Fernet"), "{}", said.err);
    assert!(!said.err.contains("hunter2"), "{}", said.err);
    Ok(())
}
