package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// namespaces are all but the cgroup one, which is rooted where its maker is: `join` makes it.
const namespaces = syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID |
	syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC

// start leaves `init` running in new namespaces and returns when the node is set up, or says why it is not. It stays
// out of the sandbox's cgroup itself: version 2 gives no controllers to the children of a group that has processes.
func start(planPath string, descriptors []string) error {
	listeners, err := opened(descriptors)
	if err != nil {
		return err
	}
	plan, err := loadPlan(planPath)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(plan.SetupLog, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	outcome, report, err := os.Pipe()
	if err != nil {
		return err
	}
	init := exec.Command("/proc/self/exe", "join", planPath)
	init.Stdout, init.Stderr = log, log
	init.ExtraFiles = append([]*os.File{report}, listeners...)
	init.SysProcAttr = &syscall.SysProcAttr{Cloneflags: namespaces, Setsid: true}
	if err := init.Start(); err != nil {
		return fmt.Errorf("make the node's namespaces: %w", err)
	}
	report.Close()
	said, err := io.ReadAll(outcome)
	if err != nil {
		return err
	}
	if string(said) != setUp {
		state, _ := init.Process.Wait()
		return fmt.Errorf("the node's first process ended (%v): %s", state, said)
	}
	return init.Process.Release()
}

// opened returns the files that the caller left open for us.
func opened(descriptors []string) ([]*os.File, error) {
	var files []*os.File
	for _, descriptor := range descriptors {
		fd, err := strconv.Atoi(descriptor)
		if err != nil {
			return nil, fmt.Errorf("descriptor %q is not a number", descriptor)
		}
		syscall.CloseOnExec(fd)
		files = append(files, os.NewFile(uintptr(fd), "listener "+descriptor))
	}
	return files, nil
}

// inherited returns the sockets from descriptor first on, up to the first that is none.
func inherited(first int) []*os.File {
	var files []*os.File
	for fd := first; ; fd++ {
		var stat syscall.Stat_t
		if syscall.Fstat(fd, &stat) != nil || stat.Mode&syscall.S_IFMT != syscall.S_IFSOCK {
			return files
		}
		syscall.CloseOnExec(fd)
		files = append(files, os.NewFile(uintptr(fd), "listener "+strconv.Itoa(fd)))
	}
}
