package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	netlisters "k8s.io/client-go/listers/networking/v1"
	"k8s.io/client-go/tools/cache"
)

// settle is how long changes are gathered before the table is replaced: a roll-out brings many at once.
const settle = 50 * time.Millisecond

// agent keeps the node's table as the cluster's policies demand.
type agent struct {
	node       string
	apply      func(ctx context.Context, script string) error
	factory    informers.SharedInformerFactory
	pods       corelisters.PodLister
	namespaces corelisters.NamespaceLister
	policies   netlisters.NetworkPolicyLister
	changed    chan struct{}
	// last is the table that is in force; empty before the first.
	last string
}

func newAgent(client kubernetes.Interface, node string, apply func(context.Context, string) error) *agent {
	factory := informers.NewSharedInformerFactory(client, 0)
	return &agent{
		node:       node,
		apply:      apply,
		factory:    factory,
		pods:       factory.Core().V1().Pods().Lister(),
		namespaces: factory.Core().V1().Namespaces().Lister(),
		policies:   factory.Networking().V1().NetworkPolicies().Lister(),
		changed:    make(chan struct{}, 1),
	}
}

// run enforces until ctx is done. Nothing is enforced before everything is known: half the pods and all policies would
// close doors that should be open. What cannot be enforced at first ends it. Later the last table stays in force until a
// change makes one that can be: a single policy must not take the node from everybody.
func (a *agent) run(ctx context.Context) error {
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { a.notice() },
		UpdateFunc: func(any, any) { a.notice() },
		DeleteFunc: func(any) { a.notice() },
	}
	for _, informer := range []cache.SharedIndexInformer{
		a.factory.Core().V1().Pods().Informer(),
		a.factory.Core().V1().Namespaces().Informer(),
		a.factory.Networking().V1().NetworkPolicies().Informer(),
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	// Shutdown waits for the watches, which end with their context only.
	ctx, stop := context.WithCancel(ctx)
	defer a.factory.Shutdown()
	defer stop()
	a.factory.Start(ctx.Done())
	for kind, synced := range a.factory.WaitForCacheSync(ctx.Done()) {
		if !synced && ctx.Err() == nil {
			return fmt.Errorf("cannot list every %s", kind)
		}
	}
	a.notice()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-a.changed:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(settle):
		}
		if err := a.enforce(ctx); err != nil {
			if a.last == "" {
				return err
			}
			log.Printf("the policies as they are now are not enforced, those of before still are: %v", err)
		}
	}
}

// notice remembers that something changed; once is enough until it is looked at.
func (a *agent) notice() {
	select {
	case a.changed <- struct{}{}:
	default:
	}
}

func (a *agent) enforce(ctx context.Context) error {
	world, err := a.look()
	if err != nil {
		return err
	}
	guards, err := world.guards(a.node)
	if err != nil {
		return err
	}
	script := table(guards)
	if script == a.last {
		return nil
	}
	if err := a.apply(ctx, script); err != nil {
		return err
	}
	a.last = script
	log.Printf("%d pods are guarded", len(guards))
	return nil
}

func (a *agent) look() (*world, error) {
	pods, err := a.pods.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	namespaces, err := a.namespaces.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	policies, err := a.policies.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	return newWorld(pods, namespaces, policies), nil
}
