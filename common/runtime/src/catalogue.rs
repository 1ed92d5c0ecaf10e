//! Every text that people read on a page or on a door's screen, by its id, from Fluent files.
//!
//! So that codes stay codes until the last moment, and a second language is a second folder. A text that
//! is missing is shown as its id and logged: a page with one odd word is better than none. Command lines
//! and logs speak English and don't come here.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use unic_langid::LanguageIdentifier;

pub use fluent_bundle::FluentValue;

/// Languages that a browser may name; the rest of its header is not looked at.
const MAX_ASKED: usize = 16;

/// Why a catalogue can't be used. Its files are part of the program, so this is a mistake of the build.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Not a language tag.
    #[error("{0:?} is no language tag")]
    Language(String),
    /// A file that is no Fluent.
    #[error("the {language} texts can't be read: {cause}")]
    Syntax {
        /// Which language.
        language: String,
        /// What the parser said.
        cause: String,
    },
    /// No language at all.
    #[error("a catalogue needs at least one language")]
    Empty,
}

/// All texts in all languages.
pub struct Catalogue {
    languages: Vec<LanguageIdentifier>,
    bundles: Vec<FluentBundle<FluentResource>>,
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Catalogue").field(&self.languages).finish()
    }
}

impl Catalogue {
    /// Reads the files of each language. The first language is the one that is spoken to everybody else.
    ///
    /// # Errors
    /// [`CatalogueError`], also for an id that stands twice.
    pub fn new(sources: &[(&str, &[&str])]) -> Result<Self, CatalogueError> {
        let mut catalogue = Self { languages: Vec::new(), bundles: Vec::new() };
        for (tag, files) in sources {
            let language: LanguageIdentifier =
                tag.parse().map_err(|_| CatalogueError::Language((*tag).to_owned()))?;
            let mut bundle = FluentBundle::new_concurrent(vec![language.clone()]);
            // The pages have one direction; marks around each name would end up in what people copy.
            bundle.set_use_isolating(false);
            for file in *files {
                let failed = |cause: String| CatalogueError::Syntax { language: (*tag).to_owned(), cause };
                let resource = FluentResource::try_new((*file).to_owned())
                    .map_err(|(_, errors)| failed(format!("{errors:?}")))?;
                bundle.add_resource(resource).map_err(|errors| failed(format!("{errors:?}")))?;
            }
            catalogue.languages.push(language);
            catalogue.bundles.push(bundle);
        }
        if catalogue.bundles.is_empty() { Err(CatalogueError::Empty) } else { Ok(catalogue) }
    }

    /// A catalogue that has only ids to say.
    #[must_use]
    pub fn mute() -> Self {
        Self { languages: Vec::new(), bundles: Vec::new() }
    }

    /// The texts in the first language of an `Accept-Language` header that there is.
    #[must_use]
    pub fn words(&self, accept_language: &str) -> Words<'_> {
        let asked: Vec<LanguageIdentifier> = accept_language
            .split(',')
            .take(MAX_ASKED)
            .filter_map(|one| one.split(';').next()?.trim().parse().ok())
            .collect();
        let found =
            negotiate_languages(&asked, &self.languages, self.languages.first(), NegotiationStrategy::Lookup);
        let place = found.first().and_then(|found| self.languages.iter().position(|one| one == *found));
        Words { catalogue: self, place: place.unwrap_or(0) }
    }
}

/// The texts in one language.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    catalogue: &'a Catalogue,
    place: usize,
}

impl Words<'_> {
    /// The language's tag, for a page's `lang`.
    #[must_use]
    pub fn language(&self) -> String {
        self.catalogue.languages.get(self.place).map_or_else(|| "en".to_owned(), ToString::to_string)
    }

    /// Whether there is a text of this id.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.catalogue.bundles.first().is_some_and(|bundle| bundle.has_message(id))
    }

    /// A text without variables.
    #[must_use]
    pub fn say(&self, id: &str) -> String {
        self.say_with(id, &[])
    }

    /// A text with its variables.
    #[must_use]
    pub fn say_with(&self, id: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        let args: FluentArgs<'_> = values.iter().map(|(name, value)| (*name, value.clone())).collect();
        let bundles = &self.catalogue.bundles;
        // What is not translated yet is said in the first language.
        let said = [self.place, 0].into_iter().filter_map(|place| bundles.get(place)).find_map(|bundle| {
            let pattern = bundle.get_message(id)?.value()?;
            let mut errors = Vec::new();
            let text = bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
            if !errors.is_empty() {
                log::error!("text.id" = id, "error" = format!("{errors:?}").as_str(); "a text lacks a variable");
            }
            Some(text)
        });
        said.unwrap_or_else(|| {
            log::error!("text.id" = id; "a text is missing from the catalogue");
            id.to_owned()
        })
    }
}

