//! The gate on a real store and keyring. Everything in here is synthetic.

mod archive;
mod carry;
mod certificates;
mod devices;
mod ended_sellers;
mod enter;
mod export;
mod fixture;
mod grants;
mod invitations;
mod keys;
mod lockout;
mod named;
mod nodes;
mod origins;
mod own_secrets;
mod passkeys;
mod people;
mod registers;
mod renewal;
mod reveal;
mod rules;
mod secrecy;
mod services;
mod subject;
mod two;
