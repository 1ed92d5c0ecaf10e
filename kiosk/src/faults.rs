//! Dying at a chosen step, for the stories that prove what a power cut leaves behind.
//!
//! The steps where a door's promises could break are marked with [`point`]. In a package the marks are nothing:
//! they are compiled in by the feature `fault-injection` only, and a release build with it is refused. There,
//! `LINTEL_FAULT=append.before_commit:2` makes the process kill itself, as `kill -9` would, when it comes to
//! that step for the second time; `…:1` may be left out. Nothing here may do anything else than die.

#[cfg(all(feature = "fault-injection", not(debug_assertions)))]
compile_error!("fault-injection is for tests: build a release without it");

/// A step where the process may be told to die. The name is `what.when`.
#[cfg(not(feature = "fault-injection"))]
#[inline(always)]
pub const fn point(_name: &str) {}

#[cfg(feature = "fault-injection")]
pub use injection::point;

#[cfg(feature = "fault-injection")]
mod injection {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use rustix::process::{Signal, getpid, kill_process};

    /// Where to die, from the environment.
    const VARIABLE: &str = "LINTEL_FAULT";

    struct Fault {
        point: String,
        at: u32,
        passed: AtomicU32,
    }

    fn parse(text: &str) -> Fault {
        let (point, at) = text.rsplit_once(':').unwrap_or((text, "1"));
        Fault { point: point.to_owned(), at: at.parse().unwrap_or(1), passed: AtomicU32::new(0) }
    }

    /// A step where the process may be told to die. The name is `what.when`.
    pub fn point(name: &str) {
        static FAULT: OnceLock<Option<Fault>> = OnceLock::new();
        let fault = FAULT.get_or_init(|| std::env::var(VARIABLE).ok().map(|text| parse(&text)));
        let Some(fault) = fault.as_ref().filter(|fault| fault.point == name) else { return };
        if fault.passed.fetch_add(1, Ordering::SeqCst) + 1 == fault.at {
            // The signal is dealt with before this call returns: not one more instruction of this thread runs.
            if let Err(error) = kill_process(getpid(), Signal::KILL) {
                log::error!("error" = error.to_string().as_str(); "the process can't kill itself");
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_fault_names_its_point_and_which_passing() {
            let fault = parse("mark.before_commit:3");
            assert_eq!((fault.point.as_str(), fault.at), ("mark.before_commit", 3));
            assert_eq!(parse("mark.before_commit").at, 1);
        }

        #[test]
        fn a_process_that_was_told_nothing_passes_every_point() {
            point("append.before_commit");
        }
    }
}
