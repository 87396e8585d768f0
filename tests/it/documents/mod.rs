//! What stands in the repository's Markdown is so: links lead somewhere (`links`), reasons are those of the code (`reasons`), manifests are taken by a
//! real API server and commands work (`manifests`), and the first steps lead where they say (`first_steps`).

mod first_steps;
mod links;
mod manifests;
mod reasons;

use std::path::{Path, PathBuf};
use steward_playground::repository;

/// A page, and where it is.
struct Page {
    /// Below the repository.
    path: PathBuf,
    text: String,
}

/// What stands between two fences.
struct Block {
    /// The word behind the fence.
    language: String,
    /// Where the fence is.
    line: usize,
    text: String,
}

/// Every page that people read, wherever it is.
fn pages() -> Vec<Page> {
    let mut pages = Vec::new();
    for place in ["", "charts", "deploy", "docs", "examples", "playground", "sim"] {
        collect(Path::new(place), !place.is_empty(), "md", &mut pages);
    }
    pages.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(pages.len() > 10, "the pages are somewhere else now");
    pages
}

/// Manifests that are files of their own, each as a page that is one block.
fn manifest_files() -> Vec<Page> {
    let mut files = Vec::new();
    for place in ["examples", "playground/manifests"] {
        collect(Path::new(place), true, "yaml", &mut files);
    }
    assert!(files.len() > 15, "the examples are somewhere else now");
    files.into_iter().map(|file| Page { text: format!("```yaml\n{}\n```\n", file.text), ..file }).collect()
}

fn collect(below: &Path, deep: bool, wanted: &str, pages: &mut Vec<Page>) {
    let Ok(entries) = std::fs::read_dir(repository().join(below)) else { return };
    for entry in entries {
        let entry = entry.expect("an entry");
        let path = below.join(entry.file_name());
        if entry.path().is_dir() {
            if deep {
                collect(&path, deep, wanted, pages);
            }
        } else if path.extension().is_some_and(|extension| extension == wanted) {
            let text = std::fs::read_to_string(entry.path()).expect("a page");
            pages.push(Page { path, text });
        }
    }
}

impl Page {
    fn named(path: &str) -> Self {
        let text = std::fs::read_to_string(repository().join(path)).expect("a page");
        Self { path: path.into(), text }
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The lines outside of blocks, with their numbers, and the blocks.
    fn read(&self) -> (Vec<(usize, &str)>, Vec<Block>) {
        let (mut prose, mut blocks, mut open) = (Vec::new(), Vec::new(), None::<(Block, usize)>);
        for (number, line) in (1..).zip(self.text.lines()) {
            let indent = line.len() - line.trim_start().len();
            let fence = line.trim_start().strip_prefix("```");
            match (&mut open, fence) {
                (None, Some(language)) => {
                    open = Some((Block { language: language.trim().to_owned(), line: number, text: String::new() }, indent));
                }
                (None, None) => prose.push((number, line)),
                (Some(_), Some("")) => blocks.extend(open.take().map(|(block, _)| block)),
                (Some((block, indent)), _) => {
                    block.text.push_str(line.get(*indent..).unwrap_or_default());
                    block.text.push('\n');
                }
            }
        }
        assert!(open.is_none(), "{}: a block does not end", self.name());
        (prose, blocks)
    }

    fn blocks(&self) -> Vec<Block> {
        self.read().1
    }
}

/// A block, and what stands before it.
struct Step {
    before: String,
    block: Block,
}

impl Page {
    fn steps(&self) -> Vec<Step> {
        let lines: Vec<&str> = self.text.lines().collect();
        let before = |block: &Block| {
            let above = lines[..block.line - 1].iter().rev().skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
            above.copied().collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join(" ")
        };
        self.blocks().into_iter().map(|block| Step { before: before(&block), block }).collect()
    }
}

/// The file that the text before a block says to save it as.
fn saved_as(step: &Step) -> Option<&str> {
    let (_, rest) = step.before.split_once("ave this as `").or_else(|| step.before.split_once("ave it as `"))?;
    rest.split('`').next()
}

/// What somebody types, the lines behind a `$`, and the lines that are promised to come back.
fn commands_and_outputs(block: &Block) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for line in block.text.lines() {
        match (line.strip_prefix("$ "), found.last_mut()) {
            (Some(command), _) => found.push((command.to_owned(), Vec::new())),
            (None, Some((_, outputs))) => outputs.push(line.to_owned()),
            (None, None) => {}
        }
    }
    found
}
