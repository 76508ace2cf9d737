//! Several histories: of one session on two machines, of copies of a home.

use super::machine::{Machine, actions, all_well, pulled};
use jcode_session_core::report::{PullAction, PushAction};
use jcode_session_object::check;
use std::fs;
use std::sync::Arc;

/// Two logs with one id in their headers: each keeps its place, whichever is found first.
#[test]
fn sessions_of_one_id_stay_apart() {
    let first = Machine::new(&Arc::default());
    first.append("s", "1");
    let copied = first.bytes("s");
    first.push().expect("pushes");
    fs::write(first.log("a copy"), [&copied[..], b"{\"type\":\"custom\",\"id\":\"2\"}\n"].concat()).expect("written");
    all_well(&first.push().expect("pushes"));
    let second = Machine::new(&first.store);
    for _ in 0..2 {
        second.pull(None).expect("pulls");
        assert_eq!(second.kept(), first.kept());
    }
    all_well(&second.push().expect("pushes"));
    first.append("s", "3");
    all_well(&first.push().expect("pushes"));
    second.pull(None).expect("pulls");
    assert_eq!(second.kept(), first.kept());
}

#[test]
fn a_copy_of_a_home_becomes_a_machine_of_its_own() {
    let first = Machine::new(&Arc::default());
    first.append("s", "1");
    let pushed = first.push().expect("pushes");
    let copy = first.cloned();
    copy.append("s", "2");
    let of_copy = copy.push().expect("pushes");
    assert_eq!(of_copy.report.machine, pushed.report.machine, "nobody can know yet");
    first.append("s", "3");
    let told = first.push().expect("pushes");
    assert_ne!(told.report.machine, pushed.report.machine);
    assert!(told.warnings.iter().any(|warning| warning.contains("copy of this home")), "{told:?}");
    assert_eq!(actions(&told), [PushAction::Diverged], "{told:?}");
    let remote = first.remote();
    assert_eq!(remote.sessions().len(), 2, "both are kept");
    assert_eq!(check::examine(&remote).expect("examined").findings.len(), 2);
}

#[test]
fn a_copy_from_before_the_first_push_does_not_go_on_with_its_line() {
    let first = Machine::new(&Arc::default());
    first.push().expect("there is nothing to push, but the home is a machine now");
    first.append("s", "1");
    let copy = first.cloned();
    first.append("s", "2");
    first.push().expect("pushes");
    let pushed = first.bytes("s");
    copy.append("s", "3");
    copy.push().expect("pushes");
    let remote = copy.remote();
    let logs: Vec<Vec<u8>> = remote
        .sessions()
        .iter()
        .map(|session| {
            let read = remote.read(session).expect("opens");
            read.bytes().read_vec(0, usize::try_from(session.head.state().len).expect("small")).expect("read")
        })
        .collect();
    assert!(logs.contains(&pushed) && logs.contains(&copy.bytes("s")), "{} histories", logs.len());
}

#[test]
fn two_histories_are_never_chosen_between() {
    let (first, second) = {
        let first = Machine::new(&Arc::default());
        let second = Machine::new(&first.store);
        (first, second)
    };
    first.append("s", "1");
    all_well(&first.push().expect("pushes"));
    assert_eq!(pulled(&second.pull(None).expect("pulls")), [PullAction::Pulled]);
    // Behind, ahead, the same.
    first.append("s", "2");
    all_well(&first.push().expect("pushes"));
    assert_eq!(actions(&second.push().expect("pushes")), [PushAction::Pushed], "behind is no other history");
    assert_eq!(pulled(&second.pull(None).expect("pulls")), [PullAction::Pulled]);
    assert_eq!(second.bytes("s"), first.bytes("s"));
    second.append("s", "3");
    assert_eq!(pulled(&second.pull(None).expect("pulls")), [PullAction::Ahead]);
    // Diverged.
    first.append("s", "4");
    all_well(&first.push().expect("pushes"));
    let (ours, theirs) = (second.bytes("s"), first.bytes("s"));
    assert_eq!(pulled(&second.pull(None).expect("pulls")), [PullAction::Diverged]);
    assert_eq!(actions(&second.push().expect("pushes")), [PushAction::Diverged]);
    assert_eq!(pulled(&first.pull(None).expect("pulls")), [PullAction::Diverged], "two there, none is chosen");
    assert_eq!((second.bytes("s"), first.bytes("s")), (ours.clone(), theirs.clone()));
    // One that is asked for by name comes beside.
    let machine = first.push().expect("pushes").report.machine;
    let named = second.pull(Some(&machine)).expect("pulls");
    assert_eq!(pulled(&named), [PullAction::Pulled], "{named:?}");
    let path = named.report.sessions[0].path.clone().expect("a path");
    assert_ne!(path, second.log("s").display().to_string());
    assert_eq!((fs::read(path).expect("there"), second.bytes("s")), (theirs, ours));
}
