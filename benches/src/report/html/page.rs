//! The head of the page, with its style.

pub(super) const HEAD: &str = concat!(
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
     <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
     <meta name=\"color-scheme\" content=\"light dark\">\
     <title>Electrician benchmarks</title><style>\n",
    include_str!("style.css"),
    "</style></head><body>\n",
);
