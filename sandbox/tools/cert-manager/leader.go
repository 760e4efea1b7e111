package main

import (
	"time"

	"github.com/spf13/pflag"
)

// leaderElection says whether and how one of several replicas is chosen to act.
type leaderElection struct {
	enabled       bool
	namespace     string
	leaseDuration time.Duration
	renewDeadline time.Duration
	retryPeriod   time.Duration
}

func (l *leaderElection) addTo(flags *pflag.FlagSet) {
	flags.BoolVar(&l.enabled, "leader-elect", true, "act only while holding the lease")
	flags.StringVar(&l.namespace, "leader-election-namespace", "kube-system", "namespace of the lease")
	flags.DurationVar(&l.leaseDuration, "leader-election-lease-duration", 60*time.Second, "others wait this long")
	flags.DurationVar(&l.renewDeadline, "leader-election-renew-deadline", 40*time.Second, "give up after this long")
	flags.DurationVar(&l.retryPeriod, "leader-election-retry-period", 15*time.Second, "time between two tries")
}
