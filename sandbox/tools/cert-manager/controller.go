package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/cert-manager/cert-manager/pkg/controller"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
)

// controllerOptions are what the library wants to know, and what only this program does.
type controllerOptions struct {
	controller.ContextOptions
	leader           leaderElection
	workers          int
	metricsAddress   string
	healthAddress    string
	selected         []string
	recursiveOnly    bool
	solverQuantities []quantityFlag
}

// quantityFlag is a flag whose text becomes a resource quantity.
type quantityFlag struct {
	name   string
	preset string
	text   string
	target *resource.Quantity
}

func (o *controllerOptions) addTo(flags *pflag.FlagSet) {
	o.leader.addTo(flags)
	flags.StringVar(&o.Kubeconfig, "kubeconfig", "", "file to reach the API server with; empty inside a cluster")
	flags.StringVar(&o.APIServerHost, "master", "", "address of the API server; overrides the kubeconfig")
	flags.Float32Var(&o.KubernetesAPIQPS, "kube-api-qps", 20, "requests a second to the API server")
	flags.IntVar(&o.KubernetesAPIBurst, "kube-api-burst", 50, "requests at once to the API server")
	flags.StringVar(&o.Namespace, "namespace", "", "namespace to watch; empty for all")
	flags.StringVar(&o.ClusterResourceNamespace, "cluster-resource-namespace", "kube-system", "where the secrets of cluster issuers are")
	flags.StringSliceVar(&o.selected, "controllers", []string{"*"}, "controllers to run; * for all by default, -x for all but x")
	flags.BoolVar(&o.ClusterIssuerAmbientCredentials, "cluster-issuer-ambient-credentials", true, "cluster issuers may use the pod's cloud credentials")
	flags.BoolVar(&o.IssuerAmbientCredentials, "issuer-ambient-credentials", false, "issuers may use the pod's cloud credentials")
	flags.BoolVar(&o.EnableOwnerRef, "enable-certificate-owner-ref", false, "a certificate owns its secret")
	flags.BoolVar(&o.EnableGatewayAPI, "enable-gateway-api", false, "watch Gateways")
	flags.StringSliceVar(&o.CopiedAnnotationPrefixes, "copied-annotation-prefixes",
		[]string{"*", "-kubectl.kubernetes.io/", "-fluxcd.io/", "-argocd.argoproj.io/"}, "annotations copied to requests")
	flags.StringVar(&o.DefaultIssuerName, "default-issuer-name", "", "issuer of annotated Ingresses")
	flags.StringVar(&o.DefaultIssuerKind, "default-issuer-kind", "Issuer", "its kind")
	flags.StringVar(&o.DefaultIssuerGroup, "default-issuer-group", "cert-manager.io", "its group")
	flags.StringSliceVar(&o.DefaultAutoCertificateAnnotations, "auto-certificate-annotations",
		[]string{"kubernetes.io/tls-acme"}, "annotations that ask for a certificate")
	flags.IntVar(&o.workers, "concurrent-workers", 5, "workers of each controller")
	flags.StringVar(&o.metricsAddress, "metrics-listen-address", "0.0.0.0:9402", "address of the metrics")
	flags.StringVar(&o.healthAddress, "internal-healthz-listen-address", "0.0.0.0:9403", "address of the liveness probe")
	o.addACMETo(flags)
}

func (o *controllerOptions) addACMETo(flags *pflag.FlagSet) {
	flags.StringVar(&o.HTTP01SolverImage, "acme-http01-solver-image", "quay.io/jetstack/cert-manager-acmesolver:v1.21.1", "image that answers challenges")
	o.solverQuantities = []quantityFlag{
		{name: "request-cpu", preset: "10m", target: &o.HTTP01SolverResourceRequestCPU},
		{name: "request-memory", preset: "64Mi", target: &o.HTTP01SolverResourceRequestMemory},
		{name: "limits-cpu", preset: "100m", target: &o.HTTP01SolverResourceLimitsCPU},
		{name: "limits-memory", preset: "64Mi", target: &o.HTTP01SolverResourceLimitsMemory},
	}
	for i := range o.solverQuantities {
		q := &o.solverQuantities[i]
		flags.StringVar(&q.text, "acme-http01-solver-resource-"+q.name, q.preset, "resources of that image's pods")
	}
	flags.BoolVar(&o.ACMEHTTP01SolverRunAsNonRoot, "acme-http01-solver-run-as-non-root", true, "those pods may not be root")
	flags.StringSliceVar(&o.HTTP01SolverNameservers, "acme-http01-solver-nameservers", nil, "name servers for HTTP-01 checks")
	flags.StringSliceVar(&o.DNS01Nameservers, "dns01-recursive-nameservers", nil, "name servers for DNS-01 checks")
	flags.BoolVar(&o.recursiveOnly, "dns01-recursive-nameservers-only", false, "ask no authoritative name server")
	flags.DurationVar(&o.DNS01CheckRetryPeriod, "dns01-check-retry-period", 10*time.Second, "time between two checks")
	flags.IntVar(&o.MaxConcurrentChallenges, "max-concurrent-challenges", 60, "challenges at once")
}

