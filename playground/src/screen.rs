//! What the program shows to the person who typed it: standard output, written in this one place.

use std::io::{self, Write};

/// Prints lines; a reader that has gone (`| head`) is no reason to fail.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
