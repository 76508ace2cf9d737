//! Serves the inspector page, and one session or a list of them, to a browser on this machine.
//!
//! Owns: what is offered, and the loop over connections.
//! Invariant: the server listens on the loopback address only, and answers only requests with the token of this run;
//! see [`gate`]. It sends bytes of files of the sessions that it offers and parses none; the page does that.

mod body;
mod files;
mod gate;
mod page;
mod range;
mod reply;
mod sessions;

pub use files::Served;
pub use page::is_built;
pub use sessions::Sessions;

use crate::runtime;
use gate::Gate;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::rc::Rc;
use tokio::net::TcpListener;
use tokio::task::LocalSet;

/// What a run offers beside the page.
#[derive(Debug)]
pub enum Offer {
    /// One session, which the page opens.
    Session(Served),
    /// A list of sessions to choose from.
    Sessions(Sessions),
}

impl Offer {
    /// The word for it in the page.
    const fn word(&self) -> &'static str {
        match self {
            Self::Session(_) => "session",
            Self::Sessions(_) => "sessions",
        }
    }
}

/// Serves until the process is interrupted. `opened` gets two addresses: one to show, and one that works a single time.
/// The second is for the command line of a browser, which other users can read.
///
/// # Errors
/// Fails if the port cannot be bound or no token can be made.
pub fn serve(port: u16, offer: Offer, opened: impl FnOnce(&str, &str) + Send) -> io::Result<()> {
    runtime::run(|runtime| LocalSet::new().block_on(&runtime, listen(port, offer, opened)))
}

async fn listen(port: u16, offer: Offer, opened: impl FnOnce(&str, &str)) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let gate = Rc::new(Gate::new(listener.local_addr()?.port())?);
    let offer = Rc::new(offer);
    opened(&gate.address(), &gate.single_use_address());
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        let connection = tokio::select! {
            ended = &mut interrupted => return ended,
            accepted = listener.accept() => accepted,
        };
        // A client that went away before it was accepted does not end the server.
        let Ok((stream, _)) = connection else { continue };
        let (gate, offer) = (Rc::clone(&gate), Rc::clone(&offer));
        tokio::task::spawn_local(async move {
            let answer = service_fn(move |request| {
                let reply = reply::answer(&request, &gate, &offer);
                async move { Ok::<_, Infallible>(reply) }
            });
            // An error on a connection concerns only that client.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}
