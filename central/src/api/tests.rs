//! The HTTP interface, knocked at in-process over a temporary database.
