package main

import (
	"fmt"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	net "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// addressMatch matches the other side of a packet.
func addressMatch(way direction, addresses ...string) string {
	if len(addresses) == 1 {
		return otherSide(way) + " " + addresses[0]
	}
	return otherSide(way) + " { " + strings.Join(addresses, ", ") + " }"
}

// blockMatch matches a range without its exceptions; empty for IPv6, which this cluster has none of. Exceptions may
// overlap, which not every nft accepts within one set: each gets a match of its own.
func blockMatch(way direction, block *net.IPBlock) string {
	if strings.Contains(block.CIDR, ":") {
		return ""
	}
	match := otherSide(way) + " " + block.CIDR
	for _, exception := range block.Except {
		match += " " + otherSide(way) + " != " + exception
	}
	return match
}

func otherSide(way direction) string {
	if way == egress {
		return "ip daddr"
	}
	return "ip saddr"
}

// portMatches are the matches of a rule's ports, one of which must hold; no port at all means any. A name that the
// receiver does not have, or without a receiver any name, matches nothing.
func portMatches(ports []net.NetworkPolicyPort, receiver *core.Pod) []string {
	if len(ports) == 0 {
		return []string{""}
	}
	var matches []string
	for _, port := range ports {
		protocol := "tcp"
		if port.Protocol != nil {
			protocol = strings.ToLower(string(*port.Protocol))
		}
		switch {
		case port.Port == nil:
			matches = append(matches, "meta l4proto "+protocol)
		case port.Port.Type == intstr.String:
			for _, number := range named(receiver, port.Port.StrVal, protocol) {
				matches = append(matches, fmt.Sprintf("%s dport %d", protocol, number))
			}
		case port.EndPort != nil:
			matches = append(matches, fmt.Sprintf("%s dport %d-%d", protocol, port.Port.IntVal, *port.EndPort))
		default:
			matches = append(matches, fmt.Sprintf("%s dport %d", protocol, port.Port.IntVal))
		}
	}
	return matches
}

func hasNamed(ports []net.NetworkPolicyPort) bool {
	return slices.ContainsFunc(ports, func(port net.NetworkPolicyPort) bool {
		return port.Port != nil && port.Port.Type == intstr.String
	})
}

// named are the numbers of a pod's container ports of that name; sidecars are init containers.
func named(pod *core.Pod, name, protocol string) []int32 {
	if pod == nil {
		return nil
	}
	var numbers []int32
	for _, container := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		for _, port := range container.Ports {
			// A protocol that is not given is TCP.
			given := strings.ToLower(string(port.Protocol))
			if port.Name == name && (given == protocol || given == "" && protocol == "tcp") {
				numbers = append(numbers, port.ContainerPort)
			}
		}
	}
	return numbers
}
