//! The protocol of push and pull, in every order in which its steps can happen.
//!
//! Owns: three homes and one store. A and C have the same machine id: C is a copy of A's home. What each does is decided
//! by `core/archive` itself; the model only puts, gets, forgets, and kills.
//! Invariant, after each step: no object ever changes; each commit names pieces that are there and hold, together, the
//! log that was pushed; a push that was acknowledged is in a commit; a pull keeps every local line; what is in the store
//! survives a power cut of the machine that put it; each line of commits reads without a break.
//! `JCODE_SESSION_LONG` looks further. The mutants are mistakes that the model must find.

use super::grows::Objects;
use jcode_session_core::archive::name::{self, Of};
use jcode_session_core::archive::{
    Answer, Chain, ChainSource, Choice, Commit, Digest, Line, Mark, Memory, Own, Piece, Pull, PutOnce, SessionHead,
    Side, State, StateHasher, Step, Tip, choose, decide, digest_of, judge, relate, take,
};
use jcode_session_core::segment::Compress;
use jcode_session_core::source::{ByteSource, SliceSource, SourceError};
use jcode_session_tests::effort;
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

/// A mistake in the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mutant {
    None,
    /// A commit takes the place of another.
    Overwrites,
    /// "It exists" is taken for done.
    Blind,
    /// A pull replaces another history.
    PullsOver,
    /// What is not synced is pushed.
    Unsynced,
}

/// Appends of a home.
const APPENDS: u8 = 2;
const HOMES: usize = 3;
const SESSION: &str = "s";

type Store = BTreeMap<String, Rc<Vec<u8>>>;

/// What the commits in a store come to.
#[derive(Debug, Default)]
struct Commits {
    lines: Vec<Line>,
    /// The states that some commit names.
    pushed: BTreeSet<State>,
}

/// A push under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Pushing {
    /// The log that is pushed.
    log: Vec<u8>,
    head: Rc<Chain>,
    commit: Rc<Vec<u8>>,
    mark: Mark,
    put: PutOnce,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Home {
    machine: String,
    log: Vec<u8>,
    synced: usize,
    appended: u8,
    rolled_back: bool,
    memory: Memory,
    pushing: Option<Pushing>,
}

/// Parts that a step leaves alone are shared with the world before.
#[derive(Debug, Clone)]
struct World {
    homes: Vec<Rc<Home>>,
    store: Rc<Store>,
    /// Of the store, so that each is read once.
    commits: Rc<Commits>,
    acknowledged: Rc<BTreeSet<State>>,
    /// Machines that were made.
    made: u8,
}

/// Compresses by leaving as it is: the form of objects is tested elsewhere.
#[derive(Debug)]
struct Plain;

impl Compress for Plain {
    fn compress(&self, plain: &[u8]) -> Option<Vec<u8>> {
        Some(plain.to_vec())
    }
}

fn state_of(bytes: &[u8]) -> (State, Vec<Digest>) {
    let mut hasher = StateHasher::default();
    hasher.update(bytes);
    (hasher.state(), hasher.blocks())
}

impl World {
    fn new() -> Self {
        let home = |machine: &str| {
            Rc::new(Home {
                machine: machine.to_string(),
                log: Vec::new(),
                synced: 0,
                appended: 0,
                rolled_back: false,
                memory: Memory::default(),
                pushing: None,
            })
        };
        // C is a copy of A.
        let homes = vec![home("a"), home("b"), home("a")];
        let (store, commits, acknowledged) = (Rc::default(), Rc::default(), Rc::default());
        Self { homes, store, commits, acknowledged, made: 0 }
    }

    fn home(&mut self, who: usize) -> &mut Home {
        Rc::make_mut(&mut self.homes[who])
    }

