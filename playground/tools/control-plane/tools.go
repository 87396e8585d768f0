//go:build tools

// Package tools pins the programs of the control plane that the playground and the end-to-end tests run against.
// Nothing here is compiled into steward; `steward-playground` builds each of them on first use.
package tools

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "helm.sh/helm/v4/cmd/helm"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
