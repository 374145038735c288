//! Passing over what nobody asked for.

use crate::gob::fault::Fault;
use crate::gob::reader::Reader;
use crate::gob::types::{Id, Type};

/// Passes over a value of type `id`. The types that are defined within it stay known.
///
/// Go trusts the length of an interface here, which is wrong if there is a definition within it. So
/// this reads all of it.
pub(in crate::gob) fn skip(reader: &mut Reader<'_, '_>, id: Id) -> Result<(), Fault> {
    match reader.types.resolve(id)? {
        Type::Bool | Type::Int | Type::Uint | Type::Float => {
            reader.uint()?;
        }
        Type::Complex => {
            reader.uint()?;
            reader.uint()?;
        }
        Type::Bytes | Type::String | Type::Blob(_) => {
            let length = reader.uint()?;
            reader.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        }
        Type::Array(elem, _) | Type::Slice(elem) => {
            let count = reader.count(1)?;
            reader.enter()?;
            for _ in 0..count {
                skip(reader, elem)?;
            }
            reader.leave();
        }
        Type::Map(key, elem) => {
            let count = reader.count(2)?;
            reader.enter()?;
            for _ in 0..count {
                skip(reader, key)?;
                skip(reader, elem)?;
            }
            reader.leave();
        }
        Type::Struct(of) => {
            reader.enter()?;
            let mut last = None;
            while let Some(field) = reader.field(last, of.fields.len())? {
                last = Some(field);
                skip(reader, of.fields[field].id)?;
            }
            reader.leave();
        }
        Type::Interface => {
            reader.enter()?;
            if let Some(opened) = reader.open()? {
                skip(reader, opened.id)?;
                reader.close(&opened)?;
            }
            reader.leave();
        }
    }
    Ok(())
}
