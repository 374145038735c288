//! Structs, lists and maps into the columns of their parts.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct,
};

use super::{Column, Data};
use crate::ParquetError;

/// The fields of a struct, of which the next is most likely the next column.
pub(super) struct Fields<'a> {
    columns: &'a mut [Column],
    rows: &'a mut usize,
    next: usize,
    /// How many columns have got their value.
    filled: usize,
    is_ignored: bool,
}

/// The elements of a list.
pub(super) struct Elements<'a>(&'a mut Column);

/// The entries of a map.
pub(super) struct Entries<'a>(&'a mut Column);

// === impl Fields ===

impl<'a> Fields<'a> {
    #[expect(clippy::inline_always, reason = "a record's fields are counted in registers")]
    #[inline(always)]
    pub(super) fn new(column: &'a mut Column) -> Result<Self, ParquetError> {
        if !matches!(column.data, Data::Struct(..) | Data::Ignored(_)) {
            return Err(column.mismatch("a struct"));
        }
        let (columns, rows, is_ignored) = match &mut column.data {
            Data::Struct(columns, rows) => (&mut columns[..], rows, false),
            Data::Ignored(rows) => (&mut [][..], rows, true),
            _ => return Err(ParquetError::record("a struct that is none")),
        };
        Ok(Self { columns, rows, next: 0, filled: 0, is_ignored })
    }
}

impl SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = ParquetError;

    // Called once for each field of each record: what it counts stays in registers as long as nothing
    // that is called gets `self`.
    #[expect(clippy::inline_always, reason = "the key is known where it is called, and not here")]
    #[inline(always)]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), ParquetError> {
        let column = if let Some(column) = self.columns.get_mut(self.next)
            && column.is_of(key)
        {
            column
        } else if self.is_ignored {
            return Ok(());
        } else {
            self.next = find(self.columns, *self.rows, self.next, key)?;
            &mut self.columns[self.next]
        };
        self.next += 1;
        self.filled += 1;
        value.serialize(column)
    }

    #[expect(clippy::inline_always, reason = "a record's fields are counted in registers")]
    #[inline(always)]
    fn end(self) -> Result<(), ParquetError> {
        *self.rows += 1;
        if self.filled != self.columns.len() {
            complete(self.columns, *self.rows)?;
        }
        Ok(())
    }
}

/// The place of a field's column, from the next one on and around.
#[cold]
#[inline(never)]
fn find(
    columns: &mut [Column],
    rows: usize,
    next: usize,
    key: &'static str,
) -> Result<usize, ParquetError> {
    let len = columns.len();
    let mut places = (next..len).chain(0..next.min(len));
    let Some(at) = places.find(|at| columns[*at].name == key) else {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let message = format!("the record has a field {key}, the columns are {}", names.join(", "));
        return Err(ParquetError::record(message));
    };
    let column = &mut columns[at];
    if column.len() > rows {
        return Err(column.mismatch("two fields of that name"));
    }
    column.key = (key.as_ptr().addr(), key.len());
    Ok(at)
}

/// Fields that the record left out are null.
#[cold]
fn complete(columns: &mut [Column], rows: usize) -> Result<(), ParquetError> {
    for column in columns.iter_mut().filter(|column| column.len() < rows) {
        if matches!(column.data, Data::Ignored(_)) {
            column.fill();
        } else if column.is_nullable {
            column.push_nothing();
        } else {
            return Err(column.mismatch("no such field, and the column has no nulls"));
        }
    }
    Ok(())
}

// === impl Elements ===

impl<'a> Elements<'a> {
    pub(super) fn new(column: &'a mut Column) -> Result<Self, ParquetError> {
        match &column.data {
            Data::List(_) | Data::Ignored(_) => Ok(Self(column)),
            _ => Err(column.mismatch("a list")),
        }
    }
}

impl SerializeSeq for Elements<'_> {
    type Ok = ();
    type Error = ParquetError;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ParquetError> {
        match &mut self.0.data {
            Data::List(runs) => value.serialize(&mut *runs.values),
            _ => Ok(()),
        }
    }

    fn end(self) -> Result<(), ParquetError> {
        match &mut self.0.data {
            Data::List(runs) => runs.end(runs.values.len())?,
            Data::Ignored(rows) => *rows += 1,
            _ => {}
        }
        Ok(())
    }
}

impl SerializeTuple for Elements<'_> {
    type Ok = ();
    type Error = ParquetError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ParquetError> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<(), ParquetError> {
        SerializeSeq::end(self)
    }
}

impl SerializeTupleStruct for Elements<'_> {
    type Ok = ();
    type Error = ParquetError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ParquetError> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<(), ParquetError> {
        SerializeSeq::end(self)
    }
}

// === impl Entries ===

impl<'a> Entries<'a> {
    pub(super) fn new(column: &'a mut Column) -> Result<Self, ParquetError> {
        match &column.data {
            Data::Map(_) | Data::Ignored(_) => Ok(Self(column)),
            Data::Struct(..) => {
                Err(column.mismatch("a map, whose keys are no columns (`flatten`)"))
            }
            _ => Err(column.mismatch("a map")),
        }
    }
}

impl SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = ParquetError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ParquetError> {
        match &mut self.0.data {
            Data::Map(runs) => key.serialize(&mut runs.values.0),
            _ => Ok(()),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ParquetError> {
        match &mut self.0.data {
            Data::Map(runs) => value.serialize(&mut runs.values.1),
            _ => Ok(()),
        }
    }

    fn end(self) -> Result<(), ParquetError> {
        match &mut self.0.data {
            Data::Map(runs) => runs.end(runs.values.0.len())?,
            Data::Ignored(rows) => *rows += 1,
            _ => {}
        }
        Ok(())
    }
}
