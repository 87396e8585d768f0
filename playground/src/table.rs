//! Rows as a table that fits a terminal.

const GAP: &str = "  ";

/// Pads the columns; where a row would be longer than `width`, it is cut in the column `elastic`. The first row has the titles.
pub(crate) fn of<const N: usize>(rows: &[[String; N]], width: usize, elastic: usize) -> String {
    let width_of = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let mut widths: [usize; N] = std::array::from_fn(width_of);
    let others: usize = widths.iter().sum::<usize>() - widths[elastic] + GAP.len() * (N - 1);
    let title = rows.first().map_or(0, |titles| titles[elastic].chars().count());
    widths[elastic] = widths[elastic].min(width.saturating_sub(others).max(title));

    let mut table = String::new();
    for row in rows {
        let line: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{:width$}", cut(cell, width))).collect();
        table.push_str(line.join(GAP).trim_end());
        table.push('\n');
    }
    table
}

pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}
