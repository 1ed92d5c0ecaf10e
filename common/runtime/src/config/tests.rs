//! Layers, origins and complaints, over one small set of settings.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::secrets::SecretString;

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Door {
    camera: Camera,
    log: Log,
    database: Database,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Camera {
    device: PathBuf,
    width: u16,
    gain: f32,
    mirrored: bool,
    only: Vec<String>,
    region: Option<String>,
}

impl Default for Camera {
    fn default() -> Self {
        let device = "/dev/video0".into();
        Self { device, width: 640, gain: 1.0, mirrored: false, only: vec!["mjpeg".into()], region: None }
    }
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Log {
    format: Format,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Auto,
    Json,
    Text,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Database {
    url: Option<SecretString>,
    pool: u8,
}

impl Settings for Door {
    fn describe() -> Vec<(&'static str, &'static str)> {
        vec![
            ("camera", "The camera at the door."),
            ("camera.device", "A V4L2 device."),
            ("camera.width", "Pixels across; the nearest mode that the camera has is taken."),
            ("camera.gain", "Multiplies the brightness."),
            ("camera.mirrored", "Whether left is right."),
            ("camera.only", "Pixel formats, best first."),
            ("camera.region", "Where faces count."),
            ("log", "What is said."),
            ("log.format", "auto, json or text."),
            ("database", "Where rows go."),
            ("database.url", "A secret, because a password may stand in it."),
            ("database.pool", "Connections."),
        ]
    }
}

fn loader(variables: &[(&str, &str)]) -> Loader {
    Loader::new("LINTEL_DOOR").alias("DATABASE_URL", "database.url").environment(variables.iter().copied())
}

fn file(folder: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("door.toml");
    fs::write(&path, text).unwrap();
    path
}

/// What a value with this file text and these variables is refused with, without the folder's name.
fn refusal(text: &str, variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let error = loader(variables).file(file(&folder, text)).load::<Door>().unwrap_err();
    let message = crate::exit::chain(&anyhow::Error::from(error));
    message.replace(&format!("{}/", folder.path().display()), "")
}

fn warnings(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let loaded = loader(variables).file(file(&folder, text)).load::<Door>().unwrap();
    let folder = format!("{}/", folder.path().display());
    loaded.warnings.iter().map(|warning| warning.to_string().replace(&folder, "")).collect()
}

#[test]
fn without_any_layer_the_defaults_hold() {
    let loaded = loader(&[]).optional_file("/nonexistent/door.toml").load::<Door>().unwrap();
    assert_eq!(loaded.value, Door::default());
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.origin("camera.width"), &Origin::Default);
}

#[test]
fn each_layer_wins_over_the_one_below_and_its_origin_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "[camera]\nwidth = 1\ngain = 2\nmirrored = true\n");
    let variables = [("LINTEL_DOOR__CAMERA__WIDTH", "3"), ("LINTEL_DOOR__CAMERA__MIRRORED", "Off")];
    let loaded = loader(&variables).file(&path).set(["camera.width=4"]).load::<Door>().unwrap();
    assert_eq!(loaded.value.camera.width, 4);
    assert!(!loaded.value.camera.mirrored);
    assert_eq!(loaded.value.camera.gain, 2.0);
    assert_eq!(loaded.origin("camera.width"), &Origin::CommandLine);
    assert_eq!(loaded.origin("camera.mirrored").to_string(), "LINTEL_DOOR__CAMERA__MIRRORED");
    assert_eq!(loaded.origin("camera.gain"), &Origin::File { path, line: 3 });
}

#[test]
fn an_error_names_the_line_the_setting_and_what_to_write() {
    let table = [
        ("[camera]\nwidth = \"wide\"", "door.toml:2: camera.width: expected a whole number, got \"wide\""),
        (
            "[camera]\nwidth = 70000",
            "door.toml:2: camera.width: expected a whole number from 0 to 65535, got 70000",
        ),
        ("[camera]\nmirrored = \"yes\"", "door.toml:2: camera.mirrored: expected true or false, got \"yes\""),
        ("[camera]\ndevice = 0", "door.toml:2: camera.device: expected text in quotes, got 0"),
        ("[camera]\nonly = [1]", "door.toml:2: camera.only[0]: expected text in quotes, got 1"),
        (
            "camera = 3",
            "door.toml:1: camera: expected a section; set one of its keys, such as camera.device, got 3",
        ),
        (
            "[log]\nformat = \"jsno\"",
            "door.toml:2: log.format: expected one of \"auto\", \"json\", \"text\", got \"jsno\"; did you mean \"json\"?",
        ),
    ];
    for (text, wanted) in table {
        assert_eq!(refusal(text, &[]), wanted);
    }
    let broken = refusal("[camera]\nwidth 5\n", &[]);
    assert!(broken.starts_with("door.toml:2: "), "{broken}");
    let variable = refusal("", &[("LINTEL_DOOR__CAMERA__MIRRORED", "maybe")]);
    let wanted = "LINTEL_DOOR__CAMERA__MIRRORED: camera.mirrored: expected true or false (1, yes, on; 0, no, off), got \"maybe\"";
    assert_eq!(variable, wanted);
}

