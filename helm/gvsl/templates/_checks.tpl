{{/* What the schema cannot say: relations between values. */}}
{{- define "gvsl.check" -}}
{{- $pools := list -}}
{{- range .Values.workerPools -}}
{{- if has .name $pools -}}
{{- fail (printf "gvsl: workerPools: the name %q is there twice" .name) -}}
{{- end -}}
{{- $pools = append $pools .name -}}
{{- end -}}
{{- $names := list -}}
{{- $paths := list .Values.checkpoints.mountPath -}}
{{- range .Values.datasets -}}
{{- if has .name $names -}}
{{- fail (printf "gvsl: datasets: the name %q is there twice" .name) -}}
{{- end -}}
{{- if has .mountPath $paths -}}
{{- fail (printf "gvsl: datasets: %s: something else is mounted at %s" .name .mountPath) -}}
{{- end -}}
{{- $names = append $names .name -}}
{{- $paths = append $paths .mountPath -}}
{{- end -}}
{{- $own := .Values.coordinator -}}
{{- if lt (float64 $own.leaseSeconds) (mulf 3 $own.heartbeatSeconds) -}}
{{- fail "gvsl: coordinator.leaseSeconds must be at least three times heartbeatSeconds" -}}
{{- end -}}
{{- with .Values.networkPolicy.ncclPorts -}}
{{- if lt (int .last) (int .first) -}}
{{- fail "gvsl: networkPolicy.ncclPorts: last is below first" -}}
{{- end -}}
{{- end -}}
{{- end -}}
