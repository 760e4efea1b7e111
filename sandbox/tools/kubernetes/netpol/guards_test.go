package main

import (
	"slices"
	"testing"

	core "k8s.io/api/core/v1"
	net "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const node = "here"

func pod(namespace, name, address string, ports ...core.ContainerPort) *core.Pod {
	return &core.Pod{
		ObjectMeta: meta.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": name}},
		Spec:       core.PodSpec{NodeName: node, Containers: []core.Container{{Name: "main", Ports: ports}}},
		Status:     core.PodStatus{PodIP: address, Phase: core.PodRunning},
	}
}

func namespace(name string) *core.Namespace {
	return &core.Namespace{ObjectMeta: meta.ObjectMeta{Name: name, Labels: map[string]string{"name": name}}}
}

func picks(key, value string) *meta.LabelSelector {
	return &meta.LabelSelector{MatchLabels: map[string]string{key: value}}
}

func port(value any) net.NetworkPolicyPort {
	switch value := value.(type) {
	case string:
		named := intstr.FromString(value)
		return net.NetworkPolicyPort{Port: &named}
	case int:
		number := intstr.FromInt32(int32(value))
		return net.NetworkPolicyPort{Port: &number}
	}
	return net.NetworkPolicyPort{}
}

// speech guards the pod `speech` of namespace `voice`.
func speech(ingress []net.NetworkPolicyIngressRule, egress []net.NetworkPolicyEgressRule, types ...net.PolicyType) *net.NetworkPolicy {
	return &net.NetworkPolicy{
		ObjectMeta: meta.ObjectMeta{Namespace: "voice", Name: "speech"},
		Spec:       net.NetworkPolicySpec{PodSelector: *picks("app", "speech"), PolicyTypes: types, Ingress: ingress, Egress: egress},
	}
}

func from(ports []net.NetworkPolicyPort, peers ...net.NetworkPolicyPeer) []net.NetworkPolicyIngressRule {
	return []net.NetworkPolicyIngressRule{{Ports: ports, From: peers}}
}

func to(ports []net.NetworkPolicyPort, peers ...net.NetworkPolicyPeer) []net.NetworkPolicyEgressRule {
	return []net.NetworkPolicyEgressRule{{Ports: ports, To: peers}}
}

func only(policy *net.NetworkPolicy) []*net.NetworkPolicy { return []*net.NetworkPolicy{policy} }

func campus() *world {
	return newWorld(
		[]*core.Pod{
			pod("voice", "speech", "10.244.0.5", core.ContainerPort{Name: "web", ContainerPort: 7860}),
			pod("gateway", "envoy", "10.244.0.7"),
			pod("gateway", "contour", "10.244.0.6", core.ContainerPort{Name: "xds", ContainerPort: 8001, Protocol: core.ProtocolTCP}),
		},
		[]*core.Namespace{namespace("voice"), namespace("gateway")},
		nil,
	)
}

func TestAPodIsOpenToExactlyWhatItsPoliciesName(t *testing.T) {
	envoy := net.NetworkPolicyPeer{NamespaceSelector: picks("name", "gateway"), PodSelector: picks("app", "envoy")}
	gateway := net.NetworkPolicyPeer{NamespaceSelector: picks("name", "gateway")}
	udp, last := core.ProtocolUDP, int32(9000)
	serial := port(8000)
	serial.EndPort = &last
	anyUDP := net.NetworkPolicyPort{Protocol: &udp}
	office := net.NetworkPolicyPeer{IPBlock: &net.IPBlock{CIDR: "192.0.2.0/24", Except: []string{"192.0.2.0/28", "192.0.2.8/29"}}}
	abroad := net.NetworkPolicyPeer{IPBlock: &net.IPBlock{CIDR: "2001:db8::/32"}}
	ports := func(of ...net.NetworkPolicyPort) []net.NetworkPolicyPort { return of }
	for name, one := range map[string]struct {
		policies []*net.NetworkPolicy
		way      direction
		allowed  []string
	}{
		"nobody, when no rule follows": {only(speech(nil, nil, net.PolicyTypeIngress)), ingress, nil},
		"everybody, when a rule names nobody": {
			only(speech(from(nil), nil, net.PolicyTypeIngress)), ingress, []string{""},
		},
		"the gateway's Envoy at a number": {
			only(speech(from(ports(port(7860)), envoy), nil, net.PolicyTypeIngress)), ingress,
			[]string{"ip saddr 10.244.0.7 tcp dport 7860"},
		},
		"the gateway's Envoy at the number behind a name": {
			only(speech(from(ports(port("web")), envoy), nil, net.PolicyTypeIngress)), ingress,
			[]string{"ip saddr 10.244.0.7 tcp dport 7860"},
		},
		"nobody at a name that the pod does not have": {
			only(speech(from(ports(port("metrics")), envoy), nil, net.PolicyTypeIngress)), ingress, nil,
		},
		"all pods of a namespace in a range of ports": {
			only(speech(from(ports(serial), gateway), nil, net.PolicyTypeIngress)), ingress,
			[]string{"ip saddr { 10.244.0.6, 10.244.0.7 } tcp dport 8000-9000"},
		},
		"pods of its own namespace, when none is named": {
			only(speech(from(nil, net.NetworkPolicyPeer{PodSelector: &meta.LabelSelector{}}), nil, net.PolicyTypeIngress)), ingress,
			[]string{"ip saddr 10.244.0.5"},
		},
		"addresses but for the exceptions, which may overlap, by one protocol": {
			only(speech(from(ports(anyUDP), office), nil, net.PolicyTypeIngress)), ingress,
			[]string{"ip saddr 192.0.2.0/24 ip saddr != 192.0.2.0/28 ip saddr != 192.0.2.8/29 meta l4proto udp"},
		},
		"no address of the other family": {
			only(speech(from(nil, abroad), nil, net.PolicyTypeIngress)), ingress, nil,
		},
		"on its way out, each peer at that peer's number behind a name": {
			only(speech(nil, to(ports(port("xds")), gateway), net.PolicyTypeEgress)), egress,
			[]string{"ip daddr 10.244.0.6 tcp dport 8001"},
		},
		"on its way out to anybody, the pods that have the name": {
			only(speech(nil, to(ports(port("xds"))), net.PolicyTypeEgress)), egress,
			[]string{"ip daddr 10.244.0.6 tcp dport 8001"},
		},
		"what either of two policies allows": {
			[]*net.NetworkPolicy{
				speech(nil, nil, net.PolicyTypeIngress),
				speech(from(ports(port(7860)), envoy), nil, net.PolicyTypeIngress),
			},
			ingress, []string{"ip saddr 10.244.0.7 tcp dport 7860"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			world := campus()
			world.policies = one.policies
			guards, err := world.guards(node)
			if err != nil {
				t.Fatal(err)
			}
			if len(guards) != 1 || guards[0].address != "10.244.0.5" {
				t.Fatalf("only the selected pod is guarded, not %+v", guards)
			}
			if !guards[0].isolated[one.way] || guards[0].isolated[1-one.way] {
				t.Errorf("a policy isolates the direction it speaks of and no other, not %v", guards[0].isolated)
			}
			var matches []string
			for _, allowed := range guards[0].allowed[one.way] {
				matches = append(matches, allowed.match)
			}
			if !slices.Equal(matches, one.allowed) {
				t.Errorf("allowed is\n%q, not\n%q", matches, one.allowed)
			}
		})
	}
}

func TestAnAddressThatAPodHasGivenUpIsNotItsAnyMore(t *testing.T) {
	done := pod("gateway", "envoy", "10.244.0.7")
	done.Status.Phase = core.PodSucceeded
	onTheNode := pod("gateway", "agent", "10.250.0.1")
	onTheNode.Spec.HostNetwork = true
	world := newWorld([]*core.Pod{done, onTheNode, pod("gateway", "new", "")}, nil, nil)
	if len(world.pods) != 0 {
		t.Errorf("pods without an address of their own count as peers: %v", world.pods)
	}
}

func TestPodsOfOtherNodesAreGuardedThere(t *testing.T) {
	world := campus()
	world.policies = only(speech(nil, nil, net.PolicyTypeIngress))
	guards, err := world.guards("elsewhere")
	if err != nil || len(guards) != 0 {
		t.Errorf("guards for a node without the pod: %v, %v", guards, err)
	}
}
