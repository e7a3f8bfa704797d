//! `perennial serve`.

use std::sync::Arc;
use std::time::Duration;

use server::geo;
use server::http::Options;
use server::http::tls::Certificate;
use server::http::tls::acme::{Acme, Settings};
use server::start::{self, Certified, Sockets};

use crate::arguments::ServeArguments;
use crate::print;
use crate::source;

pub fn run(arguments: ServeArguments) -> anyhow::Result<()> {
    let (listener, address) = start::listen(&arguments.listen)?;
    let plain = arguments.tls.listen_plain.as_deref().map(start::listen).transpose()?;
    // Before anything that lasts, like the address: a wrong file shows at once.
    let tls = &arguments.tls;
    let from_files = match (&tls.tls_cert, &tls.tls_key) {
        (Some(cert), Some(key)) => Some(Certificate::open(cert, key)?),
        _ => None,
    };
    let service = source::open(&arguments.data_dir, &arguments.memory)?;
    source::keep_log(&service, &arguments.log)?;
    if let Some(path) = arguments.geoip_database {
        let workspace = service.workspace();
        let read_at = workspace.places().read(&path)?;
        geo::follow(Arc::downgrade(&workspace), path, read_at);
    }
    source::allow_imports(&service, arguments.import_dir.as_deref())?;
    service.settle()?;
    let certificate = match (tls.tls_self_signed.as_slice(), tls.tls_acme.as_slice()) {
        ([], []) => from_files.map(Certified::Files),
        ([], names) => {
            let settings = Settings {
                names: names.to_vec(),
                contact: tls.acme_contact.clone(),
                directory: tls.acme_directory.clone(),
                root: tls.acme_root.clone(),
            };
            Some(Certified::Authority(Acme::open(&arguments.data_dir, settings)?))
        }
        (names, _) => {
            let made = Certificate::self_signed(&arguments.data_dir, names)?;
            print::out(&format!("certificate sha256 {}\n", made.fingerprint()))?;
            Some(Certified::Files(made))
        }
    };
    if let Some((_, address)) = &plain {
        print::out(&format!("also listening on http://{address}\n"))?;
    }
    let scheme = if certificate.is_some() { "https" } else { "http" };
    print::out(&format!("listening on {scheme}://{address}\n"))?;
    let query_timeout = Some(Duration::from_secs(arguments.query_timeout));
    let trusted_proxy = arguments.trusted_proxy;
    let options = Options { query_timeout, trusted_proxy, ..Options::default() };
    let sockets = Sockets { listener, certificate, plain: plain.map(|(listener, _)| listener) };
    start::serve(sockets, service, options, None)?;
    Ok(())
}
