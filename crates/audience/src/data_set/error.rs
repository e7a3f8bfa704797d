//! What can be wrong with a data set's name or file, and how to mend it.

/// No set has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no data set is called \"{name}\"{}; there are {}", suggestion(.nearest), .known.join(", ")
)]
pub struct UnknownDataSet {
    /// What was asked for.
    pub name: String,
    /// The nearest known name, if one is near.
    pub nearest: Option<&'static str>,
    /// Every known name.
    pub known: Vec<&'static str>,
}

/// Why a data set cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The set has another number of files.
    #[error(
        "data set \"{set}\" consists of {} file(s) ({}) and {found} were given; \
         put them in one folder and name the folder", .expected.len(), .expected.join(", ")
    )]
    Files {
        /// Name of the set.
        set: &'static str,
        /// Names of its files.
        expected: &'static [&'static str],
        /// How many were given.
        found: usize,
    },
    /// Columns are missing in the header.
    #[error(
        "this is not a file of data set \"{set}\": its first line has the columns {} and lacks {}; \
         expected are {}", listed(.found), .missing.join(", "), .expected.join(", ")
    )]
    Columns {
        /// Name of the set.
        set: &'static str,
        /// Columns of the file's first line.
        found: Vec<String>,
        /// Which of the expected are not among them.
        missing: Vec<&'static str>,
        /// What the set's file has.
        expected: &'static [&'static str],
    },
    /// One cell is not what its column holds.
    #[error("line {line}, column {column}: found \"{found}\", expected {expected}")]
    Cell {
        /// Line of the file, the header being line 1.
        line: u64,
        /// Name of the column.
        column: &'static str,
        /// What stands there, clipped.
        found: String,
        /// What should.
        expected: &'static str,
    },
    /// More rows than are held in memory.
    #[error("data set \"{set}\" has more than {limit} events; split the file by day")]
    TooMany {
        /// Name of the set.
        set: &'static str,
        /// How many are accepted.
        limit: usize,
    },
    /// The bytes are not comma separated text, or could not be read or unpacked.
    #[error("read data set \"{set}\": {source}")]
    Read {
        /// Name of the set.
        set: &'static str,
        /// What happened.
        source: csv::Error,
    },
}

impl Error {
    /// Whether nothing after it can be read. A wrong cell or row length spoils only its row.
    pub fn fatal(&self) -> bool {
        match self {
            Error::Cell { .. } => false,
            Error::Read { source, .. } => !matches!(
                source.kind(),
                csv::ErrorKind::UnequalLengths { .. } | csv::ErrorKind::Utf8 { .. }
            ),
            _ => true,
        }
    }
}

impl UnknownDataSet {
    pub(super) fn new(name: &str) -> UnknownDataSet {
        let known: Vec<_> = super::DataSet::ALL.iter().map(|set| set.name()).collect();
        let clipped: String = name.chars().take(60).collect();
        let asked = clipped.to_lowercase().replace(['_', ' '], "-");
        let nearest = known
            .iter()
            .map(|known| (distance(&asked, known), *known))
            .min()
            .filter(|(d, known)| *d <= known.len() / 2)
            .map(|(_, known)| known);
        UnknownDataSet { name: clipped, nearest, known }
    }
}

fn suggestion(nearest: &Option<&'static str>) -> String {
    nearest.map(|name| format!(", did you mean \"{name}\"?")).unwrap_or_default()
}

fn listed(columns: &[String]) -> String {
    match columns {
        [] => "(none)".to_owned(),
        _ => columns.join(", "),
    }
}

/// Levenshtein distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
