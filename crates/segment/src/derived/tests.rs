use super::*;
use crate::evaluate::test_holds;

#[test]
fn a_campaign_is_read_from_the_query_of_an_address() {
    let rows: [(&str, [Option<&str>; 5]); 6] = [
        (
            "https://a.example/?utm_source=x&utm_medium=cpc",
            [Some("x"), Some("cpc"), None, None, None],
        ),
        (
            "https://a.example/?UTM_Source=Big+News%20%C3%A9",
            [Some("Big News é"), None, None, None, None],
        ),
        ("/p?q=1&utm_campaign=spring#utm_term=no", [None, None, Some("spring"), None, None]),
        ("/p?utm_source=&utm_term=t", [None, None, None, Some("t"), None]),
        ("/p?utm_content=100%&x", [None, None, None, None, Some("100%")]),
        ("/p#?utm", [None, None, None, None, None]),
    ];
    for (url, expected) in rows {
        let mut campaign = Campaign::default();
        campaign.take_url(url);
        assert_eq!(campaign.0.each_ref().map(|part| part.as_deref()), expected, "{url}");
        assert_eq!(campaign.is_empty(), expected.iter().all(Option::is_none));
    }
}

#[test]
fn a_part_that_is_known_stays_and_long_ones_are_cut_between_letters() {
    let mut campaign = Campaign::default();
    campaign.take(0, "first");
    campaign.take_url("/?utm_source=second");
    campaign.take(1, &"é".repeat(150));
    assert_eq!(campaign.0[0].as_deref(), Some("first"));
    assert_eq!(campaign.0[1].as_deref(), Some(&*"é".repeat(100)));
}

#[test]
fn libraries_of_servers_are_told_from_those_of_persons() {
    let test = Test { op: Op::Matches(Text::new(SERVER_LIBRARIES)), case: Case::Sensitive };
    let server = [
        "analytics-node",
        "@segment/analytics-node",
        "analytics-python",
        "Analytics.NET",
        "analytics-go",
        "rudder-sdk-python",
        "RudderAnalytics-python",
        "@rudderstack/rudder-sdk-node",
        "amplitude-python/1.1.4",
        "amplitude-node-ts/1.3.6",
        "posthog-python",
        "posthog-node",
        "python",
        "node",
        "jdk",
    ];
    let person = [
        "analytics.js",
        "@segment/analytics-next",
        "analytics-ios",
        "analytics-swift",
        "analytics-android",
        "analytics-kotlin",
        "analytics-react-native",
        "RudderLabs JavaScript SDK",
        "amplitude-ts/2.1.0",
        "amplitude-android/2.23",
        "web",
        "posthog-ios",
        "posthog-js",
        "android",
        "perennial-web",
    ];
    for name in server {
        assert!(test_holds(&test, Some(&Value::text(name))), "{name}");
    }
    for name in person {
        assert!(!test_holds(&test, Some(&Value::text(name))), "{name}");
    }
}
