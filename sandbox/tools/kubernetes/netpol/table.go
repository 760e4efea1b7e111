package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const policyComment = " # policy "

// table is the nftables script that replaces the whole table in one transaction.
//
// A chain for each guarded direction of a pod returns what is allowed and drops the rest. Packets between pods are
// forwarded, those from a pod to the node come in: the pod's egress holds for both. The hooks lie just before the
// filter priority, after services were translated to pod addresses. A comment on each rule names its policy.
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

func chain(to *strings.Builder, name string, allowed []rule) {
	fmt.Fprintf(to, " chain %s {\n", name)
	for _, one := range allowed {
		fmt.Fprintf(to, "  %s%s%s\n", strings.TrimSpace(one.match+" return"), policyComment, one.policy)
	}
	to.WriteString("  counter drop\n }\n")
}

// applyTable gives the script to nft.
func applyTable(ctx context.Context, script string) error {
	command := exec.CommandContext(ctx, "nft", "-f", "-")
	command.Stdin = strings.NewReader(script)
	if output, err := command.CombinedOutput(); err != nil && ctx.Err() == nil {
		said := strings.TrimSpace(string(output))
		return fmt.Errorf("nft refuses %s: %w: %s", offender(script, said), err, said)
	}
	return nil
}

// complaint is how nft says which line it does not accept.
var complaint = regexp.MustCompile(`(?m)^\S*:(\d+):\d+-\d+: Error`)

// offender names the policies whose rules nft complains of, or the whole table when it names no line of theirs.
func offender(script, said string) string {
	lines := strings.Split(script, "\n")
	var policies []string
	for _, found := range complaint.FindAllStringSubmatch(said, -1) {
		number, err := strconv.Atoi(found[1])
		if err != nil || number < 1 || number > len(lines) {
			continue
		}
		if _, policy, known := strings.Cut(lines[number-1], policyComment); known && !slices.Contains(policies, policy) {
			policies = append(policies, policy)
		}
	}
	if len(policies) == 0 {
		return "the table"
	}
	return "policy " + strings.Join(policies, ", ")
}
