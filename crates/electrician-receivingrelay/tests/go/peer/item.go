package main

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"

	"electrician/peer/relay"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
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

// encode makes a payload of a line of JSON.
func encode(format string, line []byte) ([]byte, error) {
	var feedback Feedback
	if err := json.Unmarshal(line, &feedback); err != nil {
		return nil, err
	}
	switch format {
	case "json":
		return json.Marshal(feedback)
	case "gob":
		var into bytes.Buffer
		err := gob.NewEncoder(&into).Encode(feedback)
		return into.Bytes(), err
	case "proto":
		var message structpb.Struct
		if err := protojson.Unmarshal(line, &message); err != nil {
			return nil, err
		}
		return proto.Marshal(&message)
	}
	return nil, fmt.Errorf("%q is no format", format)
}

// decode reads what the payload says that it is, and gives something that can be said as JSON.
func decode(format, contentType string, payload *relay.WrappedPayload, value []byte) (any, error) {
	found := "gob"
	if contentType == "application/json" {
		found = "json"
	} else if payload.PayloadEncoding == relay.PayloadEncoding_PAYLOAD_ENCODING_PROTO {
		found = "proto"
	}
	if found != format {
		return nil, fmt.Errorf("a payload in %s; it was to be in %s", found, format)
	}
	var feedback Feedback
	switch format {
	case "json":
		err := json.Unmarshal(value, &feedback)
		return feedback, err
	case "gob":
		err := gob.NewDecoder(bytes.NewReader(value)).Decode(&feedback)
		return feedback, err
	default:
		var message structpb.Struct
		err := proto.Unmarshal(value, &message)
		return message.AsMap(), err
	}
}

func contentType(format string) string {
	switch format {
	case "json":
		return "application/json"
	case "proto":
		return "application/protobuf"
	default:
		return "application/octet-stream"
	}
}

func encoding(format string) relay.PayloadEncoding {
	switch format {
	case "gob":
		return relay.PayloadEncoding_PAYLOAD_ENCODING_GOB
	case "proto":
		return relay.PayloadEncoding_PAYLOAD_ENCODING_PROTO
	default:
		return relay.PayloadEncoding_PAYLOAD_ENCODING_UNSPECIFIED
	}
}
