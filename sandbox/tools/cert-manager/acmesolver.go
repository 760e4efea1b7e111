package main

import (
	"context"

	"github.com/cert-manager/cert-manager/pkg/issuer/acme/http/solver"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
)

func runSolver(ctx context.Context, arguments []string) error {
	c := newCommon("acmesolver")
	answer := &solver.HTTP01Solver{}
	c.flags.IntVar(&answer.ListenPort, "listen-port", 8089, "port to answer on")
	c.flags.StringVar(&answer.Domain, "domain", "", "domain that is verified")
	c.flags.StringVar(&answer.Token, "token", "", "token that is asked for")
	c.flags.StringVar(&answer.Key, "key", "", "key that is the answer")
	ctx, err := c.parse(ctx, arguments)
	if err != nil {
		return err
	}
	go func() {
		<-ctx.Done()
		if err := answer.Server.Shutdown(context.Background()); err != nil {
			logf.FromContext(ctx).Error(err, "shutting down")
		}
	}()
	return answer.Listen(logf.FromContext(ctx))
}
