//! `steward docs`: the pages below `docs/`, and the tables in them, that say what the code says. One room for each page.

mod codes;
mod fields;
mod permissions;
mod reasons;
mod runbook;

use anyhow::Context as _;
use clap::Args;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Flags {
    /// Where the pages are.
    #[arg(long, value_name = "DIRECTORY")]
    dir: PathBuf,
    /// Write nothing, and fail if a page is not what it should be.
    #[arg(long)]
    check: bool,
}

/// Writes or checks.
pub fn run(flags: &Flags) -> ExitCode {
    match try_run(flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            super::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn try_run(flags: &Flags) -> anyhow::Result<()> {
    for (name, page) in pages(&flags.dir)? {
        let file = flags.dir.join(name);
        if !flags.check {
            std::fs::write(&file, &page).with_context(|| format!("{} cannot be written", file.display()))?;
            continue;
        }
        let committed = read(&file)?;
        anyhow::ensure!(committed == page, "{} is not what the code says: run `make docs`", file.display());
    }
    Ok(())
}

/// Every page that is made wholly or in part, by the name of its file.
fn pages(dir: &Path) -> anyhow::Result<Vec<(&'static str, String)>> {
    let mut pages = vec![
        ("eci-scaling-configuration-fields.md", fields::page()?),
        ("error-codes.md", codes::page()),
        ("permissions.md", permissions::page()),
        ("runbook.md", runbook::page()),
    ];
    for (kind, name) in reasons::PAGES {
        let page = reasons::set_in(kind, &read(&dir.join(name))?).with_context(|| format!("{name} has no place for the reasons"))?;
        pages.push((name, page));
    }
    Ok(pages)
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{} is missing: run `make docs`", file.display()))
}

/// One line of a table. A bar would end the cell.
fn row(page: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    // Writing to a String cannot fail.
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}
