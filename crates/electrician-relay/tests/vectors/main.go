// Command vectors writes what the Go library writes, for the tests of this crate, and reads what
// this crate writes.
//
// It uses packages that are internal to the Go library, so it runs within a checkout of it:
//
//	mkdir pkg/vectors && cp main.go pkg/vectors/
//	go run ./pkg/vectors write > golden.txt
//	go run ./pkg/vectors read < payloads.txt
//
// Each line is a name and bytes in hexadecimal digits.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/joeydtaylor/electrician/pkg/internal/receivingrelay"
	"github.com/joeydtaylor/electrician/pkg/internal/relay"
	"github.com/joeydtaylor/electrician/pkg/internal/relaycodec"
)

// Feedback has a field of each common kind.
type Feedback struct {
	CustomerID string            `json:"customerId"`
	Content    string            `json:"content"`
	Score      float64           `json:"score"`
	Votes      int64             `json:"votes"`
	IsNegative bool              `json:"isNegative"`
	Tags       []string          `json:"tags"`
	Labels     map[string]string `json:"labels"`
}

var feedback = Feedback{
	CustomerID: "c-17",
	Content:    strings.Repeat("the wire <hums> & glows; ", 20),
	Score:      0.75,
	Votes:      -42,
	IsNegative: true,
	Tags:       []string{"copper", "tin"},
	Labels:     map[string]string{"line": "7"},
}

const key = "0123456789abcdefghijklmnopqrstuv"

func main() {
	if len(os.Args) == 2 && os.Args[1] == "write" {
		write()
		return
	}
	if len(os.Args) == 2 && os.Args[1] == "read" {
		read()
		return
	}
	fmt.Fprintln(os.Stderr, "usage: vectors write|read")
	os.Exit(2)
}

func put(name string, message proto.Message) {
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	check(name, err)
	fmt.Println(name, hex.EncodeToString(bytes))
}

func check(name string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func write() {
	algorithms := []relay.CompressionAlgorithm{0, 1, 2, 3, 4, 5}
	for _, format := range []string{"json", "gob"} {
		for _, algorithm := range algorithms {
			for _, sealed := range []bool{false, true} {
				name := fmt.Sprintf("payload-%s-%d-%t", format, algorithm, sealed)
				performance := &relay.PerformanceOptions{
					UseCompression: algorithm != 0, CompressionAlgorithm: algorithm,
				}
				var security *relay.SecurityOptions
				secret := ""
				if sealed {
					security = &relay.SecurityOptions{
						Enabled: true, Suite: relay.EncryptionSuite_ENCRYPTION_AES_GCM,
					}
					secret = key
				}
				headers := map[string]string{"x-tenant": "local"}
				payload, err := relaycodec.WrapPayload(
					feedback, format, "feedback", performance, security, secret, headers)
				check(name, err)
				payload.Seq = 7
				put(name, payload)
			}
		}
	}
	message := &relay.VersionInfo{Major: 7, Minor: 9}
	payload, err := relaycodec.WrapPayload(
		message, "proto", "type.example/electrician.VersionInfo", nil, nil, "", nil)
	check("proto", err)
	put("payload-proto-0-false", payload)
	payload, err = relaycodec.WrapPayload([]byte("as they stand"), "bytes", "", nil, nil, "", nil)
	check("bytes", err)
	put("payload-bytes-0-false", payload)

	bare, err := relaycodec.WrapPayload(feedback, "gob", "", nil, nil, "", nil)
	check("bare", err)
	bare.Metadata = nil
	bare.PayloadEncoding = 0
	bare.Seq = 300
	put("frame-payload", &relay.RelayEnvelope{Msg: &relay.RelayEnvelope_Payload{Payload: bare}})
	put("frame-open", &relay.RelayEnvelope{Msg: &relay.RelayEnvelope_Open{Open: &relay.StreamOpen{
		StreamId: "stream-1",
		Defaults: &relay.MessageMetadata{
			Headers:     map[string]string{"source": "go"},
			ContentType: "application/octet-stream",
			Version:     &relay.VersionInfo{Major: 1},
			TraceId:     "trace-1",
		},
		AckMode:             relay.AckMode_ACK_BATCH,
		AckEveryN:           1024,
		MaxInFlight:         8192,
		OmitPayloadMetadata: true,
	}}})
	put("frame-close", &relay.RelayEnvelope{Msg: &relay.RelayEnvelope_Close{
		Close: &relay.StreamClose{Reason: "relay stop"},
	}})

	put("ack-open", &relay.StreamAcknowledgment{
		Success: true, Message: "Stream open accepted", StreamId: "stream-1",
	})
	put("ack-one", &relay.StreamAcknowledgment{
		Success: true, Message: "OK", StreamId: "stream-1", Id: "a", Seq: 7,
	})
	put("ack-failed", &relay.StreamAcknowledgment{
		Message: "unwrap failed: no", StreamId: "stream-1", Id: "a", Seq: 7, Code: 1,
	})
	put("ack-batch", &relay.StreamAcknowledgment{
		Message: "Batch ack", StreamId: "stream-1", LastSeq: 1024, OkCount: 1020, ErrCount: 4,
		Metadata: map[string]string{"a": "b"},
	})
}

func read() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		name, digits, _ := strings.Cut(lines.Text(), " ")
		bytes, err := hex.DecodeString(digits)
		check(name, err)
		if strings.HasPrefix(name, "frame-") {
			var frame relay.RelayEnvelope
			check(name, proto.Unmarshal(bytes, &frame))
			fmt.Println(name, frame.GetPayload().GetSeq(), frame.GetOpen().GetStreamId(), frame.GetClose().GetReason())
			continue
		}
		var payload relay.WrappedPayload
		check(name, proto.Unmarshal(bytes, &payload))
		secret := ""
		if strings.HasSuffix(name, "true") {
			secret = key
		}
		var value Feedback
		check(name, receivingrelay.UnwrapPayload(&payload, secret, &value))
		text, err := json.Marshal(value)
		check(name, err)
		want, _ := json.Marshal(feedback)
		if string(text) != string(want) {
			check(name, fmt.Errorf("%s", text))
		}
		fmt.Println(name, "ok", payload.GetSeq(), payload.GetId())
	}
}