    /// Reads the commits again, as far as each line goes without a break.
    fn read_commits(&mut self) {
        let mut commits = Commits::default();
        for (name, stored) in self.store.iter().filter(|(name, _)| name.starts_with(name::MACHINES)) {
            let commit = Commit::read(stored).expect("a commit");
            let chains = commit.sessions.iter().filter_map(|head| head.log.as_ref());
            commits.pushed.extend(chains.map(Chain::state));
            let Some(name::Object::Commit(machine, _)) = name::parse(name) else { continue };
            if commits.lines.last().is_none_or(|line| line.machine != machine) {
                commits.lines.push(Line::new(&machine));
            }
            let _ = commits.lines.last_mut().expect("one").add(commit, stored);
        }
        self.commits = Rc::new(commits);
    }

    fn line(&self, machine: &str) -> Line {
        let found = self.commits.lines.iter().find(|line| line.machine == machine);
        found.cloned().unwrap_or_else(|| Line::new(machine))
    }

    /// What each machine has of the session.
    fn heads(&self) -> Vec<Chain> {
        self.commits.lines.iter().filter_map(|line| line.sessions.get(SESSION)?.log.clone()).collect()
    }

    /// The bytes of a chain; `None` if a piece is gone.
    fn bytes(&self, chain: &Chain) -> Option<Vec<u8>> {
        let mut objects = BTreeMap::new();
        for piece in &chain.pieces {
            let stored = self.store.get(&name::piece(SESSION, Of::Log, piece))?;
            objects.insert((piece.from, piece.state.to_string()), stored.to_vec());
        }
        let objects = Objects(objects);
        let source = ChainSource::new(chain.clone(), Verbatim(&objects));
        source.read_vec(0, usize::try_from(chain.len).ok()?).ok()
    }

    /// Begins a push: pieces are put at once, since a name is their content; the commit is yet to be.
    fn begin(&mut self, who: usize, mutant: Mutant) -> bool {
        let line = self.own_line(who);
        let home = &self.homes[who];
        let durable = if mutant == Mutant::Unsynced { home.log.len() } else { home.synced };
        let log = home.log[..durable].to_vec();
        let own = line.sessions.get(SESSION).and_then(|head| head.log.clone());
        if log.is_empty() || own.as_ref().is_some_and(|own| own.state() == state_of(&log).0) {
            return false;
        }
        let known: Vec<Chain> = own.into_iter().chain(self.heads()).collect();
        let known: Vec<&Chain> = known.iter().collect();
        let store = Rc::make_mut(&mut self.store);
        let chain = take::<SourceError>(&SliceSource(&log), log.len() as u64, &known, &Plain, &mut |piece, packed| {
            put_piece(store, &piece, packed);
            Ok(piece)
        });
        let chain = chain.expect("in memory");
        self.home(who).pushing = Some(pushing(&line, log, chain));
        true
    }

    fn own_line(&mut self, who: usize) -> Line {
        let line = self.line(&self.homes[who].machine.clone());
        match judge(&self.homes[who].memory, &line) {
            Own::Mine => line,
            Own::Cloned => self.rename(who),
            Own::Rewound => panic!("a store that never goes back went back"),
        }
    }

    fn rename(&mut self, who: usize) -> Line {
        self.made += 1;
        let machine = format!("n{}", self.made);
        let home = self.home(who);
        home.memory.renamed();
        home.machine.clone_from(&machine);
        Line::new(&machine)
    }

