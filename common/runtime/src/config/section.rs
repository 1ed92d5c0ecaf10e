//! One section of the tree against the fields of its struct: what is kept, what is read from a file,
//! what nobody knows.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::decode_error::{DecodeError, What};
use super::error::ConfigWarning;
use super::notes::Notes;
use super::origin::Origin;
use super::text::nearest;
use super::tree::{Kind, Node, join};
use crate::secrets;

/// Keeps what the struct has, reads `…_file` siblings, notes the rest as unknown.
pub(crate) fn known_entries(
    entries: BTreeMap<String, Node>,
    fields: &'static [&'static str],
    path: &str,
    notes: &RefCell<Notes>,
) -> Result<Vec<(String, Node)>, DecodeError> {
    let mut notes = notes.borrow_mut();
    for field in fields {
        let name = join(path, field);
        // Not inside a list: its elements are one value, and not settings with names.
        if !path.contains('[') && !notes.known.contains(&name) {
            notes.known.push(name);
        }
    }
    let mut kept: BTreeMap<String, Node> = BTreeMap::new();
    let mut named_files = Vec::new();
    for (key, node) in entries {
        if fields.contains(&key.as_str()) {
            kept.insert(key, node);
            continue;
        }
        match key.strip_suffix("_file").filter(|plain| fields.contains(plain)) {
            Some(plain) => named_files.push((plain.to_owned(), key.clone(), node)),
            None if node.origin == Origin::Default => {}
            None => note_unknown(&key, &node, fields, path, &mut notes.warnings),
        }
    }
    for (plain, key, node) in named_files {
        let rival =
            kept.get(&plain).map(|node| node.origin.clone()).filter(|rival| *rival != Origin::Default);
        match rival {
            Some(rival) if rival.layer() > node.origin.layer() => continue,
            Some(rival) if rival.layer() == node.origin.layer() => {
                let message = format!("{} is set as well ({rival}): keep one of the two", join(path, &plain));
                return Err(DecodeError::new(message).located(&join(path, &key), &node.origin));
            }
            _ => {}
        }
        kept.insert(plain, read_named_file(node, &join(path, &key), &mut notes.warnings)?);
    }
    Ok(kept.into_iter().collect())
}

fn read_named_file(node: Node, key: &str, warnings: &mut Vec<ConfigWarning>) -> Result<Node, DecodeError> {
    let (Kind::String(path) | Kind::Text(path)) = node.kind else {
        return Err(DecodeError::new("expected a path in quotes").located(key, &node.origin));
    };
    let path = PathBuf::from(path);
    let text = read_secret_text(&path, warnings).map_err(|error| DecodeError {
        place: Some((key.to_owned(), node.origin.clone())),
        what: What::Secret(error),
    })?;
    Ok(Node::text(text, Origin::Contents { path, named_by: Box::new(node.origin) }))
}

pub(crate) fn read_secret_text(
    path: &Path,
    warnings: &mut Vec<ConfigWarning>,
) -> Result<String, secrets::SecretError> {
    let file = secrets::read(path)?;
    warnings.extend(file.warning.clone().map(ConfigWarning::OpenSecret));
    Ok(file.text(path)?.expose().to_owned())
}

fn note_unknown(
    key: &str,
    node: &Node,
    fields: &'static [&'static str],
    path: &str,
    warnings: &mut Vec<ConfigWarning>,
) {
    let meant = nearest(key, fields.iter().copied()).map(|near| join(path, near));
    let mut leaves = Vec::new();
    node.leaves(&join(path, key), &mut leaves);
    for (key, origin) in leaves {
        warnings.push(ConfigWarning::Unknown { key, origin, meant: meant.clone() });
    }
}
