//! Names of files and of what is in them.

use std::collections::HashMap;

use prost::Message as _;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet};

/// Where everything is described that some services are made of.
#[derive(Debug, Default)]
pub(crate) struct Index {
    services: Vec<&'static str>,
    /// Files, encoded, and where they are.
    files: Vec<Vec<u8>>,
    names: HashMap<String, usize>,
    symbols: HashMap<String, usize>,
}

// === impl Index ===

impl Index {
    /// Of `services`, which are described in `sets`, each an encoded `FileDescriptorSet`.
    pub(crate) fn new(services: &[&'static str], sets: &[&[u8]]) -> Self {
        let mut index = Self { services: services.to_vec(), ..Self::default() };
        for set in sets {
            let set = FileDescriptorSet::decode(*set).expect("generated code is described soundly");
            for file in &set.file {
                index.add(file);
            }
        }
        index
    }

    pub(crate) fn services(&self) -> &[&'static str] {
        &self.services
    }

    pub(crate) fn file(&self, name: &str) -> Option<Vec<u8>> {
        self.names.get(name).map(|&at| self.files[at].clone())
    }

    /// The file that has the message, field, enumeration, value, service or method.
    pub(crate) fn symbol(&self, name: &str) -> Option<Vec<u8>> {
        self.symbols.get(name).map(|&at| self.files[at].clone())
    }

    fn add(&mut self, file: &FileDescriptorProto) {
        if self.names.contains_key(file.name()) {
            return;
        }
        let at = self.files.len();
        self.files.push(file.encode_to_vec());
        self.names.insert(file.name().to_owned(), at);
        let package = file.package();
        for message in &file.message_type {
            self.message(at, package, message);
        }
        for values in &file.enum_type {
            self.values(at, package, values);
        }
        for service in &file.service {
            let name = self.symbol_at(at, package, service.name());
            for method in &service.method {
                self.symbol_at(at, &name, method.name());
            }
        }
    }

    fn message(&mut self, at: usize, scope: &str, message: &DescriptorProto) {
        let name = self.symbol_at(at, scope, message.name());
        for field in &message.field {
            self.symbol_at(at, &name, field.name());
        }
        for one_of in &message.oneof_decl {
            self.symbol_at(at, &name, one_of.name());
        }
        for nested in &message.nested_type {
            self.message(at, &name, nested);
        }
        for values in &message.enum_type {
            self.values(at, &name, values);
        }
    }

    /// Values of an enumeration are named beside it, not in it.
    fn values(&mut self, at: usize, scope: &str, values: &EnumDescriptorProto) {
        self.symbol_at(at, scope, values.name());
        for value in &values.value {
            self.symbol_at(at, scope, value.name());
        }
    }

    fn symbol_at(&mut self, at: usize, scope: &str, name: &str) -> String {
        let name = if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") };
        self.symbols.insert(name.clone(), at);
        name
    }
}
