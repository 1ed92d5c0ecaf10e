//! Stories over the supervisor.
