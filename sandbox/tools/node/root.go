package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// devices of the machine that a node needs; pods get their own from the container runtime.
var devices = []string{"null", "zero", "full", "random", "urandom", "tty", "kmsg", "fuse"}

// optionalDevices are left out where the machine has none.
var optionalDevices = map[string]bool{"fuse": true, "kmsg": true}

// enterRoot assembles the node's root file system and makes it this process's root; the machine's is gone afterwards.
func enterRoot(plan *Plan) error {
	steps := []struct {
		what string
		do   func() error
	}{
		{"keep mounts from the machine", func() error { return syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "") }},
		{"lay the root file system", func() error { return layRoot(plan) }},
		{"show the machine's files", func() error { return bindAll(plan) }},
		{"mount the kernel's file systems", func() error { return mountKernel(plan) }},
		{"change the root", func() error { return pivot(merged(plan)) }},
		{"link programs", func() error { return link(plan.Symlinks) }},
		{"write files", func() error { return write(plan.Files) }},
		{"stand in for the machine's sysctls", func() error { return pretend(plan.PretendedSysctls) }},
		{"prepare cgroups", func() error { return prepareCgroups(plan) }},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}

func merged(plan *Plan) string { return filepath.Join(plan.Root, "merged") }

// layRoot puts a writable tmpfs layer over the read-only one. The layers are named relative to the working directory
// because overlayfs reads a comma or colon in a path as a separator.
func layRoot(plan *Plan) error {
	if err := syscall.Mount("tmpfs", plan.Root, "tmpfs", 0, "mode=0755"); err != nil {
		return err
	}
	for _, name := range []string{"lower", "upper", "work", "merged"} {
		if err := os.Mkdir(filepath.Join(plan.Root, name), 0o755); err != nil {
			return err
		}
	}
	if err := os.Chdir(plan.Root); err != nil {
		return err
	}
	if err := syscall.Mount(plan.Lower, "lower", "", syscall.MS_BIND, ""); err != nil {
		return fmt.Errorf("%s: %w", plan.Lower, err)
	}
	return syscall.Mount("overlay", "merged", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work")
}

func bindAll(plan *Plan) error {
	for _, directory := range []string{"run", "tmp"} {
		target := filepath.Join(merged(plan), directory)
		if err := mountAt(target, "tmpfs", "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "mode=0755"); err != nil {
			return err
		}
	}
	if err := os.Chmod(filepath.Join(merged(plan), "tmp"), 0o1777); err != nil {
		return err
	}
	for _, bind := range plan.Binds {
		if err := bindOne(bind, filepath.Join(merged(plan), bind.Target)); err != nil {
			return fmt.Errorf("%s at %s: %w", bind.Source, bind.Target, err)
		}
	}
	return nil
}

func bindOne(bind Bind, target string) error {
	if err := makeTarget(bind.Source, target); err != nil {
		return err
	}
	if err := syscall.Mount(bind.Source, target, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
		return err
	}
	if !bind.ReadOnly {
		return nil
	}
	return syscall.Mount("", target, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
}

// makeTarget makes an empty file or directory to mount on, of the kind that source is.
func makeTarget(source, target string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.MkdirAll(target, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(target, os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	return file.Close()
}

func mountAt(target, source, kind string, flags uintptr, data string) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	if err := syscall.Mount(source, target, kind, flags, data); err != nil {
		return fmt.Errorf("%s on %s: %w", kind, target, err)
	}
	return nil
}

// mountKernel gives the node /proc, /sys and /dev of its own namespaces.
func mountKernel(plan *Plan) error {
	root := merged(plan)
	quiet := uintptr(syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC)
	for _, mount := range []struct {
		target, kind string
		flags        uintptr
		data         string
	}{
		{"proc", "proc", quiet, ""},
		{"sys", "sysfs", quiet, ""},
		{"dev", "tmpfs", syscall.MS_NOSUID, "mode=0755"},
		{"dev/shm", "tmpfs", syscall.MS_NOSUID | syscall.MS_NODEV, "mode=1777"},
		{"dev/mqueue", "mqueue", quiet, ""},
		{"dev/pts", "devpts", syscall.MS_NOSUID | syscall.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620"},
	} {
		if err := mountAt(filepath.Join(root, mount.target), mount.kind, mount.kind, mount.flags, mount.data); err != nil {
			return err
		}
	}
	for _, name := range devices {
		source := filepath.Join("/dev", name)
		if _, err := os.Stat(source); os.IsNotExist(err) && optionalDevices[name] {
			continue
		}
		if err := bindOne(Bind{Source: source}, filepath.Join(root, "dev", name)); err != nil {
			return fmt.Errorf("%s: %w", source, err)
		}
	}
	return link(map[string]string{
		filepath.Join(root, "dev/ptmx"):   "pts/ptmx",
		filepath.Join(root, "dev/fd"):     "/proc/self/fd",
		filepath.Join(root, "dev/stdin"):  "/proc/self/fd/0",
		filepath.Join(root, "dev/stdout"): "/proc/self/fd/1",
		filepath.Join(root, "dev/stderr"): "/proc/self/fd/2",
	})
}

// pivot makes root the root of this process and forgets the machine's. Mounts made by the kubelet must reach the
// container runtime and back (mount propagation), hence the shared tree.
func pivot(root string) error {
	old := filepath.Join(root, ".machine")
	if err := os.Mkdir(old, 0o700); err != nil {
		return err
	}
	if err := syscall.PivotRoot(root, old); err != nil {
		return err
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	if err := syscall.Unmount("/.machine", syscall.MNT_DETACH); err != nil {
		return err
	}
	if err := os.Remove("/.machine"); err != nil {
		return err
	}
	return syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SHARED, "")
}

func link(symlinks map[string]string) error {
	for _, path := range sortedKeys(symlinks) {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.Symlink(symlinks[path], path); err != nil {
			return err
		}
	}
	return nil
}

func write(files map[string]string) error {
	for _, path := range sortedKeys(files) {
		if err := os.WriteFile(path, []byte(files[path]), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// pretend covers each sysctl with a file that holds the wanted value: the kubelet checks and else sets a few that have
// no namespace, and the machine's must stay as they are.
func pretend(values map[string]string) error {
	for _, key := range sortedKeys(values) {
		path := filepath.Join("/proc/sys", strings.ReplaceAll(key, ".", "/"))
		if _, err := os.Stat(path); os.IsNotExist(err) {
			continue
		}
		file := filepath.Join("/run/sysctl", key)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(values[key]+"\n"), 0o644); err != nil {
			return err
		}
		if err := bindOne(Bind{Source: file}, path); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}
