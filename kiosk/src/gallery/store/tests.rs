//! The gallery's file as stories: whole deltas, a wrong key, looking.

use super::*;

fn key(digit: &str) -> SecretString {
    SecretString::new(digit.repeat(64))
}

fn person(n: u8) -> GalleryPerson {
    GalleryPerson {
        person_id: PersonId::new(UtcMillis::from_i64(1), &[n; 10]),
        display_name: format!("P{n}"),
        not_after: Some(UtcMillis::from_i64(i64::from(n))),
        templates: vec![GalleryTemplate {
            template_id: TemplateId::new(UtcMillis::from_i64(1), &[n; 10]),
            embedding: Embedding::normalise(vec![f32::from(n), 1.0]).unwrap(),
        }],
        badges: vec![GalleryBadge {
            badge_id: BadgeId::random([n; 16]),
            not_after: UtcMillis::from_i64(i64::from(n) + 5),
        }],
    }
}

fn delta(since: i64, revision: i64, upsert: Vec<GalleryPerson>, remove: Vec<PersonId>) -> GalleryDelta {
    let badge_keys = vec![format!("key of {revision}")];
    let (model_pack, zone) = ("p".into(), "UTC".into());
    GalleryDelta { since, revision, model_pack, zone, upsert, remove, badge_keys }
}

#[test]
fn deltas_add_replace_and_remove_and_a_full_one_starts_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gallery.db");
    let mut store = GalleryStore::open(&path, &key("a"), UtcMillis::from_i64(0)).unwrap();
    store.apply(&delta(0, 3, vec![person(1), person(2)], vec![])).unwrap();
    store.apply(&delta(3, 4, vec![person(2), person(3)], vec![person(1).person_id])).unwrap();
    drop(store);
    let mut store = GalleryStore::open(&path, &key("a"), UtcMillis::from_i64(0)).unwrap();
    assert_eq!(store.people().unwrap(), [person(2), person(3)]);
    assert_eq!(store.badge_keys().unwrap(), ["key of 4"]);
    assert!(matches!(store.apply(&delta(3, 5, vec![], vec![])), Err(StoreError::Gap { have: 4, .. })));
    store.apply(&delta(0, 9, vec![person(7)], vec![])).unwrap();
    let state = store.state().unwrap();
    assert_eq!((state.revision, state.people, state.templates, state.badges), (9, 1, 1, 1));
}

#[test]
fn a_badge_comes_and_goes_without_its_holder_s_face() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gallery.db");
    let mut store = GalleryStore::open(&path, &key("a"), UtcMillis::from_i64(0)).unwrap();
    let faceless = GalleryPerson { templates: vec![], ..person(1) };
    store.apply(&delta(0, 1, vec![faceless.clone(), person(2)], vec![])).unwrap();
    assert_eq!(store.people().unwrap(), [faceless, person(2)]);
    let revoked = GalleryPerson { badges: vec![], ..person(2) };
    store.apply(&delta(1, 2, vec![revoked.clone()], vec![person(1).person_id])).unwrap();
    assert_eq!(store.people().unwrap(), [revoked]);
    assert_eq!(store.state().unwrap().badges, 0);
    // The same card in another hand.
    let stolen = GalleryPerson { badges: person(2).badges, ..person(3) };
    store.apply(&delta(2, 3, vec![person(2), stolen.clone()], vec![])).unwrap();
    assert_eq!(store.people().unwrap()[1].badges, stolen.badges);
    assert_eq!(store.state().unwrap().badges, 1);
}

#[test]
fn a_gallery_of_before_badges_is_kept_and_fetched_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gallery.db");
    let mut store = GalleryStore::open(&path, &key("a"), UtcMillis::from_i64(0)).unwrap();
    store.apply(&delta(0, 7, vec![person(1)], vec![])).unwrap();
    store.db.execute_batch("DROP TABLE badge; DROP TABLE badge_key; PRAGMA user_version = 1;").unwrap();
    drop(store);
    assert!(GalleryStore::open_read_only(&path, &key("a"), &path).unwrap().is_none());
    let store = GalleryStore::open(&path, &key("a"), UtcMillis::from_i64(0)).unwrap();
    let state = store.state().unwrap();
    assert_eq!((state.revision, state.people, state.badges), (0, 1, 0));
}

#[test]
fn a_removal_leaves_no_page_that_still_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gallery.db");
    let mut store = GalleryStore::open(&path, &key("a"), UtcMillis::from_i64(0)).unwrap();
    store.apply(&delta(0, 1, (0..200).map(person).collect(), vec![])).unwrap();
    let pages = |store: &GalleryStore| -> (i64, i64) {
        let count = |what: &str| store.db.query_row(&format!("PRAGMA {what}"), [], |row| row.get(0)).unwrap();
        (count("page_count"), count("freelist_count"))
    };
    let before = pages(&store).0;
    let gone = (0..199).map(|n| person(n).person_id).collect();
    store.apply(&delta(1, 2, vec![], gone)).unwrap();
    let (after, free) = pages(&store);
    assert!(after < before && free == 0, "{after} of {before} pages, {free} free");
    assert_eq!(store.people().unwrap(), [person(199)]);
    assert_eq!(std::fs::metadata(folder.path().join("gallery.db-wal")).unwrap().len(), 0);
}

#[test]
fn a_wrong_key_sets_the_file_aside_and_no_name_is_on_the_disk_in_clear() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gallery.db");
    let mut store = GalleryStore::open(&path, &key("a"), UtcMillis::from_i64(0)).unwrap();
    let mut named = person(1);
    named.display_name = "Aenne Burda".into();
    store.apply(&delta(0, 3, vec![named], vec![])).unwrap();
    drop(store);
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(5).any(|window| window == b"Burda"));
    let store = GalleryStore::open(&path, &key("b"), UtcMillis::from_i64(7)).unwrap();
    assert_eq!(store.state().unwrap().revision, 0);
    assert!(folder.path().join("gallery.db.unreadable-7").exists());
}

#[test]
fn looking_with_a_wrong_key_says_so_and_leaves_the_file_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gallery.db");
    let look = |digit: &str| GalleryStore::open_read_only(&path, &key(digit), Path::new("the.key"));
    let mut store = GalleryStore::open(&path, &key("a"), UtcMillis::from_i64(0)).unwrap();
    store.apply(&delta(0, 3, vec![person(1)], vec![])).unwrap();
    assert_eq!(look("a").unwrap().unwrap().state().unwrap().revision, 3, "beside the one who works with it");
    drop(store);
    assert_eq!(look("a").unwrap().unwrap().state().unwrap().people, 1);
    assert!(look("b").is_err_and(|error| error.to_string().contains("the.key")));
    let files: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["gallery.db"]);
}
