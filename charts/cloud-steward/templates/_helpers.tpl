{{- define "cloud-steward.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough for the longest name that is made from it: that of the simulator. */}}
{{- define "cloud-steward.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 48 | trimSuffix "-" -}}
{{- end -}}

{{- define "cloud-steward.labels" -}}
{{ include "cloud-steward.identity" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
{{- end -}}

{{- define "cloud-steward.identity" -}}
app.kubernetes.io/name: {{ include "cloud-steward.name" . | toYaml }}
app.kubernetes.io/instance: {{ toYaml .Release.Name }}
{{- end -}}

{{/* The simulator has the same name and another component; so all selectors have one. */}}
{{- define "cloud-steward.selector" -}}
{{ include "cloud-steward.identity" . }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "cloud-steward.cloudsim.selector" -}}
{{ include "cloud-steward.identity" . }}
app.kubernetes.io/component: cloudsim
{{- end -}}

{{- define "cloud-steward.serviceAccountName" -}}
{{- default (include "cloud-steward.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{/* Of a dict with `image` and `version`. */}}
{{- define "cloud-steward.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ default .version .image.tag }}
{{- end -}}
{{- end -}}

{{/* What steward watches, in the plural, as JSON: {"items": […]}. */}}
{{- define "cloud-steward.resources" -}}
{{- $plural := dict "CloudCommand" "cloudcommands" "EciScalingConfig" "eciscalingconfigs" "RestoreCheck" "restorechecks" "SecurityGroupMembership" "securitygroupmemberships" -}}
{{- $resources := list "cloudcredentials" -}}
{{- range .Values.kinds -}}
{{- $resources = append $resources (get $plural .) -}}
{{- end -}}
{{- dict "items" (sortAlpha $resources) | toJson -}}
{{- end -}}

{{- define "cloud-steward.subject" -}}
- kind: ServiceAccount
  name: {{ include "cloud-steward.serviceAccountName" . | toYaml }}
  namespace: {{ toYaml .Release.Namespace }}
{{- end -}}

{{- define "cloud-steward.allowedEndpoints" -}}
{{- $endpoints := .Values.allowedEndpoints -}}
{{- if .Values.cloudsim.enabled -}}
{{- $endpoints = append $endpoints (include "cloud-steward.cloudsim.url" .) -}}
{{- end -}}
{{- join "," $endpoints -}}
{{- end -}}

{{- define "cloud-steward.cloudsim.url" -}}
http://{{ include "cloud-steward.fullname" . }}-cloudsim.{{ .Release.Namespace }}.svc:8080
{{- end -}}

{{- define "cloud-steward.cloudsim.seed" -}}
{{- default (.Files.Get "files/cloudsim-seed.yaml") .Values.cloudsim.seed -}}
{{- end -}}

{{/* What values say, as variables; what they leave empty is left to steward's own defaults, and what extraEnv names, to extraEnv: a name may be there once. */}}
{{- define "cloud-steward.environment" -}}
{{- $extra := list -}}
{{- range .Values.extraEnv -}}
{{- $extra = append $extra .name -}}
{{- end -}}
{{- $all := list "CloudCommand" "EciScalingConfig" "RestoreCheck" "SecurityGroupMembership" -}}
{{- $bundle := or .Values.caBundle.pem .Values.caBundle.configMap.name -}}
{{- $proxied := or .Values.proxy.httpProxy .Values.proxy.httpsProxy (has "HTTP_PROXY" $extra) (has "HTTPS_PROXY" $extra) -}}
{{- $inside := list "$(KUBERNETES_SERVICE_HOST)" "kubernetes.default.svc" ".svc" ".cluster.local" "localhost" "127.0.0.1" .Values.proxy.noProxy | compact | join "," -}}
{{- $variables := list
  (list "STEWARD_KINDS" (ternary "" (join "," .Values.kinds) (eq (len $all) (len .Values.kinds))))
  (list "STEWARD_NAMESPACES" (join "," .Values.watchNamespaces))
  (list "STEWARD_CLUSTER_ID" .Values.clusterId)
  (list "STEWARD_OBSERVE_ONLY" (ternary "true" "" .Values.observeOnly))
  (list "STEWARD_DEFAULT_SYNC_INTERVAL" .Values.defaultSyncInterval)
  (list "STEWARD_REFERENCE_POLL" .Values.referencePoll)
  (list "STEWARD_ORPHAN_GRACE" .Values.orphanGrace)
  (list "STEWARD_ALLOWED_ENDPOINTS" (include "cloud-steward.allowedEndpoints" .))
  (list "STEWARD_LIMITS" (join "," .Values.limits))
  (list "STEWARD_LIMIT_SHARE" .Values.limitShare)
  (list "STEWARD_CHECK_SHARE" .Values.checkShare)
  (list "STEWARD_LOG_LEVEL" .Values.logLevel)
  (list "STEWARD_LOG_FORMAT" .Values.logFormat)
  (list "STEWARD_CA_BUNDLE" (ternary "/etc/cloud-steward/ca/ca.crt" "" (not (empty $bundle))))
  (list "HTTP_PROXY" .Values.proxy.httpProxy)
  (list "HTTPS_PROXY" .Values.proxy.httpsProxy)
  (list "NO_PROXY" (ternary $inside "" (not (empty $proxied))))
-}}
{{- range $variables -}}
{{- $value := last . -}}
{{- if not (or (kindIs "invalid" $value) (eq (toString $value) "") (has (first .) $extra)) }}
- {name: {{ first . }}, value: {{ toString $value | quote }}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What the schema cannot say. */}}
{{- define "cloud-steward.validate" -}}
{{- if and .Values.watchNamespaces (not .Values.clusterId) -}}
{{- fail "\n\nclusterId must be set together with watchNamespaces: steward has no rights outside these namespaces, so it cannot read the uid of kube-system to name the cluster by. Any name will do that you keep, for example --set clusterId=prod-eu1." -}}
{{- end -}}
{{- if and .Values.caBundle.pem .Values.caBundle.configMap.name -}}
{{- fail "\n\ncaBundle.pem and caBundle.configMap.name exclude each other: give the certificates, or name the ConfigMap that has them." -}}
{{- end -}}
{{- if not (or .Values.serviceAccount.create .Values.serviceAccount.name) -}}
{{- fail "\n\nserviceAccount.name must be set if serviceAccount.create is false: the rights of steward do not belong to the namespace's default ServiceAccount." -}}
{{- end -}}
{{- range $values, $labels := dict "podLabels" .Values.podLabels "serviceMonitor.labels" .Values.serviceMonitor.labels "prometheusRule.labels" .Values.prometheusRule.labels "dashboard.labels" .Values.dashboard.labels -}}
{{- range list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" "app.kubernetes.io/version" "app.kubernetes.io/managed-by" "helm.sh/chart" -}}
{{- if hasKey $labels . -}}
{{- fail (printf "\n\n%s must not have %s, which the chart sets: selectors go by it. nameOverride and fullnameOverride change names." $values .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if .Values.cloudsim.enabled -}}
{{- $seed := fromYaml (include "cloud-steward.cloudsim.seed" .) -}}
{{- if hasKey $seed "Error" -}}
{{- fail (printf "\n\ncloudsim.seed is no YAML: %s" $seed.Error) -}}
{{- end -}}
{{- end -}}
{{- end -}}
