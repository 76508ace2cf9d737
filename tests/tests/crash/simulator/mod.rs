//! One session through everything: saves, commands and other programs in random order, each of which may run to its end, be
//! killed, lose power, or meet an error of the storage; and what is left is what the next one finds.
//!
//! Owns: the order of events, drawn from a seed, and the table of what was met. `JCODE_SESSION_SIMULATIONS` is the number
//! of sessions. Invariant: a seed gives one trace; a step that fails names it, and `JCODE_SESSION_SEED` repeats it.
//! Does not: explore every crash point of one command from one state; `store` and `write` do.

mod acts;
mod checks;

use acts::{Act, Fate};
use jcode_session_core::segment::Form;
use jcode_session_core::storage::Place;
use jcode_session_tests::crash_storage::intruder::{Act as Foreign, Intruder};
use jcode_session_tests::crash_storage::outcomes::{Outcome, kills, power_cuts};
use jcode_session_tests::crash_storage::{Fault, Machine, World};
use jcode_session_tests::effort::seeds_of;
use jcode_session_tests::generate::{Random, random};
use jcode_session_tests::migrations::upgraded;
use jcode_session_tests::sessions::{NOW, from_v1, linear, lines, log_of, stored, with_log};
use rand::RngExt;
use std::collections::BTreeMap;

const STEPS: u64 = 60;

/// How often an act met a fate in a state of the log.
type Met = BTreeMap<(&'static str, &'static str, &'static str), u64>;

struct Simulator {
    seed: u64,
    rng: Random,
    world: World,
    /// What the sidecar says is on the disk, if there is one.
    synced: Option<u64>,
    /// What was killed or failed last may be on the disk or not: nobody was told that it was done.
    unsettled: bool,
    /// Number of ids given so far.
    ids: u64,
    archive: checks::Archive,
    met: Met,
    /// Crash states that were looked at.
    crashes: u64,
    /// A hash of the files behind each step.
    trace: Vec<u64>,
}

impl Simulator {
    fn new(seed: u64) -> Self {
        let mut rng = random(seed);
        let world = match rng.random_range(0..4) {
            0 => World::default(),
            1 => from_v1(&lines(0..4)),
            2 => upgraded(&linear()),
            _ => with_log(&lines(0..3)).world(),
        };
        Self {
            seed,
            rng,
            world,
            synced: None,
            unsettled: false,
            ids: 0,
            archive: checks::Archive::default(),
            met: Met::new(),
            crashes: 0,
            trace: Vec::new(),
        }
    }

    fn run(mut self) -> Self {
        for step in 0..STEPS {
            self.step(step);
            self.trace.push(self.world.files_hash());
        }
        self
    }

    fn step(&mut self, step: u64) {
        let act = Act::draw(&mut self.rng, log_of(&self.world).is_some());
        let fate = Fate::draw(&mut self.rng, &act);
        let what = format!("seed {}, step {step}: {act:?}, {fate:?}", self.seed);
        println!("{what}");
        *self.met.entry((act.name(), state(&self.world), fate.name())).or_default() += 1;
        let now_ms = NOW + i64::try_from(step).expect("few") * 1000;
        self.world.acked.clear();
        self.world.sidecar = self.synced.into_iter().collect();
        match &act {
            Act::Push => self.archive.push(&self.world, &what),
            Act::Foreign(bytes) => {
                self.world = acts::appended(&self.world, bytes);
            }
            _ => {
                let run = Run { act: &act, now_ms, synced: self.synced, ids: self.ids, what: &what };
                self.disturbed(&run, fate);
                self.ids += 10;
            }
        }
    }

    /// Runs an act that meets its fate.
    fn disturbed(&mut self, run: &Run<'_>, fate: Fate) {
        let calm = run.calm(&self.world);
        let (old, new) = (log_of(&self.world), log_of(&calm.world));
        let is_done = calm.ran.is_ok();
        checks::calm(run, &self.world, &calm);
        // Before its upgrade a log is not written to. And without a sidecar nothing tells what a sync that failed left
        // behind in memory alone.
        let is_moot = !is_done || matches!(fate, Fate::Fails(_)) && run.synced.is_none();
        let fate = if run.act.is_save() && is_moot { Fate::Runs } else { fate };
        let world = match fate {
            Fate::Runs => calm.world,
            Fate::Killed | Fate::PowerCut => self.crashed(run, &calm, fate),
            Fate::Fails(kind) => self.failed(run, &calm, Fault::Error(kind)),
            Fate::FallsShort => self.failed(run, &calm, Fault::Short),
            Fate::Joined => {
                let machine = Machine::from_world(self.world.clone());
                machine.admit(Intruder::new(
                    self.rng.random_range(0..calm.touches),
                    Foreign::Append(acts::WHOLE.to_vec()),
                ));
                let ran = run.on(&machine);
                checks::joined(run, &machine.world(), &ran, old.is_some());
                machine.world()
            }
        };
        self.world = world;
        self.unsettled = match fate {
            Fate::Runs => self.unsettled && !is_done,
            Fate::PowerCut => false,
            // Nobody was told that it was done, or synced what another program wrote behind the last look.
            _ => true,
        };
        if !self.unsettled {
            checks::settled(&self.world, run.what);
        }
        // A command that was cut short is run again, or another one comes.
        if matches!(fate, Fate::Killed | Fate::PowerCut) && !run.act.is_save() && self.rng.random_range(0..2) == 0 {
            let machine = Machine::from_world(self.world.clone());
            let ran = run.on(&machine);
            if is_done && old != new {
                assert!(ran.is_ok() || log_of(&self.world) == new, "{}: run again: {ran:?}", run.what);
                assert_eq!(log_of(&machine.world()), new, "{}: run again", run.what);
            }
            self.world = machine.world();
            self.unsettled = ran.is_err();
        }
        // The sidecar was brought up to date, to the end of a line, or somebody removed it.
        let log = log_of(&self.world).unwrap_or_default();
        let end = memchr::memrchr(b'\n', &log).map(|lf| lf as u64 + 1);
        self.synced = end.filter(|_| !self.unsettled && self.rng.random_range(0..4) > 0);
    }

    /// Looks at all that a crash at one of its calls may leave; one of these is what is left.
    fn crashed(&mut self, run: &Run<'_>, calm: &Calm, fate: Fate) -> World {
        let state = &calm.history[self.rng.random_range(0..calm.history.len())];
        let outcomes: Vec<Outcome> = match fate {
            Fate::Killed => kills(state),
            _ => power_cuts(state, true),
        };
        let left = self.rng.random_range(0..outcomes.len());
        // Where a power cut may leave what was before the last event, it does so in the middle of the next.
        let before: Vec<Option<Vec<u8>>> = match fate {
            Fate::PowerCut if self.unsettled => {
                power_cuts(&self.world, true).iter().map(|o| log_of(&o.world)).collect()
            }
            _ => Vec::new(),
        };
        let mut world = None;
        for (at, outcome) in outcomes.iter().enumerate() {
            let what = format!("{}: {}", run.what, outcome.what);
            let found = if before.contains(&log_of(&outcome.world)) {
                checks::sound(&outcome.world, None, &what);
                outcome.world.clone()
            } else if run.act.is_save() {
                checks::saved(run, calm, (&self.world, state), outcome, fate, &what)
            } else {
                checks::commanded((&self.world, &calm.world), &outcome.world, &what);
                outcome.world.clone()
            };
            self.crashes += 1;
            if at == left {
                world = Some(found);
            }
        }
        world.expect("one of them")
    }

    /// Runs it with a fault at one of its calls.
    fn failed(&mut self, run: &Run<'_>, calm: &Calm, fault: Fault) -> World {
        let machine = Machine::from_world(self.world.clone());
        let call = self.rng.random_range(0..calm.calls.max(1));
        machine.recorded().world.faults.insert(call, fault);
        let ran = run.on(&machine);
        machine.recorded().world.faults.clear();
        let world = machine.world();
        checks::failed(run, (&self.world, calm), &world, &ran, call);
        // After a sync that failed, who writes on opens the log anew.
        let synced = world.sidecar.last().copied();
        if run.act.is_save() && ran.is_err() { checks::opened_with(&world, synced, run.what) } else { world }
    }
}

/// An act, and what it depends on.
pub(crate) struct Run<'r> {
    act: &'r Act,
    now_ms: i64,
    synced: Option<u64>,
    ids: u64,
    what: &'r str,
}