#[test]
fn a_value_in_the_place_of_a_section_is_what_the_error_is_about() {
    let message = refusal("camera = 3", &[("LINTEL_DOOR__CAMERA__WIDTH", "5")]);
    assert!(message.starts_with("door.toml:1: camera: expected a section"), "{message}");
    let variables = [("LINTEL_DOOR__CAMERA", "on"), ("LINTEL_DOOR__CAMERA__WIDTH", "5")];
    let message = refusal("", &variables);
    assert!(message.starts_with("LINTEL_DOOR__CAMERA: camera: expected a section"), "{message}");
}

#[test]
fn text_is_read_as_the_setting_wants_it() {
    let read = |assignment: &str| loader(&[]).set([assignment]).load::<Door>().map(|loaded| loaded.value);
    assert_eq!(read("camera.only=yuyv, grey").unwrap().camera.only, ["yuyv", "grey"]);
    assert_eq!(read("camera.only=[\"a,b\"]").unwrap().camera.only, ["a,b"]);
    assert_eq!(read("camera.only=").unwrap().camera.only, Vec::<String>::new());
    assert_eq!(read("camera.gain=3").unwrap().camera.gain, 3.0);
    assert_eq!(read("log.format=text").unwrap().log.format, Format::Text);
    assert_eq!(read("camera.region=a=b").unwrap().camera.region.as_deref(), Some("a=b"));
    assert_eq!(read("camera.width=1_280").unwrap().camera.width, 1280);
}

#[test]
fn an_empty_variable_takes_a_value_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "[camera]\nregion = \"left\"");
    let loaded = loader(&[("LINTEL_DOOR__CAMERA__REGION", "")]).file(path).load::<Door>().unwrap();
    assert_eq!(loaded.value.camera.region, None);
}

#[test]
fn unknown_names_are_collected_with_what_was_meant() {
    let found = warnings(
        "[camera]\nwidht = 5\n[databse]\npool = 1\nextra = 2\n",
        &[
            ("LINTEL_DOOR__CAMERA__COLOUR", "1"),
            ("LINTEL_DOOR__LOGS__FORMAT", "x"),
            ("LINTEL_CENTRAL__X", "1"),
        ],
    );
    assert_eq!(
        found,
        [
            "LINTEL_DOOR__CAMERA__COLOUR: camera.colour: no such setting; `config template` lists them all",
            "door.toml:2: camera.widht: no such setting; did you mean camera.width?",
            "door.toml:5: databse.extra: no such setting; did you mean database?",
            "door.toml:4: databse.pool: no such setting; did you mean database?",
            "LINTEL_DOOR__LOGS__FORMAT: logs.format: no such setting; did you mean log?",
        ]
    );
}

#[test]
fn config_check_refuses_unknown_names_with_the_usage_code() {
    let loaded = loader(&[("LINTEL_DOOR__CAMRA__WIDTH", "1")]).load::<Door>().unwrap();
    let error = anyhow::Error::from(loaded.refuse_unknown().unwrap_err());
    assert_eq!(crate::exit::ExitCode::of(&error), crate::exit::ExitCode::Usage);
    assert!(error.to_string().contains("did you mean camera?"), "{error}");
    assert!(loader(&[]).load::<Door>().unwrap().refuse_unknown().is_ok());
}

#[test]
fn a_malformed_assignment_is_refused_without_quoting_its_value() {
    for given in ["camera.width", "=secret", "camera..width=secret", ".=secret"] {
        let error = loader(&[]).set([given]).load::<Door>().unwrap_err().to_string();
        assert!(error.contains("section.key=value") && !error.contains("secret"), "{error}");
    }
}

#[test]
fn a_plain_variable_is_an_alias_and_the_prefixed_one_wins() {
    let plain = ("DATABASE_URL", "sqlite:plain.db");
    let url = |variables: &[(&str, &str)]| {
        loader(variables).load::<Door>().unwrap().value.database.url.map(|url| url.expose().to_owned())
    };
    assert_eq!(url(&[plain]).as_deref(), Some("sqlite:plain.db"));
    assert_eq!(url(&[plain, ("LINTEL_DOOR__DATABASE__URL", "own")]).as_deref(), Some("own"));
    assert_eq!(url(&[("DATABASE_URL", "")]), None);
}

