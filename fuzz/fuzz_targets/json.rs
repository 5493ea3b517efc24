#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bailee_fuzz::json(data));
