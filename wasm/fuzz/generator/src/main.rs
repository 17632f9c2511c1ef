//! Writes random valid Wasm modules to standard output, for `run.mjs`: per module four bytes of length, little-endian,
//! and the module. The same seed and features give the same module on every machine.
//!
//!     generator SEED COUNT [FEATURE …]      features: exceptions extended-const gc memory64 multi-memory tail-calls
//!
//! Modules are small, and what they may take (pages, elements) has a maximum that they state themselves, so that a
//! limit above it changes nothing. Nothing here ends endless loops: that is what is tested.

use std::io::{self, Write};
use wasm_smith::{Config, MemoryOffsetChoices, Module};
use arbitrary::{Arbitrary, Result, Unstructured};

const MAX_INPUT_BYTES: u64 = 6_000;

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize| args.get(index).and_then(|text| text.parse::<u64>().ok());
    let (Some(first), Some(count)) = (number(0), number(1)) else {
        eprintln!("Cannot generate modules: the arguments are {args:?}; call it with SEED COUNT [FEATURE …]");
        std::process::exit(2);
    };
    let mut out = io::stdout().lock();
    for seed in first..first.saturating_add(count) {
        let bytes = module(seed, &args[2..]).unwrap_or_default();
        let length = u32::try_from(bytes.len()).expect("modules are small");
        out.write_all(&length.to_le_bytes())?;
        out.write_all(&bytes)?;
    }
    out.flush()
}

/// The module of a seed.
fn module(seed: u64, features: &[String]) -> Result<Vec<u8>> {
    let mut random = Random(seed);
    let length = 200 + random.next() % MAX_INPUT_BYTES;
    let input: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
    let mut input = Unstructured::new(&input);
    let config = config(&mut input, features)?;
    Ok(Module::new(config, &mut input)?.to_bytes())
}

/// What a module may have: chosen by the input where all engines agree, fixed where they do not.
fn config(input: &mut Unstructured<'_>, features: &[String]) -> Result<Config> {
    let mut has = |name: &str| -> Result<bool> {
        Ok(features.iter().any(|feature| feature == name) && bool::arbitrary(input)?)
    };
    let gc = has("gc")?;
    let exceptions = has("exceptions")?;
    let tail_calls = has("tail-calls")?;
    let extended_const = has("extended-const")?;
    let memory64 = has("memory64")?;
    let memories = if has("multi-memory")? { 3 } else { 1 };
    Ok(Config {
        // Nothing of these can come from the input: features that engines do not ship or do not agree on.
        compact_imports_enabled: false,
        relaxed_simd_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        canonicalize_nans: true,
        // What is compared must be seen, and small.
        export_everything: true,
        min_funcs: 1,
        max_funcs: 12,
        max_imports: 5,
        max_globals: 8,
        max_types: 12,
        max_tags: 4,
        max_tables: if gc { 3 } else { 1 },
        max_memories: memories,
        max_memory32_bytes: 8 << 16,
        max_memory64_bytes: 8 << 16,
        memory_max_size_required: true,
        max_table_elements: 200,
        table_max_size_required: true,
        max_data_segments: 4,
        max_element_segments: 4,
        memory_offset_choices: MemoryOffsetChoices(90, 9, 1),
        gc_enabled: gc,
        exceptions_enabled: exceptions,
        extended_const_enabled: extended_const,
        tail_call_enabled: tail_calls,
        memory64_enabled: memory64,
        bulk_memory_enabled: bool::arbitrary(input)?,
        reference_types_enabled: gc || bool::arbitrary(input)?,
        simd_enabled: u8::arbitrary(input)? < 64,
        disallow_traps: u8::arbitrary(input)? < 160,
        max_instructions: input.int_in_range(20..=400)?,
        max_nesting_depth: input.int_in_range(2..=12)?,
        min_uleb_size: if u8::arbitrary(input)? < 32 { input.int_in_range(1..=5)? } else { 1 },
        ..Config::default()
    })
}

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }
}
