package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
)

// setUp is what init reports when the node is ready for its components.
const setUp = "set up"

// reportFD is where init tells `start` how the set-up went; the listeners follow it.
const reportFD = firstInherited

// join makes this process the first one of the sandbox's cgroup and of a cgroup namespace rooted there, and goes on as
// `init`. It returns only on failure.
func join(planPath string) error {
	plan, err := loadPlan(planPath)
	if err == nil {
		err = enterCgroup(plan)
	}
	if err == nil {
		err = syscall.Exec("/proc/self/exe", []string{os.Args[0], "init", planPath}, os.Environ())
	}
	fmt.Fprint(os.NewFile(reportFD, "report"), err)
	return err
}

// initialize is the life of the node's first process. It returns only on failure: the end of process 1 ends the node.
func initialize(planPath string) error {
	report := os.NewFile(reportFD, "report")
	syscall.CloseOnExec(reportFD)
	listeners := inherited(reportFD + 1)
	plan, err := loadPlan(planPath)
	if err == nil {
		err = setUpNode(plan)
	}
	if err != nil {
		fmt.Fprint(report, err)
		return err
	}
	fmt.Fprint(report, setUp)
	report.Close()
	return newSupervisor(plan, listeners).run()
}

func setUpNode(plan *Plan) error {
	if err := writeMachinePID(plan.PIDFile); err != nil {
		return err
	}
	if err := enterRoot(plan); err != nil {
		return err
	}
	if err := syscall.Sethostname([]byte(plan.Name)); err != nil {
		return fmt.Errorf("set the node's host name: %w", err)
	}
	for _, entry := range plan.Environment {
		name, value, _ := strings.Cut(entry, "=")
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	for _, key := range sortedKeys(plan.Sysctls) {
		path := filepath.Join("/proc/sys", strings.ReplaceAll(key, ".", "/"))
		if err := os.WriteFile(path, []byte(plan.Sysctls[key]), 0o644); err != nil {
			return fmt.Errorf("set %s in the node's network: %w", key, err)
		}
	}
	for _, argv := range plan.Setup {
		if output, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, strings.TrimSpace(string(output)))
		}
	}
	return nil
}

// writeMachinePID writes the process id by which the machine knows this process: /proc is still the machine's.
func writeMachinePID(path string) error {
	pid, err := os.Readlink("/proc/self")
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(pid+"\n"), 0o644)
}

func sortedKeys(values map[string]string) []string {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
