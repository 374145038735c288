//! Columns from a schema, and arrays from columns.

use std::mem;
use std::sync::Arc;

use arrow_array::types as t;
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, ListArray, MapArray,
    PrimitiveArray, StringArray, StructArray,
};
use arrow_buffer::{
    BooleanBufferBuilder, Buffer, NullBuffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer,
};
use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};

use super::{Column, Data, Runs};
use crate::ParquetError;

// === impl Column ===

impl Column {
    pub(super) fn root(schema: &Schema) -> Result<Self, ParquetError> {
        let data_type = DataType::Struct(schema.fields().clone());
        Self::new(&Field::new("", data_type, false))
    }

    fn new(field: &Field) -> Result<Self, ParquetError> {
        Ok(Self {
            name: field.name().clone(),
            data_type: field.data_type().clone(),
            is_nullable: field.is_nullable(),
            nulls: NullBufferBuilder::new(0),
            data: Data::new(field)?,
            key: (0, 0),
        })
    }

    /// Adds fields that are taken and not kept.
    pub(super) fn ignore(&mut self, names: &[String]) {
        let Data::Struct(columns, _) = &mut self.data else {
            return;
        };
        columns.extend(names.iter().map(|name| Self {
            name: name.clone(),
            data_type: DataType::Null,
            is_nullable: true,
            nulls: NullBufferBuilder::new(0),
            data: Data::Ignored(0),
            key: (0, 0),
        }));
    }

    pub(super) fn len(&self) -> usize {
        match &self.data {
            Data::Bool(values) => values.len(),
            Data::I8(values) => values.len(),
            Data::I16(values) => values.len(),
            Data::I32(values) => values.len(),
            Data::I64(values) => values.len(),
            Data::U8(values) => values.len(),
            Data::U16(values) => values.len(),
            Data::U32(values) => values.len(),
            Data::U64(values) => values.len(),
            Data::F32(values) => values.len(),
            Data::F64(values) => values.len(),
            Data::I128(values) => values.len(),
            Data::Bytes(runs) => runs.len(),
            Data::List(runs) => runs.len(),
            Data::Map(runs) => runs.len(),
            Data::Struct(_, rows) | Data::Ignored(rows) => *rows,
        }
    }

    /// The columns of a struct.
    pub(super) fn children(&self) -> &[Self] {
        match &self.data {
            Data::Struct(columns, _) => columns,
            _ => &[],
        }
    }

    /// How many bytes each value takes, where all take the same.
    pub(super) const fn width(&self) -> Option<usize> {
        Some(match self.data {
            Data::I8(_) | Data::U8(_) => 1,
            Data::I16(_) | Data::U16(_) => 2,
            Data::I32(_) | Data::U32(_) | Data::F32(_) => 4,
            Data::I64(_) | Data::U64(_) | Data::F64(_) => 8,
            Data::I128(_) => 16,
            Data::Ignored(_) => 0,
            _ => return None,
        })
    }

    pub(super) fn bytes(&self) -> usize {
        match &self.data {
            Data::Bool(values) => values.len() / 8,
            Data::Bytes(runs) => runs.len() * 4 + runs.values.len(),
            Data::List(runs) => runs.len() * 4 + runs.values.bytes(),
            Data::Map(runs) => runs.len() * 4 + runs.values.0.bytes() + runs.values.1.bytes(),
            Data::Struct(columns, _) => columns.iter().map(Self::bytes).sum(),
            _ => self.len() * self.width().unwrap_or(0),
        }
    }

