{{/* Which secret holds whose certificate. */}}
{{- define "gvsl.serverSecret" -}}
{{- if eq .Values.tls.mode "existingSecret" -}}
{{ required "tls.existingSecret.name: is needed with tls.mode existingSecret" .Values.tls.existingSecret.name }}
{{- else -}}
{{ include "gvsl.fullname" . }}-tls
{{- end -}}
{{- end -}}

{{- define "gvsl.clientSecret" -}}
{{- if eq .Values.tls.mode "existingSecret" -}}
{{ default .Values.tls.existingSecret.name .Values.tls.existingSecret.clientName }}
{{- else -}}
{{ include "gvsl.fullname" . }}-client-tls
{{- end -}}
{{- end -}}

{{/* Names by which the coordinator is called. A forwarded port makes it localhost. Workers are called by addresses,
     whose names nobody checks; their wildcard is there for tools that do. */}}
{{- define "gvsl.dnsNames" -}}
{{- $service := include "gvsl.coordinatorName" . -}}
{{- $space := .Release.Namespace -}}
- {{ $service }}
- {{ $service }}.{{ $space }}
- {{ $service }}.{{ $space }}.svc
- {{ $service }}.{{ $space }}.svc.{{ .Values.clusterDomain }}
- "*.{{ include "gvsl.workersName" . }}.{{ $space }}.svc"
- localhost
{{- range .Values.tls.extraDnsNames }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "gvsl.ipAddresses" -}}
- 127.0.0.1
{{- range .Values.tls.extraIpAddresses }}
- {{ . | quote }}
{{- end }}
{{- end -}}