/// What an act comes to if nothing disturbs it.
pub(crate) struct Calm {
    ran: Result<(), String>,
    world: World,
    history: Vec<World>,
    calls: u64,
    touches: u64,
}

impl Run<'_> {
    fn on(&self, machine: &Machine) -> Result<(), String> {
        self.act.run(machine, self)
    }

    fn calm(&self, before: &World) -> Calm {
        let machine = Machine::recording(before.clone());
        let ran = self.on(&machine);
        let world = machine.world();
        Calm { ran, history: machine.history(), calls: world.calls, touches: world.touches.max(1), world }
    }
}

/// In what form the log is.
fn state(world: &World) -> &'static str {
    let store = stored(&Machine::from_world(world.clone()));
    let Some(layout) = store.detect().expect("seen").layout else {
        return if log_of(world).is_some() { "one file" } else { "no log" };
    };
    let is_compressed = layout.segments().iter().any(|segment| {
        let name = segment.name(Form::Compressed).expect("a name");
        world.names.contains_key(&Place::Segment(name))
    });
    if is_compressed { "compressed" } else { "in segments" }
}

#[test]
fn a_session_goes_through_everything() {
    let seeds = seeds_of("JCODE_SESSION_SIMULATIONS", 24);
    let count = seeds.end - seeds.start;
    let (mut met, mut crashes) = (Met::new(), 0);
    for seed in seeds {
        let run = Simulator::new(seed).run();
        if seed % 10 == 0 {
            assert_eq!(run.trace, Simulator::new(seed).run().trace, "seed {seed} twice");
        }
        run.met.into_iter().for_each(|(key, times)| *met.entry(key).or_default() += times);
        crashes += run.crashes;
    }
    for ((act, state, fate), times) in &met {
        println!("{times:>8}  {act}, {state}: {fate}");
    }
    println!("{} simulated events, {crashes} crash states in {count} sessions", count * STEPS);
    if count > 20 {
        let acts: std::collections::BTreeSet<_> = met.keys().map(|(act, ..)| act).collect();
        assert_eq!(acts.len(), acts::NAMES.len(), "{acts:?}");
        assert!(crashes > 1000, "{crashes}");
    }
}
