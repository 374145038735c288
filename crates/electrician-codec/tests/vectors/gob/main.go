// Command gobvectors is the other side of the gob codec: Go's own encoding/gob.
//
//	go run . generate      writes the vectors and manifest.json into this folder
//	go run . encode CASE   writes one vector to standard output
//	go run . decode TYPE   reads a payload of the type and prints it as JSON
//
// The JSON is this program's own. Bytes, and strings that are not UTF-8, are lists of numbers; complex
// numbers are pairs; floats are texts with an exponent; an interface is an object of its type ("$") and
// its value; a map whose keys are not strings is a list of pairs. In the manifest a type that writes
// itself is what it wrote; decode prints times as RFC 3339.
package main

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gobvectors:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "generate":
		return generate()
	case len(args) == 2 && args[0] == "encode":
		values, ok := cases()[args[1]]
		if !ok {
			return fmt.Errorf("no case %q", args[1])
		}
		data, err := encode(values)
		if err != nil {
			return err
		}
		_, err = os.Stdout.Write(data)
		return err
	case len(args) == 2 && args[0] == "decode":
		return decode(args[1])
	}
	return fmt.Errorf("usage: generate | encode CASE | decode TYPE")
}

// encode writes all values with one encoder.
func encode(values []any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := gob.NewEncoder(&buffer)
	for _, value := range values {
		if err := encoder.Encode(value); err != nil {
			return nil, err
		}
	}
	return buffer.Bytes(), nil
}

// decode reads values of a type until the input ends, and prints each on a line.
func decode(name string) error {
	make, ok := targets()[name]
	if !ok {
		return fmt.Errorf("no type %q", name)
	}
	decoder := gob.NewDecoder(os.Stdin)
	for {
		target := make()
		err := decoder.Decode(target)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		line, err := json.Marshal(dump(target, false))
		if err != nil {
			return err
		}
		fmt.Println(string(line))
	}
}

type entry struct {
	File   string `json:"file"`
	Values []any  `json:"values"`
}

func generate() error {
	all := cases()
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	sort.Strings(names)
	manifest := make([]entry, 0, len(names))
	for _, name := range names {
		data, err := encode(all[name])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(name+".gob", data, 0o644); err != nil {
			return err
		}
		values := make([]any, 0)
		for _, value := range all[name] {
			values = append(values, dump(value, true))
		}
		manifest = append(manifest, entry{name + ".gob", values})
	}
	var text bytes.Buffer
	text.WriteString("[\n")
	for at, entry := range manifest {
		line, err := json.Marshal(entry)
		if err != nil {
			return err
		}
		text.Write(line)
		if at+1 < len(manifest) {
			text.WriteByte(',')
		}
		text.WriteByte('\n')
	}
	text.WriteString("]\n")
	return os.WriteFile("manifest.json", text.Bytes(), 0o644)
}
