use super::*;

#[test]
fn addresses_of_no_public_server_are_told_apart() {
    let private = [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "::7f00:1",
    ];
    for address in private {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
    let public = [
        "1.1.1.1",
        "100.63.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "2a00:1450::1",
    ];
    for address in public {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

#[tokio::test]
async fn a_name_that_leads_home_is_refused_where_only_public_ones_are_allowed() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let limit = Duration::from_secs(5);
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        let error = connect(host, port, Reach::Public, limit).await.unwrap_err();
        assert_eq!(error.code(), Code::DestinationForbidden, "{host}");
    }
    assert!(connect("127.0.0.1", port, Reach::Anywhere, limit).await.is_ok());
}

#[tokio::test]
async fn nobody_listening_is_unreachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = connect("127.0.0.1", port, Reach::Anywhere, Duration::from_secs(5)).await;
    assert_eq!(error.unwrap_err().code(), Code::NetworkUnreachable);
    // No name at all, so that no resolver is asked.
    let error = connect("no name", 25, Reach::Anywhere, Duration::from_secs(5)).await;
    assert!(matches!(error, Err(Error::Unresolved { .. })), "{error:?}");
}
