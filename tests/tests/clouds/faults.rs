//! Answers that are lost, and requests that are refused for the time being.

use crate::http::{Request, error};
use crate::proxy::{Fault, Proxy};
use crate::world::{Place, each, ok, refused};
use jcode_session_tests::homes;

fn pushed_in_spite_of(which: impl Fn(&Request) -> bool + Copy + Send + 'static, fault: &Fault, times: usize) {
    each(|cloud| {
        let place = Place::new(cloud, &cloud.url());
        place.put("a.jsonl", &homes::log("a", 4, 1_760_000_000_000, "apple"));
        let proxy = Proxy::before(&cloud.server);
        proxy.fault(which, fault.clone(), times);
        let pushed = place.through(&proxy.address, &["push", "--json"]);
        ok(&pushed);
        assert_eq!(pushed.json()["commit"], 1, "{pushed:?}");
        let passed = proxy.passed();
        let faults = passed.iter().filter(|one| one.bytes == 0 || one.status == 0).count();
        assert_eq!(faults, times, "{passed:?}");
        let other = Place::new(cloud, &place.url);
        ok(&other.there(&["pull", "--all"]));
        assert_eq!(other.files(), place.files());
        ok(&other.there(&["verify"]));
        ok(&other.there(&["doctor"]));
    });
}

fn is_put(request: &Request) -> bool {
    request.method == "PUT"
}

fn is_commit(request: &Request) -> bool {
    is_put(request) && request.target.contains("machines")
}

fn is_get(request: &Request) -> bool {
    request.method == "GET"
}

#[test]
fn a_busy_store_is_asked_again() {
    for status in ["503 Service Unavailable", "429 Too Many Requests", "500 Internal Server Error"] {
        pushed_in_spite_of(is_put, &Fault::Answers(error(status, "SlowDown")), 2);
        pushed_in_spite_of(is_get, &Fault::Answers(error(status, "SlowDown")), 2);
    }
}

/// The put is done, its answer lost; the second one meets the first, 409 or 412, and what is there is read.
#[test]
fn a_put_whose_answer_is_lost_is_found() {
    pushed_in_spite_of(is_put, &Fault::LosesAnswer, 1);
    pushed_in_spite_of(is_put, &Fault::LosesAnswer, 3);
    pushed_in_spite_of(is_commit, &Fault::LosesAnswer, 1);
    pushed_in_spite_of(is_get, &Fault::LosesAnswer, 2);
}

/// "It exists", before it does: another request was in flight.
#[test]
fn an_answer_that_is_too_early_is_not_believed() {
    pushed_in_spite_of(is_put, &Fault::Answers(error("412 Precondition Failed", "PreconditionFailed")), 1);
    pushed_in_spite_of(is_commit, &Fault::Answers(error("409 Conflict", "ConditionalRequestConflict")), 1);
}

#[test]
fn a_store_that_stays_busy_is_told_and_the_next_push_goes_on() {
    each(|cloud| {
        let place = Place::new(cloud, &cloud.url());
        place.put("a.jsonl", &homes::log("a", 4, 1_760_000_000_000, "apple"));
        let proxy = Proxy::before(&cloud.server);
        proxy.fault(is_commit, Fault::Answers(error("503 Service Unavailable", "SlowDown")), usize::MAX);
        let run = place.through(&proxy.address, &["push"]);
        refused(&run, &["nothing is pushed until its commit is in the store", "503 SlowDown", "asked less"]);
        let puts = proxy.passed().into_iter().filter(|one| one.target.contains("machines") && one.method == "PUT");
        assert_eq!(puts.count(), 6, "as often as is said, and no more");
        let pushed = place.there(&["push", "--json"]);
        ok(&pushed);
        assert_eq!(pushed.json()["commit"], 1);
        ok(&place.there(&["verify"]));
    });
}
