use electrician_conduit::Conduit;
use electrician_wire::Wire;

fn main() {
    let _ = Conduit::from(Wire::map("length", |text: String| text.len()))
        .then(Wire::map("shout", |text: String| text.to_uppercase()));
}
