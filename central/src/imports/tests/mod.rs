//! Stories of what HR uploads, over files that are made here: by a spreadsheet library where they are honest, byte
//! by byte where they are not.

mod archives;
mod calendars;
mod csv_files;
mod hostile_markup;
mod made;
mod properties;
mod rows;
mod sheets;