/// The ids that a Fluent file defines; for the tests that compare them with those in use.
#[must_use]
pub fn defined_ids(file: &str) -> Vec<String> {
    let id = |line: &str| {
        let (id, _) = line.split_once('=')?;
        let id = id.trim_end();
        let plain = id.starts_with(|c: char| c.is_ascii_lowercase())
            && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        plain.then(|| id.to_owned())
    };
    file.lines().filter_map(id).collect()
}

/// The ids that a source or template says by `say("…")` or `say_with("…"`.
#[must_use]
pub fn said_ids(source: &str) -> Vec<String> {
    let ids = |verb: &'static str| {
        source.split(verb).skip(1).filter_map(|rest| rest.split_once('"').map(|(id, _)| id.to_owned()))
    };
    ids(".say(\"").chain(ids(".say_with(\"")).collect()
}

/// What is wrong between Fluent files and what says them: ids said and not defined, and ids defined that
/// stand in no source as a literal. Empty when all is right.
#[must_use]
pub fn differences(files: &[&str], sources: &[String]) -> Vec<String> {
    let defined: Vec<String> = files.iter().flat_map(|file| defined_ids(file)).collect();
    let missing = sources
        .iter()
        .flat_map(|source| said_ids(source))
        .filter(|id| !defined.contains(id))
        .map(|id| format!("{id} is said but not defined"));
    let unused = defined
        .iter()
        .filter(|id| !sources.iter().any(|source| source.contains(&format!("\"{id}\""))))
        .map(|id| format!("{id} is defined but never said"));
    let mut found: Vec<String> = missing.chain(unused).collect();
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: &str = "day-title = Today\nday-count = { $count ->\n    [one] { $count } person\n   *[other] { $count } people\n}\n";
    const DE: &str = "day-title = Heute\n";

    fn catalogue() -> Catalogue {
        Catalogue::new(&[("en", &[EN]), ("de", &[DE])]).unwrap()
    }

    #[test]
    fn the_first_language_that_there_is_is_spoken() {
        let catalogue = catalogue();
        assert_eq!(catalogue.words("fr, de-AT;q=0.8, en;q=0.5").say("day-title"), "Heute");
        assert_eq!(catalogue.words("fr").say("day-title"), "Today");
        assert_eq!(catalogue.words("").say("day-title"), "Today");
        assert_eq!(catalogue.words(&"x,".repeat(10_000)).language(), "en");
    }

    #[test]
    fn numbers_choose_their_plural() {
        let catalogue = catalogue();
        let count = |n: i64| catalogue.words("en").say_with("day-count", &[("count", n.into())]);
        assert_eq!((count(1), count(3)), ("1 person".into(), "3 people".into()));
    }

    #[test]
    fn what_is_not_translated_is_said_in_the_first_language_and_what_is_missing_by_its_id() {
        let catalogue = catalogue();
        let count = [("count", FluentValue::from(1))];
        assert_eq!(catalogue.words("de").say_with("day-count", &count), "1 person");
        assert_eq!(catalogue.words("de").say("nowhere"), "nowhere");
    }

    #[test]
    fn a_broken_file_and_a_doubled_id_are_refused() {
        assert!(Catalogue::new(&[("en", &["= nothing"])]).is_err());
        assert!(Catalogue::new(&[("en", &["a = 1\n", "a = 2\n"])]).is_err());
        assert!(Catalogue::new(&[("not a tag", &[])]).is_err());
        assert!(Catalogue::new(&[]).is_err());
    }

    #[test]
    fn missing_and_unused_texts_are_found() {
        let source = r#"{{ words.say("day-title") }} {{ words.say("day-lost") }}"#.to_owned();
        let found = differences(&[EN], &[source]);
        assert_eq!(found, ["day-count is defined but never said", "day-lost is said but not defined"]);
    }
}
