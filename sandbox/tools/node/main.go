// sandbox-node gives the sandbox its node: a process tree in namespaces of its own with a root file system of its own.
//
//	sandbox-node start PLAN FD...   makes the namespaces and leaves `init` in them, with the listeners that are open as FD...
//	sandbox-node join PLAN          enters the sandbox's cgroup and becomes init
//	sandbox-node init PLAN          is process 1 of the node: mounts, sets up, starts and watches the components
//	sandbox-node forward ADDRESS... passes each inherited listener's connections on to the address of the same rank
package main

import (
	"fmt"
	"os"
)

// firstInherited is the number of the first descriptor after standard input, output and error.
const firstInherited = 3

const usage = "usage: sandbox-node start PLAN FD... | join PLAN | init PLAN | forward ADDRESS..."

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) >= 2 && args[0] == "start":
		return start(args[1], args[2:])
	case len(args) == 2 && args[0] == "join":
		return join(args[1])
	case len(args) == 2 && args[0] == "init":
		return initialize(args[1])
	case len(args) > 1 && args[0] == "forward":
		return forward(args[1:])
	}
	fmt.Fprintln(os.Stderr, usage)
	os.Exit(2)
	return nil
}
