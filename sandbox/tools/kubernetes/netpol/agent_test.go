package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	net "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

const deadline = 10 * time.Second

func TestTheTableDropsWhatNoRuleReturns(t *testing.T) {
	script := table([]*guard{{
		address:  "10.244.0.5",
		isolated: [2]bool{ingress: true},
		allowed:  [2][]rule{ingress: {{"ip saddr 10.244.0.7 tcp dport 7860", "voice/speech"}}},
	}})
	for _, wanted := range []string{
		"add table ip netpol\ndelete table ip netpol\n",
		" chain in_10_244_0_5 {\n  ip saddr 10.244.0.7 tcp dport 7860 return # policy voice/speech\n  counter drop\n }\n",
		" chain ingress {\n  ip daddr 10.244.0.5 jump in_10_244_0_5\n }\n",
		" chain egress {\n }\n",
	} {
		if !strings.Contains(script, wanted) {
			t.Errorf("the table lacks\n%s\nin\n%s", wanted, script)
		}
	}
}

func TestAPolicyIsEnforcedWhenItAppears(t *testing.T) {
	client := fake.NewSimpleClientset(namespace("voice"), pod("voice", "speech", "10.244.0.5"))
	applied := make(chan string, 10)
	ctx, stop := context.WithTimeout(context.Background(), deadline)
	ended := make(chan error, 1)
	go func() {
		ended <- newAgent(client, node, func(_ context.Context, script string) error {
			applied <- script
			return nil
		}).run(ctx)
	}()
	if first := <-applied; strings.Contains(first, "10.244.0.5") {
		t.Errorf("without a policy no pod is guarded, but\n%s", first)
	}
	policy := speech(nil, nil, net.PolicyTypeIngress)
	if _, err := client.NetworkingV1().NetworkPolicies("voice").Create(ctx, policy, meta.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	select {
	case second := <-applied:
		if !strings.Contains(second, "jump in_10_244_0_5") {
			t.Errorf("the new policy is not in\n%s", second)
		}
	case <-ctx.Done():
		t.Error("the new policy was never applied")
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("being told to end is no failure: %v", err)
	}
}

func TestAnAgentThatCannotEnforceEnds(t *testing.T) {
	refused := errors.New("operation not permitted")
	ctx, stop := context.WithTimeout(context.Background(), deadline)
	defer stop()
	agent := newAgent(fake.NewSimpleClientset(), node, func(context.Context, string) error { return refused })
	if err := agent.run(ctx); !errors.Is(err, refused) {
		t.Errorf("it ended with %v, not with what nft said", err)
	}
	if ctx.Err() != nil {
		t.Error("it did not end before it was told to")
	}
}

func TestATableThatIsRefusedLaterLeavesTheLastOneInForce(t *testing.T) {
	client := fake.NewSimpleClientset(namespace("voice"), pod("voice", "speech", "10.244.0.5"))
	ctx, stop := context.WithTimeout(context.Background(), deadline)
	defer stop()
	given := make(chan string, 10)
	ended := make(chan error, 1)
	go func() {
		ended <- newAgent(client, node, func(_ context.Context, script string) error {
			given <- script
			if strings.Contains(script, "voice/speech") {
				return errors.New("nft refuses policy voice/speech")
			}
			return nil
		}).run(ctx)
	}()
	next := func(what string) string {
		t.Helper()
		select {
		case script := <-given:
			return script
		case err := <-ended:
			t.Fatalf("it ended before %s: %v", what, err)
		case <-ctx.Done():
			t.Fatalf("%s never came", what)
		}
		return ""
	}
	next("the first table")
	policies := client.NetworkingV1().NetworkPolicies("voice")
	if _, err := policies.Create(ctx, speech(from(nil), nil, net.PolicyTypeIngress), meta.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	next("the refused table")
	if _, err := policies.Update(ctx, speech(nil, nil, net.PolicyTypeIngress), meta.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if mended := next("the mended table"); !strings.Contains(mended, "jump in_10_244_0_5") {
		t.Errorf("the mended policy is not in\n%s", mended)
	}
}

func TestARefusalNamesThePolicyWhoseRuleItIs(t *testing.T) {
	script := table([]*guard{{address: "10.244.0.5", isolated: [2]bool{ingress: true}, allowed: [2][]rule{ingress: {
		{"ip saddr 10.244.0.7", "voice/speech"}, {"tcp dport 9-8", "voice/wrong"},
	}}}})
	said := "/dev/stdin:6:13-15: Error: Range negative size\n  tcp dport 9-8 return # policy voice/wrong\n            ^^^"
	if named := offender(script, said); named != "policy voice/wrong" {
		t.Errorf("the refusal names %q, not the policy of its line in\n%s", named, script)
	}
	if named := offender(script, "Operation not permitted"); named != "the table" {
		t.Errorf("a refusal of no line names %q", named)
	}
}
