//! `perennial serve`.

use std::time::Duration;

use server::http::Options;
use server::start;

use crate::arguments::ServeArguments;
use crate::print;
use crate::source;

pub fn run(arguments: ServeArguments) -> anyhow::Result<()> {
    let (listener, address) = start::listen(&arguments.listen)?;
    let service = source::open(&arguments.data_dir, &arguments.memory)?;
    source::keep_log(&service, &arguments.log)?;
    service.settle()?;
    print::out(&format!("listening on http://{address}\n"))?;
    let query_timeout = Some(Duration::from_secs(arguments.query_timeout));
    let options = Options { query_timeout, ..Options::default() };
    start::serve(listener, service, options, None)?;
    Ok(())
}
