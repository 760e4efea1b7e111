package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	net "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// direction of traffic as a pod sees it.
type direction int

const (
	ingress direction = iota
	egress
)

// rule lets a packet through: an nftables match, and the policy (namespace/name) that asks for it.
type rule struct{ match, policy string }

// guard is what one pod may exchange. A direction that no policy speaks of is open.
type guard struct {
	address string
	// isolated says whether a policy speaks of the direction, allowed are the rules that let a packet through.
	isolated [2]bool
	allowed  [2][]rule
}

// guards are the pods of a node that any policy speaks of, by address.
func (w *world) guards(node string) ([]*guard, error) {
	byAddress := map[string]*guard{}
	for _, policy := range w.policies {
		pods, err := w.selected(policy.Namespace, &policy.Spec.PodSelector)
		if err != nil {
			return nil, fmt.Errorf("policy %s/%s: %w", policy.Namespace, policy.Name, err)
		}
		for _, pod := range pods {
			if pod.Spec.NodeName != node {
				continue
			}
			one := byAddress[pod.Status.PodIP]
			if one == nil {
				one = &guard{address: pod.Status.PodIP}
				byAddress[pod.Status.PodIP] = one
			}
			if err := w.extend(one, policy, pod); err != nil {
				return nil, fmt.Errorf("policy %s/%s: %w", policy.Namespace, policy.Name, err)
			}
		}
	}
	var guards []*guard
	for _, one := range byAddress {
		guards = append(guards, one)
	}
	slices.SortFunc(guards, func(a, b *guard) int { return cmp.Compare(a.address, b.address) })
	return guards, nil
}

// extend adds what one policy allows the pod: policies only ever add to each other.
func (w *world) extend(one *guard, policy *net.NetworkPolicy, pod *core.Pod) error {
	for _, kind := range policy.Spec.PolicyTypes {
		if kind == net.PolicyTypeIngress {
			one.isolated[ingress] = true
			for _, rule := range policy.Spec.Ingress {
				if err := w.allow(one, ingress, policy, pod, rule.From, rule.Ports); err != nil {
					return err
				}
			}
		}
		if kind == net.PolicyTypeEgress {
			one.isolated[egress] = true
			for _, rule := range policy.Spec.Egress {
				if err := w.allow(one, egress, policy, pod, rule.To, rule.Ports); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// allow adds the matches of one rule. The port is always the receiver's: a name means this pod's container port on the
// way in and the peer's on the way out, so that each peer needs matches of its own then.
func (w *world) allow(one *guard, way direction, policy *net.NetworkPolicy, pod *core.Pod, peers []net.NetworkPolicyPeer, ports []net.NetworkPolicyPort) error {
	add := func(address string, receiver *core.Pod) {
		for _, port := range portMatches(ports, receiver) {
			match := strings.TrimSpace(address + " " + port)
			one.allowed[way] = append(one.allowed[way], rule{match, policy.Namespace + "/" + policy.Name})
		}
	}
	receiver := pod
	if way == egress {
		receiver = nil
	}
	if len(peers) == 0 {
		add("", receiver)
		if way == egress && hasNamed(ports) {
			peers = []net.NetworkPolicyPeer{{NamespaceSelector: &meta.LabelSelector{}}}
		}
	}
	for _, peer := range peers {
		if peer.IPBlock != nil {
			if match := blockMatch(way, peer.IPBlock); match != "" {
				add(match, receiver)
			}
			continue
		}
		pods, err := w.peers(policy.Namespace, peer)
		if err != nil {
			return err
		}
		switch {
		case way == egress && hasNamed(ports):
			for _, other := range pods {
				add(addressMatch(way, other.Status.PodIP), other)
			}
		case len(pods) > 0:
			add(addressMatch(way, addresses(pods)...), receiver)
		}
	}
	return nil
}

func addresses(pods []*core.Pod) []string {
	var found []string
	for _, pod := range pods {
		found = append(found, pod.Status.PodIP)
	}
	slices.Sort(found)
	return slices.Compact(found)
}
