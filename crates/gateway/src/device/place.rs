//! Where an address is, out of the bytes of a MaxMind DB file: a city or country database of any
//! vendor. What it is not: it opens no file.

use std::net::IpAddr;

use maxminddb::geoip2::City;
use maxminddb::{MaxMindDbError, Reader};
use model::Text;

use super::Place;

/// A database, ready to be asked.
pub struct Database<B: AsRef<[u8]>>(Reader<B>);

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
        let city = self.0.lookup(address).ok()?.decode::<City<'_>>().ok()??;
        let text = |found: Option<&str>| found.map(Text::new);
        let region = city.subdivisions.first().and_then(|region| region.names.english);
        let place = Place {
            country: text(city.country.iso_code.or(city.registered_country.iso_code)),
            region: text(region),
            city: text(city.city.names.english),
            timezone: text(city.location.time_zone),
        };
        Some(place).filter(|place| *place != Place::default())
    }
}
