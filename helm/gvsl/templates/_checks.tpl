{{/* What the schema cannot say: relations between values. */}}
{{- define "gvsl.check" -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" (include "gvsl.fullname" .)) -}}
{{- fail (printf "gvsl: %q cannot name objects: give fullnameOverride (lower case letters, digits and dashes, a letter first)" (include "gvsl.fullname" .)) -}}
{{- end -}}
{{- $pools := list -}}
{{- range .Values.workerPools -}}
{{- if has .name $pools -}}
{{- fail (printf "gvsl: workerPools: the name %q is there twice" .name) -}}
{{- end -}}
{{- $pools = append $pools .name -}}
{{- $pool := include "gvsl.pool" (dict "root" $ "pool" .) | fromYaml -}}
{{- if and (eq $pool.device "cuda") (ne (include "gvsl.poolAsksForGpus" $pool) "yes") -}}
{{- fail (printf "gvsl: workerPools: %s: device cuda needs a GPU in resources.limits (nvidia.com/gpu: 1), in resources.claims or by NVIDIA_VISIBLE_DEVICES in extraEnv" .name) -}}
{{- end -}}
{{- if and $pool.shardCache.hostPath $pool.shardCache.storageClassName -}}
{{- fail (printf "gvsl: workerPools: %s: shardCache has a hostPath or a storageClassName, not both" .name) -}}
{{- end -}}
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
