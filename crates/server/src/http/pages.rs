//! The files of the dashboard and of the web SDK, embedded in the binary.
//!
//! The build script lists them: either the built dashboard, or one page that says how to get it.
//! Every address that is no file and no API path is a page of the dashboard, which finds its own
//! way (`/people/ada@example.com`); only what stands under `/assets/` or `/sdk/` is a file or nothing.
//! What stands under `/sdk/` is for pages of other origins.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::failure::Failure;

/// One embedded file.
struct Page {
    path: &'static str,
    hash: &'static str,
    bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Scripts and connections of our own only; charts and the component kit set inline styles.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self' data:; connect-src 'self'; object-src 'none'; \
                      base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/// Where the web SDK is.
const SDK: &str = "/sdk/";

/// Scripts of the SDK keep their names: a page asks again after five minutes, and for a day it may
/// use what it has while it asks.
const SDK_CACHE: &str = "public, max-age=300, stale-while-revalidate=86400";

/// Whether the dashboard is in the binary, or only the page that says how to get it.
pub fn built() -> bool {
    BUILT
}

/// A file of the dashboard, or the page that opens it.
pub async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    let api = ["/api", "/v1"].iter().any(|root| {
        path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if api {
        return Failure::not_found("request.path", format!("there is no {method} {path}"))
            .hint("see /api/openapi.json for the paths there are")
            .into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return Failure::new(405, "request.method", format!("{path} takes no {method}"))
            .into_response();
    }
    let file = PAGES.iter().find(|page| page.path == path);
    let asset = path.starts_with("/assets/") || path.starts_with(SDK);
    let Some(page) = file.or_else(|| PAGES.iter().find(|p| p.path == "/index.html" && !asset))
    else {
        let missing = Failure::not_found("request.path", format!("there is no {path}"));
        return match path.starts_with(SDK) {
            true => missing
                .hint("the web SDK is in the program when Node is installed where it is built")
                .into_response(),
            false => missing.into_response(),
        };
    };
    answer(page, &headers)
}

fn answer(page: &'static Page, headers: &HeaderMap) -> Response {
    let sdk = page.path.starts_with(SDK);
    // Names under /assets/ carry a hash of their content, so that they never change.
    let cache = match page.path.starts_with("/assets/") {
        true => "public, max-age=31536000, immutable",
        false if sdk => SDK_CACHE,
        false => "no-cache",
    };
    let mut response = match known(page, headers) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => page.bytes.into_response(),
    };
    let set = response.headers_mut();
    let tag = format!("\"{}\"", page.hash);
    set.insert(ETAG, HeaderValue::from_str(&tag).expect("a hash has hexadecimal digits only"));
    set.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    if sdk {
        set.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    if response.status() == StatusCode::OK {
        let set = response.headers_mut();
        set.insert(CONTENT_TYPE, HeaderValue::from_static(kind(page.path)));
        set.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
    response
}

/// Whether the browser has this very file. One that went through a compressing proxy comes back
/// with its tag marked as weak.
fn known(page: &Page, headers: &HeaderMap) -> bool {
    let tags = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    tags.split(',').any(|tag| tag.trim().trim_start_matches("W/").trim_matches('"') == page.hash)
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "tgz" => "application/gzip",
        "woff" => "font/woff",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
