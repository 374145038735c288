//! Aligned tables for a terminal.

use std::io::{self, Write};

/// A table: names on the left, numbers on the right, perhaps a bar at the end.
#[derive(Clone, Debug)]
pub struct Table {
    heading: Vec<String>,
    rows: Vec<(Vec<String>, f64)>,
}

/// The least widths of columns, so that tables one below the other are aligned.
const WIDTHS: [usize; 6] = [24, 9, 10, 13, 10, 12];

/// The cells of the longest bar.
const BAR: f64 = 12.0;

// === impl Table ===

impl Table {
    /// A table with the headings of its columns, the first of which stands for the whole.
    pub fn new(heading: &[&str]) -> Self {
        let heading = heading.iter().map(ToString::to_string).collect();
        Self { heading, rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.bar(cells, 0.0);
    }

    /// Adds a row that ends in a bar of a length between 0 and 1.
    pub fn bar(&mut self, cells: impl IntoIterator<Item = String>, length: f64) {
        self.rows.push((cells.into_iter().collect(), length));
    }

    /// Writes the table; the heading in bold where the place can show it.
    pub fn write(&self, out: &mut impl Write, is_bold: bool) -> io::Result<()> {
        let all = || self.rows.iter().map(|(cells, _)| cells).chain([&self.heading]);
        let columns = all().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = all().filter_map(|cells| cells.get(column));
            let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
            let gap = if column == 0 { 0 } else { 2 };
            (widest + gap).max(WIDTHS.get(column).copied().unwrap_or(0))
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |cells: &[String]| {
            let cells = cells.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
                if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            cells.collect::<String>()
        };
        let (bold, plain) = if is_bold { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        writeln!(out, "{bold}{}{plain}", line(&self.heading).trim_end())?;
        for (cells, length) in &self.rows {
            writeln!(out, "{}", format!("{}  {}", line(cells), bar(*length)).trim_end())?;
        }
        Ok(())
    }
}

/// A bar in eighths of a cell. What is not nothing shows.
fn bar(length: f64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 8 * BAR"
    )]
    let eighths = (length.clamp(0.0, 1.0) * BAR * 8.0).ceil() as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}
