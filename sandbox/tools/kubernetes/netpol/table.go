package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// table is the nftables script that replaces the whole table in one transaction.
//
// A chain for each guarded direction of a pod returns what is allowed and drops the rest. Packets between pods are
// forwarded, those from a pod to the node come in: the pod's egress holds for both. The hooks lie just before the
// filter priority, after services were translated to pod addresses.
func table(guards []*guard) string {
	var chains, in, out strings.Builder
	for _, one := range guards {
		name := strings.ReplaceAll(one.address, ".", "_")
		if one.isolated[ingress] {
			chain(&chains, "in_"+name, one.allowed[ingress])
			fmt.Fprintf(&in, "  ip daddr %s jump in_%s\n", one.address, name)
		}
		if one.isolated[egress] {
			chain(&chains, "out_"+name, one.allowed[egress])
			fmt.Fprintf(&out, "  ip saddr %s jump out_%s\n", one.address, name)
		}
	}
	return "add table ip netpol\ndelete table ip netpol\ntable ip netpol {\n" +
		chains.String() +
		" chain egress {\n" + out.String() + " }\n" +
		" chain ingress {\n" + in.String() + " }\n" +
		" chain forward {\n" +
		"  type filter hook forward priority filter - 5; policy accept;\n" +
		"  ct state established,related accept\n" +
		"  jump egress\n  jump ingress\n }\n" +
		" chain input {\n" +
		"  type filter hook input priority filter - 5; policy accept;\n" +
		"  ct state established,related accept\n" +
		"  jump egress\n }\n}\n"
}

func chain(to *strings.Builder, name string, allowed []string) {
	fmt.Fprintf(to, " chain %s {\n", name)
	for _, match := range allowed {
		fmt.Fprintf(to, "  %s\n", strings.TrimSpace(match+" return"))
	}
	to.WriteString("  counter drop\n }\n")
}

// applyTable gives the script to nft.
func applyTable(ctx context.Context, script string) error {
	command := exec.CommandContext(ctx, "nft", "-f", "-")
	command.Stdin = strings.NewReader(script)
	if output, err := command.CombinedOutput(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("nft: %w: %s\n%s", err, strings.TrimSpace(string(output)), script)
	}
	return nil
}
