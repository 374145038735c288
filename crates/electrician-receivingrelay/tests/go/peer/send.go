package main

import (
	"context"
	"fmt"
	"io"

	"electrician/peer/relay"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// report is what the acknowledgements said.
type report struct {
	// Acknowledgements of an opening, of one payload, of several.
	Opened, Single, Batches int
	// Payloads that were acknowledged, and that were refused.
	OK, Refused uint32
	LastSeq     uint64
	Messages    []string
}

func send(s *settings) {
	options := []grpc.DialOption{grpc.WithTransportCredentials(clientCredentials(s))}
	if s.issuer != "" {
		options = append(options, grpc.WithPerRPCCredentials(&tokens{s: s}))
	}
	connection, err := grpc.NewClient(s.target, options...)
	check(err)
	defer connection.Close()
	client := relay.NewRelayServiceClient(connection)
	if s.isUnary {
		say(sendEach(client, s))
	} else {
		say(sendStream(client, s))
	}
}

// sendEach makes a call for each payload.
func sendEach(client relay.RelayServiceClient, s *settings) *report {
	var report report
	seq := uint64(0)
	for line := range lines {
		seq++
		payload := payload(line, seq, s)
		payload.Metadata = describe(s)
		ack, err := client.Receive(context.Background(), payload)
		check(err)
		report.add(ack)
	}
	return &report
}

func sendStream(client relay.RelayServiceClient, s *settings) *report {
	stream, err := client.StreamReceive(context.Background())
	check(err)
	done := make(chan *report)
	go func() {
		var report report
		for {
			ack, err := stream.Recv()
			if err == io.EOF {
				done <- &report
				return
			}
			check(err)
			report.add(ack)
		}
	}()
	check(stream.Send(&relay.RelayEnvelope{Msg: &relay.RelayEnvelope_Open{Open: &relay.StreamOpen{
		StreamId:            "a stream of Go",
		Defaults:            describe(s),
		AckMode:             s.acks,
		AckEveryN:           uint32(s.every),
		MaxInFlight:         8192,
		OmitPayloadMetadata: !s.isInEach,
	}}}))
	seq := uint64(0)
	for line := range lines {
		seq++
		payload := payload(line, seq, s)
		if s.isInEach {
			payload.Metadata = describe(s)
		}
		message := &relay.RelayEnvelope_Payload{Payload: payload}
		check(stream.Send(&relay.RelayEnvelope{Msg: message}))
	}
	check(stream.Send(&relay.RelayEnvelope{Msg: &relay.RelayEnvelope_Close{
		Close: &relay.StreamClose{Reason: "that is all"},
	}}))
	check(stream.CloseSend())
	return <-done
}

func payload(line []byte, seq uint64, s *settings) *relay.WrappedPayload {
	value, err := encode(s.format, line)
	check(err)
	value, err = wrap(value, s)
	check(err)
	payload := &relay.WrappedPayload{
		Id:              fmt.Sprintf("go-%d", seq),
		Timestamp:       timestamppb.Now(),
		Payload:         value,
		Seq:             seq,
		PayloadEncoding: encoding(s.format),
	}
	if s.format == "proto" {
		payload.PayloadType = "type.googleapis.com/google.protobuf.Struct"
	}
	return payload
}

func (r *report) add(ack *relay.StreamAcknowledgment) {
	several := ack.OkCount + ack.ErrCount
	switch {
	case several > 0:
		r.Batches++
		r.OK += ack.OkCount
		r.Refused += ack.ErrCount
		r.LastSeq = max(r.LastSeq, ack.LastSeq)
	case ack.Seq > 0 && ack.Success:
		r.Single++
		r.OK++
		r.LastSeq = max(r.LastSeq, ack.Seq)
	case ack.Seq > 0:
		r.Single++
		r.Refused++
		r.Messages = append(r.Messages, ack.Message)
	case ack.Success:
		r.Opened++
	default:
		r.Messages = append(r.Messages, ack.Message)
	}
}
