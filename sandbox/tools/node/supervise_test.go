package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
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

func TestEveryDaemonsStateIsTold(t *testing.T) {
	folder := t.TempDir()
	status, log := filepath.Join(folder, "status.json"), filepath.Join(folder, "log")
	never := []Address{{Network: "unix", Address: filepath.Join(folder, "nobody")}}
	plan := &Plan{StatusFile: status, Components: []Component{
		{Name: "failing", Argv: []string{"sh", "-c", "echo why; exit 3"}, Log: log},
		{Name: "killed", Argv: []string{"sh", "-c", "kill -9 $$"}, Log: log},
		{Name: "missing", Argv: []string{filepath.Join(folder, "no-such-program")}, Log: log},
		{Name: "lasting", Argv: []string{"sh", "-c", "read forever < /dev/zero"}, Log: log},
		{Name: "waiting", Argv: []string{"true"}, Log: log, After: never},
	}}
	go newSupervisor(plan, nil).run()
	wanted := map[string]struct{ state, detail string }{
		"failing": {"ended", "exit code 3"},
		"killed":  {"ended", "signal 9 (killed)"},
		"missing": {"ended", "no such file"},
		"lasting": {"running", ""},
		"waiting": {"waiting", ""},
	}
	for end := time.Now().Add(deadline); ; time.Sleep(pollInterval) {
		states, wrong := told(t, status), ""
		for name, one := range wanted {
			if states[name].State != one.state || !strings.Contains(states[name].Detail, one.detail) {
				wrong = name
			}
		}
		if wrong == "" {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%s is told as %+v, not as %+v", wrong, states[wrong], wanted[wrong])
		}
	}
	if said, _ := os.ReadFile(log); !strings.Contains(string(said), "why") {
		t.Errorf("what a daemon says is not in its log: %q", said)
	}
	if process, err := os.FindProcess(told(t, status)["lasting"].PID); err == nil {
		process.Kill()
	}
}