    /// Does the next step of putting the commit. `loses`: its answer is lost.
    fn go_on(&mut self, who: usize, loses: bool, mutant: Mutant) {
        let mut pushing = self.homes[who].pushing.clone().expect("under way");
        let name = name::commit(&self.homes[who].machine, pushing.mark.n);
        match pushing.put.step() {
            Step::Put => {
                self.home(who).memory.intend(pushing.mark);
                let is_there = self.store.contains_key(&name);
                if !is_there || mutant == Mutant::Overwrites {
                    Rc::make_mut(&mut self.store).insert(name, Rc::clone(&pushing.commit));
                    self.read_commits();
                }
                let answer = match (loses, is_there) {
                    (true, _) => Answer::Unclear,
                    (false, true) if mutant == Mutant::Overwrites || mutant == Mutant::Blind => Answer::Stored,
                    (false, true) => Answer::Exists,
                    (false, false) => Answer::Stored,
                };
                pushing.put.answered(answer);
            }
            Step::ReadBack => {
                let found = self.store.get(&name);
                pushing.put.read_back(found.map(|found| *found == pushing.commit));
            }
            step => panic!("{step:?} is no step on the way"),
        }
        match pushing.put.step() {
            Step::Done => {
                let home = self.home(who);
                home.memory.done(&home.machine.clone(), pushing.mark);
                home.pushing = None;
                Rc::make_mut(&mut self.acknowledged).insert(pushing.head.state());
            }
            Step::Taken => {
                let line = self.rename(who);
                let Pushing { log, head, .. } = pushing;
                self.home(who).pushing = Some(self::pushing(&line, log, (*head).clone()));
            }
            Step::GiveUp => self.home(who).pushing = None,
            Step::Put | Step::ReadBack => self.home(who).pushing = Some(pushing),
        }
    }

    /// Pulls; false if that does nothing.
    fn pull(&mut self, who: usize, mutant: Mutant) -> bool {
        let heads = self.heads();
        let relation = |first: (&[u8], Tip<'_>), second: (&[u8], Tip<'_>)| {
            relate(first.1, second.1, &mut |side, range| {
                let bytes = if side == Side::First { first.0 } else { second.0 };
                digest_of(&SliceSource(bytes), range)
            })
        };
        let bytes: Vec<Vec<u8>> = heads.iter().map(|head| self.bytes(head).unwrap_or_default()).collect();
        let tip = |at: usize| (&*bytes[at], Tip::of(Some(&heads[at])));
        let chosen = choose(heads.len(), &mut |a, b| relation(tip(a), tip(b))).expect("in memory");
        let at = match chosen {
            Choice::One(at) => at,
            Choice::Diverged(_, other) if mutant == Mutant::PullsOver => other,
            Choice::Diverged(..) | Choice::None => return false,
        };
        let home = &self.homes[who];
        let (state, blocks) = state_of(&home.log);
        let local = relation((&home.log, Tip { state, blocks: &blocks }), tip(at)).expect("in memory");
        match decide(local) {
            Pull::Take => {}
            Pull::Diverged if mutant == Mutant::PullsOver => {}
            Pull::UpToDate | Pull::Ahead | Pull::Diverged => return false,
        }
        let home = self.home(who);
        home.log.clone_from(&bytes[at]);
        home.synced = home.log.len();
        true
    }

    /// All that can happen next.
    fn next(&self, who: &[usize], mutant: Mutant) -> Vec<(String, Self)> {
        let mut next = Vec::new();
        for &who in who {
            let home = &self.homes[who];
            let mut add = |what: &str, change: &mut dyn FnMut(&mut Self) -> bool| {
                let mut world = self.clone();
                if change(&mut world) {
                    next.push((format!("{what} {who}"), world));
                }
            };
            if home.appended < APPENDS {
                add("append", &mut |world| {
                    let home = world.home(who);
                    home.log.extend_from_slice(format!("{who}{}\n", home.appended).as_bytes());
                    home.appended += 1;
                    true
                });
            }
            if home.synced < home.log.len() {
                add("sync", &mut |world| {
                    let home = world.home(who);
                    home.synced = home.log.len();
                    true
                });
                add("power", &mut |world| {
                    let home = world.home(who);
                    home.log.truncate(home.synced);
                    home.pushing = None;
                    true
                });
            }
            if home.appended == APPENDS && !home.rolled_back && !home.log.is_empty() {
                add("rollback", &mut |world| {
                    let home = world.home(who);
                    home.log.truncate(home.log.len() - LINE);
                    (home.synced, home.rolled_back) = (home.synced.min(home.log.len()), true);
                    true
                });
            }
            if home.pushing.is_some() {
                add("go on", &mut |world| {
                    world.go_on(who, false, mutant);
                    true
                });
                add("lost answer", &mut |world| {
                    let is_put = world.homes[who].pushing.as_ref().is_some_and(|p| p.put.step() == Step::Put);
                    if is_put {
                        world.go_on(who, true, mutant);
                    }
                    is_put
                });
                add("kill", &mut |world| {
                    world.home(who).pushing = None;
                    true
                });
            } else {
                add("begin", &mut |world| world.begin(who, mutant));
                add("pull", &mut |world| world.pull(who, mutant));
            }
        }
        next
    }

