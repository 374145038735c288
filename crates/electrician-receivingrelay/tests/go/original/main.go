// The Go library of the same name at the other end of a relay. `cargo xtask interop` builds it.
//
//	original send    [flags]  reads items, a line of JSON each, and sends them; ends with the
//	                          standard input
//	original receive [flags]  says each item that comes, as a line of JSON; ends as that does
//	original hop     [flags]  passes payloads on as they are
//	original pour    [flags]  sends -count payloads of -size bytes; ends with the standard input
//	original drain   [flags]  receives them, and says how many came in how many seconds
package main

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/joeydtaylor/electrician/pkg/builder"
	"google.golang.org/protobuf/types/known/structpb"
)

// Feedback is what goes over the wire; as a message it is a google.protobuf.Struct.
type Feedback struct {
	CustomerID string            `json:"customer_id"`
	Content    string            `json:"content"`
	Score      float64           `json:"score"`
	Votes      int64             `json:"votes"`
	IsNegative bool              `json:"is_negative"`
	Tags       []string          `json:"tags,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
}

type settings struct {
	target, listen                 string
	format                         string
	compression                    int
	key                            string
	roots, certificate, privateKey string
	issuer, issuerRoots            string
	count, size                    int
	passthrough                    bool
}

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("give `send`, `receive`, `hop`, `pour` or `drain`"))
	}
	var s settings
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	flags.StringVar(&s.target, "target", "", "where to send to: host:port")
	flags.StringVar(&s.listen, "listen", "", "where to listen: host:port")
	flags.StringVar(&s.format, "format", "gob", "json, gob or proto")
	flags.IntVar(&s.compression, "compression", 0, "the number of a CompressionAlgorithm")
	key := flags.String("key", "", "encrypts: a key of AES, hexadecimal")
	flags.StringVar(&s.roots, "roots", "", "whom to trust")
	flags.StringVar(&s.certificate, "certificate", "", "who this is")
	flags.StringVar(&s.privateKey, "private-key", "", "of the certificate")
	flags.StringVar(&s.issuer, "issuer", "", "where tokens and the keys of tokens come from")
	flags.StringVar(&s.issuerRoots, "issuer-roots", "", "whom to trust about tokens")
	flags.IntVar(&s.count, "count", 0, "how many payloads")
	flags.IntVar(&s.size, "size", 256, "their bytes")
	flags.BoolVar(&s.passthrough, "passthrough", false, "payloads are neither encoded nor decoded")
	// What its relays cannot be told is taken, and has no effect.
	flags.Int("acks", 2, "is always 2")
	flags.Int("every", 1024, "is always 1024")
	check(flags.Parse(os.Args[2:]))
	bytes, err := hex.DecodeString(*key)
	check(err)
	// Receivers take a key as it stands only.
	s.key = string(bytes)
	switch os.Args[1] {
	case "send":
		send(&s)
	case "receive":
		if s.format == "proto" {
			receive(&s, func(item *structpb.Struct) any { return item.AsMap() })
		} else {
			receive(&s, func(item Feedback) any { return item })
		}
	case "hop":
		hop(&s)
	case "pour":
		pour(&s)
	case "drain":
		drain(&s)
	default:
		fail(fmt.Errorf("%q is no command", os.Args[1]))
	}
}

func send(s *settings) {
	ctx := context.Background()
	relay := newSender[Feedback](s)
	for line := range lines {
		var item Feedback
		check(json.Unmarshal(line, &item))
		check(relay.Submit(ctx, item))
	}
	relay.Stop()
}

func pool(path string) *x509.CertPool {
	pem, err := os.ReadFile(path)
	check(err)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		fail(fmt.Errorf("no certificates in %s", path))
	}
	return pool
}

func receive[T any](s *settings, shown func(T) any) {
	relay := newReceiver[T](s)
	check(relay.Start(context.Background()))
	go func() {
		for item := range relay.GetOutputChannel() {
			line, err := json.Marshal(shown(item))
			check(err)
			fmt.Println(string(line))
		}
	}()
	wait()
}

func hop(s *settings) {
	ctx := context.Background()
	from, to := newReceiver[*builder.WrappedPayload](s), newSender[*builder.WrappedPayload](s)
	check(from.Start(ctx))
	go func() {
		for payload := range from.GetOutputChannel() {
			check(to.Submit(ctx, payload))
		}
	}()
	wait()
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

// wait until the standard input ends. A receiving relay is not stopped: that would close its channel
// under its open streams.
func wait() {
	_, _ = io.Copy(io.Discard, os.Stdin)
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
