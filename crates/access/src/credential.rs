//! Passwords (Argon2id) and generated keys (stored hashed, shown once).
