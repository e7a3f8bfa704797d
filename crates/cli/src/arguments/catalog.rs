//! Arguments of `perennial catalog`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use wire::api::CatalogForm;

use super::{Format, SourceArguments};

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial catalog upload products products.csv --key-column sku --server http://127.0.0.1:7300 --key KEY
  perennial catalog rows products --data-dir data --item A-1
  perennial catalog list --data-dir data

Messages look rows up by id: {{ catalog.products[event.sku].price }}.")]
pub struct CatalogArguments {
    #[command(subcommand)]
    pub command: CatalogCommand,
}

/// What is done with catalogs.
#[derive(Subcommand)]
pub enum CatalogCommand {
    /// Show all, with how many rows they have
    List(CatalogListArguments),
    /// Write the rows of a file into a catalog, which is made if it is not there
    Upload(CatalogUploadArguments),
    /// Show rows
    Rows(CatalogRowsArguments),
    /// Delete a catalog with all its rows
    Delete(CatalogOneArguments),
}

#[derive(Args)]
pub struct CatalogListArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// How the list is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Args)]
pub struct CatalogUploadArguments {
    /// The name of the catalog: a-z, 0-9 and _
    pub name: String,
    /// The file
    pub file: PathBuf,
    #[command(flatten)]
    pub source: SourceArguments,
    /// The column with the ids
    #[arg(long, default_value = "id", value_name = "COLUMN")]
    pub key_column: String,
    /// How the file is written; by its ending if it is left out
    #[arg(long, value_enum, value_name = "FORM")]
    pub form: Option<RowsForm>,
    /// Delete rows that are not in the file
    #[arg(long)]
    pub replace: bool,
}

/// How a file of rows is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RowsForm {
    /// Rows with a header line
    Csv,
    /// One JSON object a line
    Ndjson,
}

impl RowsForm {
    /// As the API calls it.
    pub fn wire(self) -> CatalogForm {
        match self {
            RowsForm::Csv => CatalogForm::Csv,
            RowsForm::Ndjson => CatalogForm::Ndjson,
        }
    }
}

#[derive(Args)]
pub struct CatalogRowsArguments {
    /// The name of the catalog
    pub name: String,
    #[command(flatten)]
    pub source: SourceArguments,
    /// The row of this id alone
    #[arg(long, value_name = "ID")]
    pub item: Option<String>,
    /// Rows after this id
    #[arg(long, value_name = "ID")]
    pub after: Option<String>,
    /// How many at most, up to 1,000
    #[arg(long, default_value_t = 100)]
    pub limit: u32,
}

#[derive(Args)]
pub struct CatalogOneArguments {
    /// The name of the catalog
    pub name: String,
    #[command(flatten)]
    pub source: SourceArguments,
}
