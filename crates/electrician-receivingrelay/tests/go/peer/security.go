package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

func clientCredentials(s *settings) credentials.TransportCredentials {
	if s.roots == "" {
		return insecure.NewCredentials()
	}
	config := &tls.Config{RootCAs: pool(s.roots)}
	if s.certificate != "" {
		config.Certificates = []tls.Certificate{pair(s)}
	}
	return credentials.NewTLS(config)
}

// serverCredentials demand a certificate of the client if there is somebody to trust about that.
func serverCredentials(s *settings) credentials.TransportCredentials {
	if s.certificate == "" {
		return insecure.NewCredentials()
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair(s)}}
	if s.roots != "" {
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, pool(s.roots)
	}
	return credentials.NewTLS(config)
}

func pair(s *settings) tls.Certificate {
	pair, err := tls.LoadX509KeyPair(s.certificate, s.privateKey)
	check(err)
	return pair
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

// ask posts a form to the OAuth 2 server, as the client that it knows.
func ask(s *settings, path string, form url.Values, answer any) error {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool(s.issuerRoots)}}
	client := http.Client{Transport: transport}
	target := s.issuer + "/api/auth/oauth/" + path
	request, err := http.NewRequest("POST", target, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("content-type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET"))
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", target, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

// tokens come by client credentials, one for each call.
type tokens struct{ s *settings }

func (t *tokens) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	form := url.Values{"grant_type": {"client_credentials"}}
	err := ask(t.s, "token", form, &answer)
	return map[string]string{"authorization": "Bearer " + answer.AccessToken}, err
}

func (t *tokens) RequireTransportSecurity() bool { return true }

// authenticating asks the OAuth 2 server about the token of each call.
func authenticating(s *settings) []grpc.ServerOption {
	examine := func(ctx context.Context) error {
		incoming, _ := metadata.FromIncomingContext(ctx)
		header := strings.Join(incoming.Get("authorization"), "")
		token, isBearer := strings.CutPrefix(header, "Bearer ")
		var answer struct{ Active bool }
		err := ask(s, "introspect", url.Values{"token": {token}}, &answer)
		if err != nil || !isBearer || !answer.Active {
			return status.Error(codes.Unauthenticated, "auth validation failed")
		}
		return nil
	}
	unary := func(
		ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
	) (any, error) {
		if err := examine(ctx); err != nil {
			return nil, err
		}
		return handler(ctx, request)
	}
	stream := func(
		server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler,
	) error {
		if err := examine(stream.Context()); err != nil {
			return err
		}
		return handler(server, stream)
	}
	return []grpc.ServerOption{grpc.UnaryInterceptor(unary), grpc.StreamInterceptor(stream)}
}
