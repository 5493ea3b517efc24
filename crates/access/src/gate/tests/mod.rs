//! The gate on a real store and keyring. Everything in here is synthetic.

mod carry;
mod enter;
mod fixture;
mod named;
mod origins;
mod registers;
mod reveal;
mod rules;
mod secrecy;
mod services;
