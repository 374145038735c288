//! What two values together say of a type.

use super::{Name, Shape};
use crate::gob::fault::Fault;

/// The smallest type that both are of.
pub(in crate::gob) fn merge(one: Shape, other: Shape) -> Result<Shape, Fault> {
    use Shape::{Array, Byte, Bytes, Int, Interface, Map, Slice, Struct, Uint, Unknown};
    Ok(match (one, other) {
        (one, other) if one == other => one,
        (Unknown, known) | (known, Unknown) => known,
        (Byte, Uint) | (Uint, Byte) => Uint,
        (Int, Uint | Byte) | (Uint | Byte, Int) => Int,
        (Bytes, Slice(elem)) | (Slice(elem), Bytes) if matches!(*elem, Byte | Unknown) => Bytes,
        (Slice(one), Slice(other)) => Slice(Box::new(merge(*one, *other)?)),
        (Array(one, length), Array(other, same)) if length == same => {
            Array(Box::new(merge(*one, *other)?), length)
        }
        (Map(key, elem), Map(other_key, other)) => {
            Map(Box::new(merge(*key, *other_key)?), Box::new(merge(*elem, *other)?))
        }
        (Struct(name, fields), Struct(same, other)) if name == same => {
            let fields =
                union(fields, other).map_err(|(field, fault)| fault.in_field(&name, &field))?;
            Struct(name, fields)
        }
        (Interface(types), Interface(other)) => {
            let types =
                union(types, other).map_err(|(name, fault)| fault.in_field("interface", &name))?;
            Interface(types)
        }
        (one, other) => {
            let (one, other) = (one.label(), other.label());
            return Err(Fault::unencodable(format!(
                "{one} and {other} in one place, where Go has one type: use an enum for an interface"
            )));
        }
    })
}

/// All that are in one or the other, in the order of both as far as they have one.
fn union(
    mut all: Vec<(Name, Shape)>,
    other: Vec<(Name, Shape)>,
) -> Result<Vec<(Name, Shape)>, (Name, Fault)> {
    let mut at = 0;
    for (name, shape) in other {
        if let Some(found) = all.iter().position(|(known, _)| *known == name) {
            let known = std::mem::replace(&mut all[found].1, Shape::Unknown);
            all[found].1 = merge(known, shape).map_err(|fault| (name, fault))?;
            at = found + 1;
        } else {
            all.insert(at, (name, shape));
            at += 1;
        }
    }
    Ok(all)
}
