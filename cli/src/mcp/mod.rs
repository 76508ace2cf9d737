//! A server of the Model Context Protocol over standard input and output, for agents that ask about sessions.
//!
//! Owns: the tools, and the form of their answers. [`asked`] turns what is asked into the arguments of a command.
//! Invariant: a tool only reads, and answers what the command of its name prints: each runs that very command, its
//! output kept in memory. An answer is bounded, and says so where it was cut.
//! Source: the specification at modelcontextprotocol.io; the protocol itself is the SDK's.

mod asked;

use crate::args::SessionCommand;
use crate::commands::answer;
use crate::output::{ExitStatus, Kept};
use crate::runtime;
use crate::settings::Settings;
use asked::{AskedList, AskedSearch, AskedShow, AskedTree};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{CallToolResult, ContentBlock, Implementation, ServerCapabilities, ServerConfig};
use rmcp::transport::io::stdio;
use rmcp::{ErrorData, ServerHandler, ServiceExt, tool, tool_handler, tool_router};
use std::io;
use std::sync::Arc;

/// Bytes of a text that are answered. What agents take in at once is about this long.
const MOST_TEXT: usize = 64 << 10;
/// Bytes of a report that are answered: reports cannot be cut.
const MOST_REPORT: usize = 1 << 20;

const INSTRUCTIONS: &str = "The sessions of coding agents on this machine: what was asked, answered and done in them. \
    `search` finds entries by their text, `list` the sessions, newest first; `show` shows entries of a session, `tree` \
    its branches. Ids may be cut to a start that is unambiguous.";

/// Serves until the client closes standard input, or the user presses Ctrl-C.
///
/// # Errors
/// Fails if the runtime cannot be started or the client does not begin as the protocol says.
pub(crate) fn serve(settings: Settings) -> io::Result<()> {
    runtime::run(|runtime| {
        let served = runtime.block_on(until_closed(Server { settings: Arc::new(settings) }));
        // A read of standard input cannot be cancelled, and nobody waits for a running search.
        runtime.shutdown_background();
        served
    })
}

async fn until_closed(server: Server) -> io::Result<()> {
    let interrupted = tokio::signal::ctrl_c();
    let served = async {
        let running = server.serve(stdio()).await.map_err(io::Error::other)?;
        running.waiting().await.map_err(io::Error::other)?;
        Ok(())
    };
    tokio::select! {
        ended = interrupted => ended,
        ended = served => ended,
    }
}

#[derive(Clone)]
struct Server {
    settings: Arc<Settings>,
}

#[tool_router]
impl Server {
    /// List sessions, newest first: id, title, folder, times, counts, model, agent, tags.
    #[tool(annotations(title = "List sessions", read_only_hint = true, open_world_hint = false))]
    async fn list(&self, Parameters(asked): Parameters<AskedList>) -> Result<CallToolResult, ErrorData> {
        self.report(SessionCommand::List(asked.into_args())).await
    }

    /// Search the text of all sessions: prompts, answers, thinking, tool calls and their output. Every match is found and
    /// counted; hits name session and entry, with a snippet.
    #[tool(annotations(title = "Search sessions", read_only_hint = true, open_world_hint = false))]
    async fn search(&self, Parameters(asked): Parameters<AskedSearch>) -> Result<CallToolResult, ErrorData> {
        match asked.into_args() {
            Ok(args) => self.report(SessionCommand::Search(Box::new(args))).await,
            Err(reason) => Ok(CallToolResult::error(vec![ContentBlock::text(reason)])),
        }
    }

    /// Show entries of a session: one entry whole, or the last ones of its active path or of the path to an entry.
    #[tool(annotations(title = "Show entries", read_only_hint = true, open_world_hint = false))]
    async fn show(&self, Parameters(asked): Parameters<AskedShow>) -> Result<CallToolResult, ErrorData> {
        let (status, kept) = self.run(SessionCommand::Show(asked.into_args()), MOST_TEXT).await?;
        let mut text = String::from_utf8_lossy(&kept.data).into_owned();
        if kept.is_cut {
            text.push_str("\n[cut here: ask for one entry, or for fewer at the end]\n");
        }
        let said = Some(kept.aside).filter(|said| !said.is_empty());
        let content = [Some(text), said].into_iter().flatten().map(ContentBlock::text).collect();
        Ok(if status == ExitStatus::Failed { CallToolResult::error(content) } else { CallToolResult::success(content) })
    }

    /// Show how a session branches: its leaves, branch points, labels, and the active leaf.
    #[tool(annotations(title = "Branches of a session", read_only_hint = true, open_world_hint = false))]
    async fn tree(&self, Parameters(asked): Parameters<AskedTree>) -> Result<CallToolResult, ErrorData> {
        self.report(SessionCommand::Tree(asked.into_args())).await
    }
}

impl Server {
    /// Runs a command that prints one JSON object.
    async fn report(&self, command: SessionCommand) -> Result<CallToolResult, ErrorData> {
        let (status, kept) = self.run(command, MOST_REPORT).await?;
        let error = |text: String| Ok(CallToolResult::error(vec![ContentBlock::text(text)]));
        if kept.is_cut {
            return error(format!(
                "the answer has more than {MOST_REPORT} bytes: ask for less with `limit` or a filter"
            ));
        }
        match serde_json::from_slice(&kept.data) {
            Ok(report) => {
                let mut answer = CallToolResult::structured(report);
                if !kept.aside.is_empty() {
                    answer.content.push(ContentBlock::text(kept.aside));
                }
                answer.is_error = Some(status == ExitStatus::Failed);
                Ok(answer)
            }
            Err(_) => error(kept.aside),
        }
    }

    async fn run(&self, command: SessionCommand, limit: usize) -> Result<(ExitStatus, Kept), ErrorData> {
        let settings = Arc::clone(&self.settings);
        let answered = tokio::task::spawn_blocking(move || answer(&command, &settings, limit)).await;
        answered.map_err(|_| ErrorData::internal_error("the command ended without an answer", None))
    }
}

#[tool_handler]
impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }
}
