package main

import (
	"context"

	"github.com/spf13/pflag"

	// Only here does the library's server need what is internal; go.mod says how that is allowed.
	server "github.com/cert-manager/cert-manager/internal/webhook"

	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/webhook/options"
)

func runWebhook(ctx context.Context, arguments []string) error {
	configuration, err := options.NewWebhookConfiguration()
	if err != nil {
		return err
	}
	flags := pflag.NewFlagSet("webhook", pflag.ContinueOnError)
	options.AddConfigFlags(flags, configuration)
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	ctx, err = apply(ctx, flags.Name(), configuration.FeatureGates, &configuration.Logging)
	if err != nil {
		return err
	}
	webhook, err := server.NewCertManagerWebhookServer(logf.FromContext(ctx), *configuration)
	if err != nil {
		return err
	}
	return webhook.Run(ctx)
}
