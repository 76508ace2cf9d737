//! A proxy before a store that counts, refuses, and loses answers.

use crate::http::{Request, forwarded, serve};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is done to a request.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// It is answered thus, and not sent on.
    Answers(Vec<u8>),
    /// It is carried out, and its answer lost.
    LosesAnswer,
}

/// A request that went through, or did not.
#[derive(Debug, Clone)]
pub(crate) struct Passed {
    pub(crate) method: String,
    pub(crate) target: String,
    /// What was sent with it.
    pub(crate) body: Vec<u8>,
    /// Bytes of the answer.
    pub(crate) bytes: usize,
    /// Status of the answer of the store; 0 if it was not asked.
    pub(crate) status: u16,
}

type Which = Box<dyn Fn(&Request) -> bool + Send>;

#[derive(Default)]
struct State {
    passed: Vec<Passed>,
    fault: Option<(Which, Fault, usize)>,
}

/// A proxy.
#[derive(Clone)]
pub(crate) struct Proxy {
    state: Arc<Mutex<State>>,
    pub(crate) address: String,
}

impl Proxy {
    /// A proxy before the server at an address.
    pub(crate) fn before(server: &str) -> Self {
        let state: Arc<Mutex<State>> = Arc::default();
        let (server, of_proxy) = (server.to_string(), Arc::clone(&state));
        let address = serve(move |request| {
            let fault = locked(&of_proxy).fault(&request);
            let Request { method, target, body, .. } = request.clone();
            let mut passed = Passed { method, target, body, bytes: 0, status: 0 };
            let answer = match fault {
                Some(Fault::Answers(answer)) => Some(answer),
                Some(Fault::LosesAnswer) | None => {
                    let answer = forwarded(&server, &request);
                    let status = String::from_utf8_lossy(answer.get(9..12).unwrap_or_default()).parse();
                    passed.status = status.unwrap_or_default();
                    fault.is_none().then_some(answer)
                }
            };
            passed.bytes = answer.as_ref().map_or(0, Vec::len);
            locked(&of_proxy).passed.push(passed);
            answer
        });
        Self { state, address }
    }

    /// Does this to the next `times` requests of which `which` holds.
    pub(crate) fn fault(&self, which: impl Fn(&Request) -> bool + Send + 'static, fault: Fault, times: usize) {
        locked(&self.state).fault = Some((Box::new(which), fault, times));
    }

    /// What passed since this was asked last.
    pub(crate) fn passed(&self) -> Vec<Passed> {
        std::mem::take(&mut locked(&self.state).passed)
    }
}

impl State {
    fn fault(&mut self, request: &Request) -> Option<Fault> {
        let (which, fault, times) = self.fault.as_mut()?;
        if *times == 0 || !which(request) {
            return None;
        }
        *times -= 1;
        Some(fault.clone())
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
