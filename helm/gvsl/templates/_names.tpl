{{/* Names and labels. A pod's labels must fit 63 characters, and a StatefulSet's name stands in one with a hash. */}}
{{- define "gvsl.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 28 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 28 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "gvsl.coordinatorName" -}}{{ include "gvsl.fullname" . }}-coordinator{{- end -}}
{{- define "gvsl.workersName" -}}{{ include "gvsl.fullname" . }}-workers{{- end -}}
{{- define "gvsl.coordinatorAddress" -}}
{{ include "gvsl.coordinatorName" . }}.{{ .Release.Namespace }}.svc:7600
{{- end -}}

{{- define "gvsl.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* Without the chart's version: a change of the chart alone restarts nothing. */}}
{{- define "gvsl.podLabels" -}}
{{ include "gvsl.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: gvsl
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "gvsl.labels" -}}
{{ include "gvsl.podLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "gvsl.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "gvsl.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end -}}

{{/* Of (dict "root" $ "image" MAP "name" DEFAULT). */}}
{{- define "gvsl.image" -}}
{{- $image := .image -}}
{{- $repository := printf "%s/%s" (default .root.Values.image.registry $image.registry) (default .name $image.repository) -}}
{{- if $image.digest -}}
{{ $repository }}@{{ $image.digest }}
{{- else -}}
{{ $repository }}:{{ coalesce $image.tag .root.Values.image.tag .root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* A pool with the defaults below it, as YAML. Of (dict "root" $ "pool" POOL). */}}
{{- define "gvsl.pool" -}}
{{ mergeOverwrite (deepCopy .root.Values.workerDefaults) .pool | toYaml }}
{{- end -}}
