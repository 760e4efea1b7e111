// A login for one campus, small enough to be read: it decides about people by a password, and signs tokens for programs.
//
// Port 9001 is Envoy's external authorization
// (https://www.envoyproxy.io/docs/envoy/v1.38.0/api-v3/service/auth/v3/external_auth.proto), port 8443 serves the
// public key of the tokens over TLS, and port 8080 signs a token for whoever has passed the first one.
package main

import (
	"flag"
	"log"
	"net"
	"net/http"
	"time"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
)

func main() {
	users := flag.String("users", "/etc/login/users", "folder with a file for each person, which holds the password")
	keys := flag.String("signing", "/etc/login/signing", "folder with tls.key, an RSA key that signs the tokens")
	tls := flag.String("tls", "/etc/login/tls", "folder with tls.crt and tls.key of the port that serves the public key")
	issuer := flag.String("issuer", "", "who signs: the claim iss")
	audience := flag.String("audience", "", "for whom: the claim aud")
	flag.Parse()

	signer, err := newSigner(*keys+"/tls.key", *issuer, *audience)
	if err != nil {
		log.Fatal(err)
	}
	decisions := grpc.NewServer()
	authv3.RegisterAuthorizationServer(decisions, &gate{users: *users})
	listener, err := net.Listen("tcp", ":9001")
	if err != nil {
		log.Fatal(err)
	}
	failed := make(chan error)
	go func() { failed <- decisions.Serve(listener) }()
	go func() {
		failed <- server(":8443", "/keys", signer.keys).ListenAndServeTLS(*tls+"/tls.crt", *tls+"/tls.key")
	}()
	go func() { failed <- server(":8080", "/token", signer.token).ListenAndServe() }()
	log.Fatal(<-failed)
}

func server(address, path string, answer http.HandlerFunc) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+path, answer)
	return &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
}
