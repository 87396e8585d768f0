//! `steward version`.

use std::io::Write as _;
use std::process::ExitCode;

/// Prints the version, and the API version that it serves.
pub fn run() -> ExitCode {
    let text = format!("steward {} (API cloudsteward.dev/v1alpha1)\n", env!("CARGO_PKG_VERSION"));
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
