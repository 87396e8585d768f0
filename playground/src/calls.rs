//! The simulator's log of calls as a table.

use steward_playground::simulator::Call;

use crate::table::{self, cut};

const WIDTH: usize = 100;
const TITLES: [&str; 6] = ["TIME", "OPERATION", "PARAMETERS", "STATUS", "CODE", "REQUEST-ID"];
/// Parameters are what is cut if a row is too long.
const PARAMETERS: usize = 2;

/// The calls that mention `about` in a parameter (all without it), at most the last `limit`.
pub(crate) fn chosen<'a>(calls: &'a [Call], about: Option<&str>, limit: usize) -> Vec<&'a Call> {
    let mentions = |call: &&Call| about.is_none_or(|about| call.parameters.values().any(|value| value.contains(about)));
    let chosen: Vec<&Call> = calls.iter().filter(mentions).collect();
    chosen[chosen.len().saturating_sub(limit)..].to_vec()
}

pub(crate) fn table(calls: &[&Call]) -> String {
    let mut rows: Vec<[String; 6]> = vec![TITLES.map(str::to_owned)];
    rows.extend(calls.iter().map(|call| row(call)));
    table::of(&rows, WIDTH, PARAMETERS)
}

fn row(call: &Call) -> [String; 6] {
    let parameters: Vec<String> = call
        .parameters
        .iter()
        // Almost always the same here.
        .filter(|(name, _)| !matches!(name.as_str(), "RegionId" | "MaxResults"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    [
        // 2026-11-22T14:00:00.123Z: the day is today.
        call.time.get(11..19).unwrap_or(&call.time).to_owned(),
        call.operation.clone(),
        parameters.join(" "),
        call.status.map_or_else(|| "-".to_owned(), |status| status.to_string()),
        call.code.clone().unwrap_or_default(),
        cut(&call.request_id, 9),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn join(instance: &str) -> Call {
        Call {
            time: "2026-11-22T14:03:05.1Z".to_owned(),
            service: "ecs".to_owned(),
            operation: "JoinSecurityGroup".to_owned(),
            parameters: BTreeMap::from([("InstanceId".to_owned(), instance.to_owned()), ("RegionId".to_owned(), "cn-hangzhou".to_owned())]),
            status: Some(200),
            code: None,
            request_id: "0123456789ABCDEF".to_owned(),
        }
    }

    #[test]
    fn a_call_is_one_line() {
        assert_eq!(
            table(&[&join("i-web1")]),
            "TIME      OPERATION          PARAMETERS         STATUS  CODE  REQUEST-ID\n\
             14:03:05  JoinSecurityGroup  InstanceId=i-web1  200           01234567…\n"
        );
    }

    #[test]
    fn a_long_row_is_cut_in_its_parameters() {
        let wide = table(&[&join(&"i-".repeat(100))]);
        assert!(wide.lines().all(|line| line.chars().count() <= WIDTH), "{wide}");
        assert!(wide.contains("…  200"), "{wide}");
    }

    #[test]
    fn the_last_calls_about_something_are_chosen() {
        let calls = [join("i-1"), join("i-2"), join("i-1"), join("i-1")];
        assert_eq!(chosen(&calls, Some("i-1"), 2).len(), 2);
        assert_eq!(chosen(&calls, Some("i-2"), 9).len(), 1);
        assert_eq!(chosen(&calls, None, 9).len(), 4);
    }
}
