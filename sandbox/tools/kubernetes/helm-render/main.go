// Command helm-render prints the manifests of a chart folder, as a first install of it would apply them.
//
// It exists because some charts are published as source in a Go module only: the chart is rendered from there,
// with Helm's own engine, and no cluster is asked.
package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"sigs.k8s.io/yaml"
)

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: helm-render CHART_FOLDER RELEASE NAMESPACE VALUES_FILE")
		os.Exit(2)
	}
	if err := render(os.Stdout, os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, "helm-render:", err)
		os.Exit(1)
	}
}

// render writes every non-empty template of the chart as one YAML document stream, in the order of template names.
func render(out io.Writer, folder, release, namespace, valuesFile string) error {
	chart, err := loader.Load(folder)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(valuesFile)
	if err != nil {
		return err
	}
	overrides := map[string]any{}
	if err := yaml.UnmarshalStrict(text, &overrides); err != nil {
		return fmt.Errorf("%s: %w", valuesFile, err)
	}
	if err := chartutil.ProcessDependencies(chart, overrides); err != nil {
		return err
	}
	options := chartutil.ReleaseOptions{Name: release, Namespace: namespace, IsInstall: true, Revision: 1}
	values, err := chartutil.ToRenderValues(chart, overrides, options, chartutil.DefaultCapabilities)
	if err != nil {
		return err
	}
	manifests, err := engine.Render(chart, values)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(manifests))
	for name, text := range manifests {
		if strings.HasSuffix(name, ".yaml") && strings.TrimSpace(text) != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if _, err := fmt.Fprintf(out, "---\n# Source: %s\n%s\n", name, strings.TrimSpace(manifests[name])); err != nil {
			return err
		}
	}
	return nil
}
