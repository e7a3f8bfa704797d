//! What can be written after `perennial schema`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ResultArguments;

#[derive(Args)]
#[command(after_help = "\
Examples:
  perennial schema list   --data-dir data
  perennial schema export --data-dir data > schema.json
  perennial schema apply  --server http://127.0.0.1:7300 --key KEY schema.json")]
pub struct SchemaArguments {
    #[command(subcommand)]
    pub command: SchemaCommand,
}

#[derive(Subcommand)]
pub enum SchemaCommand {
    /// List events and attributes as seen and as declared
    List {
        #[command(flatten)]
        result: ResultArguments,
    },
    /// Print everything that is declared, as one JSON document
    Export {
        #[command(flatten)]
        result: ResultArguments,
    },
    /// Make what is declared the same as a document; what it does not have is removed
    Apply {
        #[command(flatten)]
        result: ResultArguments,
        /// The document, as `export` prints it; `-` is standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}
