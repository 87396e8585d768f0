//! What an object of a seed leaves unsaid.

use anyhow::{Result, bail};

/// Said, or by default, or the only one there is.
pub(super) fn pick<'a>(
    what: &str,
    said: Option<String>,
    default: Option<String>,
    mut all: impl ExactSizeIterator<Item = &'a String>,
) -> Result<String> {
    if let Some(value) = said.or(default) {
        return Ok(value);
    }
    match (all.next(), all.len()) {
        (Some(only), 0) => Ok(only.clone()),
        (None, _) => bail!("`{what}` is missing, and the seed has none"),
        (Some(_), _) => bail!("`{what}` is missing, and there are several"),
    }
}
