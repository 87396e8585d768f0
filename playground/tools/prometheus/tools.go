//go:build tools

// Package tools pins promtool, by which the tests try the alerts. A module of its own: Prometheus and Kubernetes ask for different versions of much.
package tools

import _ "github.com/prometheus/prometheus/cmd/promtool"