#[test]
fn a_secret_is_read_from_the_file_that_any_layer_names() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("url");
    crate::secrets::write_private(&secret, b"postgres://u:hunter2@h/db\n").unwrap();
    let named = secret.display().to_string();
    let path = file(&folder, &format!("[database]\nurl_file = {named:?}"));
    for loaded in [
        loader(&[]).file(&path).load::<Door>().unwrap(),
        loader(&[("DATABASE_URL_FILE", &named)]).load::<Door>().unwrap(),
        loader(&[("LINTEL_DOOR__DATABASE__URL_FILE", &named)]).load::<Door>().unwrap(),
    ] {
        assert_eq!(loaded.value.database.url.as_ref().unwrap().expose(), "postgres://u:hunter2@h/db");
        assert_eq!(loaded.origin("database.url").to_string(), named);
        assert_eq!(loaded.warnings, []);
        let shown = show(&loaded).unwrap() + &show_json(&loaded).unwrap().to_string();
        assert!(shown.contains("(redacted)") && !shown.contains("hunter2"), "{shown}");
        assert!(!format!("{loaded:?}").contains("hunter2"));
    }
    let stronger = loader(&[("DATABASE_URL", "own")]).file(&path).load::<Door>().unwrap();
    assert_eq!(stronger.value.database.url.unwrap().expose(), "own");
}

#[test]
fn a_secret_given_twice_in_one_layer_or_open_to_others_is_said() {
    let both = refusal("[database]\nurl = \"a\"\nurl_file = \"/x\"", &[]);
    assert!(both.starts_with("door.toml:3: database.url_file: database.url is set as well"), "{both}");
    let missing = refusal("[database]\nurl_file = \"/nonexistent/url\"", &[]);
    assert!(
        missing.contains("door.toml:2: database.url_file: can't read the secret in /nonexistent/url"),
        "{missing}"
    );
    let folder = tempfile::tempdir().unwrap();
    let open = folder.path().join("open");
    fs::write(&open, "x").unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    let loaded = loader(&[("DATABASE_URL_FILE", open.to_str().unwrap())]).load::<Door>().unwrap();
    assert!(loaded.warnings[0].to_string().contains("chmod 600"));
    assert!(loaded.refuse_unknown().is_ok(), "an open secret isn't an unknown name");
}

#[test]
fn a_systemd_credential_lies_between_file_and_environment() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "[database]\nurl = \"from-file\"\n");
    crate::secrets::write_private(&folder.path().join("database.url"), b"from-credential").unwrap();
    crate::secrets::write_private(&folder.path().join("door-pool"), b"7").unwrap();
    let credentials = ("CREDENTIALS_DIRECTORY", folder.path().to_str().unwrap());
    let loaded =
        loader(&[credentials]).file(&path).credential("door-pool", "database.pool").load::<Door>().unwrap();
    assert_eq!(loaded.value.database.url.as_ref().unwrap().expose(), "from-credential");
    assert_eq!(loaded.value.database.pool, 7);
    assert_eq!(loaded.origin("database.pool"), &Origin::Credential("door-pool".into()));
    let over = loader(&[credentials, ("DATABASE_URL", "e")]).file(&path).load::<Door>().unwrap();
    assert_eq!(over.value.database.url.unwrap().expose(), "e");
}

#[test]
fn a_secret_of_the_wrong_type_is_not_quoted() {
    let message = refusal("[database]\nurl = 12345678", &[]);
    assert!(message.contains("text in quotes") && !message.contains("12345678"), "{message}");
}

