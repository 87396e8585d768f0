//! ESS 2022-02-22: the table of its operations, and what all of them share.

pub(crate) mod alone;
mod answer;
mod describe;
pub(crate) mod fields;
mod groups;
pub(crate) mod tree;
mod write;

use serde_json::{Value, json};

use super::{Ask, Operation};
use crate::answer::Refusal;
use crate::request::Parameters;

pub(super) fn operation(name: &str) -> Option<Operation> {
    match name {
        "CreateEciScalingConfiguration" => Some(Operation::new(write::create)),
        "DeleteEciScalingConfiguration" => Some(Operation::new(write::delete)),
        "DescribeEciScalingConfigurations" => Some(Operation::new(describe::describe)),
        "DescribeScalingGroups" => Some(Operation::new(groups::describe)),
        "ModifyEciScalingConfiguration" => Some(Operation::new(write::modify)),
        _ => None,
    }
}

fn invalid(name: &str) -> Refusal {
    Refusal::new(400, "InvalidParameter", format!("The specified value of parameter \"{name}\" is not valid."))
}

/// With strict parameters: a parameter whose first part is none of these is refused.
fn only(ask: &Ask<'_>, known: &[&str]) -> Result<(), Refusal> {
    let stranger = ask.parameters.0.keys().find(|name| !known.contains(&name.split('.').next().unwrap_or(name)));
    match stranger {
        Some(name) if ask.world.settings.strict_parameters => Err(invalid(name)),
        _ => Ok(()),
    }
}

/// `Name.N`, at most so many; none lets everything pass.
fn list<'a>(parameters: &'a Parameters, name: &str, most: usize) -> Result<Option<Vec<&'a str>>, Refusal> {
    let list = parameters.list(name);
    if list.len() > most {
        return Err(invalid(name));
    }
    Ok(Some(list).filter(|list| !list.is_empty()))
}

/// The page that is asked for, under the name of its list.
fn page(hits: &[Value], name: &str, parameters: &Parameters) -> Result<Value, Refusal> {
    let number = parameters.number("PageNumber")?.unwrap_or(1).max(1);
    let size = parameters.number("PageSize")?.unwrap_or(10).clamp(1, 50);
    let items: Vec<&Value> = hits.iter().skip((number - 1).saturating_mul(size)).take(size).collect();
    Ok(json!({ "PageNumber": number, "PageSize": size, "TotalCount": hits.len(), name: items }))
}
