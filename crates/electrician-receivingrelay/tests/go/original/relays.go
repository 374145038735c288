package main

import (
	"context"
	"crypto/tls"
	"net/http"
	"os"
	"time"

	"github.com/joeydtaylor/electrician/pkg/builder"
)

// What is used of relays, whose own types have no names outside of the library.
type sender[T any] interface {
	Submit(context.Context, T) error
	Stop()
}

type receiver[T any] interface {
	Start(context.Context) error
	GetOutputChannel() chan T
}

func newSender[T any](s *settings) sender[T] {
	relay := builder.NewForwardRelay[T](context.Background())
	relay.SetTargets(s.target)
	relay.SetPassthrough(s.passthrough)
	if s.compression != 0 {
		algorithm := builder.CompressionAlgorithm(s.compression)
		relay.SetPerformanceOptions(builder.NewPerformanceOptions(true, algorithm))
	}
	if s.key != "" {
		security := builder.NewSecurityOptions(true, builder.ENCRYPTION_AES_GCM)
		relay.SetSecurityOptions(security, s.key)
	}
	if s.roots != "" {
		relay.SetTLSConfig(builder.NewTlsClientConfig(
			true, s.certificate, s.privateKey, s.roots, tls.VersionTLS13, tls.VersionTLS13))
	}
	if s.issuer != "" {
		client := &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: pool(s.issuerRoots)},
		}}
		relay.SetOAuth2(builder.NewForwardRelayRefreshingClientCredentialsSource(
			s.issuer, os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET"), nil, time.Second, client))
	}
	return relay
}

func newReceiver[T any](s *settings) receiver[T] {
	relay := builder.NewReceivingRelay[T](context.Background())
	relay.SetAddress(s.listen)
	relay.SetPassthrough(s.passthrough)
	if s.key != "" {
		relay.SetDecryptionKey(s.key)
	}
	if s.certificate != "" {
		relay.SetTLSConfig(builder.NewTlsServerConfig(
			true, s.certificate, s.privateKey, s.roots, "localhost",
			tls.VersionTLS13, tls.VersionTLS13))
	}
	if s.issuer != "" {
		// It does not look at the certificate of the issuer, whatever it is told.
		jwt := builder.NewReceivingRelayOAuth2JWTOptions(
			"auth-service", s.issuer+"/api/auth/oauth/jwks.json",
			[]string{"your-api"}, []string{"write:data"}, 300)
		relay.SetAuthenticationOptions(builder.NewReceivingRelayAuthenticationOptionsOAuth2(jwt))
	}
	// The channel of what came is not in the interface that relays have outside of the library.
	return relay.(receiver[T])
}
