//! What the web library of the Segment family asks for before it sends anything.

/// The settings of a source: events go to this server, and nothing is reported to anybody else.
/// Without them the library waits for ever. `host` may have a port.
pub fn settings(write_key: &str, scheme: &str, host: &str) -> String {
    let all = serde_json::json!({
        "integrations": {
            "Segment.io": {
                "apiKey": write_key,
                "apiHost": format!("{host}/v1"),
                "protocol": scheme,
                "unbundledIntegrations": [],
                "addBundledMetadata": true,
                "maybeBundledConfigIds": {},
            },
        },
        "plan": { "track": { "__default": { "enabled": true, "integrations": {} } } },
        "edgeFunction": {},
        "remotePlugins": [],
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": { "sampleRate": 0 },
        "legacyVideoPluginsEnabled": false,
    });
    all.to_string()
}
