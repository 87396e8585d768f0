//! `RunCommand`: what it may say, and what becomes an invocation. All or nothing: a call that is refused leaves no trace.

use jiff::SignedDuration;

use super::frequency::Frequency;
use super::tags::OF_COMMANDS;
use super::targets::{self, Wanted};
use super::{Ask, content, refuse, region, tokens};
use crate::answer::{Done, Outcome, Refusal};
use crate::request::Parameters;
use crate::world::commands::{Order, Os, Repeat};

const RUNTIMES: [&str; 3] = ["docker://", "containerd://", "cri-o://"];
/// The last version number from which on an agent knows containers, and the newer forms of schedules.
const FOR_CONTAINERS: u32 = 344;
const FOR_SCHEDULES: u32 = 282;

pub(super) fn run(ask: &mut Ask<'_>) -> Outcome {
    let region = region::required(ask)?.to_owned();
    ask.world.settle(ask.now);
    let token = tokens::read(ask, &region)?;
    if let Some(id) = token.as_ref().map(|token| tokens::recall(ask, token)).transpose()?.flatten() {
        return Ok(Done::read(answer(ask, &id)));
    }
    let parameters = ask.parameters;
    let (os, kind) = kind(parameters)?;
    let names = Names::read(parameters)?;
    let keep = parameters.flag("KeepCommand") == Some(true);
    let container = container(parameters, kind)?;
    let tags = OF_COMMANDS.read(parameters)?;
    let resource_group = parameters.text("ResourceGroupId");
    if resource_group.is_some_and(|group| !has_resource_group(ask, group)) {
        return Err(refuse(404, "InvalidResourceGroup.NotFound", "The ResourceGroup provided does not exist in our records."));
    }
    let instances = targets::choose(ask, &region, &Wanted { os, resource_group })?;
    let script = content::read(parameters, keep, instances.len() > 1)?;
    let timeout = timeout(parameters)?;
    let (repeat, frequency) = repeat(ask, timeout)?;
    let username = names.username;
    if os == Os::Windows && !username.is_empty() && !username.eq_ignore_ascii_case("System") && names.password.is_empty() {
        return Err(refuse(400, "WindowsPasswordName.Missed", "WindowsPasswordName must be specified when you create a Windows task."));
    }
    let newer = matches!(&repeat, Repeat::Period(schedule) if schedule.is_newer(&frequency)).then_some(FOR_SCHEDULES);
    let in_container = container.is_some().then_some(FOR_CONTAINERS);
    let termination_mode = one_of(parameters, "TerminationMode", &["Process", "ProcessTree"], "InvalidTerminationMode.NotFound")?;
    let (container_id, container_name) = container.clone().unwrap_or_default();
    let order = Order {
        account: ask.account.to_owned(),
        name: names.name.to_owned(),
        description: names.description.to_owned(),
        kind: kind.to_owned(),
        least_build: script.least_build.max(newer).max(in_container),
        content: script.content,
        parameters: script.parameters,
        values: script.values,
        working_dir: names.working_dir.to_owned(),
        username: username.to_owned(),
        timeout,
        repeat,
        frequency,
        keep,
        in_container: container.is_some(),
        container_id,
        container_name,
        termination_mode: termination_mode.unwrap_or("Process").to_owned(),
        launcher: names.launcher.to_owned(),
        tags,
        resource_group: resource_group.map(str::to_owned),
        client_token: token.as_ref().map(|(_, _, text)| text.clone()),
        region,
    };
    quotas(ask, &order)?;
    let lag = ask.world.settings.invocation_lag.max(ask.world.settings.read_lag);
    let id = ask.world.commands.accept(order, &instances, ask.now, lag).id.clone();
    ask.world.settle_one(&id, ask.now);
    if let Some(token) = token {
        tokens::remember(ask, token, &id);
    }
    Ok(Done { body: answer(ask, &id), acted: true })
}

fn answer(ask: &Ask<'_>, id: &str) -> serde_json::Value {
    let command = ask.world.commands.invocations.get(id).map(|one| one.command.as_str());
    serde_json::json!({ "CommandId": command, "InvokeId": id })
}

fn kind(parameters: &Parameters) -> Result<(Os, &str), Refusal> {
    match parameters.required("Type")? {
        kind @ "RunShellScript" => Ok((Os::Linux, kind)),
        kind @ ("RunBatScript" | "RunPowerShellScript") => Ok((Os::Windows, kind)),
        _ => Err(refuse(404, "InvalidCmdType.NotFound", "The specified command type does not exist.")),
    }
}

/// Texts with a length.
struct Names<'a> {
    name: &'a str,
    description: &'a str,
    working_dir: &'a str,
    username: &'a str,
    password: &'a str,
    launcher: &'a str,
}

