//! How two histories relate: exactly as their bytes do.

use jcode_session_core::archive::{BLOCK, Choice, Digest, Relation, Side, StateHasher, Tip, choose, relate};
use jcode_session_tests::effort::cases;
use proptest::prelude::*;

fn hashed(bytes: &[u8]) -> StateHasher {
    let mut hasher = StateHasher::default();
    hasher.update(bytes);
    hasher
}

fn related(a: &[u8], b: &[u8]) -> Relation {
    let (first, second) = (hashed(a), hashed(b));
    let (blocks_a, blocks_b) = (first.blocks(), second.blocks());
    let tip = |hasher: &StateHasher, blocks| Tip { state: hasher.state(), blocks };
    let mut asked = 0;
    let found = relate(tip(&first, &blocks_a), tip(&second, &blocks_b), &mut |side, range| {
        asked += 1;
        let bytes = if side == Side::First { a } else { b };
        assert!(range.end - range.start <= BLOCK);
        let at = |place: u64| usize::try_from(place).expect("small");
        Ok::<_, ()>(Digest::of(&bytes[at(range.start)..at(range.end)]))
    });
    assert!(asked <= 1);
    found.expect("in memory")
}

fn expected(a: &[u8], b: &[u8]) -> Relation {
    match (b.starts_with(a), a.starts_with(b)) {
        (true, true) => Relation::Same,
        (true, false) => Relation::Behind,
        (false, true) => Relation::Ahead,
        (false, false) => Relation::Diverged,
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn as_the_bytes_do(len in 0_usize..3_000_000, cut in 0_usize..3_000_000, flip in proptest::option::of(0_usize..3_000_000)) {
        let block = usize::try_from(BLOCK).expect("small");
        let a: Vec<u8> = (0..len).map(|n| (n % 251) as u8).collect();
        let mut lens = vec![cut.min(len), len, (cut / block * block).min(len)];
        lens.push(0);
        for shorter in lens {
            let mut b = a[..shorter].to_vec();
            if let Some(at) = flip.filter(|at| *at < b.len()) {
                b[at] ^= 1;
            }
            prop_assert_eq!(related(&a, &b), expected(&a, &b));
            prop_assert_eq!(related(&b, &a), expected(&b, &a));
        }
    }

    #[test]
    fn one_is_chosen_exactly_if_all_are_its_beginnings(logs in proptest::collection::vec("[ab]{0,4}", 0..5)) {
        let mut between = |a: usize, b: usize| Ok::<_, ()>(expected(logs[a].as_bytes(), logs[b].as_bytes()));
        let longest = logs.iter().max_by_key(|log| log.len());
        let is_chain = longest.is_some_and(|longest| logs.iter().all(|log| longest.starts_with(log.as_str())));
        match choose(logs.len(), &mut between).expect("in memory") {
            Choice::None => prop_assert!(logs.is_empty()),
            Choice::One(at) => prop_assert!(is_chain && logs[at].len() == longest.expect("one").len()),
            Choice::Diverged(a, b) => {
                prop_assert!(!is_chain);
                prop_assert_eq!(expected(logs[a].as_bytes(), logs[b].as_bytes()), Relation::Diverged);
            }
        }
    }
}
