use electrician_conduit::Conduit;
use electrician_generator::Generator;
use electrician_plug::Plug;
use electrician_wire::Wire;

fn main() {
    let _ = Conduit::from(Wire::map("length", |text: String| text.len()))
        .with_source(Generator::new("numbers", Plug::iter(|| 0..10_u64)));
}
