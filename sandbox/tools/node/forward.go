package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"sync"
)

// forward serves until a listener fails. Listeners keep the network namespace they were opened in, dialling happens in
// the one this process is in: that is the whole bridge between the machine and the node.
func forward(addresses []string) error {
	listeners := inherited(firstInherited)
	if len(listeners) != len(addresses) {
		return fmt.Errorf("%d addresses for %d inherited listeners", len(addresses), len(listeners))
	}
	failures := make(chan error)
	for rank, file := range listeners {
		listener, err := net.FileListener(file)
		if err != nil {
			return err
		}
		file.Close()
		fmt.Fprintf(os.Stderr, "%s goes to %s\n", listener.Addr(), addresses[rank])
		go func() { failures <- serve(listener, addresses[rank]) }()
	}
	return <-failures
}

func serve(listener net.Listener, address string) error {
	for {
		client, err := listener.Accept()
		if err != nil {
			return err
		}
		go pass(client.(*net.TCPConn), address)
	}
}

// pass copies both ways until both sides are done. A side that has ended its half is told so: requests may end before
// their answers do.
func pass(client *net.TCPConn, address string) {
	defer client.Close()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		// The client sees a reset instead of an empty answer.
		_ = client.SetLinger(0)
		return
	}
	server := connection.(*net.TCPConn)
	defer server.Close()
	var both sync.WaitGroup
	both.Add(2)
	for _, pair := range [][2]*net.TCPConn{{server, client}, {client, server}} {
		go func() {
			defer both.Done()
			copyHalf(pair[0], pair[1])
		}()
	}
	both.Wait()
}

func copyHalf(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		// One side broke off: so must the other, in both directions.
		_ = to.Close()
		_ = from.Close()
		return
	}
	_ = to.CloseWrite()
}
