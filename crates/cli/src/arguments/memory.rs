//! How much memory a data directory may take.

use clap::Args;

/// The bound on what is held of files that were read.
#[derive(Args)]
pub struct MemoryArguments {
    /// Columns of the history held in memory at most, as in 512MiB or 4GiB [default: 1GiB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub memory: Option<usize>,
}

/// A number of bytes: a whole number, with KiB, MiB or GiB after it.
fn size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit: usize = match text[digits.len()..].trim() {
        "" | "B" => 1,
        "K" | "KiB" => 1 << 10,
        "M" | "MiB" => 1 << 20,
        "G" | "GiB" => 1 << 30,
        other => return Err(format!("\"{other}\" is no unit; write KiB, MiB or GiB")),
    };
    let n: usize = digits.parse().map_err(|_| "write a whole number, as in 512MiB".to_owned())?;
    n.checked_mul(unit)
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "it must be at least a byte, and fit into this machine's numbers".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_whole_numbers_with_a_unit() {
        for (text, bytes) in
            [("1", 1), ("7B", 7), ("3KiB", 3_072), ("512MiB", 512 << 20), ("2 GiB", 2 << 30)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in
            ["", "0", "-1", "1.5GiB", "2GB", "MiB", "99999999999999999999", "99999999999GiB"]
        {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