    /// Forgets all rows from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        self.nulls.truncate(len);
        match &mut self.data {
            Data::Bool(values) => values.truncate(len),
            Data::I8(values) => values.truncate(len),
            Data::I16(values) => values.truncate(len),
            Data::I32(values) => values.truncate(len),
            Data::I64(values) => values.truncate(len),
            Data::U8(values) => values.truncate(len),
            Data::U16(values) => values.truncate(len),
            Data::U32(values) => values.truncate(len),
            Data::U64(values) => values.truncate(len),
            Data::F32(values) => values.truncate(len),
            Data::F64(values) => values.truncate(len),
            Data::I128(values) => values.truncate(len),
            Data::Bytes(runs) => {
                let end = runs.truncate(len);
                runs.values.truncate(end);
            }
            Data::List(runs) => {
                let end = runs.truncate(len);
                runs.values.truncate(end);
            }
            Data::Map(runs) => {
                let end = runs.truncate(len);
                runs.values.0.truncate(end);
                runs.values.1.truncate(end);
            }
            Data::Struct(columns, rows) => {
                *rows = len.min(*rows);
                for column in columns {
                    column.truncate(len);
                }
            }
            Data::Ignored(rows) => *rows = len.min(*rows),
        }
    }

    /// The columns of a struct as arrays, empty from then on.
    pub(super) fn take_children(&mut self) -> Result<Vec<ArrayRef>, ParquetError> {
        let Data::Struct(columns, rows) = &mut self.data else {
            return Ok(Vec::new());
        };
        *rows = 0;
        let mut arrays = Vec::with_capacity(columns.len());
        for column in columns {
            if let Data::Ignored(rows) = &mut column.data {
                *rows = 0;
            } else {
                arrays.push(column.take()?);
            }
        }
        Ok(arrays)
    }

    fn take(&mut self) -> Result<ArrayRef, ParquetError> {
        let nulls = if self.nulls.is_empty() {
            None
        } else {
            self.nulls.append_n_non_nulls(self.len() - self.nulls.len());
            mem::replace(&mut self.nulls, NullBufferBuilder::new(0)).build()
        };
        let data_type = &self.data_type;
        let numbers = Numbers { data_type, nulls };
        Ok(match &mut self.data {
            Data::Bool(values) => {
                let capacity = values.len();
                let values = mem::replace(values, BooleanBufferBuilder::new(capacity));
                Arc::new(BooleanArray::new(values.build(), numbers.nulls))
            }
            Data::I8(values) => numbers.array::<t::Int8Type>(values),
            Data::I16(values) => numbers.array::<t::Int16Type>(values),
            Data::I32(values) => match data_type {
                DataType::Date32 => numbers.array::<t::Date32Type>(values),
                DataType::Time32(TimeUnit::Second) => numbers.array::<t::Time32SecondType>(values),
                DataType::Time32(_) => numbers.array::<t::Time32MillisecondType>(values),
                _ => numbers.array::<t::Int32Type>(values),
            },
            Data::I64(values) => numbers.array_of_64(values),
            Data::U8(values) => numbers.array::<t::UInt8Type>(values),
            Data::U16(values) => numbers.array::<t::UInt16Type>(values),
            Data::U32(values) => numbers.array::<t::UInt32Type>(values),
            Data::U64(values) => numbers.array::<t::UInt64Type>(values),
            Data::F32(values) => numbers.array::<t::Float32Type>(values),
            Data::F64(values) => numbers.array::<t::Float64Type>(values),
            Data::I128(values) => numbers.array::<t::Decimal128Type>(values),
            Data::Bytes(runs) => {
                let ends = runs.take_ends();
                let room = Vec::with_capacity(runs.values.len());
                let values = Buffer::from_vec(mem::replace(&mut runs.values, room));
                if *data_type == DataType::Utf8 {
                    Arc::new(StringArray::try_new(ends, values, numbers.nulls)?)
                } else {
                    Arc::new(BinaryArray::try_new(ends, values, numbers.nulls)?)
                }
            }
            Data::List(runs) => {
                let ends = runs.take_ends();
                let values = runs.values.take()?;
                let DataType::List(field) = data_type else {
                    return Err(ParquetError::schema("a list has the type of one"));
                };
                Arc::new(ListArray::try_new(field.clone(), ends, values, numbers.nulls)?)
            }
            Data::Map(runs) => {
                let ends = runs.take_ends();
                let (keys, values) = (runs.values.0.take()?, runs.values.1.take()?);
                let DataType::Map(field, _) = data_type else {
                    return Err(ParquetError::schema("a map has the type of one"));
                };
                let DataType::Struct(fields) = field.data_type() else {
                    return Err(ParquetError::schema("a map has entries"));
                };
                let entries = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
                Arc::new(MapArray::try_new(field.clone(), ends, entries, numbers.nulls, false)?)
            }
            Data::Struct(..) => {
                let rows = self.len();
                let DataType::Struct(fields) = &self.data_type else {
                    return Err(ParquetError::schema("a group has the type of one"));
                };
                let (fields, nulls): (Fields, _) = (fields.clone(), numbers.nulls);
                let arrays = self.take_children()?;
                Arc::new(StructArray::try_new_with_length(fields, arrays, nulls, rows)?)
            }
            Data::Ignored(_) => return Err(ParquetError::schema("what is ignored is not written")),
        })
    }
}

