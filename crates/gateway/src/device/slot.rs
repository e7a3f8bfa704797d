//! Under which names libraries say what.

/// What a property says of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Slot {
    DeviceId,
    Os,
    OsVersion,
    Model,
    Manufacturer,
    Brand,
    Kind,
    DeviceType,
    Browser,
    BrowserVersion,
    Agent,
    Platform,
    Locale,
    Region,
    Timezone,
    Width,
    Height,
    AppName,
    AppVersion,
    AppBuild,
    LibraryName,
    LibraryVersion,
    Token,
    TokenKind,
    Endpoint,
    PublicKey,
    Secret,
    Ip,
    Country,
    GeoRegion,
    City,
}

/// How many there are.
pub(super) const SLOTS: usize = Slot::City as usize + 1;

/// What a property of any event says; most say nothing, which the first letter shows.
pub(super) fn of(name: &str) -> Option<Slot> {
    match name.as_bytes().first()? {
        b'c' => context(name.strip_prefix("context.")?),
        b'$' => reserved(&name[1..]),
        b'm' => match name {
            "mp_lib" => Some(Slot::LibraryName),
            "mp_country_code" => Some(Slot::Country),
            _ => None,
        },
        b'i' if name == "ip" => Some(Slot::Ip),
        _ => None,
    }
}

/// The context of Segment's family, Amplitude's fields, and CleverTap's application fields.
fn context(name: &str) -> Option<Slot> {
    Some(match name {
        "device.id" => Slot::DeviceId,
        "device.model" | "device_model" | "app.Model" => Slot::Model,
        "device.manufacturer" | "device_manufacturer" | "app.Make" => Slot::Manufacturer,
        "device_brand" | "brand" => Slot::Brand,
        "device.type" => Slot::DeviceType,
        "device.token" | "push_token" => Slot::Token,
        "os.name" | "os_name" | "app.OS" => Slot::Os,
        "os.version" | "os_version" | "app.OS Version" => Slot::OsVersion,
        "platform" => Slot::Platform,
        "userAgent" | "user_agent" => Slot::Agent,
        "locale" | "language" | "locale_language" | "app.locale" => Slot::Locale,
        "app.cc" | "locale_country" => Slot::Region,
        "timezone" => Slot::Timezone,
        "screen.width" | "screen_width" | "app.wdt" => Slot::Width,
        "screen.height" | "screen_height" | "app.hgt" => Slot::Height,
        "app.name" | "application_name" => Slot::AppName,
        "app.version" | "version_name" | "application_version" | "app_version" | "app.Version" => {
            Slot::AppVersion
        }
        "app.build" | "app.Build" => Slot::AppBuild,
        "library.name" | "library" => Slot::LibraryName,
        "library.version" | "app.SDK Version" => Slot::LibraryVersion,
        "ip" => Slot::Ip,
        "country" => Slot::Country,
        "region" => Slot::GeoRegion,
        "city" => Slot::City,
        _ => return None,
    })
}

/// Names that Mixpanel and PostHog reserve, without the sign before them.
fn reserved(name: &str) -> Option<Slot> {
    Some(match name {
        "device_id" => Slot::DeviceId,
        "os" | "os_name" => Slot::Os,
        "os_version" => Slot::OsVersion,
        "model" | "device_model" => Slot::Model,
        "manufacturer" | "device_manufacturer" => Slot::Manufacturer,
        "brand" => Slot::Brand,
        "device_type" => Slot::Kind,
        "browser" => Slot::Browser,
        "browser_version" => Slot::BrowserVersion,
        "raw_user_agent" | "user_agent" => Slot::Agent,
        "locale" | "browser_language" => Slot::Locale,
        "timezone" => Slot::Timezone,
        "screen_width" => Slot::Width,
        "screen_height" => Slot::Height,
        "app_name" => Slot::AppName,
        "app_version_string" | "app_version" => Slot::AppVersion,
        "app_build_number" | "app_build" => Slot::AppBuild,
        "lib" => Slot::LibraryName,
        "lib_version" => Slot::LibraryVersion,
        "ip" => Slot::Ip,
        "geoip_country_code" => Slot::Country,
        "region" | "geoip_subdivision_1_name" => Slot::GeoRegion,
        "city" | "geoip_city_name" => Slot::City,
        _ => return None,
    })
}

/// What a property of an event about a token says.
pub(super) fn of_token(name: &str) -> Option<Slot> {
    Some(match name {
        "id" | "token" => Slot::Token,
        "type" => Slot::TokenKind,
        "endpoint" => Slot::Endpoint,
        "keys.p256dh" => Slot::PublicKey,
        "keys.auth" => Slot::Secret,
        _ => return None,
    })
}
