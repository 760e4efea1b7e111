package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// Plan says what the node is made of. It is written by the sandbox's Python part (campus_sandbox/node/plan.py).
type Plan struct {
	// Name is the node's host name.
	Name string `json:"name"`
	// PIDFile and SetupLog are on the machine; the rest of the node's files are named as the node sees them.
	PIDFile  string `json:"pid_file"`
	SetupLog string `json:"setup_log"`
	// CgroupProcs are the machine's cgroup.procs files that the node's first process joins before it gets its namespaces.
	CgroupProcs []string `json:"cgroup_procs"`
	// CgroupVersion is 1 (one hierarchy a controller) or 2.
	CgroupVersion int `json:"cgroup_version"`
	// CgroupHierarchies are the version 1 hierarchies to show inside, by mount option (`memory`, `name=systemd`).
	CgroupHierarchies map[string]string `json:"cgroup_hierarchies"`
	// Lower is the read-only root file system; Root is an empty directory to assemble the node's root on.
	Lower string `json:"lower"`
	Root  string `json:"root"`
	// Binds are the machine's files and directories that the node sees.
	Binds []Bind `json:"binds"`
	// Symlinks are made in the node's root, by path, replacing what is there.
	Symlinks map[string]string `json:"symlinks"`
	// Files are written to the node's root, by path, replacing what is there.
	Files map[string]string `json:"files"`
	// PretendedSysctls look set to this value inside, without setting them: they are the whole machine's.
	PretendedSysctls map[string]string `json:"pretended_sysctls"`
	// Sysctls are set; all of them belong to the node's network namespace.
	Sysctls map[string]string `json:"sysctls"`
	// Setup are commands run in order before the components; one that fails ends the node.
	Setup [][]string `json:"setup"`
	// Environment of commands and components, as KEY=VALUE.
	Environment []string    `json:"environment"`
	Components  []Component `json:"components"`
	// StatusFile is where init tells what runs.
	StatusFile string `json:"status_file"`
}

// Bind shows a file or directory of the machine at a path of the node.
type Bind struct {
	Source   string `json:"source"`
	Target   string `json:"target"`
	ReadOnly bool   `json:"read_only"`
}

// Component is a program that runs as long as the node does.
type Component struct {
	Name string   `json:"name"`
	Argv []string `json:"argv"`
	Log  string   `json:"log"`
	// After are the addresses that must accept a connection before this one is started.
	After []Address `json:"after"`
	// Listeners says that it gets the inherited listeners from descriptor 3 on.
	Listeners bool `json:"listeners"`
}

// Address is an address in the words of net.Dial, or a URL of network "https" that answers with success.
type Address struct {
	Network string `json:"network"`
	Address string `json:"address"`
}

func loadPlan(path string) (*Plan, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	plan := &Plan{}
	if err := json.Unmarshal(content, plan); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return plan, nil
}
