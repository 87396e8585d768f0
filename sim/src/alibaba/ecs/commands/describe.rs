//! `DescribeInvocations` and `DescribeInvocationResults`: the whole with its instances, or every instance by itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Ask, PAGE, nobody, region, time};
use crate::alibaba::ecs::{TagFilter, fits, paging, tags_json};
use crate::answer::{Done, Outcome, Refusal};
use crate::clock::later;
use crate::request::{Parameters, missing};
use crate::world::commands::status::{Seen, together, together_before};
use crate::world::commands::{ExitCodeBeforeEnd, Invocation, Repeat, Target};

pub(super) fn invocations(ask: &mut Ask<'_>) -> Outcome {
    let region = region::required(ask)?.to_owned();
    ask.world.settle(ask.now);
    let parameters = ask.parameters;
    let view = View::of(ask);
    let with_output = parameters.flag("IncludeOutput") == Some(true);
    if with_output && parameters.text("InvokeId").is_none() && parameters.text("InstanceId").is_none() {
        return Err(missing("InvokeId"));
    }
    let wanted = |name: &str| parameters.text(name);
    let hits: Vec<&Invocation> = found(ask, &region)?
        .into_iter()
        .filter(|one| {
            let statuses = one.statuses(view.at);
            let status = wanted("InvokeStatus");
            fits(wanted("CommandName"), Some(&one.order.name))
                && fits(wanted("CommandType"), Some(&one.order.kind))
                && fits(wanted("RepeatMode"), Some(one.order.repeat.word()))
                && (fits(status, Some(together(&statuses))) || fits(status, Some(together_before(&statuses))))
        })
        .collect();
    let page = paging::cut_between(hits, |one| &one.id, parameters, 1..=PAGE)?;
    let items: Vec<Value> = page.items.iter().map(|one| view.whole(one, with_output)).collect();
    Ok(Done::read(json!({
        "Invocations": { "Invocation": items },
        "NextToken": page.next_token,
        "TotalCount": page.total,
        "PageNumber": page.number,
        "PageSize": page.size,
    })))
}

pub(super) fn results(ask: &mut Ask<'_>) -> Outcome {
    let region = region::required(ask)?.to_owned();
    ask.world.settle(ask.now);
    let parameters = ask.parameters;
    let view = View::of(ask);
    let history = parameters.flag("IncludeHistory") == Some(true) && parameters.text("InvokeId").is_some();
    let mut hits: Vec<(String, Value)> = Vec::new();
    for one in found(ask, &region)? {
        let history = history && matches!(one.order.repeat, Repeat::Period(_) | Repeat::EveryReboot);
        for target in &one.targets {
            let of_runs = target.runs.iter().filter(|run| history && run.due <= view.at).map(|run| run.seen(view.at));
            let mut seen: Vec<Seen<'_>> = of_runs.collect();
            if !history {
                seen.push(target.seen(view.at));
            }
            for (number, seen) in seen.iter().enumerate() {
                let right = fits(parameters.text("InstanceId"), Some(&target.instance))
                    && fits(parameters.text("InvokeRecordStatus"), Some(seen.status.record()));
                if right {
                    hits.push((format!("{} {} {number:08}", one.id, target.instance), view.result(one, target, seen)));
                }
            }
        }
    }
    hits.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let page = paging::cut_between(hits, |(id, _)| id, parameters, 1..=PAGE)?;
    let items: Vec<Value> = page.items.into_iter().map(|(_, value)| value).collect();
    Ok(Done::read(json!({
        "Invocation": {
            "InvocationResults": { "InvocationResult": items },
            "NextToken": page.next_token,
            "TotalCount": page.total,
            "PageNumber": page.number,
            "PageSize": page.size,
        },
    })))
}

/// What a caller without the right may get to see.
pub(super) fn no_invocations(ask: &mut Ask<'_>) -> Outcome {
    invocations(&mut nobody(ask))
}

pub(super) fn no_results(ask: &mut Ask<'_>) -> Outcome {
    results(&mut nobody(ask))
}

/// By the filters that both operations have. What is in a resource group is found only by it.
fn found<'a>(ask: &'a Ask<'_>, region: &str) -> Result<Vec<&'a Invocation>, Refusal> {
    let parameters = ask.parameters;
    let tags = TagFilter::of(parameters)?;
    let wanted = |name: &str| parameters.text(name);
    let all = ask.world.commands.shown(ask.account, region, ask.now).into_iter();
    let all = all.filter(|one| {
        fits(wanted("InvokeId"), Some(&one.id))
            && fits(wanted("CommandId"), Some(&one.command))
            && wanted("ResourceGroupId") == one.order.resource_group.as_deref()
            && wanted("InstanceId").is_none_or(|id| one.targets.iter().any(|target| target.instance == id))
            && tags.fits(&one.order.tags)
    });
    Ok(all.take(tags.most_hits()).collect())
}

