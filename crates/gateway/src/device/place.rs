//! Where an address is, out of the bytes of a MaxMind DB file: a city or country database of any
//! vendor. What it is not: it opens no file.

use std::net::IpAddr;

use maxminddb::{MaxMindDbError, Reader};
use model::Text;
use serde::Deserialize;

use super::Place;

/// A database, ready to be asked.
pub struct Database<B: AsRef<[u8]>>(Reader<B>);

/// What of a record is read, of a database of cities or of countries.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow)]
    country: Named<'a>,
    #[serde(borrow)]
    registered_country: Named<'a>,
    #[serde(borrow)]
    subdivisions: Vec<Named<'a>>,
    #[serde(borrow)]
    city: Named<'a>,
    #[serde(borrow)]
    location: Location<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    iso_code: Option<&'a str>,
    #[serde(borrow)]
    names: Names<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Names<'a> {
    en: Option<&'a str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Location<'a> {
    time_zone: Option<&'a str>,
}

/// Why bytes are no database.
#[derive(Debug, thiserror::Error)]
#[error("it is no MaxMind DB file: {0}")]
pub struct PlaceError(#[from] MaxMindDbError);

impl<B: AsRef<[u8]>> Database<B> {
    /// Reads what the file says of itself.
    pub fn new(bytes: B) -> Result<Database<B>, PlaceError> {
        Ok(Database(Reader::from_source(bytes)?))
    }

    /// What the file says of itself, as in `GeoLite2-City`, and when it was made in seconds since 1970.
    pub fn about(&self) -> (&str, u64) {
        let metadata = self.0.metadata();
        (&metadata.database_type, metadata.build_epoch)
    }

    /// Where an address is; `None`: the database does not have it, or is damaged there. Names are
    /// English: they are values of attributes, and must not depend on who asks.
    pub fn place(&self, address: IpAddr) -> Option<Place> {
        let found = self.0.lookup(address).ok()?.decode::<Found<'_>>().ok()??;
        let text = |written: Option<&str>| written.map(Text::new);
        let region = found.subdivisions.first().and_then(|region| region.names.en);
        let place = Place {
            country: text(found.country.iso_code.or(found.registered_country.iso_code)),
            region: text(region),
            city: text(found.city.names.en),
            timezone: text(found.location.time_zone),
        };
        Some(place).filter(|place| *place != Place::default())
    }
}
