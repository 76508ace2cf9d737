//! Stores of objects that answer as badly as stores do.
//!
//! Owns: a store in memory, and the faults that it can be told to make: at which call, or by a seed.
//! Invariant: it keeps to the contract of `Objects` all the same: no object is replaced, and a put that says that it
//! failed before anything was done has done nothing. One seed gives the same faults every time, in whichever order threads
//! ask.

use crate::generate::{Random, random};
use jcode_session_core::archive::Answer;
use jcode_session_object::{Listed, ObjectError, Objects};
use rand::RngExt;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a store does to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Fails, and has done nothing: 503, 429.
    Fails,
    /// Does it and says that nothing is known: a lost answer.
    LosesAnswer,
    /// Does nothing and says that nothing is known: a lost request.
    LosesRequest,
    /// Does nothing and says that there is one: 409, another request in flight.
    SaysExists,
    /// Does it and fails.
    FailsAfter,
}

/// The faults of a put.
pub const PUT_FAULTS: [Fault; 5] =
    [Fault::Fails, Fault::LosesAnswer, Fault::LosesRequest, Fault::SaysExists, Fault::FailsAfter];

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    /// Names in the order in which they were made.
    made: Vec<String>,
    puts: usize,
    at: Option<(usize, Fault)>,
    random: Option<ByChance>,
    /// So many of the newest commits are not listed yet.
    late: usize,
    /// Requests for objects or ranges since they were counted last, and the bytes of their answers.
    reads: (usize, u64),
}

/// Faults by chance: each follows from the seed, what is asked, and how often that was asked before.
#[derive(Debug)]
struct ByChance {
    seed: u64,
    chance: f64,
    asked: BTreeMap<(&'static str, String), u64>,
}

impl ByChance {
    fn next(&mut self, what: &'static str, name: &str) -> Random {
        // Machines have other ids in each run.
        let name = if is_commit(name) { name.rsplit('/').next().unwrap_or_default() } else { name };
        let count = self.asked.entry((what, name.to_string())).or_default();
        *count += 1;
        let mut hasher = DefaultHasher::new();
        (self.seed, what, name, *count).hash(&mut hasher);
        random(hasher.finish())
    }
}

fn is_commit(name: &str) -> bool {
    name.starts_with("machines/")
}

/// A store in memory.
#[derive(Debug, Default)]
pub struct Store(Mutex<State>);

impl Store {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes this fault at the put with this number, from 0, counted from now on.
    pub fn fault_at(&self, put: usize, fault: Fault) {
        let mut state = self.state();
        (state.puts, state.at, state.random) = (0, Some((put, fault)), None);
    }

    /// Makes faults by chance, and lists late.
    pub fn faults_by(&self, seed: u64, chance: f64) {
        let mut state = self.state();
        (state.at, state.random) = (None, Some(ByChance { seed, chance, asked: BTreeMap::new() }));
        state.late = usize::try_from(seed % 3).unwrap_or_default();
    }

    /// Makes no faults from now on.
    pub fn is_sound(&self) {
        let mut state = self.state();
        (state.at, state.random, state.late) = (None, None, 0);
    }

    /// Number of puts since faults were last set.
    #[must_use]
    pub fn puts(&self) -> usize {
        self.state().puts
    }

    /// Number of requests for objects and ranges since this was asked last, and the bytes of their answers.
    pub fn reads(&self) -> (usize, u64) {
        std::mem::take(&mut self.state().reads)
    }

    /// All objects.
    #[must_use]
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.state().objects.clone()
    }

    /// Puts the store back to these objects.
    pub fn put_back(&self, objects: BTreeMap<String, Vec<u8>>) {
        let mut state = self.state();
        state.made.retain(|name| objects.contains_key(name));
        state.objects = objects;
    }
}

fn failed(name: &str) -> ObjectError {
    ObjectError::new("reach", name, "the store is busy (503)")
}

