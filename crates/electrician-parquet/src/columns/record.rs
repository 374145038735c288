//! Structs, lists and maps into the columns of their parts.

use arrow_buffer::NullBufferBuilder;
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct,
};

use super::{Column, Data};
use crate::ParquetError;

/// The fields of a struct, of which the next is most likely the next column.
pub(super) struct Fields<'a> {
    columns: &'a mut [Column],
    rows: &'a mut usize,
    /// Where the struct itself may be null.
    nulls: Option<&'a mut NullBufferBuilder>,
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
    #[inline]
    pub(super) fn new(column: &'a mut Column) -> Result<Self, ParquetError> {
        if !matches!(column.data, Data::Struct(..) | Data::Ignored(_)) {
            return Err(column.mismatch("a struct"));
        }
        let Column { data, nulls, is_nullable, .. } = column;
        let nulls = is_nullable.then_some(nulls);
        let (columns, rows, is_ignored) = match data {
            Data::Struct(columns, rows) => (&mut columns[..], rows, false),
            Data::Ignored(rows) => (&mut [][..], rows, true),
            _ => return Err(ParquetError::record("a struct that is none")),
        };
        Ok(Self { columns, rows, nulls, next: 0, filled: 0, is_ignored })
    }
}

impl SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = ParquetError;

    // Called once for each field of each record: 100 of 450 instructions for a record of five.
    #[expect(clippy::inline_always, reason = "the key is known where it is called, and not here")]
    #[inline(always)]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), ParquetError> {
        let address = (key.as_ptr().addr(), key.len());
        if let Some(column) = self.columns.get_mut(self.next)
            && column.key == address
        {
            self.next += 1;
            self.filled += 1;
            return value.serialize(column);
        }
        match self.find(key)? {
            Some(column) => value.serialize(column),
            None => Ok(()),
        }
    }

    #[inline]
    fn end(self) -> Result<(), ParquetError> {
        *self.rows += 1;
        if self.filled != self.columns.len() {
            complete(self.columns, *self.rows)?;
        }
        if let Some(nulls) = self.nulls {
            nulls.append_non_null();
        }
        Ok(())
    }
}

impl Fields<'_> {
    /// The column of a field, from the next one on and around; none where all is ignored.
    #[cold]
    fn find(&mut self, key: &'static str) -> Result<Option<&mut Column>, ParquetError> {
        if self.is_ignored {
            return Ok(None);
        }
        let len = self.columns.len();
        let mut places = (self.next..len).chain(0..self.next.min(len));
        let Some(at) = places.find(|at| self.columns[*at].name == key) else {
            let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
            let message =
                format!("the record has a field {key}, the columns are {}", names.join(", "));
            return Err(ParquetError::record(message));
        };
        let column = &mut self.columns[at];
        if column.len() > *self.rows {
            return Err(column.mismatch("two fields of that name"));
        }
        self.next = at + 1;
        self.filled += 1;
        column.key = (key.as_ptr().addr(), key.len());
        Ok(Some(column))
    }
}

/// Fields that the record left out are null.
#[cold]
fn complete(columns: &mut [Column], rows: usize) -> Result<(), ParquetError> {
    for column in columns.iter_mut().filter(|column| column.len() < rows) {
        if matches!(column.data, Data::Ignored(_)) || column.is_nullable {
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
        self.0.valid();
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
        self.0.valid();
        Ok(())
    }
}
