//! Questions that nobody waits for any more end.

use std::sync::mpsc::{Sender, channel};

use super::*;

fn app(query_timeout: Duration) -> (App, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Arc::new(Workspace::open(folder.path()).unwrap().0);
    let options = Options { query_timeout: Some(query_timeout), ..Options::default() };
    let service = Arc::new(Service::new(workspace));
    (App::new(service, ([127, 0, 0, 1], 0).into(), options), folder)
}

/// A question that is never answered, only given up.
fn endless(events: Sender<&'static str>) -> impl FnOnce(&Service) -> Result<(), Failure> {
    move |service| {
        events.send("begun").unwrap();
        while !service.stopped() {
            std::thread::yield_now();
        }
        events.send("given up").unwrap();
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_takes_too_long_is_refused_and_given_up() {
    let (app, _folder) = app(Duration::from_millis(1));
    let (events, seen) = channel();
    let refused = app.compute(endless(events)).await.unwrap_err();
    assert_eq!((refused.status, refused.detail.code.as_str()), (503, "query.timeout"));
    assert_eq!(seen.iter().collect::<Vec<_>>(), ["begun", "given up"]);
    app.work(|service| {
        assert!(!service.stopped());
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_whose_client_went_away_is_given_up() {
    let (app, _folder) = app(Duration::from_secs(600));
    let (events, seen) = channel();
    let asking = tokio::spawn(async move { app.compute(endless(events)).await });
    assert_eq!(seen.recv(), Ok("begun"));
    asking.abort();
    assert_eq!(seen.recv(), Ok("given up"));
}
