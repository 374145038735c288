package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"

	"electrician/peer/relay"
	"google.golang.org/grpc"
)

// server acknowledges what it decoded, as receiving relays in Go do: the last payloads of a batch when
// the stream ends.
type server struct {
	relay.UnimplementedRelayServiceServer
	s *settings
}

func receive(s *settings) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	options := []grpc.ServerOption{grpc.Creds(serverCredentials(s))}
	if s.issuer != "" {
		options = append(options, authenticating(s)...)
	}
	running := grpc.NewServer(options...)
	relay.RegisterRelayServiceServer(running, &server{s: s})
	say(listener.Addr().String())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		running.GracefulStop()
	}()
	check(running.Serve(listener))
}

func (s *server) Receive(
	_ context.Context, payload *relay.WrappedPayload,
) (*relay.StreamAcknowledgment, error) {
	ack := &relay.StreamAcknowledgment{
		Success: true, Message: "Received", Id: payload.Id, Seq: payload.Seq,
	}
	if err := s.take(payload, nil); err != nil {
		ack.Success, ack.Message, ack.Code = false, err.Error(), 1
	}
	return ack, nil
}

func (s *server) StreamReceive(stream relay.RelayService_StreamReceiveServer) error {
	var open *relay.StreamOpen
	mode, every := relay.AckMode_ACK_PER_MESSAGE, uint32(1024)
	batch := &relay.StreamAcknowledgment{}
	flush := func(message string) error {
		if batch.OkCount+batch.ErrCount == 0 {
			return nil
		}
		batch.StreamId, batch.Message, batch.Success = open.GetStreamId(), message, batch.ErrCount == 0
		last := batch
		batch = &relay.StreamAcknowledgment{}
		return stream.Send(last)
	}
	for {
		envelope, err := stream.Recv()
		if err == io.EOF {
			return flush("EOF")
		}
		if err != nil {
			return err
		}
		switch message := envelope.Msg.(type) {
		case *relay.RelayEnvelope_Open:
			open = message.Open
			if open.AckMode != relay.AckMode_ACK_MODE_UNSPECIFIED {
				mode = open.AckMode
			}
			if open.AckEveryN > 0 {
				every = open.AckEveryN
			}
			ack := &relay.StreamAcknowledgment{
				Success: true, Message: "Stream open accepted", StreamId: open.StreamId,
			}
			if mode != relay.AckMode_ACK_NONE {
				if err := stream.Send(ack); err != nil {
					return err
				}
			}
		case *relay.RelayEnvelope_Payload:
			payload := message.Payload
			taken := s.take(payload, open)
			switch mode {
			case relay.AckMode_ACK_PER_MESSAGE:
				ack := &relay.StreamAcknowledgment{
					Success: true, Message: "OK", StreamId: open.GetStreamId(),
					Id: payload.Id, Seq: payload.Seq,
				}
				if taken != nil {
					ack.Success, ack.Message, ack.Code = false, taken.Error(), 1
				}
				if err := stream.Send(ack); err != nil {
					return err
				}
			case relay.AckMode_ACK_BATCH:
				batch.LastSeq = payload.Seq
				if taken == nil {
					batch.OkCount++
				} else {
					batch.ErrCount++
				}
				if batch.OkCount+batch.ErrCount >= every {
					if err := flush("Batch ack"); err != nil {
						return err
					}
				}
			}
		case *relay.RelayEnvelope_Close:
			return flush("Stream closed")
		}
	}
}

// take says the item in a payload.
func (s *server) take(payload *relay.WrappedPayload, open *relay.StreamOpen) error {
	metadata := payload.Metadata
	if metadata == nil {
		metadata = open.GetDefaults()
	}
	value, err := unwrap(payload.Payload, metadata, s.s.key)
	if err != nil {
		return fmt.Errorf("unwrap failed: %w", err)
	}
	item, err := decode(s.s.format, metadata.GetContentType(), payload, value)
	if err != nil {
		return fmt.Errorf("unwrap failed: %w", err)
	}
	say(item)
	return nil
}
