use super::*;

fn breaker() -> Breaker {
    Breaker::new(Settings {
        failures: 3,
        open: Duration::from_secs(10),
        open_max: Duration::from_secs(35),
        probe: Duration::from_secs(5),
    })
}

fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1_000)
}

fn fail(breaker: &mut Breaker, times: u32, now: Timestamp) {
    for _ in 0..times {
        breaker.tell(Verdict::Failing, now);
    }
}

#[test]
fn failures_in_a_row_open_it_and_a_success_between_them_does_not() {
    let mut breaker = breaker();
    fail(&mut breaker, 2, at(0));
    breaker.tell(Verdict::Healthy, at(0));
    fail(&mut breaker, 2, at(1));
    assert_eq!(breaker.ask(at(1)), Permit::Go);
    fail(&mut breaker, 1, at(1));
    assert_eq!(breaker.ask(at(1)), Permit::Wait(at(11)));
    assert_eq!(breaker.open_until(at(1)), Some(at(11)));
}

#[test]
fn one_probe_at_a_time_decides() {
    let mut breaker = breaker();
    fail(&mut breaker, 3, at(0));
    assert_eq!(breaker.ask(at(10)), Permit::Probe);
    assert_eq!(breaker.ask(at(10)), Permit::Wait(at(15)));
    breaker.tell(Verdict::Healthy, at(11));
    assert_eq!(breaker.ask(at(11)), Permit::Go);
}

#[test]
fn a_failed_probe_doubles_the_wait_up_to_the_bound() {
    let mut breaker = breaker();
    fail(&mut breaker, 3, at(0));
    let mut now = at(10);
    for expected in [20, 35, 35] {
        assert_eq!(breaker.ask(now), Permit::Probe);
        breaker.tell(Verdict::Failing, now);
        let until = later(now, Duration::from_secs(expected));
        assert_eq!(breaker.ask(now), Permit::Wait(until));
        now = until;
    }
}

#[test]
fn a_lost_probe_does_not_keep_it_shut() {
    let mut breaker = breaker();
    fail(&mut breaker, 3, at(0));
    assert_eq!(breaker.ask(at(10)), Permit::Probe);
    assert_eq!(breaker.ask(at(15)), Permit::Probe);
}

#[test]
fn stragglers_neither_prolong_nor_say_nothing_changes_it() {
    let mut breaker = breaker();
    fail(&mut breaker, 3, at(0));
    breaker.tell(Verdict::Failing, at(9));
    breaker.tell(Verdict::Nothing, at(9));
    assert_eq!(breaker.ask(at(9)), Permit::Wait(at(10)));
}

#[test]
fn outcomes_about_the_recipient_say_that_the_provider_works() {
    let gone = Outcome::rejected(Code::TokenUnregistered, "");
    assert_eq!(verdict(&gone), Verdict::Healthy);
    assert_eq!(verdict(&Outcome::accepted(None)), Verdict::Healthy);
    assert_eq!(verdict(&Outcome::doubt(Code::AnswerLost, "")), Verdict::Failing);
    assert_eq!(verdict(&Outcome::retry(Code::ProviderThrottled, "", None)), Verdict::Nothing);
}
