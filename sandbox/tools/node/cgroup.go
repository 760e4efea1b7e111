package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

const cgroupRoot = "/sys/fs/cgroup"

// thisProcess is what cgroup.procs takes for the process that writes it, whatever its number in the machine's count.
const thisProcess = "0"

// enterCgroup moves this process into the sandbox's group of each tree and takes that group as the root of what it sees.
// Only the calling thread changes its namespace: the process has to replace itself by another program next.
func enterCgroup(plan *Plan) error {
	for _, procs := range plan.CgroupProcs {
		if err := os.WriteFile(procs, []byte(thisProcess), 0o644); err != nil {
			return fmt.Errorf("join the sandbox's cgroup: %w", err)
		}
	}
	runtime.LockOSThread()
	if err := syscall.Unshare(syscall.CLONE_NEWCGROUP); err != nil {
		return fmt.Errorf("make a cgroup namespace: %w", err)
	}
	return nil
}

// prepareCgroups mounts the hierarchies: the cgroup namespace shows only what lies below the sandbox's own cgroup.
func prepareCgroups(plan *Plan) error {
	flags := uintptr(syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC)
	if plan.CgroupVersion == 2 {
		if err := mountAt(cgroupRoot, "cgroup2", "cgroup2", flags, ""); err != nil {
			return err
		}
		return delegate()
	}
	if err := mountAt(cgroupRoot, "tmpfs", "tmpfs", flags, "mode=0755"); err != nil {
		return err
	}
	for _, directory := range sortedKeys(plan.CgroupHierarchies) {
		target := filepath.Join(cgroupRoot, directory)
		if err := mountAt(target, "cgroup", "cgroup", flags, plan.CgroupHierarchies[directory]); err != nil {
			return err
		}
	}
	return nil
}

// delegate frees the root of the version 2 tree of processes, so that its controllers can be given to the kubelet's
// groups: https://docs.kernel.org/admin-guide/cgroup-v2.html#no-internal-process-constraint
func delegate() error {
	daemons := filepath.Join(cgroupRoot, "daemons")
	if err := os.Mkdir(daemons, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(daemons, "cgroup.procs"), []byte(thisProcess), 0o644); err != nil {
		return err
	}
	controllers, err := os.ReadFile(filepath.Join(cgroupRoot, "cgroup.controllers"))
	if err != nil {
		return err
	}
	for _, controller := range strings.Fields(string(controllers)) {
		control := filepath.Join(cgroupRoot, "cgroup.subtree_control")
		if err := os.WriteFile(control, []byte("+"+controller), 0o644); err != nil {
			return err
		}
	}
	return nil
}
