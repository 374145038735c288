package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/joeydtaylor/electrician/pkg/builder"
)

// pour sends what costs its relay least: bytes as gob, or payloads that are not encoded at all.
func pour(s *settings) {
	value := bytes.Repeat([]byte{'x'}, s.size)
	if s.passthrough {
		repeat(s, &builder.WrappedPayload{Payload: value})
	} else {
		repeat(s, value)
	}
}

func repeat[T any](s *settings, item T) {
	ctx := context.Background()
	relay := newSender[T](s)
	for range s.count {
		check(relay.Submit(ctx, item))
	}
	// What is under way would be lost by a stop.
	wait()
	relay.Stop()
}

func drain(s *settings) {
	if s.passthrough {
		count(s, newReceiver[*builder.WrappedPayload](s))
	} else {
		count(s, newReceiver[[]byte](s))
	}
}

// count measures from the first that comes to the last.
func count[T any](s *settings, relay receiver[T]) {
	check(relay.Start(context.Background()))
	items := relay.GetOutputChannel()
	<-items
	first := time.Now()
	for range s.count - 1 {
		<-items
	}
	fmt.Printf("%d %f\n", s.count-1, time.Since(first).Seconds())
}