    /// What is wrong with a store that was another one before.
    fn wrong_store(&self, before: &Store) -> Option<String> {
        if let Some((name, _)) = before.iter().find(|(name, bytes)| self.store.get(*name) != Some(bytes)) {
            return Some(format!("{name} changed"));
        }
        let is_new = |name: &String| name.starts_with(name::MACHINES) && !before.contains_key(name);
        for (name, stored) in self.store.iter().filter(|(name, _)| is_new(name)) {
            let commit = Commit::read(stored).expect("a commit");
            if self.line(&commit.machine).n() < commit.n {
                return Some(format!("{name} does not continue its line"));
            }
            for chain in commit.sessions.iter().filter_map(|head| head.log.as_ref()) {
                match self.bytes(chain) {
                    None => return Some(format!("{name} names a piece that is not there")),
                    Some(bytes) if state_of(&bytes).0 != chain.state() => {
                        return Some(format!("{name} holds other bytes than were pushed"));
                    }
                    Some(_) => {}
                }
            }
        }
        None
    }

    /// What is wrong after a step.
    fn wrong(&self, before: &Self, step: &str) -> Option<String> {
        if !Rc::ptr_eq(&self.store, &before.store)
            && let Some(wrong) = self.wrong_store(&before.store)
        {
            return Some(wrong);
        }
        let pushed = &self.commits.pushed;
        if let Some(lost) = self.acknowledged.iter().find(|state| !pushed.contains(*state)) {
            return Some(format!("an acknowledged push of {} bytes is in no commit", lost.len));
        }
        let who: usize = step.rsplit(' ').next()?.parse().ok()?;
        let (old, new) = (&before.homes[who], &self.homes[who]);
        if step.starts_with("pull") && !new.log.starts_with(&old.log) {
            return Some("a pull lost local lines".to_string());
        }
        if step.starts_with("power") && !old.rolled_back {
            let lost = old.log.get(new.log.len()..).unwrap_or_default();
            let own = (1..=lost.len() / LINE).map(|lines| state_of(&old.log[..new.log.len() + lines * LINE]).0);
            let is_own = lost.starts_with(who.to_string().as_bytes());
            if is_own && own.into_iter().any(|state| pushed.contains(&state)) {
                return Some("the store is ahead of its own machine after a power cut".to_string());
            }
        }
        None
    }
}

/// Bytes of a line.
const LINE: usize = 3;

fn pushing(line: &Line, log: Vec<u8>, chain: Chain) -> Pushing {
    let head = SessionHead {
        id: SESSION.into(),
        path: "s.jsonl".into(),
        log: Some(chain.clone()),
        ledger: None,
        aside: Vec::new(),
        origin: None,
        summary: serde_json::Value::Null,
    };
    let commit = line.next(vec![head], "", String::new());
    let stored = commit.bytes();
    let mark = Mark { n: commit.n, digest: Digest::of(&stored) };
    Pushing { log, head: Rc::new(chain), commit: Rc::new(stored), mark, put: PutOnce::default() }
}

fn put_piece(store: &mut Store, piece: &Piece, packed: Vec<u8>) {
    let name = name::piece(SESSION, Of::Log, piece);
    let there = store.entry(name).or_insert_with(|| Rc::new(packed.clone()));
    assert_eq!(**there, packed, "one name, other bytes");
}

/// Objects whose frames are not compressed.
struct Verbatim<'o>(&'o Objects);

