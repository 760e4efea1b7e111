package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func told(t *testing.T, file string) map[string]Running {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var all []Running
	if err := json.Unmarshal(content, &all); err != nil {
		t.Fatalf("half a status file was seen: %v", err)
	}
	states := map[string]Running{}
	for _, one := range all {
		states[one.Name] = one
	}
	return states
}

// outcome is a state and a part of its detail.
type outcome struct{ state, detail string }

func awaitStates(t *testing.T, file string, want map[string]outcome) {
	t.Helper()
	for end := time.Now().Add(deadline); ; time.Sleep(pollInterval) {
		states, wrong := told(t, file), ""
		for name, one := range want {
			if states[name].State != one.state || !strings.Contains(states[name].Detail, one.detail) {
				wrong = name
			}
		}
		if wrong == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s is told as %+v, not as %+v", wrong, states[wrong], want[wrong])
		}
	}
}

func TestEveryDaemonsStateIsTold(t *testing.T) {
	folder := t.TempDir()
	status, log := filepath.Join(folder, "status.json"), filepath.Join(folder, "log")
	never := []Address{{Network: "unix", Address: filepath.Join(folder, "nobody")}}
	plan := &Plan{StatusFile: status, Components: []Component{
		{Name: "failing", Argv: []string{"sh", "-c", "echo why; exit 3"}, Log: log},
		{Name: "killed", Argv: []string{"sh", "-c", "kill -9 $$"}, Log: log},
		{Name: "missing", Argv: []string{filepath.Join(folder, "no-such-program")}, Log: log},
		{Name: "lasting", Argv: []string{"sleep", "60"}, Log: log},
		{Name: "waiting", Argv: []string{"true"}, Log: log, After: never},
	}}
	go newSupervisor(plan, nil).run()
	want := map[string]outcome{
		"failing": {"ended", "exit code 3"},
		"killed":  {"ended", "signal 9 (killed)"},
		"missing": {"ended", "no such file"},
		"lasting": {"running", ""},
		"waiting": {"waiting", ""},
	}
	awaitStates(t, status, want)
	if said, _ := os.ReadFile(log); !strings.Contains(string(said), "why") {
		t.Errorf("what a daemon says is not in its log: %q", said)
	}
	if err := syscall.Kill(told(t, status)["lasting"].PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	want["lasting"] = outcome{"ended", "signal 9 (killed)"}
	awaitStates(t, status, want)
}
