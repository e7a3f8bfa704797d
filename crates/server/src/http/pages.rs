//! The dashboard's files, embedded in the binary.
//!
//! The build script lists them: either the built dashboard, or one page that says how to get it.
//! Every address that is no file and no API path is a page of the dashboard, which finds its own
//! way (`/people/ada@example.com`); only what stands under `/assets/` is a file or nothing.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
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
    let asset = path.starts_with("/assets/");
    let Some(page) = file.or_else(|| PAGES.iter().find(|p| p.path == "/index.html" && !asset))
    else {
        return Failure::not_found("request.path", format!("there is no {path}")).into_response();
    };
    answer(page, &headers)
}

fn answer(page: &'static Page, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", page.hash);
    // Names under /assets/ carry a hash of their content, so that they never change.
    let cache = match page.path.starts_with("/assets/") {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let known = headers.get(IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let common = [(CACHE_CONTROL, cache.to_owned()), (ETAG, tag)];
    if known {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let mut response = (common, page.bytes).into_response();
    let set = response.headers_mut();
    set.insert(CONTENT_TYPE, axum::http::HeaderValue::from_static(kind(page.path)));
    set.insert(CONTENT_SECURITY_POLICY, axum::http::HeaderValue::from_static(POLICY));
    response
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
        "woff" => "font/woff",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
