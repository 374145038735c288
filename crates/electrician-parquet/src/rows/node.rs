//! The columns of a batch, ready to be read cell by cell.

use std::cell::{Cell, OnceCell};

use arrow_array::cast::AsArray;
use arrow_array::types as t;
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryArray, BinaryViewArray, FixedSizeBinaryArray,
    LargeBinaryArray, LargeStringArray, RecordBatch, StringArray, StringViewArray,
};
use arrow_buffer::{BooleanBuffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Fields, TimeUnit};

use crate::ParquetError;

/// One column, or one level of a nested one. A clone refers to the same values.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) data_type: DataType,
    /// Only where there is a null.
    pub(super) nulls: Option<NullBuffer>,
    pub(super) values: Values,
}

#[derive(Clone)]
pub(super) enum Values {
    Null,
    Bool(BooleanBuffer),
    I8(ScalarBuffer<i8>),
    I16(ScalarBuffer<i16>),
    I32(ScalarBuffer<i32>),
    I64(ScalarBuffer<i64>),
    U8(ScalarBuffer<u8>),
    U16(ScalarBuffer<u16>),
    U32(ScalarBuffer<u32>),
    U64(ScalarBuffer<u64>),
    F32(ScalarBuffer<f32>),
    F64(ScalarBuffer<f64>),
    I128(ScalarBuffer<i128>),
    Text(StringArray),
    LargeText(LargeStringArray),
    TextView(StringViewArray),
    Bytes(BinaryArray),
    LargeBytes(LargeBinaryArray),
    BytesView(BinaryViewArray),
    FixedBytes(FixedSizeBinaryArray),
    List(OffsetBuffer<i32>, Box<Node>),
    LargeList(OffsetBuffer<i64>, Box<Node>),
    FixedList(usize, Box<Node>),
    Map(OffsetBuffer<i32>, Box<(Node, Node)>),
    Struct(Group),
    /// For each row the row in a smaller column.
    Indexed(Vec<usize>, Box<Node>),
}

/// The columns of a struct.
#[derive(Clone)]
pub(super) struct Group {
    pub(super) nodes: Vec<Node>,
    /// The columns again, as the fields of the record go, if each has one: made for the first row.
    order: OnceCell<Option<Vec<Node>>>,
    /// Fields go by their names, because by their order it went wrong.
    is_named: Cell<bool>,
}

// === impl Node ===

impl Node {
    pub(super) fn root(batch: &RecordBatch) -> Result<Self, ParquetError> {
        let schema = batch.schema_ref();
        let fields = schema.fields();
        let group = Group::new(fields, batch.columns())?;
        let data_type = DataType::Struct(fields.clone());
        Ok(Self { name: String::new(), data_type, nulls: None, values: Values::Struct(group) })
    }

    fn new(name: &str, array: &ArrayRef) -> Result<Self, ParquetError> {
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0).cloned();
        let data_type = array.data_type().clone();
        let values = Values::new(name, array)?;
        Ok(Self { name: name.to_owned(), data_type, nulls, values })
    }

    #[inline]
    pub(super) fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
            || matches!(self.values, Values::Null)
    }

    /// From now on fields go by name, everywhere. Whether that is new.
    pub(super) fn name_fields(&self) -> bool {
        match &self.values {
            Values::Struct(group) => {
                let below = group.nodes.iter().map(Self::name_fields);
                below.fold(!group.is_named.replace(true), |one, other| one | other)
            }
            Values::List(_, item) | Values::LargeList(_, item) | Values::FixedList(_, item) => {
                item.name_fields()
            }
            Values::Map(_, entry) => entry.0.name_fields() | entry.1.name_fields(),
            Values::Indexed(_, inner) => inner.name_fields(),
            _ => false,
        }
    }
}

// === impl Values ===

