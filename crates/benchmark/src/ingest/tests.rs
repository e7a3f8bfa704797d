use super::*;

#[test]
fn every_form_is_decoded_whole_and_of_the_size_that_is_stated() {
    for rate in measure(Duration::from_millis(1)) {
        let size = rate.bytes_per_event / EVENT_BYTES as f64;
        assert!((0.85..1.2).contains(&size), "{}: {} bytes", rate.form, rate.bytes_per_event);
        let decoded = rate.properties >= 13 || rate.form.contains("JSON");
        assert!(rate.events_per_second > 0.0 && decoded, "{rate:?}");
    }
}
