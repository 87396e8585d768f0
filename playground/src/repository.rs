//! Where the files of this repository are: manifests, seeds and the chart are read from there.

use std::path::Path;

/// The repository that this was built from.
pub fn repository() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}
