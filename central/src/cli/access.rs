//! Accounts and API tokens.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::JsonArg;
use crate::auth::{AccountName, Role};

/// `user …`. A password is never an argument: other users of the machine would see it.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make an account; its password is asked for, or read from standard input.
    Create {
        /// What its owner types to log in, such as ada.lovelace.
        name: AccountName,
        /// What it may do.
        #[arg(long, value_enum)]
        role: Role,
        /// The person whose record is theirs, by id or staff number; needed for employee.
        #[arg(long, value_name = "STAFF_NO_OR_ID")]
        person: Option<String>,
        /// What pages call them; the name when absent.
        #[arg(long)]
        display_name: Option<String>,
        /// Where the password comes from.
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// List the accounts.
    List(JsonArg),
    /// Set what an account may do; its sessions end at once.
    Role {
        /// Its name.
        name: AccountName,
        /// What it may do from now on.
        #[arg(long, value_enum)]
        role: Role,
        /// The person whose record is theirs, by id or staff number; needed for employee.
        #[arg(long, value_name = "STAFF_NO_OR_ID")]
        person: Option<String>,
    },
    /// End an account's sessions.
    LogOut {
        /// Its name.
        name: AccountName,
    },
    /// Close an account; its sessions end at once.
    Disable {
        /// Its name.
        name: AccountName,
    },
    /// Open an account again.
    Enable {
        /// Its name.
        name: AccountName,
    },
    /// Set a password; the account's sessions end at once.
    Password {
        /// The account's name.
        name: AccountName,
        /// Where the password comes from.
        #[command(flatten)]
        password: PasswordArgs,
    },
}

/// Where a password comes from.
#[derive(Debug, Args)]
pub struct PasswordArgs {
    /// Read the password from this file instead, such as a systemd credential.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// The owner must choose another password at the next log-in.
    #[arg(long)]
    pub temporary: bool,
}

/// `token …`.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make an API token; it is printed this once.
    Create {
        /// What it is for; needed to revoke it.
        #[arg(long)]
        name: String,
        /// What it may do.
        #[arg(long, value_enum, default_value_t = Role::Admin)]
        role: Role,
    },
    /// Make a token worthless.
    Revoke {
        /// Its name.
        name: String,
    },
}
