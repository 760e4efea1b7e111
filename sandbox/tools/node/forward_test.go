package main

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

const deadline = 10 * time.Second

func listen(t *testing.T) *net.TCPListener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener.(*net.TCPListener)
}

func dial(t *testing.T, listener *net.TCPListener) *net.TCPConn {
	t.Helper()
	connection, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	connection.SetDeadline(time.Now().Add(deadline))
	return connection.(*net.TCPConn)
}

func TestAnAnswerMayComeAfterTheRequestHasEnded(t *testing.T) {
	server, front := listen(t), listen(t)
	go func() {
		connection, err := server.Accept()
		if err != nil {
			return
		}
		defer connection.Close()
		request, _ := io.ReadAll(connection)
		io.WriteString(connection, strings.ToUpper(string(request)))
	}()
	go serve(front, server.Addr().String())
	client := dial(t, front)
	io.WriteString(client, "a sentence")
	client.CloseWrite()
	if answer, err := io.ReadAll(client); err != nil || string(answer) != "A SENTENCE" {
		t.Errorf("the answer was %q (%v)", answer, err)
	}
}

func TestAClientOfNobodyIsReset(t *testing.T) {
	nobody, front := listen(t), listen(t)
	address := nobody.Addr().String()
	nobody.Close()
	go serve(front, address)
	// The reset may come as early as in the dialling.
	client, err := net.Dial("tcp", front.Addr().String())
	if err == nil {
		defer client.Close()
		client.SetDeadline(time.Now().Add(deadline))
		_, err = client.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("an empty answer looks like one of the server; this was %v, not a reset", err)
	}
}

func TestTheServerLearnsThatItsClientIsGone(t *testing.T) {
	server, front := listen(t), listen(t)
	gone := make(chan error, 1)
	go func() {
		connection, err := server.Accept()
		if err != nil {
			gone <- err
			return
		}
		defer connection.Close()
		connection.SetDeadline(time.Now().Add(deadline))
		_, err = io.ReadAll(connection)
		gone <- err
	}()
	go serve(front, server.Addr().String())
	client := dial(t, front)
	io.WriteString(client, "half a request")
	client.Close()
	if err := <-gone; err != nil {
		t.Errorf("the server still waits for its client: %v", err)
	}
}