/// How the caller looks at things.
struct View {
    at: Timestamp,
    plain: bool,
    zero: bool,
}

impl View {
    fn of(ask: &Ask<'_>) -> Self {
        let settings = &ask.world.settings;
        Self {
            at: later(ask.now, -settings.read_lag),
            plain: is_plain(ask.parameters),
            zero: settings.exit_code_before_end == ExitCodeBeforeEnd::Zero,
        }
    }

    fn encoded(&self, bytes: &[u8]) -> String {
        if self.plain { String::from_utf8_lossy(bytes).into_owned() } else { STANDARD.encode(bytes) }
    }

    fn whole(&self, one: &Invocation, with_output: bool) -> Value {
        let order = &one.order;
        let statuses = one.statuses(self.at);
        let instances: Vec<Value> = one.targets.iter().map(|target| self.instance(one, target, with_output)).collect();
        json!({
            "InvokeId": one.id,
            "CommandId": one.command,
            "CommandName": order.name,
            "CommandDescription": order.description,
            "CommandType": order.kind,
            "CommandContent": self.encoded(&order.content),
            "Parameters": if order.parameters.is_empty() { "{}" } else { order.parameters.as_str() },
            "WorkingDir": order.working_dir,
            "Username": order.username,
            "Timeout": order.timeout.as_secs(),
            "RepeatMode": order.repeat.word(),
            "Timed": matches!(order.repeat, Repeat::Period(_)),
            "Frequency": order.frequency,
            "TerminationMode": order.termination_mode,
            "Launcher": order.launcher,
            "ContainerId": order.container_id,
            "ContainerName": order.container_name,
            "Tags": tags_json(&order.tags),
            "CreationTime": time(Some(one.created)),
            "InvocationStatus": together(&statuses),
            "InvokeStatus": together_before(&statuses),
            "InvokeInstances": { "InvokeInstance": instances },
        })
    }

    fn instance(&self, one: &Invocation, target: &Target, with_output: bool) -> Value {
        let seen = target.seen(self.at);
        let mut item = self.common(one, target, &seen);
        item["InstanceInvokeStatus"] = json!(seen.status.record());
        item["FinishTime"] = json!(time(seen.end.map(|end| end.at)));
        let output = seen.end.map(|end| end.output.as_bytes()).unwrap_or_default();
        item["Output"] = json!(if with_output { self.encoded(output) } else { String::new() });
        item["Timed"] = json!(matches!(one.order.repeat, Repeat::Period(_)));
        item
    }

    fn result(&self, one: &Invocation, target: &Target, seen: &Seen<'_>) -> Value {
        let order = &one.order;
        let mut item = self.common(one, target, seen);
        item["InvokeId"] = json!(one.id);
        item["CommandId"] = json!(one.command);
        item["InvokeRecordStatus"] = json!(seen.status.record());
        item["FinishedTime"] = json!(time(seen.end.map(|end| end.at)));
        item["Output"] = json!(self.encoded(seen.end.map(|end| end.output.as_bytes()).unwrap_or_default()));
        // Inside a container the name has no effect.
        item["Username"] = json!(if order.in_container { "" } else { order.username.as_str() });
        item["ContainerId"] = json!(order.container_id);
        item["ContainerName"] = json!(order.container_name);
        item["TerminationMode"] = json!(order.termination_mode);
        item["Launcher"] = json!(order.launcher);
        item["Tags"] = tags_json(&order.tags);
        item
    }

    fn common(&self, one: &Invocation, target: &Target, seen: &Seen<'_>) -> Value {
        let stopped = target.stopped.filter(|stopped| *stopped <= self.at);
        let created = seen.run.map_or(one.created, |run| run.due);
        let latest = [Some(created), seen.started, seen.end.map(|end| end.at), stopped].into_iter().flatten().max();
        let mut item = json!({
            "InstanceId": target.instance,
            "InvocationStatus": seen.status.word(),
            "ErrorCode": seen.end.map(|end| end.error_code.as_str()).unwrap_or_default(),
            "ErrorInfo": seen.end.map(|end| end.error_info.as_str()).unwrap_or_default(),
            "Dropped": seen.end.map_or(0, |end| end.dropped),
            "Repeats": seen.repeats,
            "CreationTime": time(Some(one.created)),
            "StartTime": time(seen.started),
            "StopTime": time(stopped),
            "UpdateTime": time(latest),
            "OssOutputStatus": "",
            "OssOutputUri": "",
            "OssOutputErrorCode": "",
            "OssOutputErrorInfo": "",
        });
        match seen.end.and_then(|end| end.exit_code) {
            Some(code) => item["ExitCode"] = json!(code),
            None if self.zero => item["ExitCode"] = json!(0),
            None => {}
        }
        item
    }
}

fn is_plain(parameters: &Parameters) -> bool {
    parameters.text("ContentEncoding").is_some_and(|encoding| encoding.eq_ignore_ascii_case("PlainText"))
}