#[test]
fn the_template_is_the_defaults_commented_and_reads_back_as_them() {
    let text = template::<Door>("Settings of the door.").unwrap();
    assert!(
        text.starts_with("# Settings of the door.\n\n# The camera at the door.\n[camera]\n\n# A V4L2"),
        "{text}"
    );
    assert!(text.contains("\n#width = 640\n") && text.contains("\n#region =\n"), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let as_is = loader(&[]).file(file(&folder, &text)).load::<Door>().unwrap();
    assert_eq!((as_is.value, as_is.warnings.len()), (Door::default(), 0));
    let uncommented: Vec<_> = text
        .lines()
        .map(|line| {
            line.strip_prefix('#')
                .filter(|rest| !rest.starts_with(' ') && !rest.ends_with('='))
                .unwrap_or(line)
        })
        .collect();
    let loaded = loader(&[]).file(file(&folder, &uncommented.join("\n"))).load::<Door>().unwrap();
    assert_eq!((loaded.value, loaded.warnings.len()), (Door::default(), 0));
    assert_eq!(undescribed::<Door>().unwrap(), Vec::<String>::new());
}

#[test]
fn show_has_every_setting_with_its_value_and_origin() {
    let loaded = loader(&[("LINTEL_DOOR__CAMERA__MIRRORED", "yes")]).load::<Door>().unwrap();
    let text = show(&loaded).unwrap();
    let line = |key: &str| text.lines().find(|line| line.contains(key)).unwrap();
    assert!(line("camera.mirrored").starts_with("camera.mirrored = true "), "{text}");
    assert!(line("camera.mirrored").ends_with("# LINTEL_DOOR__CAMERA__MIRRORED"), "{text}");
    assert!(line("camera.width").ends_with("# default"), "{text}");
    assert!(
        line("camera.region").starts_with("#camera.region =") && line("camera.region").ends_with("# not set")
    );
    assert_eq!(text.lines().count(), 9);
    toml::from_str::<toml::Table>(&text).unwrap();
    assert_eq!(show_json(&loaded).unwrap()["camera.mirrored"]["value"], true);
}

#[test]
fn a_rule_that_no_type_can_say_still_names_the_origin() {
    let loaded = loader(&[]).set(["camera.width=7"]).load::<Door>().unwrap();
    let error = loaded.wrong("camera.width", "expected an even number, got 7");
    assert_eq!(error.to_string(), "--set: camera.width: expected an even number, got 7");
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Site {
    doors: Vec<Entrance>,
    zones: BTreeMap<String, u8>,
    proxy: Option<Proxy>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Entrance {
    name: String,
    pin: Option<SecretString>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Proxy {
    host: String,
    port: u16,
}

impl Settings for Site {
    fn describe() -> Vec<(&'static str, &'static str)> {
        vec![("doors", "Entrances."), ("zones", "Numbers by name."), ("proxy", "On the way out.")]
    }
}

#[test]
fn lists_of_sections_maps_and_optional_sections_are_read_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[[doors]]\nname = \"front\"\npin = \"4711\"\n[[doors]]\nname = \"back\"\ncolour = 1\n[zones]\nnorth = 1\n";
    let read = |variables: &[(&str, &str)]| {
        Loader::new("LINTEL_SITE")
            .environment(variables.iter().copied())
            .file(file(&folder, text))
            .load::<Site>()
    };
    let loaded = read(&[
        ("LINTEL_SITE__ZONES__SOUTH", "2"),
        ("LINTEL_SITE__PROXY__HOST", "p"),
        ("LINTEL_SITE__PROXY__PORT", "8080"),
    ])
    .unwrap();
    assert_eq!(loaded.value.doors.len(), 2);
    assert_eq!(loaded.value.zones, BTreeMap::from([("north".into(), 1), ("south".into(), 2)]));
    assert_eq!(loaded.value.proxy, Some(Proxy { host: "p".into(), port: 8080 }));
    assert_eq!(loaded.warnings.iter().map(ConfigWarning::key).collect::<Vec<_>>(), ["doors[1].colour"]);
    let shown = show(&loaded).unwrap();
    assert!(!shown.contains("4711") && shown.contains("(redacted)"), "{shown}");
    let names: Vec<_> =
        shown.lines().filter_map(|line| line.split_once(" =")).map(|(name, _)| name).collect();
    assert_eq!(names, ["doors", "proxy.host", "proxy.port", "zones.north", "zones.south"], "{shown}");
    let error = read(&[("LINTEL_SITE__PROXY__HOST", "p")]).unwrap_err().to_string();
    assert_eq!(error, "LINTEL_SITE__PROXY__HOST: proxy: port is missing");
    let inline = read(&[("LINTEL_SITE__PROXY", "{ host = \"q\", port = 1 }")]).unwrap();
    assert_eq!(inline.value.proxy, Some(Proxy { host: "q".into(), port: 1 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_strongest_layer_that_speaks_is_heard(
        in_file: Option<u16>, in_environment: Option<u16>, typed: Option<u16>
    ) {
        let folder = tempfile::tempdir().unwrap();
        let text = in_file.map_or(String::new(), |n| format!("[camera]\nwidth = {n}"));
        let value = in_environment.map(|n| n.to_string());
        let variables: Vec<_> =
            value.iter().map(|value| ("LINTEL_DOOR__CAMERA__WIDTH", value.as_str())).collect();
        let loaded = loader(&variables)
            .file(file(&folder, &text))
            .set(typed.map(|n| format!("camera.width={n}")))
            .load::<Door>().unwrap();
        let strongest = typed.or(in_environment).or(in_file);
        prop_assert_eq!(loaded.value.camera.width, strongest.unwrap_or(640));
        let layer = if typed.is_some() { 4 } else if in_environment.is_some() { 3 } else { u8::from(in_file.is_some()) };
        prop_assert_eq!(loaded.origin("camera.width").layer(), layer);
    }

    #[test]
    fn no_file_makes_the_loader_panic(text in "[\\[\\]a-z=.\"{}0-9 \n#]{0,60}") {
        let folder = tempfile::tempdir().unwrap();
        loader(&[]).file(file(&folder, &text)).load::<Door>().ok();
    }
}
