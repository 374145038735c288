//! The numbers of the contract are written down a second time in `contract.txt`: whoever changes the
//! contract by accident is told here.

use std::collections::BTreeMap;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto};

use crate::generate::descriptors;

/// Names of messages and enumerations, with a line for each field or value.
type Table = BTreeMap<String, Vec<String>>;

#[test]
fn names_numbers_and_types_are_those_of_the_contract() {
    let set = descriptors();
    let file = set.file.iter().find(|file| file.package() == "electrician").expect("the contract");
    let mut found = Table::new();
    for values in &file.enum_type {
        found.insert(values.name().to_owned(), lines_of_enum(values));
    }
    for message in &file.message_type {
        found.insert(message.name().to_owned(), lines_of_message(message));
    }
    let expected = table(include_str!("contract.txt"));
    for (name, lines) in &expected {
        assert_eq!(found.get(name), Some(lines), "{name}");
    }
    assert_eq!(found.len(), expected.len(), "there is something that the table does not have");
}

#[test]
fn services_are_those_of_the_contract() {
    let set = descriptors();
    let file = set.file.iter().find(|file| file.package() == "electrician").expect("the contract");
    let mut methods = Vec::new();
    for service in &file.service {
        for method in &service.method {
            let side = |stream, name: &str| {
                format!("{}{}", if stream { "stream " } else { "" }, &name[13..])
            };
            methods.push(format!(
                "{}.{}: {} -> {}",
                service.name(),
                method.name(),
                side(method.client_streaming(), method.input_type()),
                side(method.server_streaming(), method.output_type()),
            ));
        }
    }
    assert_eq!(
        methods,
        [
            "RelayService.Receive: WrappedPayload -> StreamAcknowledgment",
            "RelayService.StreamReceive: stream RelayEnvelope -> stream StreamAcknowledgment",
            "MeshService.Connect: stream MeshFrame -> stream MeshFrame",
        ]
    );
}

fn table(text: &str) -> Table {
    let mut table = Table::new();
    let mut name = "";
    for line in text.lines() {
        match line.strip_prefix("  ") {
            Some(line) => table.entry(name.to_owned()).or_default().push(line.to_owned()),
            None => name = line,
        }
    }
    table
}

fn lines_of_enum(values: &EnumDescriptorProto) -> Vec<String> {
    values.value.iter().map(|value| format!("{} {}", value.number(), value.name())).collect()
}

fn lines_of_message(message: &DescriptorProto) -> Vec<String> {
    let line = |field: &FieldDescriptorProto| {
        let oneof = field.oneof_index.map(|index| {
            let index = usize::try_from(index).expect("an index");
            format!(" in {}", message.oneof_decl[index].name())
        });
        let (number, name) = (field.number(), field.name());
        format!("{number} {name} {}{}", type_of(field, message), oneof.unwrap_or_default())
    };
    message.field.iter().map(line).collect()
}

fn type_of(field: &FieldDescriptorProto, within: &DescriptorProto) -> String {
    let single = match field.r#type() {
        Type::Bool => "bool",
        Type::Bytes => "bytes",
        Type::Double => "double",
        Type::Int32 => "int32",
        Type::String => "string",
        Type::Uint32 => "uint32",
        Type::Uint64 => "uint64",
        Type::Enum | Type::Message => {
            let name = field.type_name().rsplit('.').next().expect("a name");
            if let Some(entry) = within.nested_type.iter().find(|nested| nested.name() == name) {
                let kinds: Vec<String> =
                    entry.field.iter().map(|part| type_of(part, entry)).collect();
                return format!("map({})", kinds.join("/"));
            }
            // Those of protobuf itself are written without their package, as everybody knows them.
            name
        }
        other => panic!("no field is of the type {other:?}"),
    };
    match field.label() {
        Label::Repeated => format!("repeated {single}"),
        _ => single.to_owned(),
    }
}
