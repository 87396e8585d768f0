//! The simulator's log of calls as a table that fits a terminal.

use steward_playground::simulator::Call;

const WIDTH: usize = 100;
const TITLES: [&str; 6] = ["TIME", "OPERATION", "PARAMETERS", "STATUS", "CODE", "REQUEST-ID"];
/// Parameters are what is cut if a row is too long.
const PARAMETERS: usize = 2;
const GAP: &str = "  ";

/// The calls that mention `about` in a parameter (all without it), at most the last `limit`.
pub(crate) fn chosen<'a>(calls: &'a [Call], about: Option<&str>, limit: usize) -> Vec<&'a Call> {
    let mentions = |call: &&Call| about.is_none_or(|about| call.parameters.values().any(|value| value.contains(about)));
    let chosen: Vec<&Call> = calls.iter().filter(mentions).collect();
    chosen[chosen.len().saturating_sub(limit)..].to_vec()
}

pub(crate) fn table(calls: &[&Call]) -> String {
    let mut rows: Vec<[String; 6]> = vec![TITLES.map(str::to_owned)];
    rows.extend(calls.iter().map(|call| row(call)));
    let width_of = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let mut widths: [usize; 6] = std::array::from_fn(width_of);
    let others: usize = widths.iter().sum::<usize>() - widths[PARAMETERS] + GAP.len() * (TITLES.len() - 1);
    widths[PARAMETERS] = widths[PARAMETERS].min(WIDTH.saturating_sub(others).max(TITLES[PARAMETERS].len()));

    let mut table = String::new();
    for row in &rows {
        let line: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{:width$}", cut(cell, width))).collect();
        table.push_str(line.join(GAP).trim_end());
        table.push('\n');
    }
    table
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

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
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
