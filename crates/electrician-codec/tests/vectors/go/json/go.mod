module vectors/json

go 1.26
