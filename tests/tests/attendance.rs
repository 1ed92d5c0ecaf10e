//! The attendance rules against the golden corpus.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use lintel_tests::attendance::case::Case;

fn corpus() -> Result<Vec<(String, Case)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("attendance");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let name = path.file_stem().context("a name")?.to_string_lossy().into_owned();
            let case = Case::read(path).with_context(|| name.clone())?;
            Ok((name, case))
        })
        .collect()
}

#[test]
fn every_case_of_the_corpus_comes_out_as_written() -> Result<()> {
    let mut wrong = Vec::new();
    for (name, case) in corpus()? {
        let differences = case.differences().with_context(|| name.clone())?;
        wrong.extend(differences.into_iter().map(|difference| format!("{name}: {difference}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn every_rule_has_three_cases_and_every_case_a_source() -> Result<()> {
    let corpus = corpus()?;
    assert!(corpus.len() >= 60, "{} cases", corpus.len());
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, case) in &corpus {
        *rules.entry(&case.rule).or_default() += 1;
        assert!(case.source.len() > 10, "{name}");
    }
    let few: Vec<_> = rules.iter().filter(|(_, count)| **count < 3).collect();
    assert!(few.is_empty(), "{few:?}");
    Ok(())
}
