package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const pollInterval = 20 * time.Millisecond

// Running tells of one component: waiting for what it needs, running, or ended. Ended is final: nothing is restarted
// behind the user's back.
type Running struct {
	Name  string `json:"name"`
	State string `json:"state"`
	// PID is the node's number for it, 0 while it waits.
	PID int `json:"pid"`
	// Detail says how it ended.
	Detail string `json:"detail"`
}

type supervisor struct {
	plan      *Plan
	listeners []*os.File
	mutex     sync.Mutex
	running   []Running
}

func newSupervisor(plan *Plan, listeners []*os.File) *supervisor {
	s := &supervisor{plan: plan, listeners: listeners}
	for _, component := range plan.Components {
		s.running = append(s.running, Running{Name: component.Name, State: "waiting"})
	}
	return s
}

// run starts the components, each when what it needs answers, and reaps every child until the node is ended.
func (s *supervisor) run() error {
	if err := s.tell(); err != nil {
		return err
	}
	for rank := range s.plan.Components {
		go s.launch(rank)
	}
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch err {
		case nil:
			s.ended(pid, status)
		case syscall.EINTR:
		case syscall.ECHILD:
			time.Sleep(pollInterval)
		default:
			return err
		}
	}
}

func (s *supervisor) launch(rank int) {
	component := s.plan.Components[rank]
	for _, address := range component.After {
		for !answers(address) {
			time.Sleep(pollInterval)
		}
	}
	// Held until the number is noted: the child may end, and be reaped, at once.
	s.mutex.Lock()
	defer s.mutex.Unlock()
	pid, err := s.spawn(component)
	if err != nil {
		s.running[rank] = Running{Name: component.Name, State: "ended", Detail: err.Error()}
	} else {
		s.running[rank] = Running{Name: component.Name, State: "running", PID: pid}
	}
	s.complain(s.tell())
}

func (s *supervisor) spawn(component Component) (int, error) {
	program, err := exec.LookPath(component.Argv[0])
	if err != nil {
		return 0, err
	}
	log, err := os.OpenFile(component.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return 0, err
	}
	defer log.Close()
	nothing, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer nothing.Close()
	files := []uintptr{nothing.Fd(), log.Fd(), log.Fd()}
	if component.Listeners {
		for _, listener := range s.listeners {
			files = append(files, listener.Fd())
		}
	}
	return syscall.ForkExec(program, component.Argv, &syscall.ProcAttr{
		Dir: "/", Env: os.Environ(), Files: files, Sys: &syscall.SysProcAttr{Setsid: true},
	})
}

// ended notes the end of a component; other children are orphans of pods and daemons and need no word.
func (s *supervisor) ended(pid int, status syscall.WaitStatus) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for rank, component := range s.running {
		if component.PID != pid || component.State != "running" {
			continue
		}
		s.running[rank].State = "ended"
		s.running[rank].Detail = describe(status)
		fmt.Fprintf(os.Stderr, "%s ended: %s\n", component.Name, describe(status))
		s.complain(s.tell())
	}
}

func describe(status syscall.WaitStatus) string {
	if status.Signaled() {
		return fmt.Sprintf("signal %d (%s)", status.Signal(), status.Signal())
	}
	return fmt.Sprintf("exit code %d", status.ExitStatus())
}

// tell writes the status file as a whole, so that a reader never sees half of it.
func (s *supervisor) tell() error {
	content, err := json.MarshalIndent(s.running, "", "  ")
	if err != nil {
		return err
	}
	draft := s.plan.StatusFile + ".new"
	if err := os.WriteFile(draft, append(content, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(draft, s.plan.StatusFile)
}

func (s *supervisor) complain(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "write the components' status:", err)
	}
}
