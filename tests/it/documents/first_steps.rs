//! `docs/getting-started.md`, typed line by line. Where a line needs what is not here (a container engine, kind, a kubelet, an account), it is stood in for,
//! and the test says so: `STOOD_IN` lists those lines, and a line more or less on the page fails. Everything else is run as it stands, and prints what the
//! page says that it prints.

use super::{Page, commands_and_outputs, saved_as};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use steward_playground::playground::{Playground, Setup};
use steward_playground::repository;
use steward_playground::settings::Settings;
use steward_playground::{ControlPlane, Deployment, Options, Simulator, Tool, Toolbox, Workload};

const PAGE: &str = "docs/getting-started.md";
const CLOUDSIM: &str = "http://cloud-steward-cloudsim.cloud-steward-system.svc:8080";
const READY: Duration = Duration::from_secs(60);

/// Lines that are not run, by what they begin with, and what is there in their place.
const STOOD_IN: [(&str, &str, usize); 10] = [
    ("git clone ", "this repository", 1),
    ("cd cloud-steward", "a directory that shows the chart and the playground's manifests", 1),
    ("make image", "the programs that `cargo build` made", 1),
    ("kind ", "a control plane of this test's own", 3),
    ("kubectl -n cloud-steward-system rollout status ", "the chart's Deployment run as a process, as a kubelet would, once it is ready", 3),
    ("make up", "the same playground, started by this test", 1),
    ("source .dev/env", "the variables that are in that file", 1),
    ("make down", "its end with the test", 1),
    ("aliyun ram ", "the simulator's account", 4),
    ("helm upgrade ", "run as it stands; then the process is started anew, as a Deployment would", 1),
];

fn stands_in(line: &str) -> Option<&'static str> {
    STOOD_IN.iter().find(|(begin, _, _)| line.starts_with(begin)).map(|(begin, _, _)| *begin)
}

/// A shell in a directory of its own.
struct Desk {
    place: tempfile::TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Desk {
    fn new(environment: Vec<(&'static str, String)>) -> Self {
        let place = tempfile::tempdir().expect("a directory");
        for name in ["charts", "playground"] {
            symlink(repository().join(name), place.path().join(name)).expect("a link");
        }
        Self { place, environment }
    }

    fn type_in(&self, line: &str) -> String {
        let mut shell = Command::new("bash");
        shell.args(["-c", line]).current_dir(self.place.path()).env("HOME", self.place.path());
        for (name, value) in &self.environment {
            shell.env(name, if *name == "PATH" { format!("{value}:/usr/local/bin:/usr/bin:/bin") } else { value.clone() });
        }
        let said = shell.output().expect("a shell");
        let (out, err) = (String::from_utf8_lossy(&said.stdout).into_owned(), String::from_utf8_lossy(&said.stderr).into_owned());
        assert!(said.status.success(), "{line}\n{out}{err}");
        out
    }
}

/// Whether what was printed has these words, in this order and within a line; ages and times differ.
fn shows(printed: &str, promised: &str) -> bool {
    let is_age = |word: &str| {
        word.ends_with(['s', 'm']) && word.trim_end_matches(['s', 'm']).chars().all(|letter| letter.is_ascii_digit() || letter == 'm')
    };
    printed.lines().any(|line| {
        let mut words = line.split_whitespace();
        promised.split_whitespace().filter(|word| !is_age(word)).all(|word| words.any(|printed| printed == word))
    })
}

/// Types the lines of a part of the page. `instead` does what is to be done for a line that is stood in for.
fn follow(desk: &Desk, part: &str, mut instead: impl FnMut(&Desk, &str), adapt: impl Fn(&str) -> String) {
    let page = Page { path: PAGE.into(), text: part.to_owned() };
    for step in page.steps() {
        if let Some(name) = saved_as(&step) {
            fs::write(desk.place.path().join(name), adapt(&step.block.text)).expect("a file");
        }
        for (line, promised) in commands_and_outputs(&step.block) {
            if stands_in(&line).is_some() {
                instead(desk, &line);
                continue;
            }
            let printed = desk.type_in(&line);
            for promised in promised {
                assert!(shows(&printed, &promised), "{line}\npromised: {promised}\nprinted:\n{printed}");
            }
            if line.starts_with("helm ") {
                instead(desk, &line);
            }
        }
    }
}

/// The text below a heading of the second level.
fn part<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("\n## {heading}\n")).expect("the heading");
    rest.split("\n## ").next().unwrap_or(rest)
}

fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_steward")).with_file_name(name)
}

#[test]
fn the_lines_that_are_stood_in_for_are_these_and_no_others() {
    let page = Page::named(PAGE);
    let lines: Vec<String> = page.blocks().iter().flat_map(commands_and_outputs).map(|(line, _)| line).collect();
    for (begin, by, count) in STOOD_IN {
        let found = lines.iter().filter(|line| line.starts_with(begin)).count();
        assert_eq!(found, count, "{begin:?} (in its place: {by})");
    }
    let run = lines.iter().filter(|line| stands_in(line).is_none()).count();
    assert!(run > 25, "{run} of {} lines are run", lines.len());
}

#[test]
fn with_kind_and_with_an_account_every_line_does_what_the_page_says() {
    let text = Page::named(PAGE).text;
    let control_plane = ControlPlane::start(&Options { controller_manager: true, ..Options::default() }).expect("a control plane");
    let seed = repository().join("charts/cloud-steward/files/cloudsim-seed.yaml");
    let simulator = Simulator::start(control_plane.nest(), &program("steward-cloudsim"), &seed).expect("a simulator");
    let tools = Toolbox::obtain(&Settings::from_environment(), &[Tool::Helm]).expect("helm");
    let helm = tools.path(Tool::Helm).expect("helm").parent().expect("a directory").display().to_string();
    let path = format!("{}:{helm}", control_plane.tools_directory().expect("tools").display());
    let desk = Desk::new(vec![
        ("KUBECONFIG", control_plane.kubeconfig().display().to_string()),
        ("PATH", path),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "demoAccessKeyId".to_owned()),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "demoAccessKeySecret".to_owned()),
    ]);
    let mut steward = None;
    let mut instead = |desk: &Desk, line: &str| {
        if line.starts_with("helm uninstall") {
            steward = None;
        } else if line.starts_with("helm ") {
            if line.starts_with("helm upgrade") {
                desk.type_in(line);
            }
            // The old process first: it holds the lease.
            steward = None;
            let manifest = desk.type_in("helm get manifest cloud-steward -n cloud-steward-system");
            let mut deployment = Deployment::from_manifests(&manifest, "cloud-steward").expect("the chart's Deployment");
            deployment.set_environment("STEWARD_ALLOWED_ENDPOINTS", simulator.url());
            steward = Some(Workload::start(&control_plane, &deployment, &program("steward")).expect("steward"));
        }
        if line.contains("deployment/cloud-steward ") || line.starts_with("helm upgrade") {
            steward.as_ref().expect("installed").wait_ready(READY).expect("ready");
        }
    };
    // The simulator is on loopback, and no Service leads there.
    follow(&desk, part(&text, "With kind and a simulated cloud"), &mut instead, |manifest| manifest.replace(CLOUDSIM, simulator.url()));
    // The page's account is a real one; this one is the simulator's.
    let endpoints = ["sts", "ecs"].map(|service| format!("{{service: {service}, url: \"{}\"}}", simulator.url())).join(", ");
    let provider = "  provider: AlibabaCloud\n";
    let led = |manifest: &str| manifest.replace(provider, &format!("{provider}  endpoints: [{endpoints}]\n"));
    follow(&desk, part(&text, "With a real account"), &mut instead, led);
}

#[test]
fn without_kind_every_line_does_what_the_page_says() {
    let playground = Playground::start(&Setup::default()).expect("a playground");
    let desk = Desk::new(playground.environment().expect("an environment"));
    follow(&desk, part(&Page::named(PAGE).text, "Without kind"), |_, _| {}, str::to_owned);
}
