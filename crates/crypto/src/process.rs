//! What a process that holds keys must not do (2.4.b).

/// What hardening is in force.
pub struct Hardening { /// Core dumps are off.
    pub core_dumps_off: bool, /// Other processes of the account cannot trace it or read its memory.
    pub not_dumpable: bool }

/// Switches core dumps off and makes the process not dumpable.
pub fn harden() -> Hardening { todo!() }