// complete sets what is derived from several flags or has none; the back-offs are upstream's defaults.
func (o *controllerOptions) complete() error {
	o.CertificateRequestMinimumBackoffDuration = time.Hour
	o.CertificateRequestMaximumBackoffDuration = 32 * time.Hour
	o.DNS01CheckAuthoritative = !o.recursiveOnly
	for _, q := range o.solverQuantities {
		quantity, err := resource.ParseQuantity(q.text)
		if err != nil {
			return fmt.Errorf("--acme-http01-solver-resource-%s=%s: %w", q.name, q.text, err)
		}
		*q.target = quantity
	}
	return nil
}

func runController(ctx context.Context, arguments []string) error {
	c := newCommon("controller")
	var options controllerOptions
	options.addTo(c.flags)
	ctx, err := c.parse(ctx, arguments)
	if err != nil {
		return err
	}
	if err := options.complete(); err != nil {
		return err
	}
	factory, err := controller.NewContextFactory(ctx, options.ContextOptions)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	health, err := net.Listen("tcp", options.healthAddress)
	if err != nil {
		return err
	}
	live := http.NewServeMux()
	live.HandleFunc("/livez", func(answer http.ResponseWriter, _ *http.Request) { fmt.Fprint(answer, "ok") })
	serve(ctx, group, &http.Server{Handler: live}, health)
	group.Go(func() error {
		if !options.leader.enabled {
			return runControllers(ctx, factory, options)
		}
		return lead(ctx, factory, options, func(ctx context.Context) error {
			return runControllers(ctx, factory, options)
		})
	})
	return group.Wait()
}

// lead runs work while this replica holds the lease; losing it is an error, so that the pod starts anew.
func lead(
	ctx context.Context, factory *controller.ContextFactory, options controllerOptions, work func(context.Context) error,
) error {
	clients, err := factory.Build("leader-election")
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	lock, err := resourcelock.New(
		resourcelock.LeasesResourceLock, options.leader.namespace, "cert-manager-controller",
		clients.Client.CoreV1(), clients.Client.CoordinationV1(),
		resourcelock.ResourceLockConfig{
			Identity:      fmt.Sprintf("%s-%d-external-cert-manager-controller", host, os.Getpid()),
			EventRecorder: clients.Recorder,
		})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock:            lock,
		LeaseDuration:   options.leader.leaseDuration,
		RenewDeadline:   options.leader.renewDeadline,
		RetryPeriod:     options.leader.retryPeriod,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(ctx context.Context) { stop(work(ctx)) },
			OnStoppedLeading: func() { stop(errors.New("lost the lease")) },
		},
	})
	return context.Cause(ctx)
}

// serve answers on listener until the context ends.
func serve(ctx context.Context, group *errgroup.Group, server *http.Server, listener net.Listener) {
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		return server.Shutdown(context.WithoutCancel(ctx))
	})
}

// runControllers runs every selected controller until the context or one of them ends.
func runControllers(ctx context.Context, factory *controller.ContextFactory, options controllerOptions) error {
	shared, err := factory.Build()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	controllers := map[string]controller.Interface{}
	for name, construct := range controller.Known() {
		if !options.runs(name) {
			continue
		}
		if controllers[name], err = construct(factory); err != nil {
			return fmt.Errorf("controller %s: %w", name, err)
		}
	}
	listener, err := net.Listen("tcp", options.metricsAddress)
	if err != nil {
		return err
	}
	serve(ctx, group, shared.Metrics.NewServer(listener), listener)
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	shared.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	if options.EnableGatewayAPI {
		shared.GWShared.Start(ctx.Done())
	}
	log := logf.FromContext(ctx)
	for name, one := range controllers {
		group.Go(func() error {
			log.Info("starting controller", "controller", name)
			return one.Run(options.workers, ctx)
		})
	}
	return group.Wait()
}