impl<'a> Names<'a> {
    fn read(parameters: &'a Parameters) -> Result<Self, Refusal> {
        let text = |name: &str, most: usize, status: u16, code: &'static str| {
            let text = parameters.text(name).unwrap_or_default();
            let length = if name == "Launcher" { text.len() } else { text.chars().count() };
            if length > most {
                return Err(refuse(status, code, format!("The length of {name} exceeds the limit of {most}.")));
            }
            Ok(text)
        };
        let found = Self {
            name: text("Name", 128, 403, "CmdName.ExceedLimit")?,
            description: text("Description", 512, 403, "CmdDesc.ExceedLimit")?,
            working_dir: text("WorkingDir", 200, 400, "InvalidParameter.WorkingDir")?,
            username: text("Username", 255, 403, "Username.ExceedLimit")?,
            password: text("WindowsPasswordName", 255, 403, "WindowsPasswordName.ExceedLimit")?,
            launcher: text("Launcher", 1_024, 403, "InvalidLauncher.LengthLimitExceeded")?,
        };
        for (text, code) in [
            (found.name, "InvalidParameterCharacter.CommandName"),
            (found.description, "InvalidParameterCharacter.CommandDescription"),
            (found.working_dir, "InvalidParameterCharacter.CommandWorkingDir"),
        ] {
            let bad = |character: char| character.is_control() && !(code.ends_with("Description") && character == '\n');
            if text.contains(bad) {
                return Err(refuse(403, code, "It contains illegal characters."));
            }
        }
        Ok(found)
    }
}

/// Id and name of a container; None: the machine itself.
fn container(parameters: &Parameters, kind: &str) -> Result<Option<(String, String)>, Refusal> {
    let (id, name) = (parameters.text("ContainerId"), parameters.text("ContainerName"));
    if id.is_none() && name.is_none() {
        return Ok(None);
    }
    let bare = id.map(|id| RUNTIMES.iter().find_map(|runtime| id.strip_prefix(runtime)).unwrap_or(id));
    if bare.is_some_and(|bare| bare.len() != 64 || !bare.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(refuse(400, "InvalidContainerId.Malformed", "The specified parameter ContainerId is not valid."));
    }
    let fits = |name: &str| {
        let first = name.starts_with(|first: char| first.is_ascii_alphanumeric());
        first && name.len() <= 253 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    if name.is_some_and(|name| !fits(name)) {
        return Err(refuse(400, "InvalidContainerName.Malformed", "The specified parameter ContainerName is not valid."));
    }
    if kind != "RunShellScript" {
        return Err(refuse(400, "InvalidInstance.NotMatch", "The specified instance type does not match the command."));
    }
    Ok(Some((id.unwrap_or_default().to_owned(), name.unwrap_or_default().to_owned())))
}

fn timeout(parameters: &Parameters) -> Result<SignedDuration, Refusal> {
    let seconds = parameters.number("Timeout")?.unwrap_or(60);
    let seconds = i64::try_from(seconds).ok().filter(|seconds| (1..=i64::from(u32::MAX)).contains(seconds));
    seconds
        .map(SignedDuration::from_secs)
        .ok_or_else(|| refuse(400, "InvalidParameter.Timeout", "The specified parameter Timeout is not valid."))
}

/// A frequency makes every command a periodic one.
fn repeat(ask: &Ask<'_>, timeout: SignedDuration) -> Result<(Repeat, String), Refusal> {
    let modes = ["Once", "Period", "NextRebootOnly", "EveryReboot"];
    let mode = one_of(ask.parameters, "RepeatMode", &modes, "InvalidRepeatMode.NotFound")?;
    if let Some(text) = ask.parameters.text("Frequency") {
        let frequency = Frequency::parse(text, timeout, ask.now);
        let frequency = frequency.ok_or_else(|| refuse(400, "InvalidParam.Frequency", "The specified frequency is invalid."))?;
        return Ok((Repeat::Period(frequency), text.to_owned()));
    }
    let repeat = match mode {
        Some("Period") => {
            return Err(refuse(400, "MissingParam.Frequency", "The frequency must be specified when you create a timed task."));
        }
        Some("NextRebootOnly") => Repeat::NextRebootOnly,
        Some("EveryReboot") => Repeat::EveryReboot,
        _ => Repeat::Once,
    };
    Ok((repeat, String::new()))
}

fn one_of<'a>(parameters: &'a Parameters, name: &str, all: &[&str], code: &'static str) -> Result<Option<&'a str>, Refusal> {
    match parameters.text(name) {
        Some(text) if !all.contains(&text) => Err(refuse(404, code, format!("The specified {name} does not exist."))),
        found => Ok(found),
    }
}

fn has_resource_group(ask: &Ask<'_>, group: &str) -> bool {
    let world = &ask.world;
    world.instances.values().any(|one| one.account == ask.account && one.resource_group == group)
        || world.groups.values().any(|one| one.account == ask.account && one.resource_group == group)
}

/// Kept commands of a region, and invocations of a day of UTC.
fn quotas(ask: &Ask<'_>, order: &Order) -> Result<(), Refusal> {
    let world = &ask.world;
    let (account, region) = (&order.account, &order.region);
    if order.keep && world.commands.kept(account, region) >= world.settings.kept_commands {
        let message = "The total number of commands in the current region exceeds the quota.";
        return Err(refuse(403, "CmdCount.ExceedQuota", message));
    }
    if world.commands.today(account, region, ask.now) >= world.settings.invocations_per_day {
        let message = "The invocation quota in the current region has been reached for today.";
        return Err(refuse(403, "Invocation.ExceedQuota", message));
    }
    Ok(())
}
