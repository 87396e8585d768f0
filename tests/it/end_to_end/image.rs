//! What is in the container images, without an engine: the root file systems that the Dockerfile makes, made by the same script of the programs that were
//! built for the tests, and steward and the simulator at work in them, as a cluster would run them.

use super::real::{Real, read, ready_of};
use super::{SEED, restore_check, security_group_membership};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;
use steward_playground::repository;

const MINUTE: Duration = Duration::from_secs(60);

/// A root file system with one program in it.
struct Image {
    directory: tempfile::TempDir,
    program: &'static str,
}

impl Image {
    fn of(program: &'static str) -> Self {
        let built = Path::new(env!("CARGO_BIN_EXE_steward")).with_file_name(program);
        let directory = tempfile::tempdir().expect("a directory");
        // Whoever is nobody special must get there.
        fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755)).expect("it is ours");
        let image = Self { directory, program };
        let said = Command::new(repository().join("images/rootfs")).arg(built).arg(image.root()).output().expect("the script runs");
        assert!(said.status.success(), "images/rootfs: {}", String::from_utf8_lossy(&said.stderr));
        image
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join("root")
    }

    /// `644 etc/passwd`, of everything but directories that only lead somewhere.
    fn files(&self) -> BTreeSet<String> {
        let mut files = BTreeSet::new();
        let mut directories = vec![self.root()];
        while let Some(directory) = directories.pop() {
            let entries: Vec<_> = fs::read_dir(&directory).expect("a directory").map(|entry| entry.expect("an entry").path()).collect();
            for path in &entries {
                let kind = fs::symlink_metadata(path).expect("it exists");
                if kind.is_dir() && fs::read_dir(path).expect("a directory").next().is_some() {
                    directories.push(path.clone());
                } else {
                    let name = path.strip_prefix(self.root()).expect("below the root").display();
                    files.insert(format!("{:o} {name}", kind.permissions().mode() & 0o7777));
                }
            }
        }
        files
    }

    /// Its program, as a cluster starts it.
    fn run(&self, arguments: &[&str]) -> Output {
        let enter = Command::new(repository().join("images/enter"))
            .arg(self.root())
            .arg(format!("/{}", self.program))
            .args(arguments)
            .env_clear()
            .output()
            .expect("the script runs");
        let said = String::from_utf8_lossy(&enter.stderr);
        // Not passed over: then nobody would notice that images are no longer tested.
        assert!(
            !["unshare:", "mount:", "chroot:"].iter().any(|tool| said.contains(tool)),
            "no root file system can be entered here, and that is what this test is about; run it as root, or allow user namespaces \
             (on Ubuntu `sysctl kernel.apparmor_restrict_unprivileged_userns=0`): {said}"
        );
        enter
    }

    /// A program to be started in place of the one that was built: it puts into the root what a kubelet mounts there, and starts it within.
    fn started_by(&self, kubelet: &str) -> PathBuf {
        let path = self.directory.path().join("start");
        let script = format!(
            "#!/bin/sh\nset -eu\nroot={}\n{kubelet}\nexec {} \"$root\" /{} \"$@\"\n",
            self.root().display(),
            repository().join("images/enter").display(),
            self.program
        );
        fs::write(&path, script).expect("a file");
        fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("it is ours");
        path
    }
}

