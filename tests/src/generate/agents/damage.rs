//! Damage to a file of JSON lines, as power cuts and concurrent writers leave it.

use rand::RngExt;

use crate::generate::Random;

/// A kind of damage to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineDamage {
    /// The end of the line is lost, and the next line follows directly.
    Cut,
    /// The line feed after the line is lost.
    Glued,
    /// The line consists of NUL bytes.
    Nul,
    /// The line is no JSON.
    Garbage,
}

/// The lines with some of them damaged, and the list of damages with the original line numbers.
#[must_use]
pub fn damaged_lines(bytes: &[u8], rng: &mut Random) -> (Vec<u8>, Vec<(usize, LineDamage)>) {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    let (mut out, mut done) = (Vec::new(), Vec::new());
    let mut was_whole = true;
    for (number, line) in lines.iter().enumerate() {
        let is_last = number + 1 == lines.len();
        if !was_whole || is_last || !rng.random_ratio(1, 8) {
            out.extend_from_slice(line);
            was_whole = true;
            continue;
        }
        let damage = [LineDamage::Cut, LineDamage::Glued, LineDamage::Nul, LineDamage::Garbage][rng.random_range(0..4)];
        match damage {
            LineDamage::Cut => out.extend_from_slice(&line[..rng.random_range(1..line.len() - 1)]),
            LineDamage::Glued => out.extend_from_slice(&line[..line.len() - 1]),
            LineDamage::Nul => out.extend(vec![0; line.len() - 1].into_iter().chain(*b"\n")),
            LineDamage::Garbage => out.extend_from_slice(b"]} not json\n"),
        }
        done.push((number, damage));
        was_whole = !matches!(damage, LineDamage::Cut | LineDamage::Glued);
    }
    (out, done)
}