impl State {
    fn fault(&mut self, name: &str) -> Option<Fault> {
        let put = self.puts;
        self.puts += 1;
        if let Some(by_chance) = &mut self.random {
            let mut rng = by_chance.next("put", name);
            return rng.random_bool(by_chance.chance).then(|| PUT_FAULTS[rng.random_range(0..PUT_FAULTS.len())]);
        }
        self.at.filter(|(at, _)| *at == put).map(|(_, fault)| fault)
    }

    fn get_fails(&mut self, name: &str) -> bool {
        self.random.as_mut().is_some_and(|by_chance| by_chance.next("get", name).random_bool(by_chance.chance / 4.0))
    }

    fn read(&mut self, name: &str, range: Option<&Range<u64>>) {
        let bytes = self.objects.get(name).map_or(0, |bytes| bytes.len() as u64);
        self.reads.0 += 1;
        self.reads.1 += range.map_or(bytes, |range| bytes.min(range.end).saturating_sub(range.start));
    }

    fn create(&mut self, name: &str, bytes: &[u8]) -> Answer {
        if self.objects.contains_key(name) {
            return Answer::Exists;
        }
        self.objects.insert(name.to_string(), bytes.to_vec());
        self.made.push(name.to_string());
        Answer::Stored
    }
}

impl Objects for Store {
    fn put(&self, name: &str, bytes: &[u8]) -> Result<Answer, ObjectError> {
        let mut state = self.state();
        match state.fault(name) {
            None => Ok(state.create(name, bytes)),
            Some(Fault::Fails) => Err(failed(name)),
            Some(Fault::LosesRequest) => Ok(Answer::Unclear),
            Some(Fault::SaysExists) => Ok(Answer::Exists),
            Some(Fault::LosesAnswer) => {
                state.create(name, bytes);
                Ok(Answer::Unclear)
            }
            Some(Fault::FailsAfter) => {
                state.create(name, bytes);
                Err(failed(name))
            }
        }
    }

    fn get(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, ObjectError> {
        let mut state = self.state();
        if state.get_fails(name) {
            return Err(failed(name));
        }
        state.read(name, None);
        match state.objects.get(name) {
            Some(bytes) if bytes.len() as u64 > most => Err(ObjectError::too_long(name, bytes.len() as u64, most)),
            found => Ok(found.cloned()),
        }
    }

    fn get_range(&self, name: &str, range: Range<u64>) -> Result<Option<Vec<u8>>, ObjectError> {
        let mut state = self.state();
        if state.get_fails(name) {
            return Err(failed(name));
        }
        state.read(name, Some(&range));
        let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX);
        let bytes = state.objects.get(name).and_then(|bytes| bytes.get(at(range.start)..at(range.end)));
        Ok(bytes.map(<[u8]>::to_vec))
    }

    fn list(&self, folder: &str, after: Option<&str>) -> Result<Vec<Listed>, ObjectError> {
        let state = self.state();
        let late: Vec<&String> = state.made.iter().rev().filter(|name| is_commit(name)).take(state.late).collect();
        let is_in = |name: &String| name.starts_with(folder) && after.is_none_or(|after| name.as_str() > after);
        let listed = state.objects.iter().filter(|(name, _)| is_in(name) && !late.contains(name));
        Ok(listed.map(|(name, bytes)| Listed { name: name.clone(), len: bytes.len() as u64 }).collect())
    }

    fn folders(&self, folder: &str) -> Result<Vec<String>, ObjectError> {
        let listed = self.list(folder, None)?;
        let mut names: Vec<String> = listed
            .iter()
            .filter_map(|listed| Some(listed.name.strip_prefix(folder)?.split_once('/')?.0.to_string()))
            .collect();
        names.dedup();
        Ok(names)
    }

    fn is_empty(&self) -> Result<bool, ObjectError> {
        Ok(self.state().objects.is_empty())
    }

    fn shown(&self, name: &str) -> String {
        format!("store:{name}")
    }
}
