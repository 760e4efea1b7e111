package main

import (
	"context"
	"os"

	core "k8s.io/api/core/v1"
	extensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	aggregation "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metrics "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	certificates "github.com/cert-manager/cert-manager/pkg/client/clientset/versioned/scheme"
	"github.com/cert-manager/cert-manager/pkg/controller/cainjector"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util"
)

func runCAInjector(ctx context.Context, arguments []string) error {
	c := newCommon("cainjector")
	var leader leaderElection
	var namespace, kubeconfig, metricsAddress string
	leader.addTo(c.flags)
	c.flags.StringVar(&namespace, "namespace", "", "namespace to watch; empty for all")
	c.flags.StringVar(&kubeconfig, "kubeconfig", "", "file to reach the API server with; empty inside a cluster")
	c.flags.StringVar(&metricsAddress, "metrics-listen-address", "0.0.0.0:9402", "address of the metrics")
	ctx, err := c.parse(ctx, arguments)
	if err != nil {
		return err
	}
	ctrl.SetLogger(logf.Log)
	manager, err := injectorManager(leader, namespace, kubeconfig, metricsAddress)
	if err != nil {
		return err
	}
	err = cainjector.RegisterAllInjectors(ctx, manager, cainjector.SetupOptions{
		Namespace:                    namespace,
		EnableCertificatesDataSource: true,
		EnabledReconcilersFor: map[string]bool{
			cainjector.MutatingWebhookConfigurationName:   true,
			cainjector.ValidatingWebhookConfigurationName: true,
			cainjector.APIServiceName:                     true,
			cainjector.CustomResourceDefinitionName:       true,
		},
	})
	if err != nil {
		return err
	}
	return manager.Start(ctx)
}

func injectorManager(leader leaderElection, namespace, kubeconfig, metricsAddress string) (ctrl.Manager, error) {
	if kubeconfig != "" {
		// controller-runtime reads the file's place from a flag of its own or from here.
		if err := os.Setenv("KUBECONFIG", kubeconfig); err != nil {
			return nil, err
		}
	}
	config, err := ctrl.GetConfig()
	if err != nil {
		return nil, err
	}
	types := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		scheme.AddToScheme, certificates.AddToScheme, extensions.AddToScheme, aggregation.AddToScheme,
	} {
		if err := add(types); err != nil {
			return nil, err
		}
	}
	watched := cache.Options{ReaderFailOnMissingInformer: true}
	if namespace != "" {
		watched.DefaultNamespaces = map[string]cache.Config{namespace: {}}
	}
	return ctrl.NewManager(util.RestConfigWithUserAgent(config, "cainjector"), ctrl.Options{
		Scheme: types,
		Cache:  watched,
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&core.Secret{}}}},

		LeaderElection:                leader.enabled,
		LeaderElectionNamespace:       leader.namespace,
		LeaderElectionID:              "cert-manager-cainjector-leader-election",
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &leader.leaseDuration,
		RenewDeadline:                 &leader.renewDeadline,
		RetryPeriod:                   &leader.retryPeriod,

		Metrics: metrics.Options{BindAddress: metricsAddress},
	})
}
