package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"os"
	"time"
)

// tokenLife bounds what a stolen token is worth.
const tokenLife = time.Hour

var base64url = base64.RawURLEncoding

// signer signs JSON Web Tokens (RFC 7519) with RS256 and publishes the key that verifies them (RFC 7517).
type signer struct {
	key              *rsa.PrivateKey
	id               string
	issuer, audience string
}

func newSigner(file, issuer, audience string) (*signer, error) {
	if issuer == "" || audience == "" {
		return nil, errors.New("-issuer and -audience have to be given: the gateway compares both")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New(file + " holds no PEM block: let cert-manager make the key")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New(file + " is no RSA key: RS256 needs one")
	}
	// Named after itself, so that a renewed key is another one to whoever holds the old one.
	sum := sha256.Sum256(x509.MarshalPKCS1PublicKey(&private.PublicKey))
	return &signer{key: private, id: base64url.EncodeToString(sum[:]), issuer: issuer, audience: audience}, nil
}

func (s *signer) keys(answer http.ResponseWriter, _ *http.Request) {
	write(answer, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": s.id,
		"n": base64url.EncodeToString(s.key.N.Bytes()),
		"e": base64url.EncodeToString(big.NewInt(int64(s.key.E)).Bytes()),
	}}})
}

// token believes the header that the gate sets: only the gateway reaches this port, and only after the gate.
func (s *signer) token(answer http.ResponseWriter, request *http.Request) {
	user := request.Header.Get(userHeader)
	if user == "" {
		http.Error(answer, "Nobody has logged in.", http.StatusUnauthorized)
		return
	}
	now := time.Now()
	signed, err := s.sign(map[string]any{
		"iss": s.issuer, "aud": s.audience, "sub": user,
		"iat": now.Unix(), "exp": now.Add(tokenLife).Unix(),
	})
	if err != nil {
		http.Error(answer, "The token could not be signed.", http.StatusInternalServerError)
		return
	}
	answer.Header().Set("Cache-Control", "no-store")
	write(answer, map[string]any{"access_token": signed, "token_type": "Bearer", "expires_in": int(tokenLife.Seconds())})
}

func (s *signer) sign(claims map[string]any) (string, error) {
	head, err := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": s.id})
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := base64url.EncodeToString(head) + "." + base64url.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return text + "." + base64url.EncodeToString(signature), nil
}

func write(answer http.ResponseWriter, value any) {
	answer.Header().Set("Content-Type", "application/json")
	json.NewEncoder(answer).Encode(value)
}