impl jcode_session_core::segment::Decompress for Verbatim<'_> {
    fn decompress(&self, frame: &[u8], plain: &mut [u8]) -> bool {
        let fits = frame.len() == plain.len();
        if fits {
            plain.copy_from_slice(frame);
        }
        fits
    }
}

impl jcode_session_core::archive::Pieces for Verbatim<'_> {
    type File = super::grows::Bytes;

    fn open(&self, piece: &Piece) -> Result<Option<Self::File>, SourceError> {
        (&self.0).open(piece)
    }

    fn shown(&self, piece: &Piece) -> String {
        (&self.0).shown(piece)
    }
}

/// What was found.
struct Explored {
    states: usize,
    depth: usize,
    wrong: Option<String>,
}

/// Looks at every order of steps of these homes, shortest first.
fn explore(who: &[usize], mutant: Mutant, depth: usize, most: usize) -> Explored {
    let hash = |world: &World| {
        let mut hasher = DefaultHasher::new();
        let World { homes, store, acknowledged, made, .. } = world;
        (homes, store, acknowledged, made).hash(&mut hasher);
        hasher.finish()
    };
    let start = World::new();
    let mut seen = HashSet::from([hash(&start)]);
    // Each with the step that led to it, by which the way is told.
    let mut steps: Vec<(usize, String)> = vec![(0, String::new())];
    let mut queue = VecDeque::from([(start, 0_usize, 0_usize)]);
    let mut reached = 0;
    while let Some((world, place, taken)) = queue.pop_front() {
        reached = reached.max(taken);
        if taken == depth || seen.len() >= most {
            continue;
        }
        for (step, next) in world.next(who, mutant) {
            if let Some(wrong) = next.wrong(&world, &step) {
                let mut way = vec![step];
                let mut at = place;
                while at > 0 {
                    way.push(steps[at].1.clone());
                    at = steps[at].0;
                }
                way.reverse();
                let wrong = Some(format!("{wrong}: {}", way.join(", ")));
                return Explored { states: seen.len(), depth: taken + 1, wrong };
            }
            if seen.insert(hash(&next)) {
                steps.push((place, step));
                queue.push_back((next, steps.len() - 1, taken + 1));
            }
        }
    }
    Explored { states: seen.len(), depth: reached, wrong: None }
}

#[test]
fn no_order_of_steps_breaks_a_promise() {
    let most = if effort::long() { 1_200_000 } else { 40_000 };
    let found = explore(&(0..HOMES).collect::<Vec<_>>(), Mutant::None, 16, most);
    println!("{} archive states, up to {} steps", found.states, found.depth);
    assert_eq!(found.wrong, None);
    assert!(found.states >= most.min(40_000), "only {} states", found.states);
}

/// Two homes alone get further: all of what a home and its copy can do, and what two machines can.
#[test]
fn nor_of_two_homes_alone() {
    for who in [[0, 2], [0, 1]] {
        let most = if effort::long() { 400_000 } else { 10_000 };
        let found = explore(&who, Mutant::None, 20, most);
        println!("{} archive states, up to {} steps", found.states, found.depth);
        assert_eq!(found.wrong, None);
    }
}

fn is_found(mutant: Mutant, who: &[usize], words: &str) {
    let found = explore(who, mutant, 12, 300_000);
    println!("{mutant:?}: {} states, {} steps, {:?}", found.states, found.depth, found.wrong);
    let wrong = found.wrong.expect("the mistake is found");
    assert!(wrong.contains(words), "{mutant:?}: {wrong}");
}

#[test]
fn a_commit_that_replaces_another_is_found() {
    is_found(Mutant::Overwrites, &[0, 2], "changed");
}

#[test]
fn an_answer_that_is_not_read_back_is_found() {
    is_found(Mutant::Blind, &[0, 2], "in no commit");
}

#[test]
fn a_pull_that_replaces_another_history_is_found() {
    is_found(Mutant::PullsOver, &[0, 1], "lost local lines");
}

#[test]
fn a_push_of_what_is_not_synced_is_found() {
    is_found(Mutant::Unsynced, &[0], "ahead of its own machine");
}