impl Values {
    fn new(name: &str, array: &ArrayRef) -> Result<Self, ParquetError> {
        let inner = |array: &ArrayRef| Node::new(name, array).map(Box::new);
        Ok(match array.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Bool(array.as_boolean().values().clone()),
            DataType::Int8 => Self::I8(numbers::<t::Int8Type>(array)),
            DataType::Int16 => Self::I16(numbers::<t::Int16Type>(array)),
            DataType::Int32 => Self::I32(numbers::<t::Int32Type>(array)),
            DataType::Int64 => Self::I64(numbers::<t::Int64Type>(array)),
            DataType::UInt8 => Self::U8(numbers::<t::UInt8Type>(array)),
            DataType::UInt16 => Self::U16(numbers::<t::UInt16Type>(array)),
            DataType::UInt32 => Self::U32(numbers::<t::UInt32Type>(array)),
            DataType::UInt64 => Self::U64(numbers::<t::UInt64Type>(array)),
            DataType::Float32 => Self::F32(numbers::<t::Float32Type>(array)),
            DataType::Float64 => Self::F64(numbers::<t::Float64Type>(array)),
            DataType::Date32 => Self::I32(numbers::<t::Date32Type>(array)),
            DataType::Date64 => Self::I64(numbers::<t::Date64Type>(array)),
            DataType::Time32(TimeUnit::Second) => Self::I32(numbers::<t::Time32SecondType>(array)),
            DataType::Time32(_) => Self::I32(numbers::<t::Time32MillisecondType>(array)),
            DataType::Time64(TimeUnit::Microsecond) => {
                Self::I64(numbers::<t::Time64MicrosecondType>(array))
            }
            DataType::Time64(_) => Self::I64(numbers::<t::Time64NanosecondType>(array)),
            DataType::Timestamp(unit, _) => Self::I64(match unit {
                TimeUnit::Second => numbers::<t::TimestampSecondType>(array),
                TimeUnit::Millisecond => numbers::<t::TimestampMillisecondType>(array),
                TimeUnit::Microsecond => numbers::<t::TimestampMicrosecondType>(array),
                TimeUnit::Nanosecond => numbers::<t::TimestampNanosecondType>(array),
            }),
            DataType::Decimal32(..) => {
                Self::I128(widened(numbers::<t::Decimal32Type>(array).iter().copied()))
            }
            DataType::Decimal64(..) => {
                Self::I128(widened(numbers::<t::Decimal64Type>(array).iter().copied()))
            }
            DataType::Decimal128(..) => Self::I128(numbers::<t::Decimal128Type>(array)),
            DataType::Utf8 => Self::Text(array.as_string().clone()),
            DataType::LargeUtf8 => Self::LargeText(array.as_string().clone()),
            DataType::Utf8View => Self::TextView(array.as_string_view().clone()),
            DataType::Binary => Self::Bytes(array.as_binary().clone()),
            DataType::LargeBinary => Self::LargeBytes(array.as_binary().clone()),
            DataType::BinaryView => Self::BytesView(array.as_binary_view().clone()),
            DataType::FixedSizeBinary(_) => Self::FixedBytes(array.as_fixed_size_binary().clone()),
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                Self::List(list.offsets().clone(), inner(list.values())?)
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                Self::LargeList(list.offsets().clone(), inner(list.values())?)
            }
            DataType::FixedSizeList(_, size) => {
                let list = array.as_fixed_size_list();
                Self::FixedList(usize::try_from(*size).unwrap_or(0), inner(list.values())?)
            }
            DataType::Map(..) => {
                let map = array.as_map();
                let (key, value) =
                    (Node::new("key", map.keys())?, Node::new("value", map.values())?);
                Self::Map(map.offsets().clone(), Box::new((key, value)))
            }
            DataType::Struct(fields) => {
                Self::Struct(Group::new(fields, array.as_struct().columns())?)
            }
            DataType::Dictionary(..) => {
                let dictionary = array.as_any_dictionary();
                // A null key may be any number, and is not looked at.
                let keys = if dictionary.values().is_empty() {
                    vec![0; array.len()]
                } else {
                    dictionary.normalized_keys()
                };
                Self::Indexed(keys, inner(dictionary.values())?)
            }
            other => {
                let message = format!("column {name}: no record has a field of {other}");
                return Err(ParquetError::unsupported(message));
            }
        })
    }
}

fn numbers<T: ArrowPrimitiveType>(array: &ArrayRef) -> ScalarBuffer<T::Native> {
    array.as_primitive::<T>().values().clone()
}

fn widened<N: Into<i128>>(values: impl Iterator<Item = N>) -> ScalarBuffer<i128> {
    values.map(Into::into).collect()
}

// === impl Group ===

impl Group {
    fn new(fields: &Fields, arrays: &[ArrayRef]) -> Result<Self, ParquetError> {
        let nodes = fields.iter().zip(arrays).map(|(field, array)| Node::new(field.name(), array));
        let nodes = nodes.collect::<Result<_, _>>()?;
        Ok(Self { nodes, order: OnceCell::new(), is_named: Cell::new(false) })
    }

    /// The columns of `fields` in their order, if each field has one and order is enough.
    #[inline]
    pub(super) fn order(&self, fields: &'static [&'static str]) -> Option<&[Node]> {
        if self.is_named.get() {
            return None;
        }
        let order = self.order.get_or_init(|| {
            let of = |field: &&str| self.nodes.iter().find(|node| node.name == **field).cloned();
            fields.iter().map(of).collect()
        });
        order.as_deref().filter(|order| order.len() == fields.len())
    }
}
