//! Requests that the vendors' own clients sent, against ours: what is asked, the request as we build it, and signatures.
//! `STEWARD_WIRE_VECTORS` names another directory of vectors. What we do not implement is counted and named on stdout.

mod alibaba;
mod command;
mod configuration;
mod huawei;
mod recomputed;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What was found, and what went wrong.
#[derive(Default)]
struct Report {
    /// Requests of operations that we have, made anew from what the recorded client was asked to do.
    requests: usize,
    /// Recorded operations, ours or not, that were sent through our own request: path, query, body, headers, signature.
    sent: usize,
    /// Recorded answers that were read.
    answers: usize,
    signatures: usize,
    /// Vectors by the operation or scheme that we lack.
    unimplemented: BTreeMap<String, usize>,
    red: Vec<String>,
}

impl Report {
    fn lacks(&mut self, what: String) {
        *self.unimplemented.entry(what).or_default() += 1;
    }

    fn check(&mut self, name: &str, text: &str) {
        match serde_json::from_str(text) {
            Ok(raw) if huawei::recorded(&raw) => huawei::check(self, name, raw),
            Ok(raw) => alibaba::check(self, name, raw),
            Err(error) => self.red.push(format!("{name}: not JSON: {error}")),
        }
    }

    /// All vectors below a directory.
    fn of(directory: &Path) -> Self {
        let mut report = Self::default();
        for file in json_files(directory) {
            let text = std::fs::read_to_string(&file).expect("a vector is readable");
            report.check(&file.strip_prefix(directory).unwrap_or(&file).display().to_string(), &text);
        }
        report
    }

    fn print(&self, directory: &Path) {
        let mut text = format!(
            "wire vectors in {}: {} requests, {} sent as recorded, {} answers and {} signatures compared\n",
            directory.display(),
            self.requests,
            self.sent,
            self.answers,
            self.signatures
        );
        for (what, count) in &self.unimplemented {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "not implemented: {what} ({count} vectors)");
        }
        // Not through print!, which the test harness keeps to itself when all is well.
        std::io::stdout().write_all(text.as_bytes()).expect("stdout is open");
    }
}

/// The committed vectors of a vendor, or of all.
fn directory(vendor: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(vendor)
}

fn json_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        let entries =
            std::fs::read_dir(&directory).unwrap_or_else(|error| unreachable!("{} cannot be listed: {error}", directory.display()));
        for entry in entries {
            let path = entry.expect("an entry of the directory").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[test]
fn our_requests_and_signatures_are_those_of_the_vendors_clients() {
    let directory = std::env::var_os("STEWARD_WIRE_VECTORS").map_or_else(|| directory(""), PathBuf::from);
    let report = Report::of(&directory);
    report.print(&directory);
    assert!(!json_files(&directory).is_empty(), "no vector below {}", directory.display());
    assert!(report.red.is_empty(), "{} differences:\n{}", report.red.len(), report.red.join("\n"));
}
