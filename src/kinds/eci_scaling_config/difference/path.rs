//! Where a difference is: as a list of names, and as people write it.

use std::fmt;

/// `containers[nginx].image`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    names: Vec<String>,
    text: String,
}

impl Path {
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        let text = if self.text.is_empty() { name.to_owned() } else { format!("{}.{name}", self.text) };
        self.followed_by(name, text)
    }

    #[must_use]
    pub fn entry(&self, key: &str) -> Self {
        self.followed_by(key, format!("{}[{key}]", self.text))
    }

    fn followed_by(&self, name: &str, text: String) -> Self {
        let mut names = self.names.clone();
        names.push(name.to_owned());
        Self { names, text }
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The field of the configuration that the path leads into.
    pub fn top(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