/// The token, the way to the API server, names; and, as companies do, a file of roots in place of the image's.
const KUBELET: &str = r#"
account=${KUBECONFIG%/*}
mounted=$root/var/run/secrets/kubernetes.io/serviceaccount
mkdir -p "$mounted"
cp "$account/token" "$account/ca.crt" "$account/namespace" "$mounted"
chmod 0444 "$mounted"/*
printf '127.0.0.1 kubernetes stranger\n' >"$root/etc/hosts"
cp "$account/ca.crt" "$root/etc/ssl/certs/ca-certificates.crt"
server=$(sed -n 's|.*"server": "https://\(.*\)".*|\1|p' "$KUBECONFIG")
unset KUBECONFIG
export KUBERNETES_SERVICE_HOST=kubernetes KUBERNETES_SERVICE_PORT="${server##*:}"
"#;

/// The seed, which is the last argument.
const SEED_AS_A_VOLUME: &str = r#"
for seed; do :; done
mkdir -p "$root${seed%/*}"
cp "$seed" "$root$seed"
chmod 0444 "$root$seed"
"#;

#[test]
fn an_image_holds_its_program_with_what_it_needs_and_nothing_else() {
    for program in ["steward", "steward-cloudsim"] {
        let image = Image::of(program);
        let (libraries, others): (Vec<_>, Vec<_>) = image.files().into_iter().partition(|file| file.contains(" lib"));
        let own = format!("755 {program}");
        assert_eq!(
            others,
            ["1777 tmp", "644 etc/group", "644 etc/nsswitch.conf", "644 etc/passwd", "644 etc/ssl/certs/ca-certificates.crt", &own]
        );
        for library in &libraries {
            assert!(library.starts_with("755 ") && library.contains(".so"), "{library}");
        }
        assert!(libraries.len() < 6, "{libraries:?}");
    }
}

#[test]
fn steward_and_the_simulator_do_their_work_in_their_images() {
    let (steward, cloudsim) = (Image::of("steward"), Image::of("steward-cloudsim"));
    let version = steward.run(&["version"]);
    assert_eq!(
        String::from_utf8_lossy(&version.stdout),
        format!("steward {} (API cloudsteward.dev/v1alpha1)\n", env!("CARGO_PKG_VERSION"))
    );
    assert!(String::from_utf8_lossy(&steward.run(&["explain", "InvalidInstanceId.NotFound"]).stdout).contains("no instance of this id"));
    let refused = steward.run(&["crds", "--dir", "/tmp"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("Read-only file system"), "{refused:?}");
    let before = (steward.files(), cloudsim.files());

    let real = Real::with(SEED, |setup| {
        setup.steward = Some(steward.started_by(KUBELET));
        setup.cloudsim = Some(cloudsim.started_by(SEED_AS_A_VOLUME));
        let endpoints = "http://127.0.0.1:*,https://kubernetes:*,https://stranger:*";
        setup.environment.push(("STEWARD_ALLOWED_ENDPOINTS".to_owned(), endpoints.to_owned()));
    });
    let replica = &real.playground.steward().replicas()[0];
    for (pid, image) in [(replica.pid().expect("it runs"), &steward), (real.playground.simulator().process().pid(), &cloudsim)] {
        assert_eq!(fs::read_link(format!("/proc/{pid}/root")).expect("Linux says so"), image.root());
        let status = read(Path::new(&format!("/proc/{pid}/status")));
        let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
        assert_eq!((line("CapEff:").trim_matches('0'), line("Uid:").starts_with("0\t")), ("", false), "{status}");
    }
    security_group_membership::the_whole_way(&real);
    restore_check::the_whole_way(&real);
    // A quarter past three in Berlin, whose clocks are an hour ahead or two, without a database of time zones in the file system.
    let next = real.get_of("restorechecks", "drill").expect("it exists")["status"]["nextCheck"].to_string();
    assert!(next.contains("T02:") || next.contains("T01:"), "{next}");
    trusts_the_roots_in_its_file_system(&real);

    let more = |image: &Image, before: &BTreeSet<String>| -> Vec<String> { image.files().difference(before).cloned().collect() };
    let account = ["ca.crt", "namespace", "token"].map(|file| format!("444 var/run/secrets/kubernetes.io/serviceaccount/{file}"));
    let mounted: Vec<_> = account.into_iter().chain(["644 etc/hosts".to_owned()]).collect();
    assert_eq!(more(&steward, &before.0), mounted, "it writes nothing");
    assert_eq!(more(&cloudsim, &before.1).len(), 1, "the seed: it writes nothing");
}

/// The API server plays a cloud: its certificate is good for one of its names and not for the other.
fn trusts_the_roots_in_its_file_system(real: &Real) {
    let (_, port) = real.playground.control_plane().url().rsplit_once(':').expect("a port");
    for host in ["kubernetes", "stranger"] {
        let endpoints = json!([{"service": "sts", "url": format!("https://{host}:{port}")}]);
        let auth = json!({"accessKey": {"secretRef": {"name": "aliyun"}}});
        let spec = json!({"provider": "AlibabaCloud", "region": "cn-hangzhou", "auth": auth, "endpoints": endpoints});
        let object =
            json!({"apiVersion": "cloudsteward.dev/v1alpha1", "kind": "CloudCredential", "metadata": {"name": host}, "spec": spec});
        real.apply(&object.to_string());
    }
    let said = |real: &Real, host: &str| {
        let credential = real.get_of("cloudcredentials", host).expect("it exists");
        let status = credential["status"]["lastError"]["httpStatus"].as_u64();
        (ready_of(&credential) == "False/CloudUnavailable").then_some(status)
    };
    real.until(MINUTE, "both have been tried", |real| said(real, "kubernetes").is_some() && said(real, "stranger").is_some());
    // Whoever is trusted is asked, and says that it knows nobody here; whoever is not is not even asked.
    assert_eq!((said(real, "kubernetes"), said(real, "stranger")), (Some(Some(403)), Some(None)));
}

/// What an engine would be the first to find wrong.
#[test]
fn the_dockerfile_copies_what_there_is_and_what_docker_may_see() {
    let dockerfile = read(&repository().join("images/Dockerfile"));
    let shown = read(&repository().join(".dockerignore"));
    let shown: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let is_shown = |source: &str| shown.iter().any(|shown| Path::new(source).starts_with(shown));
    let (mut stages, mut copied) = (Vec::new(), 0);
    for line in dockerfile.lines() {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["FROM", _, "AS", stage] => stages.push(stage),
            ["COPY", option, _, _] if option.starts_with("--from=") => {
                assert!(stages.contains(&&option["--from=".len()..]), "{line}");
            }
            ["COPY", ref sources @ .., _] => {
                for source in sources {
                    assert!(repository().join(source).exists() && is_shown(source), "{line}");
                    copied += 1;
                }
            }
            _ => {}
        }
    }
    assert_eq!((stages, copied > 5), (vec!["build", "steward-cloudsim", "steward"], true));
    // Each package of the workspace has its manifest there before its sources, or cargo would not begin.
    for package in ["sim", "playground"] {
        assert!(dockerfile.contains(&format!("COPY {package}/Cargo.toml {package}/")), "{package}");
    }
}
