package main

import (
	"cmp"
	"slices"

	core "k8s.io/api/core/v1"
	net "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// world is what the API server knows at one moment, in a fixed order.
type world struct {
	// pods are those that have an address of their own.
	pods       []*core.Pod
	namespaces []*core.Namespace
	policies   []*net.NetworkPolicy
}

// newWorld sorts what it is given and leaves out pods without an address of their own: those of the node's network
// have the node's, those that are done have none any more, and it may be another's by now.
func newWorld(pods []*core.Pod, namespaces []*core.Namespace, policies []*net.NetworkPolicy) *world {
	w := &world{pods: slices.DeleteFunc(slices.Clone(pods), func(pod *core.Pod) bool {
		done := pod.Status.Phase == core.PodSucceeded || pod.Status.Phase == core.PodFailed
		return done || pod.Status.PodIP == "" || pod.Spec.HostNetwork
	}), namespaces: slices.Clone(namespaces), policies: slices.Clone(policies)}
	slices.SortFunc(w.pods, func(a, b *core.Pod) int { return byName(a, b) })
	slices.SortFunc(w.namespaces, func(a, b *core.Namespace) int { return byName(a, b) })
	slices.SortFunc(w.policies, func(a, b *net.NetworkPolicy) int { return byName(a, b) })
	return w
}

func byName(a, b meta.Object) int {
	return cmp.Or(cmp.Compare(a.GetNamespace(), b.GetNamespace()), cmp.Compare(a.GetName(), b.GetName()))
}

// selected are the pods of a namespace that a selector picks; an empty selector picks all.
func (w *world) selected(namespace string, selector *meta.LabelSelector) ([]*core.Pod, error) {
	picks, err := meta.LabelSelectorAsSelector(selector)
	if err != nil {
		return nil, err
	}
	var pods []*core.Pod
	for _, pod := range w.pods {
		if pod.Namespace == namespace && picks.Matches(labels.Set(pod.Labels)) {
			pods = append(pods, pod)
		}
	}
	return pods, nil
}

// peers are the pods that a peer of a policy in namespace means. Without a namespace selector they are of the policy's
// own namespace, without a pod selector they are all of the namespaces.
func (w *world) peers(namespace string, peer net.NetworkPolicyPeer) ([]*core.Pod, error) {
	podSelector := peer.PodSelector
	if podSelector == nil {
		podSelector = &meta.LabelSelector{}
	}
	if peer.NamespaceSelector == nil {
		return w.selected(namespace, podSelector)
	}
	picks, err := meta.LabelSelectorAsSelector(peer.NamespaceSelector)
	if err != nil {
		return nil, err
	}
	var pods []*core.Pod
	for _, one := range w.namespaces {
		if !picks.Matches(labels.Set(one.Labels)) {
			continue
		}
		found, err := w.selected(one.Name, podSelector)
		if err != nil {
			return nil, err
		}
		pods = append(pods, found...)
	}
	return pods, nil
}
