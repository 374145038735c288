// The other end of a relay, as a program that shares nothing with this workspace but the contract:
// Go's own libraries carry, encode, compress and encrypt. A test starts it.
//
//	peer send    [flags]  reads items from the standard input, a line of JSON each, and sends them;
//	                      says at the end, as JSON, how they were acknowledged
//	peer receive [flags]  says where it listens, then each item that comes, as a line of JSON; ends
//	                      with the standard input
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"electrician/peer/relay"
)

// settings are the same for both ends.
type settings struct {
	target      string
	format      string
	compression relay.CompressionAlgorithm
	key         []byte
	acks        relay.AckMode
	every       uint
	isUnary     bool
	isInEach    bool
	// PEM files, for encrypted connections.
	roots, certificate, privateKey string
	// An OAuth 2 server, with the PEM file of whom to trust.
	issuer, issuerRoots string
}

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("give `send` or `receive`"))
	}
	var s settings
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	flags.StringVar(&s.target, "target", "", "where to send to: host:port")
	flags.StringVar(&s.format, "format", "json", "json, gob or proto")
	compression := flags.Int("compression", 0, "the number of a CompressionAlgorithm")
	key := flags.String("key", "", "encrypts: a key of AES, hexadecimal")
	acks := flags.Int("acks", 1, "the number of an AckMode")
	flags.UintVar(&s.every, "every", 0, "acknowledge every so many payloads")
	flags.BoolVar(&s.isUnary, "unary", false, "one call for each payload")
	flags.BoolVar(&s.isInEach, "in-each", false, "each payload has its metadata")
	flags.StringVar(&s.roots, "roots", "", "whom to trust")
	flags.StringVar(&s.certificate, "certificate", "", "who this is")
	flags.StringVar(&s.privateKey, "private-key", "", "of the certificate")
	flags.StringVar(&s.issuer, "issuer", "", "where tokens come from, or are asked about")
	flags.StringVar(&s.issuerRoots, "issuer-roots", "", "whom to trust about tokens")
	check(flags.Parse(os.Args[2:]))
	s.compression = relay.CompressionAlgorithm(*compression)
	s.acks = relay.AckMode(*acks)
	var err error
	s.key, err = hex.DecodeString(*key)
	check(err)
	switch os.Args[1] {
	case "send":
		send(&s)
	case "receive":
		receive(&s)
	default:
		fail(fmt.Errorf("%q is neither `send` nor `receive`", os.Args[1]))
	}
}

// lines gives what is on the standard input.
func lines(yield func(line []byte) bool) {
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		if !yield(scanner.Bytes()) {
			return
		}
	}
	check(scanner.Err())
}

func say(value any) {
	line, err := json.Marshal(value)
	check(err)
	_, err = os.Stdout.Write(append(line, '\n'))
	check(err)
}

func check(err error) {
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
