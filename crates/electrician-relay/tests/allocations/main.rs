//! What a payload costs on its way through writer, sessions and reader.