/// What all columns of numbers need to become arrays.
struct Numbers<'a> {
    data_type: &'a DataType,
    nulls: Option<NullBuffer>,
}

impl Numbers<'_> {
    fn array<T: ArrowPrimitiveType>(self, values: &mut Vec<T::Native>) -> ArrayRef {
        let room = Vec::with_capacity(values.len());
        let values = ScalarBuffer::from(mem::replace(values, room));
        let array = PrimitiveArray::<T>::new(values, self.nulls);
        if array.data_type() == self.data_type {
            Arc::new(array)
        } else {
            Arc::new(array.with_data_type(self.data_type.clone()))
        }
    }

    fn array_of_64(self, values: &mut Vec<i64>) -> ArrayRef {
        match self.data_type {
            DataType::Timestamp(TimeUnit::Second, _) => {
                self.array::<t::TimestampSecondType>(values)
            }
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                self.array::<t::TimestampMillisecondType>(values)
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                self.array::<t::TimestampMicrosecondType>(values)
            }
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                self.array::<t::TimestampNanosecondType>(values)
            }
            DataType::Time64(TimeUnit::Microsecond) => {
                self.array::<t::Time64MicrosecondType>(values)
            }
            DataType::Time64(_) => self.array::<t::Time64NanosecondType>(values),
            _ => self.array::<t::Int64Type>(values),
        }
    }
}

// === impl Data ===

impl Data {
    fn new(field: &Field) -> Result<Self, ParquetError> {
        Ok(match field.data_type() {
            DataType::Boolean => Self::Bool(BooleanBufferBuilder::new(0)),
            DataType::Int8 => Self::I8(Vec::new()),
            DataType::Int16 => Self::I16(Vec::new()),
            DataType::Int32 | DataType::Date32 | DataType::Time32(_) => Self::I32(Vec::new()),
            DataType::Int64 | DataType::Timestamp(..) | DataType::Time64(_) => {
                Self::I64(Vec::new())
            }
            DataType::UInt8 => Self::U8(Vec::new()),
            DataType::UInt16 => Self::U16(Vec::new()),
            DataType::UInt32 => Self::U32(Vec::new()),
            DataType::UInt64 => Self::U64(Vec::new()),
            DataType::Float32 => Self::F32(Vec::new()),
            DataType::Float64 => Self::F64(Vec::new()),
            DataType::Decimal128(..) => Self::I128(Vec::new()),
            DataType::Utf8 | DataType::Binary => Self::Bytes(Runs::new(Vec::new())),
            DataType::List(item) => Self::List(Runs::new(Box::new(Column::new(item)?))),
            DataType::Map(entries, false) => match entries.data_type() {
                DataType::Struct(fields) if fields.len() == 2 => {
                    let (key, value) = (Column::new(&fields[0])?, Column::new(&fields[1])?);
                    Self::Map(Runs::new(Box::new((key, value))))
                }
                _ => {
                    return Err(ParquetError::schema("the entries of a map are a key and a value"));
                }
            },
            DataType::Struct(fields) => {
                let columns = fields.iter().map(|field| Column::new(field));
                Self::Struct(columns.collect::<Result<_, _>>()?, 0)
            }
            other => {
                let name = field.name();
                let message = format!("column {name}: records are not written as {other}");
                return Err(ParquetError::unsupported(message));
            }
        })
    }
}

// === impl Runs ===

impl<T> Runs<T> {
    fn new(values: T) -> Self {
        Self { ends: vec![0], values }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len() - 1
    }

    /// The end of what is there, or an error if that is too much for the format.
    #[inline]
    pub(super) fn end(&mut self, at: usize) -> Result<(), ParquetError> {
        let Ok(end) = i32::try_from(at) else {
            return Err(full());
        };
        self.ends.push(end);
        Ok(())
    }

    /// Forgets values from `len` on; where the last of the others ends.
    fn truncate(&mut self, len: usize) -> usize {
        self.ends.truncate(len + 1);
        self.ends.last().map_or(0, |end| usize::try_from(*end).unwrap_or(0))
    }

    fn take_ends(&mut self) -> OffsetBuffer<i32> {
        let mut room = Vec::with_capacity(self.ends.len());
        room.push(0);
        OffsetBuffer::new(ScalarBuffer::from(mem::replace(&mut self.ends, room)))
    }
}

#[cold]
fn full() -> ParquetError {
    ParquetError::too_large("the column of a batch", "2 GiB")
}
