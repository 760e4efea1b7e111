package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"os"
	"path/filepath"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/status"
)

// userHeader tells the applications who has logged in.
const userHeader = "x-login-user"

// gate lets in whoever knows the password in the file of their name; a browser asks for it by itself (RFC 7617).
type gate struct {
	authv3.UnimplementedAuthorizationServer
	users string
}

func (g *gate) Check(_ context.Context, asked *authv3.CheckRequest) (*authv3.CheckResponse, error) {
	sent := asked.GetAttributes().GetRequest().GetHttp().GetHeaders()["authorization"]
	request := http.Request{Header: http.Header{"Authorization": {sent}}}
	user, password, ok := request.BasicAuth()
	if !ok || !g.knows(user, password) {
		return refused(), nil
	}
	return &authv3.CheckResponse{
		Status: &status.Status{Code: int32(code.Code_OK)},
		HttpResponse: &authv3.CheckResponse_OkResponse{OkResponse: &authv3.OkHttpResponse{
			Headers: []*corev3.HeaderValueOption{header(userHeader, user)},
			// The password ends here: no application sees it.
			HeadersToRemove: []string{"authorization"},
		}},
	}, nil
}

func (g *gate) knows(user, password string) bool {
	if user != filepath.Base(user) || user[0] == '.' {
		return false
	}
	known, err := os.ReadFile(filepath.Join(g.users, user))
	if err != nil {
		return false
	}
	// Of equal length whatever was sent, so that the time of the answer tells nothing of the password.
	right, given := sha256.Sum256(known), sha256.Sum256([]byte(password))
	return subtle.ConstantTimeCompare(right[:], given[:]) == 1
}

func refused() *authv3.CheckResponse {
	return &authv3.CheckResponse{
		Status: &status.Status{Code: int32(code.Code_UNAUTHENTICATED)},
		HttpResponse: &authv3.CheckResponse_DeniedResponse{DeniedResponse: &authv3.DeniedHttpResponse{
			Status:  &typev3.HttpStatus{Code: typev3.StatusCode_Unauthorized},
			Headers: []*corev3.HeaderValueOption{header("www-authenticate", `Basic realm="Campus Voice", charset="UTF-8"`)},
			Body:    "Log in with the name and the password of your campus.\n",
		}},
	}
}

func header(name, value string) *corev3.HeaderValueOption {
	return &corev3.HeaderValueOption{
		Header:       &corev3.HeaderValue{Key: name, Value: value},
		AppendAction: corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD,
	}
}
